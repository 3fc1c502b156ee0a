"""The Unix socket between the two processes: who may use it, and how it is opened."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from vezne.edge.server import CannotListen

Connection = TypeVar("Connection", bound=asyncio.Protocol)

_MODE: Final = 0o600
_BACKLOG: Final = 16
# Process, user and group of whoever is at the other end, as Linux gives them (unix(7)).
_CREDENTIALS: Final = struct.Struct("3i")


class ForeignPeer(Exception):
    """Another user's process is at the other end of the socket."""


async def listen_on(path: Path, make: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    """Accept connections at a path that only this user can reach. Raises CannotListen.

    A socket file that a killed process left behind is replaced; one with somebody behind it is not.
    """
    return await asyncio.get_running_loop().create_unix_server(
        make, sock=_bind(path), backlog=_BACKLOG
    )


async def connect_to(path: Path, make: Callable[[], Connection]) -> Connection:
    """A connection to whoever listens at a path. Raises OSError."""
    _, connection = await asyncio.get_running_loop().create_unix_connection(make, str(path))
    return connection


def check_peer(transport: asyncio.BaseTransport) -> None:
    """Raise ForeignPeer unless a process of this very user is at the other end.

    The mode of the socket file says the same; this holds wherever the file is.
    """
    connected = transport.get_extra_info("socket")
    packed = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(packed)
    if user != os.geteuid():
        raise ForeignPeer(f"user {user} is at the other end of the vault's socket")


def _is_answered(path: Path) -> bool:
    """Whether somebody listens there already."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _bind(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if not _is_answered(path):
            path.unlink(missing_ok=True)
            bound.bind(str(path))
            # Nobody can connect before there is a backlog.
            path.chmod(_MODE)
            return bound
        why = "another vault listens there"
    except OSError as error:
        why = error.strerror or str(error)
    bound.close()
    raise CannotListen(f"cannot listen on {path}: {why}")
