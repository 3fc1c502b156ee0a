"""Servers under measurement: processes of their own, pinned to a core, watched through /proc."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_START_S = 30.0
_STOP_S = 15.0
_READY = re.compile(r"^ready (http://\S+)")


class Server:
    """A process that prints a `ready` line, from `with` to the end of its block."""

    def __init__(self, name: str, command: Sequence[str], core: int | None) -> None:
        self.name = name
        self._command = command
        self._core = core
        self._ready = threading.Event()
        self._lines: list[str] = []
        self.host = ""
        self.port = 0

    def __enter__(self) -> Self:
        with _pinned(self._core):
            self._process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=_without_settings(),
            )
        threading.Thread(target=self._read, daemon=True).start()
        self._ready.wait(_START_S)
        if not self.port:
            self.__exit__()
            raise RuntimeError(f"{self.name} did not start:\n{''.join(self._lines)}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cpu_s(self) -> float:
        """Processor time used so far by all its processes."""
        ticks = sum(sum(map(int, _stat(pid)[11:13])) for pid in self._pids())
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Resident memory of all its processes."""
        pages = sum(int(_stat(pid)[21]) for pid in self._pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024

    def _pids(self) -> list[int]:
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            waiting += map(int, children.split())
        return found

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for above
        for line in self._process.stdout:
            self._lines = [*self._lines[-50:], line]
            match = _READY.match(line)
            if match:
                where = urlsplit(match[1])
                self.host, self.port = where.hostname or "", where.port or 0
                self._ready.set()
        self._ready.set()


def echo_server(core: int | None) -> Server:
    """The yardstick."""
    return Server("echo", [sys.executable, "-m", "tools.bench.echo"], core)


def vezne_server(data: Path, core: int | None, *options: str) -> Server:
    """The product in sandbox mode, over a data directory."""
    command = [sys.executable, "-m", "vezne", "serve", "--sandbox", "--data", str(data)]
    listen = ["--listen", "127.0.0.1:0", "--tls-listen", "off"]
    return Server("vezne", [*command, *listen, *options], core)


def cores() -> tuple[int | None, int | None]:
    """One core for the server and one for the load; None where that cannot be had."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


@contextlib.contextmanager
def _pinned(core: int | None) -> Iterator[None]:
    """What starts here runs on one core."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) `stat` after the command's name."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return text.rpartition(")")[2].split()


def _without_settings() -> dict[str, str]:
    """The environment without settings of the developer's own.

    The log of calls is off: it is a sandbox's, and what is measured is what a live server does.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("VEZNE_")}
    return ours | {"VEZNE_SANDBOX__REQUEST_LOG": "off"}
