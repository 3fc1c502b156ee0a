"""What the machine gives: the time, and randomness fit for secrets."""

import os
import time
from typing import Final

ENTROPY_POOL_BYTES: Final = 4096


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000


class SystemEntropy:
    """The operating system's randomness, fetched a page at a time: each fetch is a system call.

    No byte is given out twice. A process that forks must make a new one.
    """

    def __init__(self) -> None:
        self._pool = b""
        self._given = 0

    def take(self, count: int) -> bytes:
        """That many random bytes."""
        start = self._given
        end = start + count
        if end > len(self._pool):
            self._pool = os.urandom(max(count, ENTROPY_POOL_BYTES))
            start, end = 0, count
        self._given = end
        return self._pool[start:end]
