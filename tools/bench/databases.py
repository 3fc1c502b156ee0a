"""The PostgreSQL server of a run: settings of a small production server, on the same disk."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
from tools.bench.placement import bound
from tools.bench.processes import ProcessTree
from tools.postgres_server import PostgresUnavailable, running_postgres, url_of

# Commits last (fsync and synchronous_commit are on); memory and log as a machine of a few gigabytes
# would have them; the rest is PostgreSQL's default.
SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "max_connections": "100",
}
# A socket's path holds 107 bytes, of which its own name and a folder's take these.
_PARENT_BYTES_MAX: Final = 70


class DatabaseServer:
    """A running server."""

    def __init__(self, folder: Path, tree: ProcessTree) -> None:
        self._folder = folder
        self.tree = tree

    def create(self, name: str) -> str:
        """Make a database; returns its URL."""
        self.ask(f"CREATE DATABASE {name}")
        return url_of(self._folder, name)

    def ask(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return asyncio.run(_ask(url_of(self._folder, database), sql))

    def words(self) -> str:
        """What was measured, in a line."""
        ((version,),) = self.ask("SHOW server_version")
        settings = ", ".join(f"{name}={value}" for name, value in SETTINGS.items())
        return f"{version}, {settings}; the rest is PostgreSQL's default"


@contextlib.contextmanager
def database_server(room: Path, cores: Sequence[int]) -> Iterator[DatabaseServer]:
    """A server on the disk of the room. Raises PostgresUnavailable."""
    with contextlib.ExitStack() as stack:
        with bound(cores):
            postgres = stack.enter_context(running_postgres(SETTINGS, _parent(room)))
        yield DatabaseServer(postgres.folder, ProcessTree(postgres.pid))


async def _ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def _parent(room: Path) -> Path:
    """Where the server's folder may be: on the room's disk, and where its user gets to."""
    temporary = Path(tempfile.gettempdir())
    if temporary.stat().st_dev == room.stat().st_dev:
        return temporary
    if len(os.fsencode(room.resolve())) > _PARENT_BYTES_MAX:
        raise PostgresUnavailable(f"the path {room} is too long for a socket; give --data-dir")
    return room
