"""PostgreSQL databases: every column of every table, as the server shows it."""

import contextlib
from typing import Final
from urllib.parse import urlsplit

import asyncpg

from vezne.scanner.cells import Cell, Cells
from vezne.scanner.finding import Progress
from vezne.scanner.text import TextScanner

_TIMEOUT_S: Final = 10
_ROWS_AHEAD: Final = 500
_TABLES: Final = """SELECT c.oid, n.nspname, c.relname, c.relkind
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND n.nspname NOT LIKE 'pg_toast%' ORDER BY n.nspname, c.relname"""
_COLUMNS: Final = """SELECT attname, atttypid = 'bytea'::regtype AS is_bytes FROM pg_attribute
WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""


class DatabaseUnreachable(Exception):
    """The database cannot be read. The text says why, and never repeats the URL's password."""


async def scan_postgres(url: str, scanner: TextScanner, progress: Progress) -> None:
    """Look through all tables of a database, each as it stands when its turn comes.

    A transaction over all of them would hold a lock on each. Raises DatabaseUnreachable.
    """
    name = f"{urlsplit(url).hostname or 'postgresql'}{urlsplit(url).path}"
    try:
        connection = await asyncpg.connect(url, timeout=_TIMEOUT_S)
    except (OSError, ValueError, asyncpg.PostgresError) as error:
        raise DatabaseUnreachable(f"cannot read {name}: {type(error).__name__}") from error
    try:
        for table in await connection.fetch(_TABLES):
            # One that was dropped meanwhile has nothing to show.
            with contextlib.suppress(asyncpg.UndefinedTableError):
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await _scan_table(connection, table, Cells(name, scanner), scanner, progress)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable(f"cannot read {name}: {type(error).__name__}") from error
    finally:
        await connection.close()


async def _scan_table(
    connection: asyncpg.Connection,
    table: asyncpg.Record,
    cells: Cells,
    scanner: TextScanner,
    progress: Progress,
) -> None:
    columns = await connection.fetch(_COLUMNS, table["oid"])
    if not columns:
        return
    wanted = ", ".join(
        _quoted(column["attname"]) + ("" if column["is_bytes"] else "::text") for column in columns
    )
    name = f"{_quoted(table['nspname'])}.{_quoted(table['relname'])}"
    plain = f"{table['nspname']}.{table['relname']}"
    before = scanner.read_bytes
    query = f"SELECT ctid::text, {wanted} FROM {name}"  # noqa: S608 - names, quoted
    async for row in connection.cursor(query, prefetch=_ROWS_AHEAD):
        for column, value in zip(columns, row[1:], strict=True):
            cells.add(Cell(plain, column["attname"], row[0]), value)
    cells.finish()
    progress(scanner.read_bytes - before)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
