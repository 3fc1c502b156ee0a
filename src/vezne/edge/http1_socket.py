"""What the socket below a connection knows, and the connection does not."""

import asyncio
import fcntl
import struct
import termios
from typing import Final

_INT: Final = struct.Struct("i")


def has_unread(transport: asyncio.BaseTransport) -> bool:
    """Whether the peer has sent something that the event loop has not handed on.

    A connection that is closed then is reset, and who sent a request cannot know what became of it.
    """
    below = transport.get_extra_info("socket")
    if below is None:
        return False
    count = fcntl.ioctl(below.fileno(), termios.FIONREAD, bytes(_INT.size))
    return _INT.unpack(count) != (0,)


def address_of(transport: asyncio.BaseTransport) -> str:
    """The peer's address without its port; empty where it has none, as on a Unix socket."""
    peer = transport.get_extra_info("peername")
    if not isinstance(peer, tuple) or not peer:
        return ""
    address: str = peer[0]
    # A link-local address names its interface (RFC 4007, 11), which is ours and not the peer's.
    return address.partition("%")[0]
