"""A merchant's server that takes connections and never answers."""

import contextlib
import socket
from typing import Self

_READ_BYTES = 65_536


class Silence:
    """On http://127.0.0.1, from `with` to the end of its block."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self._callers: list[socket.socket] = []

    @property
    def url(self) -> str:
        """The address of this server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def waiting(self) -> list[bool]:
        """Of everybody who has called so far, whether they still wait for the answer."""
        with contextlib.suppress(BlockingIOError):
            while True:
                caller, _ = self._listener.accept()
                caller.setblocking(False)
                self._callers.append(caller)
        return [_is_open(caller) for caller in self._callers]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._callers):
            each.close()


def _is_open(caller: socket.socket) -> bool:
    try:
        while caller.recv(_READ_BYTES):
            continue
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    return False
