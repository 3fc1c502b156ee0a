"""A running Vezne: the real command in a process of its own."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from fakes.databases import environment_of, remember

# Longer than anything takes, even on a machine that is busy with much else.
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
_READY = re.compile(r"^ready(?: (http://\S+))?(?: (https://\S+))?$")


class Server:
    """`vezne serve` on free ports, over a data directory that outlives it."""

    command = "serve"
    places: tuple[str, ...] = ("--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0")
    ready_line = _READY

    def __init__(self, data: Path, *arguments: str) -> None:
        self.data = data
        self.arguments = arguments
        self.wrapper: tuple[str, ...] = ()
        if "--database" in arguments:
            remember(data, arguments[arguments.index("--database") + 1])
        self.environment = environment_of(data)
        self.http = ""
        self.https = ""
        self.output: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._is_ready = False

    def start(self) -> "Server":
        """Start and wait for the `ready` line, or for the end of all lines."""
        known = threading.Event()
        self._is_ready = False
        vezne = [sys.executable, "-m", "vezne", self.command]
        options = ["--sandbox", "--data", str(self.data), *self.places]
        self._process = subprocess.Popen(
            [*self.wrapper, *vezne, *options, *self.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )
        reading = (self._process, known)
        self._reader = threading.Thread(target=self._read, args=reading, daemon=True)
        self._reader.start()
        if not known.wait(START_TIMEOUT_S) or not self._is_ready:
            self.kill()
            raise AssertionError("no ready line:\n" + "".join(self.output))
        return self

    @property
    def keys(self) -> dict[str, dict[str, str]]:
        """What `sandbox.json` says."""
        return json.loads((self.data / "sandbox.json").read_text())

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Ask it to end, as a service manager would; returns the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a power failure would."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        process.send_signal(number)
        status = process.wait(STOP_TIMEOUT_S)
        self._process = None
        if self._reader is not None:
            # Its last lines may still be in the pipe. A worker may hold that open for a while.
            self._reader.join(1)
        return status

    def _read(self, process: "subprocess.Popen[str]", known: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)
            match = self.ready_line.match(line.strip())
            if match:
                self.http, self.https = (url or "" for url in match.groups())
                self._is_ready = True
                known.set()
        process.stdout.close()
        known.set()


def wait_until(condition, timeout_s: float = 60) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
