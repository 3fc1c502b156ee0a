"""Connections between servers: TLS, both sides of which the vault vouches for."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final, TypeVar

from vezne.edge.address import Address
from vezne.edge.server import CannotListen

Connection = TypeVar("Connection", bound=asyncio.Protocol)

# In a network of servers a handshake takes milliseconds.
HANDSHAKE_MAX_S: Final = 5.0
_CLOSING_MAX_S: Final = 1.0
# A machine that was unplugged, or a firewall that has forgotten a connection, says nothing, and
# TCP would go on for a quarter of an hour. How long who has nothing to say is left alone, how often
# he is asked then whether he is there, and how long anything may wait to be acknowledged.
_IDLE_S: Final = 2
_PROBES_MAX: Final = 3
_UNHEARD_MAX_MS: Final = 8_000
_BACKLOG: Final = 64


class Channel:
    """Opens and accepts connections. Both contexts prove who we are and demand the same."""

    def __init__(self, listening: ssl.SSLContext, dialling: ssl.SSLContext) -> None:
        self._listening = listening
        self._dialling = dialling

    async def listen(
        self, address: Address, ports: int, make: Callable[[], asyncio.Protocol]
    ) -> tuple[asyncio.Server, str]:
        """Accept connections at the first free port of so many from the address's on.

        Also where that is, as HOST:PORT. Raises CannotListen.
        """
        why = ""
        for port in range(address.port, address.port + (ports if address.port else 1)):
            try:
                server = await asyncio.get_running_loop().create_server(
                    make,
                    address.host,
                    port,
                    backlog=_BACKLOG,
                    ssl=self._listening,
                    ssl_handshake_timeout=HANDSHAKE_MAX_S,
                    ssl_shutdown_timeout=_CLOSING_MAX_S,
                )
            except OSError as error:
                why = error.strerror or str(error)
                continue
            return server, _text_of(address.host, server.sockets[0].getsockname()[1])
        raise CannotListen(f"cannot listen on {_text_of(*address)} for other servers: {why}")

    async def dial(self, address: str, make: Callable[[], Connection]) -> Connection:
        """A connection to the server at HOST:PORT. Raises OSError."""
        host, _, port = address.rpartition(":")
        _, connection = await asyncio.get_running_loop().create_connection(
            make,
            host.strip("[]"),
            int(port),
            ssl=self._dialling,
            ssl_handshake_timeout=HANDSHAKE_MAX_S,
            ssl_shutdown_timeout=_CLOSING_MAX_S,
        )
        return connection


def end_when_unheard(transport: asyncio.BaseTransport) -> None:
    """Have the system end a connection soon after nothing is heard from the other machine."""
    connected = transport.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_KEEPIDLE, _IDLE_S),
        (socket.TCP_KEEPINTVL, _IDLE_S),
        (socket.TCP_KEEPCNT, _PROBES_MAX),
        (socket.TCP_USER_TIMEOUT, _UNHEARD_MAX_MS),
    ):
        connected.setsockopt(socket.IPPROTO_TCP, option, value)


def _text_of(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
