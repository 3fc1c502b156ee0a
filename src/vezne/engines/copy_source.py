"""The rows of a SQLite file, in key order, while nobody else can open it."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from vezne.engines.engine import EngineFailure, Occupied, Row, Value
from vezne.engines.tables import BOOKKEEPING, Table, bytes_of

# A page ends at the first of both: short rows should not come by the dozen, and long ones must not
# fill the memory.
PAGE_ROWS: Final = 5_000
PAGE_BYTES: Final = 4_000_000
_STEP: Final = 250
# A server that has just ended is given that long to be gone.
_LOCK_TIMEOUT_S: Final = 1.0

_TABLES: Final = (
    r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'"
)


class CopySource:
    """Reads a file. Implements `vezne.engines.engine.Queries`; each query runs in a thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query. Raises EngineFailure."""
        return await asyncio.to_thread(self._fetch, sql, params)

    async def tables(self) -> dict[str, Table]:
        """The tables by name, as the file itself describes them. Raises EngineFailure."""
        found = {}
        for (name,) in await self.fetch(_TABLES):
            if name != BOOKKEEPING:
                described = await self.fetch("SELECT name, pk FROM pragma_table_info(?)", (name,))
                found[str(name)] = _table(str(name), described)
        return found

    async def count(self, table: Table) -> int:
        """How many rows a table has. Raises EngineFailure."""
        ((count,),) = await self.fetch(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 - the schema's own name
        return int(count or 0)

    async def page(self, table: Table, after: Row | None) -> list[Row]:
        """The rows that follow a key, or the first ones; none at the end. Raises EngineFailure."""
        return await asyncio.to_thread(self._page, _page_sql(table, after), after or ())

    def _fetch(self, sql: str, params: Sequence[Value]) -> list[Row]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.DatabaseError as error:
            raise EngineFailure(str(error)) from error

    def _page(self, sql: str, params: Sequence[Value]) -> list[Row]:
        rows: list[Row] = []
        size = 0
        try:
            with closing(self._connection.execute(sql, params)) as cursor:
                while size < PAGE_BYTES and (some := cursor.fetchmany(_STEP)):
                    rows += some
                    size += sum(map(bytes_of, some))
        except sqlite3.DatabaseError as error:
            raise EngineFailure(str(error)) from error
        return rows


@contextmanager
def open_source(path: Path) -> Iterator[CopySource]:
    """Open a file so that nobody else can, for reading only.

    Whoever tries meanwhile hears that the database is locked. Raises Occupied when somebody has
    it open already, EngineFailure when it is no database.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_LOCK_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        with closing(connection):
            # Before anything reads the file: then the first look locks it as a whole.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA query_only = ON")
            connection.execute(_TABLES).fetchall()
            yield CopySource(connection)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
            raise Occupied(str(path)) from error
        raise EngineFailure(f"{path}: {error}") from error


def _table(name: str, described: Sequence[Row]) -> Table:
    columns = tuple(str(column) for column, _ in described)
    places = sorted((int(pk or 0), place) for place, (_, pk) in enumerate(described) if pk)
    return Table(name, columns, tuple(place for _, place in places))


def _page_sql(table: Table, after: Row | None) -> str:
    """Paged by the key: no page is slower than the first, however far it is."""
    columns, key = _listed(table.columns), _listed(table.key_columns)
    marks = ", ".join("?" * len(table.key))
    beyond = "" if after is None else f"WHERE ({key}) > ({marks}) "
    return f'SELECT {columns} FROM "{table.name}" {beyond}ORDER BY {key} LIMIT {PAGE_ROWS}'  # noqa: S608 - the schema's own names


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
