"""Servers under measurement: processes of their own, bound to cores, watched through /proc."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tools.bench.placement import bound
from tools.bench.processes import ProcessTree

_START_S = 60.0
_STOP_S = 60.0
_READY = re.compile(r"^ready (http://\S+)")
_LINES_KEPT = 50


class NotStarted(Exception):
    """A server did not start; the text says what it said last."""


class Server:
    """A process that prints a `ready` line, from `with` to the end of its block."""

    def __init__(
        self, name: str, command: Sequence[str], cores: Sequence[int], *, lag_ms_max: int = 0
    ) -> None:
        self.name = name
        self._lag_ms_max = lag_ms_max
        self._command = command
        self._cores = cores
        self._ready = threading.Event()
        self._lines: list[str] = []
        self.host = ""
        self.port = 0

    def __enter__(self) -> Self:
        """Raises NotStarted."""
        with bound(self._cores):
            self._process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=_environment(self._lag_ms_max),
            )
        self.tree = ProcessTree(self._process.pid)
        threading.Thread(target=self._read, daemon=True).start()
        self._ready.wait(_START_S)
        if not self.port:
            self.__exit__()
            said = [line.strip() for line in self._lines if line.strip()]
            raise NotStarted(said[-1] if said else f"{self.name} said nothing")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for above
        for line in self._process.stdout:
            self._lines = [*self._lines[1 - _LINES_KEPT :], line]
            match = _READY.match(line)
            if match:
                where = urlsplit(match[1])
                self.host, self.port = where.hostname or "", where.port or 0
                self._ready.set()
        self._ready.set()


def echo_server(cores: Sequence[int]) -> Server:
    """The yardstick."""
    return Server("echo", [sys.executable, "-m", "tools.bench.echo"], cores)


def peer_server(cores: Sequence[int]) -> Server:
    """The sandbox that users know. Raises NotStarted where it is not installed."""
    if find_spec("localstripe") is None:
        raise NotStarted("localstripe is not installed")
    return Server("localstripe", [sys.executable, "-m", "tools.bench.peer"], cores)


def vezne_server(
    data: Path,
    cores: Sequence[int],
    *,
    workers: int = 1,
    database: str | None = None,
    lag_ms_max: int = 0,
) -> Server:
    """The product in sandbox mode, over a data directory. Refuses nobody unless it is to."""
    command = [sys.executable, "-m", "vezne", "serve", "--sandbox", "--data", str(data)]
    command += ["--listen", "127.0.0.1:0", "--tls-listen", "off", "--workers", str(workers)]
    if database is not None:
        command += ["--database", database]
    return Server("vezne", command, cores, lag_ms_max=lag_ms_max)


def _environment(lag_ms_max: int) -> dict[str, str]:
    """The environment without settings of the developer's own.

    The log of calls is off: it is a sandbox's, and what is measured is what a live server does.
    Nothing is refused for being too much: what is measured is how much that is.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("VEZNE_")}
    return ours | {
        "VEZNE_SANDBOX__REQUEST_LOG": "off",
        "VEZNE_LOAD__LAG_MS_MAX": str(lag_ms_max),
    }
