"""Servers of one database in one process, connected over real sockets of the loopback device."""

import asyncio
from contextlib import asynccontextmanager

from vezne.core.servers import Server
from vezne.edge.address import Address
from vezne.machine import SystemClock
from vezne.peers.channel import Channel
from vezne.peers.messages import PROTOCOL
from vezne.peers.peers import Peers
from vezne.vault.peer_certificates import PeerCertificates

AUTHORITY_KEY = bytes(range(32))
LOOPBACK = Address("127.0.0.1", 0)


class MemoryRegister:
    """Implements `vezne.core.servers.ServerRegister`."""

    def __init__(self) -> None:
        self.rows: dict[str, Server] = {}

    async def show(self, server: Server) -> None:
        self.rows[server.id] = server

    async def list_servers(self) -> list[Server]:
        return list(self.rows.values())

    async def remove(self, ids) -> None:
        for id in ids:
            self.rows.pop(id, None)


class Ticks:
    """Times that are never the same twice."""

    def __init__(self) -> None:
        self.last_ms = SystemClock().now_ms()

    def __call__(self) -> int:
        self.last_ms += 1
        return self.last_ms


class Town:
    """A register and its servers, which look at it when a test says so."""

    def __init__(self, register=None) -> None:
        self.register = register or MemoryRegister()
        self.servers: list[Peers] = []

    def make(self, key: bytes = AUTHORITY_KEY, protocol: int = PROTOCOL) -> Peers:
        """A server that is not open yet."""
        certificates = PeerCertificates(key, SystemClock())
        channel = Channel(certificates.listening, certificates.dialling)
        id = f"s{len(self.servers)}"
        self.servers.append(Peers(self.register, channel, id, Ticks(), protocol=protocol))
        return self.servers[-1]

    async def open(self, group: str = "one", key: bytes = AUTHORITY_KEY) -> Peers:
        """A server among the others."""
        peers = self.make(key)
        await peers.open(LOOPBACK, group)
        return peers

    def address(self, peers: Peers) -> tuple[str, int]:
        """Where a server listens."""
        host, _, port = self.register.rows[peers.id].address.rpartition(":")
        return host, int(port)


@asynccontextmanager
async def town():
    """Servers that leave in the end."""
    running = Town()
    try:
        yield running
    finally:
        for peers in running.servers:
            await peers.leave()


async def eventually(condition) -> None:
    """Wait for what another server does."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what it waits for is nobody's event
            await asyncio.sleep(0.005)
