"""The `vezne` command at a terminal, and the person before it."""

import codecs
import os
import pty
import select
import subprocess
import sys
import time
from typing import Self

from fakes.databases import data_of, environment_of

PATIENCE_S = 120
# What full-screen programs begin and end with: the screen that leaves nothing behind.
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


class Terminal:
    """Runs the command on a terminal of its own. `shown` is all that was ever on the screen."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._terminal, inside = pty.openpty()
        known = environment_of(data_of(arguments)) | {"COLUMNS": "200"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vezne", *arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            env=known | environment,
        )
        os.close(inside)
        self.shown = ""
        self._read = 0
        # What is read may end in the middle of a letter.
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
        os.close(self._terminal)

    @property
    def pid(self) -> int:
        """The process id of the command."""
        return self._process.pid

    def wait_for(self, text: str) -> str:
        """Read until a text comes; returns what came since the last such wait."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown[self._read :]:
            assert time.monotonic() < deadline, f"no {text!r} in {self.shown!r}"
            assert self._receive(), f"it ended without {text!r}: {self.shown!r}"
        end = self.shown.index(text, self._read) + len(text)
        news, self._read = self.shown[self._read : end], end
        return news

    def type(self, line: str = "") -> None:
        """Type a line and press Enter."""
        os.write(self._terminal, line.encode() + b"\n")

    def finish(self) -> int:
        """Let it end by itself; returns its exit status."""
        while self._receive():
            pass
        return self._process.wait(PATIENCE_S)

    def interrupt(self) -> int:
        """Press Ctrl-C; returns the exit status."""
        self._process.send_signal(2)
        return self.finish()

    def _receive(self) -> bool:
        if not select.select([self._terminal], [], [], PATIENCE_S)[0]:
            return True
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:
            # Linux says so when nobody has the other side open any more.
            return False
        self.shown += self._decoder.decode(data)
        return bool(data)
