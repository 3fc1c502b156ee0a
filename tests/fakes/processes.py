"""Processes as the system shows them."""

import subprocess
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def is_alive(pid: int) -> bool:
    """Whether a process has not ended."""
    try:
        return _fields(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        # The file can be opened a moment before the process is gone, and not be read any more.
        return False


def cpu_ticks(pid: int) -> int:
    """What a process has worked so far."""
    fields = _fields(pid)
    return int(fields[11]) + int(fields[12])


def _fields(pid: int) -> list[str]:
    """Those of proc_pid_stat(5) behind the name, which may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
