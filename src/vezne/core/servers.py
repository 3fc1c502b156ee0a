"""Servers of one database: how they know of each other."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server process. `group` names the machine's server that it is a worker of.

    `address` is HOST:PORT, where the others reach it. `seen_ms` is the time of its last sign of
    life by its own clock: others need to see no more than that it changes.
    """

    id: str
    address: str
    group: str
    started_ms: int
    seen_ms: int


class ServerRegister(Protocol):
    """The list of servers, which all of them read and write."""

    async def show(self, server: Server) -> None:
        """Give a sign of life, whether or not there was one before."""

    async def list_servers(self) -> list[Server]:
        """Every server that has shown itself and was not removed, the longest-running first."""

    async def remove(self, ids: Sequence[str]) -> None:
        """Forget servers. One that lives shows itself again."""
