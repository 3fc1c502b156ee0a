"""Audit trails in folders of tests, and what is done to them."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builders import SAMPLE_TIME_MS
from fakes.randomness import SeededEntropy
from fakes.world import FixedClock
from vezne.core.audit import AuditAction, AuditEvent
from vezne.vault.audit.anchors import Anchor
from vezne.vault.audit.chain import SEGMENT_BYTES
from vezne.vault.audit.checkpoints import CheckpointKey
from vezne.vault.audit.lines import Entry, peek_line
from vezne.vault.audit.segments import list_segments
from vezne.vault.audit.trail import Trail
from vezne.vault.audit.verify import Verdict, Verification

KEY = CheckpointKey(bytes(range(32)))


class MemoryAnchors:
    """As `vezne.vault.audit.anchors.Anchors`, without a database."""

    def __init__(self, *, is_shared: bool = False) -> None:
        self.is_shared = is_shared
        self.known: dict[tuple[str, int], Anchor] = {}

    async def list_all(self) -> list[Anchor]:
        return [self.known[place] for place in sorted(self.known)]

    async def drop(self, anchor: Anchor) -> None:
        self.known[anchor.stream, anchor.serial] = anchor


def open_trail(folder: Path, *, seed: int = 1, segment_bytes: int = SEGMENT_BYTES) -> Trail:
    """A trail that signs nothing yet."""
    entropy = SeededEntropy(seed)
    return Trail(folder, FixedClock(SAMPLE_TIME_MS), entropy, segment_bytes=segment_bytes)


async def write_trail(
    folder: Path,
    anchors: MemoryAnchors,
    *,
    count: int = 3,
    segment_bytes: int = SEGMENT_BYTES,
) -> None:
    """Write so many lines, each on its own, and close the trail."""
    trail = open_trail(folder, segment_bytes=segment_bytes)
    await trail.attest(KEY, anchors)
    for number in range(count):
        trail.record(stored(f"{number:02x}"))
        await trail.settled()
    await trail.close()


def stored(subject: str) -> AuditEvent:
    return AuditEvent(action=AuditAction.CARD_STORED, merchant_id=7, subject=subject)


def lines_in(folder: Path) -> list[bytes]:
    """Every line of the trail, oldest first."""
    return b"".join(path.read_bytes() for _, path in list_segments(folder)).splitlines(True)


def entries_in(folder: Path) -> list[Entry]:
    """What stands in them."""
    found = [peek_line(line) for line in lines_in(folder)]
    return [entry for entry in found if entry is not None]


def subjects_in(folder: Path) -> list[str]:
    """What the lines about stored cards are about."""
    entries = entries_in(folder)
    return [entry.subject for entry in entries if entry.action == AuditAction.CARD_STORED]


def verdict_on(folder: Path, anchors: list[Anchor] | None = None) -> Verdict:
    """What a verification with the public key finds."""
    progress: list[tuple[int, int]] = []
    verification = Verification(folder, KEY.public, {}, anchors or [])
    return verification.run(lambda total, count: progress.append((total, count)))


def what_is_wrong(verdict: Verdict) -> str:
    return "\n".join(flaw.what for flaw in verdict.flaws)


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file of this process grows beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
