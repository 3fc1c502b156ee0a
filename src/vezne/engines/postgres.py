"""PostgreSQL through asyncpg: what waits goes into one transaction on one connection."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import lru_cache
from itertools import chain, count, groupby
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import asyncpg

from vezne.engines.engine import (
    ANY_ROWS,
    Conflict,
    EngineClosed,
    EngineFailure,
    Occupied,
    Row,
    Value,
    Write,
)

# Bounds how long the first of a group waits for the last.
GROUP_MAX: Final = 128
# Two servers that wait for each other's rows: one of them tries again.
RACES_MAX: Final = 10
# One connection writes; with a second one, groups would be half as large. The others read.
CONNECTIONS_MAX: Final = 4
CONNECT_TIMEOUT_S: Final = 5
COMMAND_TIMEOUT_S: Final = 10
STATEMENTS_CACHED: Final = 256
# Any constant will do, as long as no other program on the same database uses it.
_SCHEMA_LOCK: Final = 0x76657A6E65

# Locks are known to the whole database, so the schema is part of their names.
_NAME = "hashtext(current_schema()), hashtext($1)"
_TAKE_NAME = f"SELECT pg_try_advisory_lock({_NAME})"
_LEAVE_NAME = f"SELECT pg_advisory_unlock({_NAME})"

_UNIQUE_VIOLATION = "23505"
# Serialization failure and deadlock: another transaction won.
_LOST_RACES = frozenset({"40001", "40P01"})
# Connection, resources, operator intervention, system error, internal error.
_FAILURE_CLASSES = frozenset({"08", "53", "57", "58", "XX"})

_LINE_ERRORS = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_PLACEHOLDER = re.compile(r"""'[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\?""", re.DOTALL)
_TABLE = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE)
_SUBQUERY = re.compile(r"\bSELECT\b", re.IGNORECASE)
_OWN_ANSWER = re.compile(r"\b(?:RETURNING|WITH)\b", re.IGNORECASE)
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy
_Acquired: TypeAlias = asyncpg.pool.PoolAcquireContext


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

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: deque[_Job] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._is_closing = False

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query, as committed. Raises EngineFailure and EngineClosed."""
        if self._is_closing:
            raise EngineClosed
        try:
            async with self._acquire() as connection:
                records = await connection.fetch(numbered(sql), *params)
        except Exception as error:
            raise await self._judged(error) from error
        return [tuple(record) for record in records]

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["_Snapshot"]:
        """The database as it stands at this moment. Raises EngineFailure and EngineClosed."""
        if self._is_closing:
            raise EngineClosed
        try:
            async with (
                self._acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                # The transaction sees what stands at its first statement.
                await connection.execute("SELECT 1")
                yield _Snapshot(connection)
        except (*_LINE_ERRORS, asyncpg.PostgresError) as error:
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
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """Hold a name, by a lock of a connection. Raises Occupied; as `fetch` does."""
        if self._is_closing:
            raise EngineClosed
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._acquire())
                is_held = await connection.fetchval(_TAKE_NAME, name)
            except (*_LINE_ERRORS, asyncpg.PostgresError) as error:
                raise await self._judged(error) from error
            if not is_held:
                raise Occupied(name)
            try:
                yield
            finally:
                # A line that is broken by now has ended the lock by itself.
                with suppress(*_LINE_ERRORS, asyncpg.PostgresError):
                    await connection.execute(_LEAVE_NAME, name)

    async def execute_script(self, script: str) -> None:
        """Run a migration's statements in one transaction. Raises as `apply` does."""
        if self._is_closing:
            raise EngineClosed
        try:
            async with self._acquire() as connection, connection.transaction():
                # Two processes that create the same table at once would both fail.
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _SCHEMA_LOCK)
                await connection.execute(script.replace("{clustered}", ""))
        except Exception as error:
            raise await self._judged(error) from error

    async def erase(self) -> bool:
        """Nothing: the server's own vacuum gives space free, and nobody else can."""
        return True

    async def close(self) -> None:
        """Finish what was accepted, then close."""
        self._is_closing = True
        if self._writing is not None:
            await self._writing
        await self._pool.close()

    async def _serve(self) -> None:
        """Write group after group until nothing waits. What came meanwhile makes one group."""
        try:
            while self._waiting:
                size = min(len(self._waiting), GROUP_MAX)
                group = [self._waiting.popleft() for _ in range(size)]
                for job, outcome in zip(group, await self._commit(group), strict=True):
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
            async with self._acquire() as connection, connection.transaction():
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
            async with self._acquire() as connection, connection.transaction():
                return [await _write_apart(connection, job.writes) for job in group]
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            await self._judged(error)
            return [_translated(error) for _ in group]

    async def _judged(self, error: Exception) -> Exception:
        """The engine's word for an error. After a failure, work goes on over new connections."""
        judged = _translated(error)
        if isinstance(judged, EngineFailure) and not isinstance(judged, _LostRace):
            await self._pool.expire_connections()
        return judged

    def _acquire(self) -> _Acquired:
        return self._pool.acquire(timeout=CONNECT_TIMEOUT_S)


class _Snapshot:
    """Implements `vezne.engines.engine.Queries` over one transaction."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query. Raises EngineFailure."""
        try:
            records = await self._connection.fetch(numbered(sql), *params)
        except (*_LINE_ERRORS, asyncpg.PostgresError) as error:
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
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=CONNECTIONS_MAX,
            reset=_keep_session,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=command_timeout_s,
            statement_cache_size=STATEMENTS_CACHED,
            server_settings={
                "application_name": "vezne",
                "search_path": schema,
                "synchronous_commit": "on",
            },
        )
        await _create_schema(pool, schema)
    except (*_LINE_ERRORS, asyncpg.PostgresError) as error:
        why = str(error) or "no answer in time"
        raise EngineFailure(
            f"cannot use PostgreSQL at {urlsplit(url).hostname or 'the local socket'}: {why}"
        ) from error
    return PostgresEngine(pool)


async def _create_schema(pool: asyncpg.Pool, schema: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _SCHEMA_LOCK)
        # CREATE … IF NOT EXISTS asks for the right to create even when there is nothing to do.
        if not await connection.fetch("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema):
            await connection.execute(f'CREATE SCHEMA "{schema}"')


async def _keep_session(_connection: _Connection) -> None:
    """Nothing here changes a session, so it needs no round trip to be reset."""


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
    if isinstance(error, _LINE_ERRORS):
        return EngineFailure(str(error) or "PostgreSQL did not answer in time")
    return error


@lru_cache(maxsize=1024)
def numbered(sql: str, first: int = 1) -> str:
    """The statement with `$n` for each `?` outside of literals, names and comments."""
    numbers = count(first)
    return _PLACEHOLDER.sub(lambda match: f"${next(numbers)}" if match[0] == "?" else match[0], sql)


@lru_cache(maxsize=1024)
def is_combinable(shape: tuple[str, ...]) -> bool:
    """Whether statements may run as parts of one.

    Such parts do not see each other's rows, so each must have a table for itself and no subquery.
    A lone one may have any.
    """
    tables = [_TABLE.match(sql) for sql in shape]
    names = {table[1].lower() for table in tables if table}
    if not len(names) == len(shape) > 0 or any(_OWN_ANSWER.search(sql) for sql in shape):
        return False
    return len(shape) == 1 or not any(_SUBQUERY.search(sql) for sql in shape)


@lru_cache(maxsize=1024)
def combined(shape: tuple[str, ...]) -> str:
    """One statement that runs all of a batch and returns the row count of each part."""
    parts: list[str] = []
    first = 1
    for place, sql in enumerate(shape):
        parts.append(f"part{place} AS ({numbered(sql, first)} RETURNING 1)")
        first += _placeholders(sql)
    counts = [f"(SELECT count(*) FROM part{place})" for place in range(len(shape))]  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _placeholders(sql: str) -> int:
    return sum(match == "?" for match in _PLACEHOLDER.findall(sql))
