"""What tables and indexes take on the disk."""

import contextlib
import sqlite3
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

import msgspec
from tools.bench.databases import DatabaseServer

from vezne.engines.sqlite_file import READER_CACHE_KIB, connect, empty_log

_ROOMS: Final = ("books", "vault")
_TRIES: Final = 50
_WAIT_S: Final = 0.1
_IN_FILE: Final = """
SELECT s.name, coalesce(m.tbl_name, s.name), sum(s.pgsize)
FROM dbstat AS s LEFT JOIN sqlite_master AS m ON m.name = s.name GROUP BY s.name
"""
# The size of a table is that of its rows, wherever they are, without its indexes.
_IN_SCHEMAS: Final = """
SELECT substr(n.nspname, 7), c.relname, coalesce(t.relname, c.relname),
       CASE c.relkind WHEN 'r' THEN pg_table_size(c.oid) ELSE pg_relation_size(c.oid) END
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
LEFT JOIN pg_class AS t ON t.oid = i.indrelid
WHERE n.nspname IN ('vezne_books', 'vezne_vault') AND c.relkind IN ('r', 'i')
"""


class Place(msgspec.Struct, frozen=True, order=True):
    """A table, or an index of one; or the audit trail's files."""

    room: str
    table: str
    name: str

    @property
    def is_index(self) -> bool:
        """Whether it is an index."""
        return self.name != self.table


Sizes = dict[Place, int]


def sqlite_sizes(data: Path) -> Sizes:
    """The bytes of everything in a data directory, once the logs are written back.

    Raises RuntimeError when somebody reads on and on. Raises sqlite3.OperationalError where SQLite
    was built without the table that says so.
    """
    sizes = _trail_size(data)
    for room in _ROOMS:
        path = data / f"{room}.db"
        _write_back(path)
        with contextlib.closing(connect(path, "ro", READER_CACHE_KIB)) as connection:
            for name, table, taken in connection.execute(_IN_FILE):
                sizes[Place(room, table, name)] = taken
    return sizes


def postgres_sizes(data: Path, server: DatabaseServer, database: str) -> Sizes:
    """The bytes of everything in a database, and of the trail in the data directory."""
    server.ask("CHECKPOINT", database)
    sizes = _trail_size(data)
    for room, name, table, taken in server.ask(_IN_SCHEMAS, database):
        sizes[Place(room, table, name)] = taken
    return sizes


def added(before: Sizes, after: Sizes) -> Sizes:
    """What grew, by how much."""
    grown: Sizes = defaultdict(int, after)
    for place, taken in before.items():
        grown[place] -= taken
    return {place: taken for place, taken in grown.items() if taken}


def _trail_size(data: Path) -> Sizes:
    files = [path for path in (data / "audit").rglob("*") if path.is_file()]
    return {Place("audit", "trail", "trail"): sum(path.stat().st_size for path in files)}


def _write_back(path: Path) -> None:
    for _ in range(_TRIES):
        with contextlib.suppress(sqlite3.OperationalError):
            if empty_log(path):
                return
        time.sleep(_WAIT_S)
    raise RuntimeError(f"the log of {path.name} could not be written back")
