"""When what waits for the disk goes there: once nothing new joins it."""

import asyncio
from collections.abc import Callable
from typing import Final

# So long may a group grow, as long as every turn of the event loop brings something new to it.
GATHER_S: Final = 0.005


class Gathering:
    """Lets a group grow until a turn of the event loop has brought it nothing new.

    Those who are busy just now will be waiting in a moment, and a write for each few of them costs
    more than that moment. A lone caller waits for one empty turn.
    """

    __slots__ = ("_begin", "_count", "_enough", "_loop", "_seen", "_until_s")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        count: Callable[[], int],
        begin: Callable[[], None],
        *,
        enough: int,
    ) -> None:
        """`count` tells how much waits, `begin` takes it, and `enough` waits for no more."""
        self._loop = loop
        self._count = count
        self._begin = begin
        self._enough = enough
        self._seen = 0
        self._until_s = 0.0

    def start(self) -> None:
        """Have `begin` called soon, once, however much or little there is then."""
        self._seen = 0
        self._until_s = self._loop.time() + GATHER_S
        self._loop.call_soon(self._look)

    def _look(self) -> None:
        count = self._count()
        if self._seen < count < self._enough and self._loop.time() < self._until_s:
            self._seen = count
            self._loop.call_soon(self._look)
        else:
            self._begin()
