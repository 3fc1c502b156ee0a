"""The commands about the audit trail: they work beside a running server."""

from collections.abc import Sequence
from pathlib import Path

from vezne.bootstrap.start import run
from vezne.bootstrap.trail import (
    Checkpoint,
    Entry,
    Progress,
    PublicKey,
    Verdict,
    Wanted,
    public_key,
    show_trail,
    sign_trail,
    verify_copy,
    verify_trail,
)
from vezne.settings import Settings

__all__ = ["Wanted"]


def run_verify(settings: Settings, copied: Sequence[Path], on_progress: Progress) -> Verdict:
    """Check the trail of the data directory. Raises CannotStart."""
    return run(verify_trail(settings, copied, on_progress))


def run_verify_copy(
    folder: Path, key: str | None, copied: Sequence[Path], on_progress: Progress
) -> Verdict:
    """Check a trail that was copied from elsewhere. Raises CannotStart."""
    return verify_copy(folder, key, copied, on_progress)


def run_show(settings: Settings, wanted: Wanted, limit: int) -> list[Entry]:
    """The newest lines that are wanted, oldest first. Raises CannotStart."""
    return run(show_trail(settings, wanted, limit))


def run_checkpoint(settings: Settings) -> Checkpoint:
    """The trail, signed as it stands now. Raises CannotStart."""
    return run(sign_trail(settings))


def run_public_key(settings: Settings) -> PublicKey:
    """What signatures are checked with. Raises CannotStart."""
    return run(public_key(settings))
