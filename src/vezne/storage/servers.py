"""The servers of a database as rows, of which there are as many as servers."""

from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.servers import Server
from vezne.engines.engine import ANY_ROWS, Engine, Write

_SHOW: Final = """INSERT INTO servers (id, address, server_group, started_ms, seen_ms)
VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms"""

_LIST: Final = """SELECT id, address, server_group, started_ms, seen_ms FROM servers
ORDER BY started_ms, id"""

_REMOVE: Final = "DELETE FROM servers WHERE id = ?"

_Row = tuple[str, str, str, int, int]


class SqlServers:
    """Implements `vezne.core.servers.ServerRegister`. The engine has the migrations of storage."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def show(self, server: Server) -> None:
        """Give a sign of life, whether or not there was one before."""
        times = (server.started_ms, server.seen_ms)
        row = (server.id, server.address, server.group, *times)
        await self._engine.apply([Write(_SHOW, row)])

    async def list_servers(self) -> list[Server]:
        """Every server that has shown itself and was not removed, the longest-running first."""
        rows = msgspec.convert(await self._engine.fetch(_LIST), list[_Row])
        return [
            Server(id=id, address=address, group=group, started_ms=started_ms, seen_ms=seen_ms)
            for id, address, group, started_ms, seen_ms in rows
        ]

    async def remove(self, ids: Sequence[str]) -> None:
        """Forget servers. One that lives shows itself again."""
        if ids:
            await self._engine.apply([Write(_REMOVE, (each,), ANY_ROWS) for each in ids])
