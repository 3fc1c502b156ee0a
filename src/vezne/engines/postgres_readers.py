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
        self._waiting: deque[asyncio.Future[None]] = deque()

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
            self._free.append(connection)
            self._wake()
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
        while not self._free:
            if self._count < READERS_MAX:
                return await self._new()
            async with asyncio.timeout(self._timeout_s):
                await self._turn()
        return self._free.pop()

    async def _new(self) -> _Connection:
        self._count += 1
        try:
            return await self._pool.acquire(timeout=self._timeout_s)
        except BaseException:
            self._count -= 1
            self._wake()
            raise

    async def _turn(self) -> None:
        """Wait until a connection is free, or one more may be opened."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            # Whoever was woken and goes away lets the next one have its turn.
            if turn.done() and not turn.cancelled():
                self._wake()
            raise

    async def _give_back(self, connection: _Connection) -> None:
        self._count -= 1
        self._wake()
        with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await self._pool.release(connection)

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
