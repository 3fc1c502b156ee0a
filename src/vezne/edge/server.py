"""The listening sockets of the process: opened together, closed in good order at a signal."""

import asyncio
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from vezne.edge.http1 import Connection
from vezne.edge.service import Handle, Limits, Service

_BACKLOG = 1024


class Address(NamedTuple):
    """Where to listen. Port 0 takes any free port."""

    host: str
    port: int


class CannotListen(Exception):
    """An address is taken or is not this machine's. The text says which and why."""


class Listeners:
    """A plain and a TLS listener over one handler. `http_url` and `https_url` carry real ports."""

    def __init__(self, service: Service) -> None:
        self.http_url: str | None = None
        self.https_url: str | None = None
        self._service = service
        self._servers: list[asyncio.Server] = []

    @classmethod
    async def open(
        cls,
        handle: Handle,
        *,
        http: Address | None,
        tls: Address | None = None,
        ssl_context: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> Self:
        """Accept connections. Raises CannotListen, and then listens nowhere.

        Raises ValueError for a TLS address without a context.
        """
        if tls is not None and ssl_context is None:
            raise ValueError("a TLS listener needs a certificate")
        listeners = cls(Service(handle, limits or Limits()))
        try:
            if http is not None:
                listeners.http_url = await listeners._listen("http", http, None)
            if tls is not None:
                listeners.https_url = await listeners._listen("https", tls, ssl_context)
        except CannotListen:
            await listeners.close()
            raise
        return listeners

    async def close(self) -> None:
        """Accept nothing more, let requests in flight finish, close every connection."""
        for server in self._servers:
            server.close()
        await self._service.drain()

    def abort(self) -> None:
        """Cut off what `close` is waiting for."""
        self._service.abort()

    async def _listen(self, scheme: str, address: Address, context: ssl.SSLContext | None) -> str:
        limits = self._service.limits
        listening = _bind(address)
        server = await self._service.loop.create_server(
            lambda: Connection(self._service, scheme),
            sock=listening,
            backlog=_BACKLOG,
            ssl=context,
            ssl_handshake_timeout=limits.handshake_s if context else None,
            ssl_shutdown_timeout=limits.linger_s if context else None,
        )
        self._servers.append(server)
        host = f"[{address.host}]" if ":" in address.host else address.host
        return f"{scheme}://{host}:{listening.getsockname()[1]}"


class Front(NamedTuple):
    """A handler, and where it is reached; None is nowhere."""

    handle: Handle
    http: Address | None
    tls: Address | None = None


class Urls(NamedTuple):
    """The base URLs of a front, real ports included; None for a listener that is off."""

    http: str | None
    https: str | None


async def serve(
    fronts: Sequence[Front],
    *,
    ssl_context: ssl.SSLContext | None = None,
    on_ready: Callable[[Sequence[Urls]], None],
    limits: Limits | None = None,
) -> None:
    """Answer requests until SIGTERM or SIGINT, finish what is in flight, and return.

    `on_ready` is called once with the URLs of every front, when all accept connections. What must
    happen after the last answer (closing a database, say) is for the caller to do when this
    returns. A second signal does not wait for requests in flight. Raises CannotListen. Runs in the
    main thread only.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    opened: list[Listeners] = []
    try:
        for handle, http, tls in fronts:
            opened.append(
                await Listeners.open(
                    handle, http=http, tls=tls, ssl_context=ssl_context, limits=limits
                )
            )
        on_ready([Urls(each.http_url, each.https_url) for each in opened])
        await stop.wait()
    finally:
        await _close_unless_hurried(opened, stop)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _close_unless_hurried(opened: Sequence[Listeners], stop: asyncio.Event) -> None:
    stop.clear()
    closing = asyncio.ensure_future(_close_all(opened))
    hurry = asyncio.ensure_future(stop.wait())
    await asyncio.wait({closing, hurry}, return_when=asyncio.FIRST_COMPLETED)
    if not closing.done():
        for listeners in opened:
            listeners.abort()
    hurry.cancel()
    await closing


async def _close_all(opened: Sequence[Listeners]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for listeners in opened:
            tasks.create_task(listeners.close())


def _bind(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, where = found[0]
        return socket.create_server(where[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {address.host}:{address.port}: {error.strerror}"
        ) from error
