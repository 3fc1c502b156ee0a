"""A server in a thread of its own, on the event loop of production, and a client of raw bytes."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import uvloop

from vezne.edge.address import Address
from vezne.edge.messages import Response
from vezne.edge.server import Listeners
from vezne.edge.service import Limits
from vezne.edge.sites import Incoming

Result = TypeVar("Result")

PATIENCE_S = 10.0

# Short enough to be waited for in a test, long enough not to strike by accident.
QUICK = Limits(
    idle_s=0.6,
    handshake_s=0.6,
    head_s=0.4,
    body_s=0.4,
    take_s=0.5,
    linger_s=0.4,
    grace_s=0.5,
    leave_s=0.2,
    give_way_s=0.4,
    tick_s=0.02,
)


class Reply(NamedTuple):
    """A response as a client reads it."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """A blocking connection that sends exactly what it is told."""

    def __init__(self, url: str, context: ssl.SSLContext | None = None) -> None:
        where = urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=PATIENCE_S)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=where.hostname)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> Self:
        self.socket.sendall(data)
        return self

    def read(self, *, is_head: bool = False) -> Reply:
        """The next response; 100 Continue counts as one."""
        status = self._file.readline()
        if not status:
            raise ConnectionError("no answer, but the end")
        headers = {}
        while (line := self._file.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name] = value.strip()
        length = 0 if is_head else int(headers.get("content-length", "0"))
        return Reply(int(status.split()[1]), headers, self._file.read(length))

    def is_ended(self) -> bool:
        """Whether the server closes now, without another byte."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def ask(self, data: bytes) -> Reply:
        return self.send(data).read()


class ListeningThread:
    """`Listeners` over a handler, from `with` to the end of its block."""

    def __init__(
        self,
        handle: Callable[[Incoming], Awaitable[Response]],
        *,
        limits: Limits | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._handle = handle
        self._limits = limits
        self._context = ssl_context
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._closing: Future[None] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        free = Address("127.0.0.1", 0)
        self.listeners = self.run(
            Listeners.open(
                self._handle,
                http=free,
                tls=free if self._context else None,
                ssl_context=self._context,
                limits=self._limits,
            )
        )
        self.url = self.listeners.http_url or ""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def call(self, work: Callable[[], None]) -> None:
        """Have the event loop do something, and do not wait for it."""
        self._loop.call_soon_threadsafe(work)

    def begin_close(self) -> None:
        """Shut down as at a signal, without waiting for the end."""
        if self._closing is None:
            self._closing = asyncio.run_coroutine_threadsafe(self.listeners.close(), self._loop)

    def close(self) -> None:
        """Shut down and wait for the end."""
        self.begin_close()
        self._closing.result(PATIENCE_S)

    def abort(self) -> None:
        """Stop waiting for requests in flight."""
        self._loop.call_soon_threadsafe(self.listeners.abort)

    def connect(self) -> RawClient:
        return RawClient(self.url)

    def is_open(self) -> bool:
        """Whether somebody new is let in."""
        try:
            self.connect().__exit__()
        except ConnectionError:
            return False
        return True


def post(path: str = "/a", body: bytes = b"{}", *headers: bytes) -> bytes:
    """A whole POST request."""
    lines = [b"POST %b HTTP/1.1" % path.encode(), b"Host: desk", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, *headers, b"", body])
