"""A client's end of one connection, as load generators have many of them."""

import re
import socket
from typing import Final

_LENGTH: Final = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_RECEIVE_BYTES: Final = 64 * 1024
_CONNECT_S: Final = 10.0


class Wire:
    """One connection, and the response that is arriving. One request is on its way at a time."""

    __slots__ = ("_buffer", "_needed", "socket")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=_CONNECT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A socket with a time-out costs one more system call each time; the poll has one instead.
        self.socket.settimeout(None)
        self._buffer = b""
        self._needed = 0

    def send(self, request: bytes) -> None:
        """Send a whole request. Raises ConnectionError."""
        self._buffer = b""
        self._needed = 0
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole response once it is there. Raises ConnectionError when there will be none."""
        data = self.socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed a connection")
        if self._buffer:
            data = self._buffer + data
        if not self._needed:
            end = data.find(b"\r\n\r\n")
            length = _LENGTH.search(data, 0, end) if end > 0 else None
            self._needed = end + 4 + int(length[1]) if length else 0
        if self._needed and len(data) >= self._needed:
            return data
        self._buffer = data
        return None
