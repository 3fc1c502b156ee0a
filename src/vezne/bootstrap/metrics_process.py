"""What the operating system knows of this process, under the names that Prometheus has for it."""

import os
import resource
import time
from pathlib import Path
from typing import Final

from vezne.edge.metrics import Family, single

_PROC: Final = Path("/proc/self")
_PAGE_BYTES: Final = resource.getpagesize()
_TICKS: Final = os.sysconf("SC_CLK_TCK")
# proc_pid_stat(5): the fields behind the name of the program, which may hold spaces.
_STARTED: Final = 19


def process_families() -> list[Family]:
    """Time, memory, and files; nothing of what a system has no `/proc` for."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = [
        single("process_cpu_seconds_total", used.ru_utime + used.ru_stime),
        single("process_max_fds", limit if limit != resource.RLIM_INFINITY else float("inf")),
    ]
    try:
        size, resident = (_PROC / "statm").read_text().split()[:2]
        started = (_PROC / "stat").read_text().rpartition(")")[2].split()[_STARTED]
        files = sum(1 for _ in (_PROC / "fd").iterdir())
    except OSError:
        return found
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / _TICKS
    return [
        *found,
        single("process_virtual_memory_bytes", int(size) * _PAGE_BYTES),
        single("process_resident_memory_bytes", int(resident) * _PAGE_BYTES),
        single("process_start_time_seconds", time.time() - age_s),
        single("process_open_fds", files),
    ]
