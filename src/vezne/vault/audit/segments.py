"""The files of a trail: numbered segments, of which the newest is appended to.

Several processes may append to one trail. They take turns by a lock on a file of its own, and
whoever gets its turn looks first at what others have appended meanwhile.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final, NamedTuple

from vezne.vault.files import PRIVATE, sync_folder

SUFFIX: Final = ".jsonl"
_DIGITS: Final = 6
_TURN: Final = "lock"


def segment_name(number: int) -> str:
    """What the file of a segment is called."""
    return f"{number:0{_DIGITS}d}{SUFFIX}"


def list_segments(folder: Path) -> list[tuple[int, Path]]:
    """Numbers and files of the segments in a folder, the oldest first."""
    found = [(int(path.stem), path) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal()]
    return sorted(found)


class WholeSegment(NamedTuple):
    """A segment, and how long it is up to the end of a line."""

    number: int
    path: Path
    size: int


def list_whole_segments(folder: Path) -> list[WholeSegment]:
    """The segments as they stand when nobody is writing, the oldest first. Raises OSError."""
    turn = None
    # A copy has no turns, or cannot be written to.
    with contextlib.suppress(OSError):
        turn = Turn(folder, is_new=False)
        turn.take()
    try:
        found = list_segments(folder)
        return [WholeSegment(number, path, path.stat().st_size) for number, path in found]
    finally:
        if turn is not None:
            turn.close()


class Turn:
    """The right to append. A descriptor of its own, so that processes exclude each other."""

    def __init__(self, folder: Path, *, is_new: bool) -> None:
        """Raises OSError; FileNotFoundError when it is not new and nobody has written here."""
        flags = os.O_RDWR | os.O_CLOEXEC
        if is_new:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags |= os.O_CREAT
        self._descriptor = os.open(folder / _TURN, flags, PRIVATE)

    def take_now(self) -> bool:
        """Take the turn unless another process has it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take(self) -> None:
        """Wait for the turn."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def give_up(self) -> None:
        """Let others have it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it up, and never take it again."""
        os.close(self._descriptor)


class Segment:
    """One file of the trail, open. `end` is how far it is known. Used by whoever has the turn."""

    def __init__(self, folder: Path, number: int, *, is_new: bool) -> None:
        """Raises OSError, FileExistsError among them for a new one."""
        self.number = number
        self.path = folder / segment_name(number)
        # Every write is durable on return, without a second call that would have to wait for its
        # turn at the interpreter once more.
        flags = os.O_RDWR | os.O_APPEND | os.O_DSYNC | os.O_CLOEXEC
        if is_new:
            flags |= os.O_CREAT | os.O_EXCL
        self._descriptor = os.open(self.path, flags, PRIVATE)
        status = os.fstat(self._descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self.end = 0
        if is_new:
            sync_folder(folder)

    def size(self) -> int:
        """How long the file is now; -1 when it is gone or another one has taken its place."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - three times as fast, once a group
        except FileNotFoundError:
            return -1
        is_same = (status.st_dev, status.st_ino) == self._identity
        return status.st_size if is_same else -1

    def read(self, start: int, end: int) -> bytes:
        """What stands from one place to another."""
        return os.pread(self._descriptor, end - start, start)

    def append(self, text: bytes) -> None:
        """Put text at the end, durable on return. Raises OSError, and then leaves nothing of it."""
        left = memoryview(text)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            # What cannot be taken back now is found by whoever has the turn next.
            with contextlib.suppress(OSError):
                self.cut(self.end)
            raise
        self.end += len(text)

    def cut(self, end: int) -> None:
        """Leave nothing behind a place. Raises OSError."""
        os.ftruncate(self._descriptor, end)
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)
