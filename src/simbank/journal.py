"""The file in which the bank writes down its operations, one line each, before it answers.

It outlives the process, not the machine: nothing is synced. Several processes may share it; each
has it to itself while it looks something up and writes. A full file ends in an empty line and is
renamed to `….1`, in place of the one before.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from simbank.records import Record, from_line

_PRIVATE: Final = 0o600
_OPEN: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC

# How long a file that is as it was left is taken for the one under its name. To look at every
# message would cost as much as all else that is done with the file.
SURE_S: Final = 0.1


class DamagedJournal(Exception):
    """A line in the middle of a journal cannot be read. The text names the file."""


class Journal:
    """A journal, and how far this process has read it. Holds no card data but BIN and last four.

    What other processes wrote is known at once, and that they put the file aside. That somebody
    removed or replaced it is known within `SURE_S`; `clock` tells the seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._rotated = path.with_name(f"{path.name}.1")
        self._file: int | None = None
        # Whether it is another file than the last time.
        self.is_other_file = False
        self._device = 0
        self._inode = 0
        self._size = 0
        self._read_to = 0
        self._sure_until_s = 0.0

    def lock(self) -> bool:
        """Have the file to oneself; whether there is something to read that others wrote."""
        self.is_other_file = False
        while True:
            file = self._file
            if file is None:
                file = self._open()
            fcntl.flock(file, fcntl.LOCK_EX)
            self._size = os.lseek(file, 0, os.SEEK_END)
            has_more = self._size != self._read_to
            # Whoever puts a file aside makes it longer before.
            if not has_more and self._clock() < self._sure_until_s:
                return False
            if self._is_there():
                return has_more or self.is_other_file
            # Somebody has put another file there since, or none.
            self.close()

    def unlock(self) -> None:
        """Let others have it."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; `lock` opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def read_on(self) -> list[Record]:
        """What was written since the last time. A line that a crash cut off is cut away."""
        file = self._locked()
        text = os.pread(file, self._size - self._read_to, self._read_to)
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            os.ftruncate(file, self._read_to + whole)
        records = self._parse(text[:whole])
        self._read_to += whole
        return records

    def read_rotated(self) -> list[Record]:
        """What is in the file before this one."""
        try:
            text = self._rotated.read_bytes()
        except FileNotFoundError:
            return []
        return self._parse(text[: text.rfind(b"\n") + 1])

    def append(self, line: bytes) -> None:
        """Write an operation down. Raises OSError, and then nothing of it is in the file."""
        file = self._locked()
        line += b"\n"
        written = os.write(file, line)
        if written < len(line):
            # The disk is full.
            os.ftruncate(file, self._read_to)
            raise OSError(f"{self._path}: only part of a line could be written")
        self._read_to += written

    def rotate(self) -> None:
        """Put the file aside and go on with an empty one."""
        old = self._locked()
        self.append(b"")
        new_path = self._path.with_name(f"{self._path.name}.new")
        new = os.open(new_path, _OPEN | os.O_TRUNC, _PRIVATE)
        fcntl.flock(new, fcntl.LOCK_EX)
        self._path.replace(self._rotated)
        new_path.replace(self._path)
        self._take(new)
        os.close(old)

    def _locked(self) -> int:
        if self._file is None:
            raise ValueError("the journal is not locked")
        return self._file

    def _open(self) -> int:
        file = os.open(self._path, _OPEN, _PRIVATE)
        self._take(file)
        self.is_other_file = True
        return file

    def _take(self, file: int) -> None:
        """Go on with a file of which nothing was read yet."""
        there = os.fstat(file)
        self._file, self._read_to = file, 0
        self._device, self._inode = there.st_dev, there.st_ino
        self._sure_until_s = 0.0

    def _is_there(self) -> bool:
        """Whether the file is still the one under its name."""
        self._sure_until_s = self._clock() + SURE_S
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return there.st_ino == self._inode and there.st_dev == self._device

    def _parse(self, text: bytes) -> list[Record]:
        try:
            return [from_line(line) for line in text.splitlines() if line]
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise DamagedJournal(f"{self._path} cannot be read; remove it and `….1`") from None
