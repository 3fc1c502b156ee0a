"""The connections that queries go over, kept at hand between two of them.

To take a connection from a pool and give it back costs as much as a query by key does.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TypeAlias

import asyncpg

from vezne.engines.engine import Value

# One query takes less than a millisecond, so few connections answer many requests.
READERS_MAX: Final = 3

_Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy


class Readers:
    """Up to `READERS_MAX` connections of a pool, which has more. `timeout_s` is to get one."""

    def __init__(self, pool: asyncpg.Pool, timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._free: list[_Connection] = []
        self._count = 0
        self._is_closed = False
        self._waiting: deque[asyncio.Future[_Connection | None]] = deque()

    async def fetch(self, sql: str, params: Sequence[Value]) -> list[asyncpg.Record]:
        """The rows of a query. Raises what asyncpg raises, and then gives up the connection."""
        connection = await self._take()
        try:
            records: list[asyncpg.Record] = await connection.fetch(sql, *params)
        except BaseException as error:
            # One that did not answer in time is asked nothing any more.
            if isinstance(error, TimeoutError):
                connection.terminate()
            await self._give_back(connection)
            raise
        if self._is_closed:
            await self._give_back(connection)
        else:
            self._hand_on(connection)
        return records

    async def close(self) -> None:
        """Give every connection back to the pool, those in use as soon as they are free."""
        self._is_closed = True
        await self.give_up()

    async def give_up(self) -> None:
        """Give back to the pool what nobody uses just now; it closes what has expired."""
        free, self._free = self._free, []
        for connection in free:
            await self._give_back(connection)

    async def _take(self) -> _Connection:
        if self._free:
            return self._free.pop()
        connection = None
        if self._count < READERS_MAX:
            self._count += 1
        else:
            connection = await self._turn()
        return connection or await self._new()

    async def _new(self) -> _Connection:
        """One more from the pool; its place is taken already."""
        try:
            return await self._pool.acquire(timeout=self._timeout_s)
        except BaseException:
            self._leave()
            raise

    async def _turn(self) -> _Connection | None:
        """Wait for a connection, or for a place to open one at."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await turn
        except BaseException:
            # What came to somebody who goes away is for the next one.
            if turn.done() and not turn.cancelled():
                connection = turn.result()
                if connection is None:
                    self._leave()
                else:
                    self._hand_on(connection)
            raise

    async def _give_back(self, connection: _Connection) -> None:
        self._leave()
        with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await self._pool.release(connection)

    def _hand_on(self, connection: _Connection) -> None:
        """Who waits longest gets it: left for anybody, it would be taken by who comes now."""
        turn = self._next()
        if turn is None:
            self._free.append(connection)
        else:
            turn.set_result(connection)

    def _leave(self) -> None:
        """A connection is given up; its place is for who waits longest."""
        turn = self._next()
        if turn is None:
            self._count -= 1
        else:
            turn.set_result(None)

    def _next(self) -> "asyncio.Future[_Connection | None] | None":
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                return turn
        return None
