"""What the socket below a connection knows, and the connection does not yet."""

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
