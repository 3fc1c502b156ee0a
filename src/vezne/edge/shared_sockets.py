"""Sockets of several processes on the same addresses: the kernel shares the connections out.

They are bound by a process that outlives the others. What is queued on the socket of one that ended
waits for the next one that has it.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from vezne.edge.address import Address
from vezne.edge.server import CannotListen, Sockets

_V6_ONLY: Final = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)


class SharedSockets:
    """Bound sockets, of each address one for each of `count` processes."""

    def __init__(self, count: int) -> None:
        self._of: list[dict[Address, socket.socket]] = [{} for _ in range(count)]

    def bind(self, address: Address) -> Address:
        """Take an address; returns it with its real port. Nobody is let in yet.

        Raises CannotListen.
        """
        real = address
        try:
            found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, _, _, _, (host, port, *_) = found[0]
            _try_alone(family, str(host), int(port))
            for sockets in self._of:
                shared = _bind(family, str(host), real.port)
                real = Address(address.host, shared.getsockname()[1])
                if real in sockets:
                    shared.close()
                    raise CannotListen(f"{real.host}:{real.port} is wanted for two listeners")
                sockets[real] = shared
        except OSError as error:
            raise CannotListen(
                f"cannot listen on {address.host}:{address.port}: {error.strerror}"
            ) from error
        return real

    def of(self, number: int) -> Sockets:
        """Those of one process."""
        return self._of[number]

    def close(self, keep: int | None = None) -> None:
        """Close all, or all but those of one process. They stay open where others have them."""
        for number, sockets in enumerate(self._of):
            if number != keep:
                for each in sockets.values():
                    each.close()


@contextmanager
def shared_sockets(count: int) -> Iterator[SharedSockets]:
    """Sockets for so many processes, which are closed at the end."""
    sockets = SharedSockets(count)
    try:
        yield sockets
    finally:
        sockets.close()


def _try_alone(family: int, host: str, port: int) -> None:
    """See that nobody listens there. Raises OSError.

    Another server of this user that shares its port would not be in the way: half of what is sent
    to the one would reach the other.
    """
    with socket.socket(family, socket.SOCK_STREAM) as alone:
        _set_options(alone, family)
        alone.bind((host, port))


def _bind(family: int, host: str, port: int) -> socket.socket:
    shared = socket.socket(family, socket.SOCK_STREAM)
    try:
        _set_options(shared, family)
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((host, port))
    except OSError:
        shared.close()
        raise
    return shared


def _set_options(bound: socket.socket, family: int) -> None:
    """As asyncio and the standard library set them for servers."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(*_V6_ONLY)
