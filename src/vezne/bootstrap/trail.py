"""The audit trail as commands see it: verified, shown, signed."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.vault_room import TRAIL_FOLDER, VaultRoom, open_vault_room
from vezne.core.audit import AuditAction, AuditEvent
from vezne.settings import Settings
from vezne.vault.audit.checkpoints import Checkpoint, CheckpointKey, PublicKey
from vezne.vault.audit.lines import Entry
from vezne.vault.audit.reading import Wanted, read_entries
from vezne.vault.audit.segments import list_segments
from vezne.vault.audit.verify import Flaw, Progress, Verdict, Verification
from vezne.vault.audit.writer import CHECKPOINT_FILE

__all__ = [
    "Checkpoint",
    "Entry",
    "Flaw",
    "Progress",
    "PublicKey",
    "Verdict",
    "Wanted",
    "public_key",
    "show_trail",
    "sign_trail",
    "verify_copy",
    "verify_trail",
]

_TRAIL: Final = "audit trail"


async def verify_trail(
    settings: Settings, copied: Sequence[Path], on_progress: Progress
) -> Verdict:
    """Check the trail of this data directory, against the vault and the checkpoints in files.

    All of these as they were before this process signed anything. Raises CannotStart.
    """
    folder = settings.data / TRAIL_FOLDER
    is_new, own = not list_segments(folder), _own_checkpoint(folder)
    checkpoints = _read_checkpoints([*own, *copied])
    async with open_vault_room(settings, None) as room:
        await _tell_access(room)
        await room.audit.sign()
        verification = Verification(
            folder,
            await _key_of(room),
            checkpoints,
            room.audit.anchors_found,
            room.audit.found_number,
        )
        if not (is_new or own):
            verification.miss(CHECKPOINT_FILE)
        return await asyncio.to_thread(verification.run, on_progress)


def verify_copy(
    folder: Path, key: str | None, copied: Sequence[Path], on_progress: Progress
) -> Verdict:
    """Check the files of a trail, wherever they are: with the public key, if one is given.

    Raises CannotStart.
    """
    if not list_segments(folder):
        raise CannotStart(f"{folder} holds no audit trail")
    own = _own_checkpoint(folder)
    verification = Verification(folder, _read_key(key), _read_checkpoints([*own, *copied]), ())
    if not own:
        verification.miss(CHECKPOINT_FILE)
    return verification.run(on_progress)


async def show_trail(settings: Settings, wanted: Wanted, limit: int) -> list[Entry]:
    """The newest lines that are wanted, oldest first. Raises CannotStart."""
    async with open_vault_room(settings, None) as room:
        await _tell_access(room)
        folder = settings.data / TRAIL_FOLDER
        found = await asyncio.to_thread(lambda: deque(read_entries(folder, wanted), maxlen=limit))
    return list(found)


async def sign_trail(settings: Settings) -> Checkpoint:
    """A checkpoint of the trail as it stands now. Raises CannotStart."""
    async with open_vault_room(settings, None) as room:
        await _tell_access(room)
        checkpoint = await room.audit.sign()
    if checkpoint is None:
        raise CannotStart("the audit trail has no line yet")
    return checkpoint


async def public_key(settings: Settings) -> PublicKey:
    """What the trail's checkpoints are checked with. Raises CannotStart."""
    async with open_vault_room(settings, None) as room:
        return await _key_of(room)


async def _tell_access(room: VaultRoom) -> None:
    """Looking at the trail leaves a line as well (PCI DSS v4.0.1 10.2.1.3)."""
    room.audit.record(AuditEvent(action=AuditAction.ADMINISTERED, subject=_TRAIL))
    await room.audit.settled()


async def _key_of(room: VaultRoom) -> PublicKey:
    return CheckpointKey(await room.service.keyring.audit_key()).public


def _own_checkpoint(folder: Path) -> list[Path]:
    """The newest one, which lies beside the lines; none where it is missing."""
    path = folder / CHECKPOINT_FILE
    return [path] if path.exists() else []


def _read_key(text: str | None) -> PublicKey | None:
    try:
        return None if text is None else PublicKey(text.strip())
    except ValueError:
        raise CannotStart("the public key is 64 hexadecimal digits: `vezne audit key`") from None


def _read_checkpoints(paths: Sequence[Path]) -> Mapping[str, Checkpoint]:
    found = {}
    for path in paths:
        try:
            found[str(path)] = Checkpoint.read(path.read_bytes())
        except FileNotFoundError:
            raise CannotStart(f"there is no checkpoint in {path}") from None
        except ValueError:
            raise CannotStart(f"{path} holds no checkpoint, or no whole one") from None
    return found
