"""Python programs in processes of their own, which a test may kill."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 120


class Child:
    """A running program whose output is read line by line."""

    def __init__(self, program: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    @property
    def status(self) -> int | None:
        """The exit status, once it has ended; negative for a signal."""
        return self.process.returncode

    def lines(self) -> Iterator[str]:
        """What it prints, until it closes its output."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield line.strip()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the program does. Fails when it ends or idles instead."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, "the program ended"
            assert time.monotonic() < deadline, "the program idles"
            time.sleep(0.001)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def finish(self) -> int:
        """Let it end by itself; returns its exit status."""
        return self.process.wait(PATIENCE_S)


@contextmanager
def start_child(program: str, *arguments: str) -> Iterator[Child]:
    """Run a program text; whatever happens, it has ended afterwards."""
    child = Child(program, *arguments)
    try:
        yield child
    finally:
        if child.process.poll() is None:
            child.kill()
        assert child.process.stdout is not None
        child.process.stdout.close()
