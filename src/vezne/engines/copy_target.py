"""A PostgreSQL schema that rows are copied to, and what it knows of an unfinished copy.

How far the copy is stands in the schema itself and is committed with the rows, so that whoever goes
on after a crash begins exactly behind the last row that is there.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, TypeAlias

import asyncpg
import msgspec

from vezne.engines.engine import EngineFailure, Occupied, Row, Value
from vezne.engines.postgres_way import (
    LINE_ERRORS,
    begin_session,
    check_encoding,
    check_sessions,
    make_schema,
    reaching,
    text_of,
)
from vezne.engines.tables import BOOKKEEPING, IS_MARKED, Table, Unlike

CONNECT_TIMEOUT_S: Final = 10
# A server that is silent for so long is gone. Sorting the keys of a large table takes minutes.
COMMAND_TIMEOUT_S: Final = 600
# So long may the server take to notice that a copy was killed.
TURN_TIMEOUT_S: Final = 20.0
_TURN_RETRY_S: Final = 0.1
_ROWS_AT_ONCE: Final = 500

_OWN: Final = frozenset({"unfinished_copy", "unfinished_copy_tables", BOOKKEEPING})

_CREATE_MARK: Final = """
CREATE TABLE unfinished_copy (copy_id TEXT NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE unfinished_copy_tables (
    name TEXT NOT NULL PRIMARY KEY, last_key BYTEA NOT NULL, rows BIGINT NOT NULL
)
"""
_INSERT_MARK: Final = (
    "INSERT INTO unfinished_copy (copy_id, source, state) VALUES ($1, $2, 'begun')"
)
_ADVANCE: Final = """
INSERT INTO unfinished_copy_tables AS known (name, last_key, rows) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET last_key = excluded.last_key, rows = known.rows + excluded.rows
"""
_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL),
    array_position(i.indkey::int2[], a.attnum)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
    AND c.relkind IN ('r', 'p')
ORDER BY c.relname, a.attnum
"""
_ANYTHING: Final = """
SELECT 1 FROM pg_class
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) LIMIT 1
"""

_WHOLE_NUMBERS: Final = {"bigint": 63, "integer": 31}

_Connection: TypeAlias = asyncpg.Connection


class Mark(msgspec.Struct, frozen=True):
    """Which copy is under way in a schema, where it is from, and what is done of it.

    `begun`: the tables may not be there yet. `copying`: rows are coming. `whole`: all are there,
    and have been compared.
    """

    copy_id: str
    source: str
    state: str


class CopyTarget:
    """One schema, over one connection."""

    def __init__(self, connection: _Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._types: dict[tuple[str, str], str] = {}

    async def mark(self) -> Mark | None:
        """The copy that is under way here, if one is. Raises EngineFailure."""
        with _judged():
            if not await self._connection.fetch(IS_MARKED):
                return None
            row = await self._connection.fetchrow(
                "SELECT copy_id, source, state FROM unfinished_copy"
            )
        return Mark(*row) if row else None

    async def is_empty(self) -> bool:
        """Whether nothing at all is in the schema, or it is missing. Raises EngineFailure."""
        with _judged():
            return not await self._connection.fetch(_ANYTHING, self._schema)

    async def begin(self, copy_id: str, source: str) -> None:
        """Make the schema if it is missing, and mark it before anything else is in it.

        Raises EngineFailure.
        """
        with _judged():
            async with self._connection.transaction():
                await make_schema(self._connection, self._schema)
                await self._connection.execute(_CREATE_MARK)
                await self._connection.execute(_INSERT_MARK, copy_id, source)

    async def drop_rows(self, copy_id: str, source: str) -> None:
        """Empty all tables and mark the schema for a copy whose rows may come now.

        Whatever migrations have put in is the source's as well. Raises EngineFailure.
        """
        tables = ", ".join(f'"{name}"' for name in await self.tables())
        with _judged():
            async with self._connection.transaction():
                await self._connection.execute(f"TRUNCATE {tables}")
                await self._connection.execute("DELETE FROM unfinished_copy_tables")
                await self._connection.execute(
                    "UPDATE unfinished_copy SET copy_id = $1, source = $2, state = 'copying'",
                    copy_id,
                    source,
                )

    async def tables(self) -> dict[str, Table]:
        """The tables by name, as the server describes them. Raises EngineFailure."""
        with _judged():
            described = await self._connection.fetch(_COLUMNS, self._schema)
        by_name: dict[str, list[tuple[str, str, int | None]]] = {}
        for name, column, kind, place in described:
            if name not in _OWN:
                by_name.setdefault(name, []).append((column, kind, place))
                self._types[name, column] = kind
        return {name: _table(name, columns) for name, columns in by_name.items()}

    async def progress(self) -> Mapping[str, tuple[Row, int]]:
        """The last key of each table that rows have come to, and how many have.

        Raises EngineFailure.
        """
        with _judged():
            rows = await self._connection.fetch(
                "SELECT name, last_key, rows FROM unfinished_copy_tables"
            )
        return {
            name: (tuple(msgspec.msgpack.decode(last_key)), count) for name, last_key, count in rows
        }

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, and the last one's key as how far the table is, in one transaction.

        Raises Unlike for a row that does not fit the table, EngineFailure.
        """
        last_key = msgspec.msgpack.encode(table.key_of(rows[-1]))
        try:
            with _judged():
                async with self._connection.transaction():
                    # One message for all rows: within a COPY the driver waits for ever when the
                    # line breaks while it is full.
                    await self._connection.execute(
                        self._insert_sql(table), *zip(*rows, strict=True)
                    )
                    await self._connection.execute(_ADVANCE, table.name, last_key, len(rows))
        except _Misfit:
            self._check_fit(table, rows)
            raise Unlike(f"table {table.name}: PostgreSQL does not take its rows") from None

    async def pages(self, table: Table) -> AsyncGenerator[list[Row], None]:
        """All rows in key order, byte by byte, as they stand now. Raises EngineFailure."""
        columns = ", ".join(f'"{column}"' for column in table.columns)
        order = ", ".join(self._ordered(table.name, column) for column in table.key_columns)
        sql = f'SELECT {columns} FROM "{self._schema}"."{table.name}" ORDER BY {order}'  # noqa: S608 - the schema's own names
        with _judged():
            async with self._connection.transaction(isolation="repeatable_read", readonly=True):
                cursor = await self._connection.cursor(sql)
                while records := await cursor.fetch(_ROWS_AT_ONCE):
                    yield [tuple(record) for record in records]

    async def end_rows(self) -> None:
        """All rows are there and compared. Raises EngineFailure."""
        with _judged():
            await self._connection.execute("UPDATE unfinished_copy SET state = 'whole'")

    async def drop_mark(self) -> None:
        """From now on, this is a database like any other. Raises EngineFailure."""
        with _judged():
            await self._connection.execute(
                "DROP TABLE IF EXISTS unfinished_copy, unfinished_copy_tables"
            )

    def _insert_sql(self, table: Table) -> str:
        columns = ", ".join(f'"{column}"' for column in table.columns)
        kinds = (self._types[table.name, column] for column in table.columns)
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, 1))
        into = f'"{self._schema}"."{table.name}" ({columns})'
        return f"INSERT INTO {into} SELECT * FROM unnest({arrays})"  # noqa: S608 - the schema's own names

    def _ordered(self, table: str, column: str) -> str:
        """Text in the order of its bytes, whatever language the database is in."""
        return f'"{column}" COLLATE "C"' if self._types[table, column] == "text" else f'"{column}"'

    def _check_fit(self, table: Table, rows: Sequence[Row]) -> None:
        for row in rows:
            for column, value in zip(table.columns, row, strict=True):
                kind = self._types[table.name, column]
                if not _fits(value, kind):
                    key = table.shown(table.key_of(row))
                    raise Unlike(
                        f"table {table.name}, {key}: what is in column {column} is no {kind} that "
                        "PostgreSQL takes"
                    )


@asynccontextmanager
async def open_target(
    url: str, schema: str, *, turn_timeout_s: float = TURN_TIMEOUT_S
) -> AsyncIterator[CopyTarget]:
    """A schema, missing or not, with which no other copy is busy within so many seconds.

    Raises Occupied when one is, EngineFailure when the server is out of reach or refuses.
    """
    async with _connected(url) as connection:
        with _judged():
            await check_sessions(connection, _connected(url))
            await begin_session(connection, schema, {})
        check_encoding(connection)
        await _take_turn(connection, schema, turn_timeout_s)
        yield CopyTarget(connection, schema)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[_Connection]:
    with reaching(url):
        connection = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings={"application_name": "vezne copy"},
        )
    try:
        yield connection
    finally:
        with suppress(*LINE_ERRORS, asyncpg.PostgresError):
            await connection.close(timeout=CONNECT_TIMEOUT_S)


async def _take_turn(connection: _Connection, schema: str, timeout_s: float) -> None:
    """Wait until a copy that was killed is gone: its last transaction may still be under way."""
    take = "SELECT pg_try_advisory_lock(hashtext($1), hashtext('vezne copy'))"
    with _judged():
        for _ in range(int(timeout_s / _TURN_RETRY_S)):
            if await connection.fetchval(take, schema):
                return
            await asyncio.sleep(_TURN_RETRY_S)
    raise Occupied(schema)


def _table(name: str, columns: Sequence[tuple[str, str, int | None]]) -> Table:
    places = sorted(
        (in_key, place) for place, (_, _, in_key) in enumerate(columns) if in_key is not None
    )
    return Table(
        name, tuple(column for column, _, _ in columns), tuple(place for _, place in places)
    )


def _fits(value: Value, kind: str) -> bool:
    if value is None:
        return True
    if kind == "text":
        return isinstance(value, str) and "\0" not in value
    if kind == "bytea":
        return isinstance(value, bytes)
    bits = _WHOLE_NUMBERS.get(kind)
    # Of other kinds the server has the only word.
    return bits is None or (isinstance(value, int) and -(2**bits) <= value < 2**bits)


class _Misfit(Exception):
    """A value is not of its column's type. The driver's text quotes the value."""


@contextmanager
def _judged() -> Iterator[None]:
    """The engine's word for what asyncpg raises."""
    try:
        yield
    except asyncpg.DataError:
        raise _Misfit from None
    except (*LINE_ERRORS, asyncpg.PostgresError) as error:
        raise EngineFailure(f"PostgreSQL: {text_of(error)}") from error
