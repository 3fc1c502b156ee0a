"""Processor time and memory of a process and all below it, from /proc."""

import os
import re
from pathlib import Path

import msgspec

_PSS = re.compile(r"^Pss: +([0-9]+) kB", re.MULTILINE)


class Memory(msgspec.Struct, frozen=True):
    """What is resident; `shared_once_mb` counts a page of several processes in parts."""

    resident_mb: float
    shared_once_mb: float


class ProcessTree:
    """A process with its children and theirs."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def cpu_s(self) -> float:
        """Processor time used so far, by those that have ended meanwhile as well."""
        ticks = sum(sum(map(int, _stat(pid)[11:15])) for pid in self._pids())
        return ticks / os.sysconf("SC_CLK_TCK")

    def count(self) -> int:
        """How many processes there are."""
        return len(self._pids())

    def memory(self) -> Memory:
        """The memory of all of them together."""
        pids = self._pids()
        pages = sum(int(_stat(pid)[21]) for pid in pids)
        resident_mb = pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
        return Memory(resident_mb, sum(map(_proportional_kb, pids)) / 1024)

    def open_files(self) -> int:
        """How many files, sockets among them, all of them have open."""
        return sum(len(list(Path(f"/proc/{pid}/fd").glob("*"))) for pid in self._pids())

    def threads(self) -> int:
        """How many threads they have."""
        return sum(int(_stat(pid)[17]) for pid in self._pids())

    def _pids(self) -> list[int]:
        found, waiting = [], [self._pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            # Each thread has the children that it made itself.
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += map(int, _read(children).split())
        return found


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) `stat` after the command's name; zeros once the process is gone."""
    text = _read(Path(f"/proc/{pid}/stat"))
    return text.rpartition(")")[2].split() or ["0"] * 50


def _proportional_kb(pid: int) -> int:
    match = _PSS.search(_read(Path(f"/proc/{pid}/smaps_rollup")))
    return int(match[1]) if match else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
