"""PostgreSQL through asyncpg: what waits goes into one transaction on one connection."""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from itertools import chain, groupby
from typing import Final, NamedTuple, TypeAlias

import asyncpg

from vezne.engines.engine import (
    ANY_ROWS,
    Conflict,
    EngineClosed,
    EngineFailure,
    Row,
    Value,
    Write,
)
from vezne.engines.figures import EngineFigures
from vezne.engines.postgres_hold import Line, hold_name
from vezne.engines.postgres_readers import Readers
from vezne.engines.postgres_sql import combined, is_combinable, numbered
from vezne.engines.postgres_statistics import Statistics
from vezne.engines.postgres_way import (
    LINE_ERRORS,
    SCHEMA_LOCK,
    begin_session,
    keep_session,
    prepare,
    reaching,
)
from vezne.engines.turns import Turns

# Bounds how long the first of a group waits for the last.
GROUP_MAX: Final = 128
# Two servers that wait for each other's rows: one of them tries again.
RACES_MAX: Final = 10
# One connection writes; with a second one, groups would be half as large. Three read; the others
# are for what takes long.
CONNECTIONS_MAX: Final = 6
CONNECT_TIMEOUT_S: Final = 5
COMMAND_TIMEOUT_S: Final = 10
STATEMENTS_CACHED: Final = 256

_UNIQUE_VIOLATION = "23505"
# Serialization failure and deadlock: another transaction won.
_LOST_RACES = frozenset({"40001", "40P01"})
# Connection, resources, operator intervention, system error, internal error.
_FAILURE_CLASSES = frozenset({"08", "53", "57", "58", "XX"})

# A query over such a line has changed nothing, so it may be asked again.
_BROKEN_LINES = (
    OSError,
    asyncpg.InterfaceError,
    # What the server says of an end that crosses a query fits none of the driver's states.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy


class _Job(NamedTuple):
    """A batch of writes, who waits for it, and how often it lost a race."""

    writes: Sequence[Write]
    future: "asyncio.Future[None]"
    races: int = 0


class _LostRace(EngineFailure):
    """Another server's transaction was preferred to this one, of which nothing happened."""


class PostgresEngine:
    """Implements `vezne.engines.engine.Engine` over one schema. Many processes may share it.

    Belongs to the event loop that it was opened in.
    """

    name = "postgres"

    def __init__(self, pool: asyncpg.Pool, line: Line) -> None:
        self._pool = pool
        self._line = line
        self._readers = Readers(pool, CONNECT_TIMEOUT_S)
        self._statistics = Statistics(pool, CONNECT_TIMEOUT_S)
        self._waiting: deque[_Job] = deque()
        self._turns = Turns(GROUP_MAX)
        self.figures = EngineFigures(self._waiting, GROUP_MAX)
        self._writing: asyncio.Task[None] | None = None
        self._is_closing = False

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query, as committed. Raises EngineFailure and EngineClosed.

        A query whose line breaks is asked once more, over another one.
        """
        if self._is_closing:
            raise EngineClosed
        try:
            try:
                records = await self._readers.fetch(numbered(sql), params)
            except _BROKEN_LINES as error:
                if isinstance(error, TimeoutError):
                    raise
                await self._judged(error)
                records = await self._readers.fetch(numbered(sql), params)
        except Exception as error:
            raise await self._judged(error) from error
        return [tuple(record) for record in records]

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["_Snapshot"]:
        """The database as it stands at this moment. Raises EngineFailure and EngineClosed."""
        if self._is_closing:
            raise EngineClosed
        try:
            async with self._transaction(isolation="repeatable_read", readonly=True) as connection:
                # The transaction sees what stands at its first statement.
                await connection.execute("SELECT 1")
                yield _Snapshot(connection)
        except (*LINE_ERRORS, asyncpg.PostgresError) as error:
            raise await self._judged(error) from error

    async def apply(self, writes: Sequence[Write]) -> None:
        """Run all writes in one transaction, durable on return.

        Raises Conflict, in which case none of them happened; EngineFailure; EngineClosed.
        """
        if self._is_closing:
            raise EngineClosed
        loop = asyncio.get_running_loop()
        job = _Job(writes, loop.create_future())
        self._waiting.append(job)
        if self._writing is None:
            self._writing = loop.create_task(self._serve())
        await job.future

    @asynccontextmanager
    async def exclusive(self, name: str, *, retry_s: float | None = None) -> AsyncIterator[None]:
        """Hold a name, by a lock of a connection of its own.

        Raises Occupied; EngineFailure when the line breaks meanwhile; as `fetch` does.
        """
        if self._is_closing:
            raise EngineClosed
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(hold_name(self._line, name, retry_s))
            except (*LINE_ERRORS, asyncpg.PostgresError) as error:
                raise await self._judged(error) from error
            yield

    async def execute_script(self, script: str) -> None:
        """Run a migration's statements in one transaction. Raises as `apply` does."""
        if self._is_closing:
            raise EngineClosed
        try:
            async with self._transaction() as connection:
                # Two processes that create the same table at once would both fail.
                await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
                await connection.execute(script.replace("{clustered}", ""))
        except Exception as error:
            raise await self._judged(error) from error

    async def erase(self) -> bool:
        """Nothing: the server's own vacuum gives space free, and nobody else can."""
        return True

    def behind_s(self) -> float:
        """How long a batch that comes now would wait for those in front of it; mostly 0."""
        return self._turns.behind_s(len(self._waiting), time.monotonic())

    async def close(self) -> None:
        """Finish what was accepted, then close."""
        self._is_closing = True
        if self._writing is not None:
            await self._writing
        await self._readers.close()
        await self._statistics.close()
        await self._pool.close()

    async def _serve(self) -> None:
        """Write group after group until nothing waits. What came meanwhile makes one group."""
        try:
            while self._waiting:
                size = min(len(self._waiting), GROUP_MAX)
                group = [self._waiting.popleft() for _ in range(size)]
                self._turns.begin(time.monotonic())
                outcomes = await self._commit(group)
                self._turns.end(time.monotonic())
                self.figures.end_group(outcomes)
                self._statistics.note_write()
                for job, outcome in zip(group, outcomes, strict=True):
                    if isinstance(outcome, _LostRace) and job.races < RACES_MAX:
                        self._waiting.append(job._replace(races=job.races + 1))
                    else:
                        _settle(job.future, outcome)
        finally:
            self._writing = None

    async def _commit(self, group: Sequence[_Job]) -> Sequence[Exception | None]:
        """Write a group in one transaction; returns the outcome of each batch.

        A savepoint is a round trip, so it is used only in a second round. There is one when the
        first failed before its COMMIT was sent, so that surely nothing of it happened.
        """
        is_ending = False
        try:
            async with self._transaction() as connection:
                await _write_together(connection, group)
                is_ending = True
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            await self._judged(error)
            if is_ending or isinstance(error, TimeoutError):
                return [_translated(error) for _ in group]
            return await self._commit_apart(group)
        return [None] * len(group)

    async def _commit_apart(self, group: Sequence[_Job]) -> Sequence[Exception | None]:
        """Write a group in one transaction, leaving out the batches that fail."""
        try:
            async with self._transaction() as connection:
                return [await _write_apart(connection, job.writes) for job in group]
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            await self._judged(error)
            return [_translated(error) for _ in group]

    async def _judged(self, error: Exception) -> Exception:
        """The engine's word for an error. After a failure, work goes on over new connections."""
        judged = _translated(error)
        if isinstance(judged, EngineFailure) and not isinstance(judged, _LostRace):
            await self._pool.expire_connections()
            await self._readers.give_up()
        return judged

    @asynccontextmanager
    async def _transaction(self, **mode: str | bool) -> AsyncIterator[_Connection]:
        """A transaction on a connection; rolled back by what is raised in it."""
        async with self._connected() as connection:
            transaction = connection.transaction(**mode)
            await transaction.start()
            try:
                yield connection
            except TimeoutError:
                # The end of the connection is that of its transaction.
                raise
            except BaseException:
                await transaction.rollback()
                raise
            else:
                await transaction.commit()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[_Connection]:
        """A connection of the pool. One that did not answer in time is asked nothing any more."""
        connection = await self._pool.acquire(timeout=CONNECT_TIMEOUT_S)
        try:
            yield connection
        except TimeoutError:
            connection.terminate()
            raise
        finally:
            # What was done on the connection stays done, however it ends.
            with suppress(*LINE_ERRORS):
                await self._pool.release(connection)


class _Snapshot:
    """Implements `vezne.engines.engine.Queries` over one transaction."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query. Raises EngineFailure."""
        try:
            records = await self._connection.fetch(numbered(sql), *params)
        except (*LINE_ERRORS, asyncpg.PostgresError) as error:
            raise _translated(error) from error
        return [tuple(record) for record in records]


async def open_postgres(
    url: str, schema: str, *, command_timeout_s: float = COMMAND_TIMEOUT_S
) -> PostgresEngine:
    """An engine over a schema of a PostgreSQL database. The schema is made when it is missing.

    A statement that takes longer than `command_timeout_s` fails its transaction.

    Raises ValueError for a schema name that is no plain lower-case word, EngineFailure when the
    server is out of reach or refuses.
    """
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"{schema!r} is no name for a schema")
    with reaching(url):
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=CONNECTIONS_MAX,
            reset=keep_session,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=command_timeout_s,
            statement_cache_size=STATEMENTS_CACHED,
            server_settings={"application_name": "vezne"},
            init=partial(begin_session, schema=schema, settings={"synchronous_commit": "on"}),
        )
        try:
            await prepare(pool, schema)
        except BaseException:
            pool.terminate()
            raise
    return PostgresEngine(pool, Line(url, schema, connect_timeout_s=CONNECT_TIMEOUT_S))


async def _write_together(connection: _Connection, group: Sequence[_Job]) -> None:
    """Write a group. Raises Conflict when any batch touched other row counts than expected.

    Batches of one shape, the same statements in the same order, go to the server in one trip.
    """
    by_shape: dict[tuple[str, ...], list[_Job]] = {}
    for job in group:
        by_shape.setdefault(tuple(write.sql for write in job.writes), []).append(job)
    for shape, jobs in by_shape.items():
        if not is_combinable(shape):
            for job in jobs:
                await _write_in_order(connection, job.writes)
            continue
        params = [tuple(chain.from_iterable(write.params for write in job.writes)) for job in jobs]
        counts = await connection.fetchmany(combined(shape), params)
        for job, touched in zip(jobs, counts, strict=True):
            for write, rows in zip(job.writes, touched, strict=True):
                _check_rows(write, rows)


async def _write_in_order(connection: _Connection, writes: Sequence[Write]) -> None:
    for (sql, rows), group in groupby(writes, key=lambda write: (write.sql, write.rows)):
        alike = list(group)
        if rows == ANY_ROWS and len(alike) > 1:
            # Nobody asks what became of each, so all of them go in one trip.
            await connection.executemany(numbered(sql), [write.params for write in alike])
            continue
        for write in alike:
            status = await connection.execute(numbered(sql), *write.params)
            if rows != ANY_ROWS:
                _check_rows(write, int(status.rpartition(" ")[2]))


async def _write_apart(connection: _Connection, writes: Sequence[Write]) -> Exception | None:
    """Run a batch so that its failure, which is returned, leaves the others untouched."""
    try:
        async with connection.transaction():
            await _write_in_order(connection, writes)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this batch alone
        return _translated(error)
    return None


def _check_rows(write: Write, rows: int) -> None:
    if write.rows not in (rows, ANY_ROWS):
        raise Conflict("a write touched another number of rows than expected")


def _settle(future: "asyncio.Future[None]", outcome: Exception | None) -> None:
    if future.done():
        return
    if outcome is None:
        future.set_result(None)
    else:
        future.set_exception(outcome)


def _translated(error: Exception) -> Exception:
    """The engine's word for an error; an error of the caller's stays what it is."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state == _UNIQUE_VIOLATION:
            return Conflict(str(error))
        if state in _LOST_RACES:
            return _LostRace(str(error))
        return EngineFailure(str(error)) if state[:2] in _FAILURE_CLASSES else error
    if isinstance(error, LINE_ERRORS):
        return EngineFailure(str(error) or "PostgreSQL did not answer in time")
    return error
