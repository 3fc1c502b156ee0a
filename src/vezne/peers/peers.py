"""The servers of one database: whom this one knows, and how it asks them.

Every server shows itself in the register every two seconds and looks who else does. It keeps a
connection to each of the others, whichever of the two began it. Whether somebody lives is judged by
whether his row changes from look to look: clocks of different machines are never compared.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from vezne.core.audit import Origin
from vezne.core.servers import Server, ServerRegister
from vezne.edge.address import Address
from vezne.event_log import EventLog
from vezne.link.failures import LinkFailure
from vezne.link.messages import Answer, Asked, Sender, Told
from vezne.link.peer import Office, Peer, tongue
from vezne.peers.channel import Channel, end_when_unheard
from vezne.peers.messages import PROTOCOL, Greet, Greeted, Notice, Question, Report

# How often a server shows itself and looks; after how many looks without a change in its row a
# server is not asked any more, and after how many it is forgotten: ten seconds, and a minute.
LOOK_S: Final = 2.0
SILENT_LOOKS: Final = 5
FORGOTTEN_LOOKS: Final = 30
# What a request may lose by servers that do not answer.
ANSWER_MAX_S: Final = 1.0
# Several times the largest hand-over of held cards (`peers.held`).
FRAME_BYTES_MAX: Final = 4 * 1024 * 1024

Asking = TypeVar("Asking", bound=Asked[Any])
Telling = TypeVar("Telling", bound=Told)

_DIAL_MAX_S: Final = 2.0
_TONGUE: Final = tongue(Question, Notice, FRAME_BYTES_MAX, end_when_unheard)
_NOBODY: Final = Sender()

_log = EventLog(__name__)


class _Sighting(NamedTuple):
    """What was last read of a server, and at how many looks it has read the same since."""

    server: Server
    looks: int


class Peers:
    """The other servers of a register, reached through a channel.

    `id` names this server among them.
    """

    def __init__(
        self,
        register: ServerRegister,
        channel: Channel,
        id: str,
        now_ms: Callable[[], int],
        *,
        protocol: int = PROTOCOL,
    ) -> None:
        self.id = id
        self._protocol = protocol
        self._register = register
        self._channel = channel
        self._now_ms = now_ms
        self._me: Server | None = None
        self._group = ""
        self._listening: asyncio.Server | None = None
        self._answers: dict[type, Callable[[Any], Awaitable[object]]] = {Report: self._report}
        self._hearers: dict[type, Callable[[Any], None]] = {}
        self._reports: dict[str, Callable[[], bytes]] = {}
        self._seen: dict[str, _Sighting] = {}
        # Who is at the other ends of connections. Whoever has not said so is not here.
        self._links: dict[Peer, Greeted] = {}
        self._dialling: dict[str, asyncio.Task[None]] = {}
        self._unreachable: set[str] = set()
        self._all_gone = asyncio.Event()
        self._announcing: set[asyncio.Task[object]] = set()

    def answer_with(
        self, kind: type[Asking], answer: Callable[[Asking], Awaitable[object]]
    ) -> None:
        """From now on answer questions of a kind."""
        self._answers[kind] = answer

    def hear_with(self, kind: type[Telling], hear: Callable[[Telling], None]) -> None:
        """From now on hear notices of a kind."""
        self._hearers[kind] = hear

    def report_with(self, topic: str, make: Callable[[], bytes]) -> None:
        """From now on answer `ask_group` of other servers about a topic."""
        self._reports[topic] = make

    async def open(self, address: Address, group: str, ports: int = 1) -> None:
        """Listen at the first free of so many ports, join the others, and connect to them.

        Whoever does not answer within a second is connected to later. Raises CannotListen, and what
        the register raises.
        """
        self._group = group
        self._listening, where = await self._channel.listen(address, ports, self._make_peer)
        started_ms = self._now_ms()
        self._me = Server(
            id=self.id, address=where, group=group, started_ms=started_ms, seen_ms=started_ms
        )
        await self.look()
        if self._dialling:
            await asyncio.wait(self._dialling.values(), timeout=ANSWER_MAX_S)

    async def look(self) -> None:
        """Show this server to the others, and see who else is there: every `LOOK_S`.

        Raises what the register raises.
        """
        if self._me is None:
            return
        await self._register.show(msgspec.structs.replace(self._me, seen_ms=self._now_ms()))
        found = [each for each in await self._register.list_servers() if each.id != self.id]
        self._seen = {each.id: self._sighting(each) for each in found}
        self._unreachable &= self._seen.keys()
        # A server that was asked to leave while it looked has nobody to dial.
        for server, looks in self._seen.values() if self._listening is not None else ():
            if looks >= SILENT_LOOKS:
                self._cut(server.id)
            elif server.id not in self._dialling and not self._is_linked(server.id):
                dialling = asyncio.get_running_loop().create_task(self._dial(server))
                self._dialling[server.id] = dialling
        forgotten = [id for id, (_, looks) in self._seen.items() if looks >= FORGOTTEN_LOOKS]
        if forgotten:
            await self._register.remove(forgotten)

    async def leave(self) -> None:
        """Say goodbye: nobody asks this server any more, and it asks nobody.

        Raises what the register raises.
        """
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for dialling in self._dialling.values():
            dialling.cancel()
        for peer in list(self._links):
            peer.close()
        if self._links:
            waiting = asyncio.ensure_future(self._all_gone.wait())
            await asyncio.wait({waiting}, timeout=ANSWER_MAX_S)
            waiting.cancel()
        self._me = None
        await self._register.remove([self.id])

    def living(self, group: str | None = None) -> dict[str, Peer]:
        """A connection to each server that can be asked, of all or of one group, by id."""
        return {
            greeted.id: peer
            for peer, greeted in self._links.items()
            if peer.is_open and group in (None, greeted.group)
        }

    async def ask(self, peer: Peer, question: Asked[Answer]) -> list[Answer]:
        """The answer of one server; nothing where there is none."""
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                return [await peer.ask(question, _NOBODY)]
        except (LinkFailure, TimeoutError, msgspec.MsgspecError):
            return []

    async def ask_all(
        self, question: Asked[Answer], among: Iterable[Peer] | None = None
    ) -> list[Answer]:
        """The answers of all servers, or of some, that answer within a second."""
        asked = self.living().values() if among is None else among
        answers = await asyncio.gather(*(self.ask(peer, question) for peer in asked))
        return [answer for each in answers for answer in each]

    async def ask_until(
        self, question: Asked[Answer], is_found: Callable[[Answer], bool]
    ) -> Answer | None:
        """The first answer that will do; None when a second has brought no such answer."""
        asked = {asyncio.ensure_future(self.ask(peer, question)) for peer in self.living().values()}
        try:
            for answering in asyncio.as_completed(asked):
                for answer in await answering:
                    if is_found(answer):
                        return answer
            return None
        finally:
            for each in asked:
                each.cancel()

    async def ask_group(self, topic: str) -> list[bytes]:
        """What the others of this server's group report about a topic, within a second."""
        reports = await self.ask_all(Report(topic), self.living(self._group).values())
        return [report for report in reports if report is not None]

    def tell_all(self, notice: Told) -> None:
        """Tell all servers something. Who does not keep up is not told."""
        for peer in self.living().values():
            if not peer.is_behind:
                peer.tell(notice)

    def announce(self, change: Asked[None]) -> None:
        """Tell all servers of a change, which they confirm. `settled` waits for that."""
        announcing = asyncio.get_running_loop().create_task(self.ask_all(change))
        self._announcing.add(announcing)
        announcing.add_done_callback(self._announcing.discard)

    async def settled(self) -> None:
        """Return when the others know of every change so far, or had a second to."""
        if self._announcing:
            await asyncio.wait(self._announcing)

    def _sighting(self, server: Server) -> _Sighting:
        before = self._seen.get(server.id)
        is_same = before is not None and before.server == server
        return _Sighting(server, before.looks + 1 if before is not None and is_same else 0)

    def _is_linked(self, id: str) -> bool:
        return id in self.living()

    def _cut(self, id: str) -> None:
        """End the connections to a server that shows no sign of life."""
        for peer, greeted in self._links.items():
            if greeted.id == id:
                peer.close()

    def _make_peer(self) -> Peer:
        office = Office(lambda _: Origin(), self._answer, self._hear, self._lose, _TONGUE)
        return Peer(office, ANSWER_MAX_S)

    async def _dial(self, server: Server) -> None:
        peer = self._make_peer()
        try:
            async with asyncio.timeout(_DIAL_MAX_S):
                await self._channel.dial(server.address, lambda: peer)
                greeted = await peer.ask(Greet(self._protocol, self.id, self._group), _NOBODY)
            self._meet(peer, server, greeted)
        except (OSError, ValueError, LinkFailure, msgspec.MsgspecError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self._give_up(peer, server, why)
        except asyncio.CancelledError:
            peer.close()
            raise
        finally:
            self._dialling.pop(server.id, None)

    def _meet(self, peer: Peer, server: Server, greeted: Greeted) -> None:
        """Somebody has answered where a server should be."""
        if greeted.protocol != self._protocol:
            self._give_up(peer, server, f"it speaks version {greeted.protocol}")
        elif greeted.id != server.id:
            self._give_up(peer, server, "another server answers there")
        else:
            self._unreachable.discard(server.id)
            self._know(peer, greeted)

    def _give_up(self, peer: Peer, server: Server, why: str) -> None:
        """Say once why a server cannot be asked. It is tried again at the next look."""
        peer.close()
        if server.id not in self._unreachable:
            self._unreachable.add(server.id)
            _log.warning("another server does not answer", address=server.address, why=why)

    async def _answer(self, peer: Peer, question: Question) -> object:
        if isinstance(question, Greet):
            # Where another server was that has not removed itself, this one may listen now.
            if question.protocol == self._protocol and question.id != self.id:
                self._know(peer, Greeted(self._protocol, question.id, question.group))
            return Greeted(self._protocol, self.id, self._group)
        answer = self._answers.get(type(question))
        if answer is None or peer not in self._links:
            raise LinkFailure("this server does not answer that")
        return await answer(question)

    def _hear(self, peer: Peer, notice: Notice) -> None:
        hear = self._hearers.get(type(notice))
        if hear is not None and peer in self._links:
            hear(notice)

    def _know(self, peer: Peer, greeted: Greeted) -> None:
        if not self._is_linked(greeted.id):
            _log.info("another server is there", server=greeted.id)
        self._links[peer] = greeted
        self._all_gone.clear()

    def _lose(self, peer: Peer) -> None:
        greeted = self._links.pop(peer, None)
        if greeted is not None and not self._is_linked(greeted.id):
            _log.info("another server is gone", server=greeted.id)
        if not self._links:
            self._all_gone.set()

    async def _report(self, question: Report) -> bytes | None:
        make = self._reports.get(question.topic)
        return None if make is None else make()
