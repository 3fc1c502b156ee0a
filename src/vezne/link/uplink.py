"""The gateway's end of the link: it connects, and connects again when the vault comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from vezne import __version__
from vezne.event_log import EventLog
from vezne.link.failures import LinkDown, LinkFailure
from vezne.link.messages import (
    PROTOCOL,
    Answer,
    Asked,
    FaultUsed,
    Hello,
    Leaving,
    Notice,
    Question,
    Ready,
    RequestOrigin,
    Welcome,
)
from vezne.link.peer import Office, Peer
from vezne.link.sockets import connect_to

# Longer than the built-in bank may take, shorter than an attempt counts as under way
# (`flows.record.ANSWER_MAX_MS`): nobody asks about a message that may still be answered.
ANSWER_MAX_S: Final = 12.0
_PAUSE_MIN_S: Final = 0.05
_PAUSE_MAX_S: Final = 1.0

_log = EventLog(__name__)


class NoVault(Exception):
    """There is no vault at the other end of the socket, or it is another one."""


class Reception(msgspec.Struct, frozen=True):
    """What a gateway does for the vault: answers requests, and hears what it is told."""

    answer: Callable[[Peer, Question], Awaitable[object]]
    used: Callable[[FaultUsed], None]
    is_back: Callable[[], None]


class Uplink:
    """A connection to the vault that comes back. Until it does, nothing can be asked."""

    def __init__(self, path: Path, mode: str) -> None:
        self._path = path
        self._hello = Hello(PROTOCOL, __version__, mode)
        self._peer: Peer | None = None
        self._welcome: Welcome | None = None
        self._reception: Reception | None = None
        self._lost = asyncio.Event()

    async def open(self) -> Welcome:
        """Connect, unless that is done. Raises NoVault."""
        if self._peer is not None and self._welcome is not None:
            return self._welcome
        peer = Peer(Office(RequestOrigin, self._answer, self._hear, self._drop), ANSWER_MAX_S)
        try:
            await connect_to(self._path, lambda: peer)
            welcome = await peer.ask(self._hello)
        except (OSError, LinkFailure) as error:
            peer.close()
            why = getattr(error, "strerror", None) or str(error)
            raise NoVault(f"no vault answers at {self._path}: {why}") from error
        if self._welcome not in (None, welcome):
            peer.close()
            raise NoVault(f"another vault answers at {self._path}; start this process again")
        self._welcome = welcome
        self._lost.clear()
        self._peer = peer
        if not peer.is_open:
            self._drop(peer)
        elif self._reception is not None:
            self._begin(self._reception)
        return welcome

    async def wait_until_open(self) -> Welcome:
        """Connect, however long it takes. Says why it takes so long, once."""
        pause_s, reason = _PAUSE_MIN_S, ""
        while True:
            try:
                return await self.open()
            except NoVault as error:
                if str(error) != reason:
                    reason = str(error)
                    _log.warning("waiting for the vault", why=reason)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)

    async def stay_open(self) -> None:
        """Connect again whenever the connection is lost, for ever."""
        while True:
            await self._lost.wait()
            await self.wait_until_open()
            _log.info("the vault is back")

    def take_requests(self, reception: Reception) -> None:
        """Have the vault hand its requests to this process from now on."""
        self._reception = reception
        self._begin(reception)

    async def ask(self, question: Asked[Answer]) -> Answer:
        """The vault's answer. Raises LinkFailure, and what the answer raised there."""
        if self._peer is None:
            raise LinkDown("the vault is away", is_sent=False)
        return await self._peer.ask(question)

    def tell(self, notice: Notice) -> None:
        """Tell the vault something, if it is there."""
        if self._peer is not None:
            self._peer.tell(notice)

    async def leave(self, grace_s: float) -> None:
        """Take no more requests, and finish those under way within so long."""
        self.tell(Leaving())
        if self._peer is not None:
            await self._peer.finish(grace_s)

    def close(self) -> None:
        """End the connection. What was written before is sent."""
        if self._peer is not None:
            self._peer.close()

    def _begin(self, reception: Reception) -> None:
        self.tell(Ready())
        reception.is_back()

    async def _answer(self, peer: Peer, question: Question) -> object:
        if self._reception is None:
            raise LinkFailure("this process takes no requests")
        return await self._reception.answer(peer, question)

    def _hear(self, _: Peer, notice: Notice) -> None:
        if self._reception is not None and isinstance(notice, FaultUsed):
            self._reception.used(notice)

    def _drop(self, peer: Peer) -> None:
        if peer is self._peer:
            self._peer = None
            self._lost.set()
