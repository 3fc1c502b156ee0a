"""The listening sockets of the process: opened together, closed in good order at a signal."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple, Self

import msgspec

from vezne.edge.accepting import Acceptor
from vezne.edge.address import Address
from vezne.edge.departure import Departure, Heed, at_signals
from vezne.edge.http1 import Connection
from vezne.edge.service import Handle, Limits, Service

BACKLOG: Final = 1024


class CannotListen(Exception):
    """An address is taken or is not this machine's. The text says which and why."""


# Sockets that were bound before, by the address that they are bound to.
Sockets = Mapping[Address, socket.socket]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Where the sockets of a process come from, and how it leaves.

    For `drain_s` seconds after it was told to leave, it takes new requests all the same.
    """

    departure: Departure = msgspec.field(default_factory=Departure)
    heed: Heed = at_signals
    sockets: Sockets = {}
    drain_s: float = 0.0


class Listeners:
    """A plain and a TLS listener over one handler. `http_url` and `https_url` carry real ports."""

    def __init__(self, service: Service, sockets: Sockets) -> None:
        self.http_url: str | None = None
        self.https_url: str | None = None
        self._service = service
        self._sockets = sockets
        self._servers: list[Acceptor] = []

    @classmethod
    async def open(
        cls,
        handle: Handle,
        *,
        http: Address | None,
        tls: Address | None = None,
        ssl_context: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        sockets: Sockets | None = None,
    ) -> Self:
        """Accept connections, by sockets that are bound already where there is one of an address.

        Raises CannotListen, and then listens nowhere. Raises ValueError for a TLS address without
        a context.
        """
        if tls is not None and ssl_context is None:
            raise ValueError("a TLS listener needs a certificate")
        listeners = cls(Service(handle, limits or Limits()), sockets or {})
        try:
            if http is not None:
                listeners.http_url = await listeners._listen("http", http, None)
            if tls is not None:
                listeners.https_url = await listeners._listen("https", tls, ssl_context)
        except CannotListen:
            await listeners.close()
            raise
        return listeners

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._service.connections)

    def leave(self) -> None:
        """From now on, have every client go elsewhere after its answer."""
        self._service.leave()

    async def close(self, *, gives_way: bool = False) -> None:
        """Accept nothing more, let requests in flight finish, close every connection.

        There is more time for who has nothing in flight when this process gives way to another one.
        """
        beginning: set[asyncio.Task[None]] = set()
        for server in self._servers:
            server.close()
            beginning |= server.beginning
        limits = self._service.limits
        await self._service.drain(limits.give_way_s if gives_way else limits.leave_s, beginning)

    def abort(self) -> None:
        """Cut off what `close` is waiting for."""
        for server in self._servers:
            server.abort()
        self._service.abort()

    async def _listen(self, scheme: str, address: Address, context: ssl.SSLContext | None) -> str:
        listening = self._sockets.get(address) or _bind(address)
        listening.listen(BACKLOG)
        connect = partial(Connection, self._service, scheme)
        self._servers.append(Acceptor(self._service, listening, connect, context))
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
    on_open: Callable[[Sequence[Listeners]], None] | None = None,
    stage: Stage | None = None,
    limits: Limits | None = None,
) -> None:
    """Answer requests until the stage is to be left, finish what is in flight, and return.

    Without a stage, until SIGTERM or SIGINT. `on_ready` is called once with the URLs of every
    front, when all accept connections, and `on_open` just before with the listeners. What must
    happen after the last answer (closing a database, say) is for the caller to do when this
    returns. Who is in a hurry does not wait for requests in flight. Raises CannotListen.
    """
    stage = stage or Stage()
    opened: list[Listeners] = []
    with stage.heed(stage.departure):
        try:
            for handle, http, tls in fronts:
                opened.append(
                    await Listeners.open(
                        handle,
                        http=http,
                        tls=tls,
                        ssl_context=ssl_context,
                        limits=limits,
                        sockets=stage.sockets,
                    )
                )
            if on_open is not None:
                on_open(opened)
            on_ready([Urls(each.http_url, each.https_url) for each in opened])
            await stage.departure.told.wait()
            await _leave_slowly(opened, stage)
        finally:
            await _close_unless_hurried(opened, stage.departure)


async def _leave_slowly(opened: Sequence[Listeners], stage: Stage) -> None:
    """Take new requests for some time, unless another process takes them."""
    for listeners in opened:
        listeners.leave()
    if stage.departure.is_leaving:
        with suppress(TimeoutError):
            async with asyncio.timeout(stage.drain_s):
                await stage.departure.hurried.wait()


async def _close_unless_hurried(opened: Sequence[Listeners], departure: Departure) -> None:
    closing = asyncio.ensure_future(_close_all(opened, gives_way=departure.is_replaced))
    hurry = asyncio.ensure_future(departure.hurried.wait())
    await asyncio.wait({closing, hurry}, return_when=asyncio.FIRST_COMPLETED)
    if not closing.done():
        for listeners in opened:
            listeners.abort()
    hurry.cancel()
    await closing


async def _close_all(opened: Sequence[Listeners], *, gives_way: bool) -> None:
    async with asyncio.TaskGroup() as tasks:
        for listeners in opened:
            tasks.create_task(listeners.close(gives_way=gives_way))


def _bind(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, where = found[0]
        return socket.create_server(where[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {address.host}:{address.port}: {error.strerror}"
        ) from error
