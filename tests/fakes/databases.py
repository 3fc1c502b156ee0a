"""The databases behind the data directories of a test session: SQLite files, or PostgreSQL.

With `VEZNE_TEST_ENGINE=postgres` each data directory has a database of its own on the session's
server, whoever starts a process on it.
"""

import asyncio
import os
import sqlite3
import sys
import tomllib
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from vezne.engines.engine import Engine
from vezne.engines.postgres import open_postgres
from vezne.engines.sqlite import open_sqlite

_VARIABLE: Final = "VEZNE_TEST_ENGINE"
IS_POSTGRES: Final = os.environ.get(_VARIABLE) == "postgres"
ROOMS: Final = ("books", "vault", "calls")

_urls: dict[Path, str] = {}
_server_url: list[str] = []
_names = count(1)


def begin(server_url: str) -> None:
    """From now on every data directory that a process is started on has a database here."""
    # No setting of the product's, which refuses variables that it does not know.
    os.environ.pop(_VARIABLE, None)
    _server_url.append(server_url)


def end() -> None:
    """What is started from now on has SQLite files again."""
    _server_url.clear()
    _urls.clear()


def remember(data: Path, url: str) -> None:
    """A data directory whose database a test has chosen."""
    _urls[data.resolve()] = url


def url_of(data: Path) -> str | None:
    """Where the database of a data directory is; None for SQLite files in it."""
    place = data.resolve()
    if place not in _urls and _server_url:
        _urls[place] = _run(create_database(_server_url[0], f"data_{next(_names)}"))
    return _urls.get(place)


def clone(data: Path, other: Path) -> None:
    """Give a data directory a copy of another's PostgreSQL database, which nobody has open.

    Nothing for SQLite, whose files the caller copies.
    """
    url = url_of(data)
    if url is not None:
        made = create_database(_server_url[0], f"data_{next(_names)}", urlsplit(url).path[1:])
        remember(other, _run(made))


async def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Make a database like another one; returns its URL."""
    connection = await asyncpg.connect(server_url)
    try:
        # By files: several times as fast as through the log, which copies what is never read.
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    finally:
        await connection.close()
    return server_url.replace("/postgres?", f"/{name}?")


def environment_of(data: Path | None) -> dict[str, str]:
    """The environment of a `vezne` process on a data directory."""
    known = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    url = None if data is None else url_of(data)
    return known if url is None else known | {"VEZNE_DATABASE": url}


def data_of(arguments: Iterable[str], folder: Path | None = None) -> Path | None:
    """The data directory that a command's arguments name, themselves or in a settings file."""
    given = [str(argument) for argument in arguments]
    name = None
    if "--data" in given:
        name = given[given.index("--data") + 1]
    elif "--config" in given:
        text = Path(given[given.index("--config") + 1]).read_text(encoding="utf-8")
        name = tomllib.loads(text).get("data")
    return None if name is None else (folder or Path()) / name


async def open_room(data: Path, room: str) -> Engine:
    """The database of a room, by an engine of the product."""
    url = url_of(data)
    if url is None:
        return open_sqlite(data / f"{room}.db")
    return await open_postgres(url, f"vezne_{room}")


def query(data: Path, room: str, sql: str) -> list[dict[str, Any]]:
    """The rows of a query; none when the room has no database yet."""
    return query_together(data, room, sql)[0]


def query_together(data: Path, room: str, *queries: str) -> list[list[dict[str, Any]]]:
    """The rows of some queries as of one moment; none when the room has no database yet."""
    url = url_of(data)
    if url is not None:
        return _run(_query(url, room, queries))
    path = data / f"{room}.db"
    if not path.exists():
        return [[] for _ in queries]
    with closing(sqlite3.connect(path, timeout=30)) as database:
        database.row_factory = sqlite3.Row
        database.execute("BEGIN")
        return [[dict(row) for row in database.execute(sql)] for sql in queries]


def change(data: Path, room: str, *statements: str) -> None:
    """Tamper with a room's tables. Both engines must understand the statements."""
    url = url_of(data)
    if url is not None:
        _run(_change(url, room, statements))
        return
    with closing(sqlite3.connect(data / f"{room}.db")) as database, database:
        for statement in statements:
            database.execute(statement)


def tables_of(data: Path, room: str) -> list[str]:
    """The names of a room's tables."""
    if url_of(data) is None:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    else:
        sql = f"SELECT tablename AS name FROM pg_tables WHERE schemaname = 'vezne_{room}'"  # noqa: S608
    return sorted(row["name"] for row in query(data, room, sql))


def count_rows(data: Path, room: str, table: str) -> int:
    """How many rows a table has."""
    return query(data, room, f"SELECT count(*) AS n FROM {table}")[0]["n"]  # noqa: S608


def contents(data: Path) -> dict[str, bytes]:
    """All values of all tables of a PostgreSQL database, which compresses long ones on its disk.

    Nothing for SQLite: its files hold all values as they are.
    """
    if url_of(data) is None:
        return {}
    return {
        f"{room}.{table}": b"\n".join(
            value if isinstance(value, bytes) else str(value).encode()
            for row in query(data, room, f"SELECT * FROM {table}")  # noqa: S608
            for value in row.values()
        )
        for room in ROOMS
        for table in tables_of(data, room)
    }


async def _query(url: str, room: str, queries: Sequence[str]) -> list[list[dict[str, Any]]]:
    connection = await asyncpg.connect(url, server_settings={"search_path": f"vezne_{room}"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return [[dict(row) for row in await connection.fetch(sql)] for sql in queries]
    except asyncpg.UndefinedTableError:
        return [[] for _ in queries]
    finally:
        await connection.close()


async def _change(url: str, room: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": f"vezne_{room}"})
    try:
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end in a thread of its own: the caller's may have a loop that runs."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()
