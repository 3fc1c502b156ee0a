"""The sequence behind payments, lines and attempts, claimed in blocks and given out in memory."""

import asyncio
from typing import Final

import msgspec

from vezne.engines.engine import Conflict, Engine, Write

# A restart leaves the rest of a block unused. At a thousand, that is not missed, and a claim, which
# is a transaction of its own, falls on one request in two hundred.
BLOCK: Final = 1000
# Every failed claim means that another process made one, so this many in a row is a fault.
CLAIMS_MAX: Final = 100

_READ = "SELECT next FROM numbers WHERE name = 'payment'"
_CLAIM = "UPDATE numbers SET next = ? WHERE name = 'payment' AND next = ?"


class SqlNumbers:
    """Implements `vezne.core.ports.Numbers`. Several processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._next = 0
        self._end = 0
        self._claiming = asyncio.Lock()

    async def take(self, count: int) -> int:
        """The first of `count` consecutive numbers that nobody else gets.

        Suspends only to claim a block: when fewer than `count` are left of the present one.
        """
        if self._next + count <= self._end:
            return self._cut(count)
        async with self._claiming:
            # Another task may have claimed a block while this one waited.
            if self._next + count > self._end:
                await self._claim(max(count, BLOCK))
            return self._cut(count)

    def _cut(self, count: int) -> int:
        first = self._next
        self._next += count
        return first

    async def _claim(self, count: int) -> None:
        for _ in range(CLAIMS_MAX):
            ((stored,),) = await self._engine.fetch(_READ)
            start = msgspec.convert(stored, int)
            try:
                await self._engine.apply([Write(_CLAIM, (start + count, start))])
            except Conflict:
                continue
            self._next, self._end = start, start + count
            return
        raise Conflict("no block of numbers could be claimed")
