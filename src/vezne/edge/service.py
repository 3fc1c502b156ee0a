"""What the connections of a process share: limits, the clock of deadlines, and the end."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from email.utils import formatdate
from typing import Protocol

import msgspec

from vezne.edge.app import BODY_BYTES_MAX
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming
from vezne.event_log import EventLog

Handle = Callable[[Incoming], Awaitable[Response]]

_log = EventLog(__name__)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much and how long a client may take.

    The whole head and the whole body have a time limit each, so that a client that sends a byte
    now and then gains nothing by it.
    """

    head_bytes_max: int = 16 * 1024
    body_bytes_max: int = BODY_BYTES_MAX
    # Chunk sizes and extensions come on top; a body cut into single bytes is an attack.
    raw_bytes_max: int = 2 * BODY_BYTES_MAX
    # Stays below the customary limit of 1024 open files of a process.
    connections_max: int = 900
    # Requests of one connection that wait for the answer to an earlier one; few clients send any.
    pipelined_max: int = 64
    # Longer than the pools of common clients keep a connection they do not use.
    idle_s: float = 75.0
    handshake_s: float = 10.0
    head_s: float = 10.0
    body_s: float = 30.0
    # For a client to take an answer, and to notice one that came before its request was sent.
    take_s: float = 30.0
    linger_s: float = 2.0
    # For requests in flight at shutdown; longer than any bank is waited for.
    grace_s: float = 40.0
    # For a client that was about to send its next request, or to finish its handshake, when the
    # listeners closed.
    leave_s: float = 1.0
    # The same where another process goes on with the sockets, so that nobody waits for the end.
    give_way_s: float = 10.0
    # How exact the times above are.
    tick_s: float = 0.25


class Client(Protocol):
    """A connection as the service sees it."""

    deadline: float

    def send(self) -> None:
        """Write what was answered and is not written yet."""

    def drain(self) -> None:
        """End after what is in flight, or soon when nothing is and nothing comes."""

    def expire(self) -> None:
        """The deadline has passed: end."""

    def abort(self) -> None:
        """End now, whatever is in flight."""


class Service:
    """The handler, the connections that are open, and the time as of the last tick."""

    def __init__(self, handle: Handle, limits: Limits) -> None:
        self.handle = handle
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self.connections: set[Client] = set()
        # Every answer is the last of its connection.
        self.is_leaving = False
        self.idle_s = limits.idle_s
        self.now = 0.0
        self.date_line = b""
        self._emptied = asyncio.Event()
        self._answered: list[Client] = []
        self._tick()

    def forget(self, client: Client) -> None:
        """A connection is lost and its last request is finished."""
        self.connections.discard(client)
        if not self.connections:
            self._emptied.set()

    def send_soon(self, client: Client) -> None:
        """Have an answer written with all others of this turn of the event loop.

        A write wakes whoever reads it. Those that follow each other find one reader of many
        connections awake, such as a proxy, and cost less.
        """
        if not self._answered:
            self.loop.call_soon(self._send)
        self._answered.append(client)

    def leave(self) -> None:
        """From now on, have every client go elsewhere after its answer."""
        self.is_leaving = True

    async def drain(self, idle_s: float, beginning: Collection[asyncio.Task[None]] = ()) -> None:
        """Let the requests in flight finish; cut them off after the time of grace.

        Who has nothing in flight has `idle_s` for one more: that may be on its way by now. So may
        that of those who are `beginning` to be connections.
        """
        self.leave()
        self.idle_s = idle_s
        for client in list(self.connections):
            client.drain()
        if beginning:
            await asyncio.wait(beginning, timeout=max(idle_s, self.limits.leave_s))
        if not await self._is_empty_within(self.limits.grace_s):
            self.abort()
            await self._is_empty_within(self.limits.linger_s)
        self._timer.cancel()

    def abort(self) -> None:
        """Cut off every connection and cancel what it is doing."""
        _log.warning("requests cut off", connections=len(self.connections))
        for client in list(self.connections):
            client.abort()

    def _send(self) -> None:
        answered, self._answered = self._answered, []
        for client in answered:
            client.send()

    async def _is_empty_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while self.connections:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            return False
        return True

    def _tick(self) -> None:
        self._timer = self.loop.call_later(self.limits.tick_s, self._tick)
        self.now = self.loop.time()
        self.date_line = b"date: %b\r\n" % formatdate(usegmt=True).encode()
        for client in [each for each in self.connections if each.deadline < self.now]:
            client.expire()
