"""An event loop in which time passes only when there is nothing else to do.

No sockets, no threads, no real clock: whatever runs on it runs the same way every time.
"""

import asyncio
import selectors
from collections.abc import Sequence
from typing import Final

# 2 March 2026, 00:00 UTC: a Monday.
EPOCH_S: Final = 1_772_409_600


class Stuck(Exception):
    """Everybody waits for somebody else, and no timer is set."""


class _NoSelector:
    """Waits for nothing but the next timer, and not even for that."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass. Raises Stuck."""
        if timeout is None:
            raise Stuck("nothing can happen any more")
        self._loop.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop. `now_s` is its time: seconds since the Unix epoch."""

    def __init__(self, start_s: float = EPOCH_S) -> None:
        super().__init__()
        self.now_s = start_s
        self._selector = _NoSelector(self)
        # Timers that are due within it run together; the time is exact to far less.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """The virtual time in seconds."""
        return self.now_s

    def _process_events(self, event_list: Sequence[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody waits in a selector, so nobody is woken."""


class VirtualClock:
    """Implements `vezne.core.ports.Clock` over a loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return int(self._loop.now_s * 1000)
