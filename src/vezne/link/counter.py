"""The vault's end of the link: hands requests to the gateway, and serves what it asks.

Card numbers stay on this side. What crosses is a body without its card, the first and last digits,
and the names under which the vault holds the rest.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any, Final, NamedTuple

import msgspec

from vezne import __version__
from vezne.core.audit import Origin, begin_origin, current_origin
from vezne.core.body import Explained, FieldState, SealedBody
from vezne.core.card import CardSlot
from vezne.core.ports import Audit, AuditFailure, CardLine, HeldCard, SecretBox, Vault
from vezne.core.trail import TrailReader
from vezne.edge.logs import describe_fault
from vezne.edge.messages import Door, Handler, Request, Response, Route
from vezne.edge.sites import Handle, Incoming, Site
from vezne.event_log import EventLog
from vezne.link import messages
from vezne.link.boards import BankBoard
from vezne.link.codec import to_sendable
from vezne.link.failures import LinkDown, LinkFailure
from vezne.link.messages import PROTOCOL, SLOTS
from vezne.link.peer import Office, Peer

# Longer than any request takes whose bank answers late; shorter than a server that is stopped
# waits for what is in flight.
ANSWER_MAX_S: Final = 35.0
_ALIAS_BYTES: Final = 32

_JSON: Final = (b"content-type", b"application/json")
_ALLOW: Final = (b"allow", b"GET, HEAD")

_NO_PAGE: Final = Response(
    503,
    b"Please try again in a moment. / L\xc3\xbctfen biraz sonra tekrar deneyin.",
    ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")),
)

_log = EventLog(__name__)


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway is served with. The board is that of a sandbox's bank.

    `call_door` answers requests that come from the panel, in sandbox mode only.
    """

    vault: Vault
    secrets: SecretBox
    line: CardLine
    audit: Audit
    trail: TrailReader
    welcome: messages.Welcome
    mode: str
    board: BankBoard | None
    call_door: Handle | None = None


class _UnderWay(NamedTuple):
    """A request that the gateway is answering, and its body unless it is a browser's.

    `aliases` has the signatures behind those that the gateway was given; None where it was given
    what came.
    """

    origin: Origin
    body: SealedBody | None
    aliases: Mapping[bytes, bytes] | None = None


class Counter:
    """Between the doors of this process and the gateway behind them.

    The gateway that was ready last gets the requests. Other connections, such as those of commands,
    are served all the same. Without a gateway a request ends in its door's own fault.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._gateway: Peer | None = None
        self._peers: set[Peer] = set()
        self._greeted: set[Peer] = set()
        self._under_way: dict[int, _UnderWay] = {}
        self._last_request = 0
        # What a connection has opened of held cards, to be released with it.
        self._opened: dict[Peer, set[int]] = {}
        self._answers = self._table()
        if services.board is not None:
            services.board.connect(self._tell_gateway)

    def make_peer(self) -> Peer:
        """The end of a new connection."""
        peer = Peer(Office(self._origin_of, self._answer, self._hear, self._lost), ANSWER_MAX_S)
        self._peers.add(peer)
        return peer

    def close(self) -> None:
        """End every connection."""
        for peer in self._peers:
            peer.close()

    def doors(self, doors: Sequence[Door]) -> list[Door]:
        """The doors with every handler in the gateway's process; what is refused, is so here."""
        return [
            msgspec.structs.replace(
                door,
                routes=tuple(self._route(door, route) for route in door.routes),
                conclude=None,
            )
            for door in doors
        ]

    def site(self, path: str) -> Site:
        """The gateway's site at a path."""

        async def visit(incoming: Incoming) -> Response:
            try:
                return await self._hand_over(messages.Browse(path, incoming), None)
            except (LinkFailure, AuditFailure) as failure:
                _log.error("no page", path=path, **describe_fault(failure))
                return _NO_PAGE

        return visit

    async def health(self, incoming: Incoming) -> Response:
        """The site that says whether there is a gateway to answer requests."""
        if incoming.method not in {"GET", "HEAD"}:
            return Response(405, b'{"status":"method not allowed"}', (_JSON, _ALLOW))
        if self._gateway is None:
            return Response(503, b'{"status":"no gateway"}', (_JSON,))
        return Response(200, b'{"status":"ok"}', (_JSON,))

    def _tell_gateway(self, notice: messages.Notice) -> None:
        if self._gateway is not None:
            self._gateway.tell(notice)

    def _route(self, door: Door, route: Route) -> Route:
        # Records are made where they are read.
        return msgspec.structs.replace(route, handle=self._handler(door, route), shape=None)

    def _handler(self, door: Door, route: Route) -> Handler:
        async def hand_over(request: Request) -> Response:
            body = request.body
            headers, aliases = _without_proof(door, request)
            visit = messages.Visit(
                door=door.name,
                route_method=route.method,
                path=request.path,
                method=request.method,
                scheme=request.scheme,
                host=request.host,
                target=request.target,
                query=request.query,
                headers=headers,
                payload=to_sendable(body.payload),
                card=body.card,
                is_empty=body.is_empty,
            )
            return await self._hand_over(visit, body, aliases)

        return hand_over

    async def _hand_over(
        self,
        question: messages.Asked[messages.Answered],
        body: SealedBody | None,
        aliases: Mapping[bytes, bytes] | None = None,
    ) -> Response:
        """What the gateway answers. Raises LinkFailure, and what is raised there."""
        if self._gateway is None:
            raise LinkDown("no gateway is connected", is_sent=False)
        self._last_request += 1
        number = self._last_request
        origin = current_origin()
        self._under_way[number] = _UnderWay(origin, body, aliases)
        sender = msgspec.structs.replace(messages.sender_from(origin), request=number)
        try:
            answered = await self._gateway.ask(question, sender)
        finally:
            del self._under_way[number]
        _introduce(origin, answered.sender)
        return answered.response

    def _origin_of(self, sender: messages.Sender) -> Origin:
        """The origin of the request that a question serves, so that its lines are known as its."""
        under_way = self._under_way.get(sender.request)
        if under_way is None:
            return messages.RequestOrigin(sender)
        _introduce(under_way.origin, sender)
        return under_way.origin

    async def _answer(self, peer: Peer, question: messages.Question) -> object:
        if isinstance(question, messages.Hello):
            return self._greet(peer, question)
        if peer not in self._greeted:
            raise LinkFailure("a stranger asks")
        if isinstance(question, messages.OpenHeld):
            return await self._open_held(peer, question)
        answer = self._answers.get(type(question))
        if answer is None:
            raise LinkFailure("the vault does not answer that")
        return await answer(question)

    def _greet(self, peer: Peer, hello: messages.Hello) -> messages.Welcome:
        ours = messages.Hello(PROTOCOL, __version__, hello.mode and self._services.mode)
        if hello != ours:
            _log.error("gateway refused", theirs=str(hello), ours=str(ours))
            raise LinkFailure("the gateway is of another make or mode")
        self._greeted.add(peer)
        return self._services.welcome

    def _hear(self, peer: Peer, notice: messages.Notice) -> None:
        if peer not in self._greeted:
            return
        board = self._services.board
        match notice:
            case messages.Release():
                self._opened.get(peer, set()).discard(notice.transit_id)
                self._services.vault.release(notice.transit_id)
            case messages.Ready():
                self._gateway = peer
                if board is not None:
                    board.wipe()
                _log.info("gateway connected")
            case messages.Leaving():
                self._forget(peer)
            case messages.FaultPlaced() if board is not None:
                board.put(notice.merchant_id, notice.placed)
            case messages.FaultRemoved() if board is not None:
                board.remove(notice.merchant_id, notice.fault_id)

    def _lost(self, peer: Peer) -> None:
        self._peers.discard(peer)
        self._greeted.discard(peer)
        self._forget(peer)
        for transit_id in self._opened.pop(peer, set()):
            self._services.vault.release(transit_id)

    def _forget(self, peer: Peer) -> None:
        if peer is self._gateway:
            self._gateway = None
            _log.warning("gateway gone")

    async def _open_held(self, peer: Peer, question: messages.OpenHeld) -> HeldCard:
        vault = self._services.vault
        held = await vault.open_held(question.merchant_id, question.payment_number)
        transit_id = held.card.transit_id
        if transit_id is not None:
            self._opened.setdefault(peer, set()).add(transit_id)
        if peer not in self._greeted:
            self._lost(peer)
        return held

    async def _is_hmac(self, question: messages.IsHmacOfBody) -> bool:
        body, signature = self._signed(question.request, question.signature)
        return await body.is_hmac_sha256(signature, question.key, question.prefix)

    async def _is_sha1(self, question: messages.IsSha1OfBody) -> bool:
        body, signature = self._signed(question.request, question.signature)
        segments = _filled(question.segments)
        # A text without the card's own digits would be a guess at them.
        if not _lifted(body) <= set(segments):
            return False
        return await body.is_sha1(signature, segments)

    async def _explain(self, question: messages.ExplainHmacOfBody) -> Explained | None:
        body, signature = self._signed(question.request, question.signature)
        return await body.explain_hmac(signature, question.keys, question.prefixes)

    async def _call_door(self, question: messages.CallDoor) -> Response:
        if self._services.call_door is None:
            raise LinkFailure("the vault does not answer that")
        return await self._services.call_door(question.incoming)

    def _signed(self, request: int, signature: bytes) -> tuple[SealedBody, bytes]:
        """A body, and the signature that came with it. Raises ValueError for one that is over.

        A body that may hold a card is compared with nothing else: whoever could choose what to
        compare it with could try numbers.
        """
        under_way = self._under_way.get(request)
        if under_way is None or under_way.body is None:
            raise ValueError("the request is over")
        if under_way.aliases is None:
            return under_way.body, signature
        return under_way.body, under_way.aliases.get(signature, b"")

    async def _record(self, question: messages.Record) -> None:
        audit = self._services.audit
        origins = [self._origin_of(line.sender) for line in question.lines]
        for origin, line in zip(origins, question.lines, strict=True):
            begin_origin(origin)
            audit.record(line.event)
        for origin in origins:
            begin_origin(origin)
            await audit.settled()

    def _table(self) -> Mapping[type, Callable[[Any], Awaitable[object]]]:
        """How each question is answered, but for those that depend on who asks."""
        vault, secrets = self._services.vault, self._services.secrets
        line = self._services.line
        return {
            messages.Keep: lambda q: vault.keep(q.merchant_id, q.card, q.holder),
            messages.ListTokens: lambda q: vault.list_tokens(q.merchant_id, q.after, q.limit),
            messages.Forget: lambda q: vault.forget(q.merchant_id, q.token),
            messages.HolderOf: lambda q: vault.holder_of(q.merchant_id, q.token),
            messages.Block: lambda q: vault.block(q.merchant_id, q.card),
            messages.Unblock: lambda q: vault.unblock(q.merchant_id, q.card),
            messages.IsBlocked: lambda q: vault.is_blocked(q.merchant_id, q.card),
            messages.BlockedSince: lambda q: vault.blocked_since(q.merchant_id, q.card),
            messages.Hold: lambda q: vault.hold(q.merchant_id, q.payment_number, q.card, q.holder),
            messages.IsHeld: lambda q: vault.is_held(q.merchant_id, q.payment_number),
            messages.DropHeld: lambda q: vault.drop_held(q.merchant_id, q.payment_number),
            messages.Send: lambda q: line.send(q.merchant_id, _filled(q.template), q.card),
            messages.SealSecret: lambda q: secrets.seal(q.secret, q.context),
            messages.OpenSecret: lambda q: secrets.open(q.sealed, q.context),
            messages.IsHmacOfBody: self._is_hmac,
            messages.IsSha1OfBody: self._is_sha1,
            messages.ExplainHmacOfBody: self._explain,
            messages.Record: self._record,
            messages.ReadTrail: lambda q: self._services.trail.read(q.query),
            messages.CallDoor: self._call_door,
        }


def _introduce(origin: Origin, sender: messages.Sender) -> None:
    """The gateway knows who calls, or claims to. Its guard has been told, so ours is not."""
    origin.claimed = sender.claimed or origin.claimed
    if sender.caller:
        origin.caller, origin.merchant_id = sender.caller, sender.merchant_id


def _lifted(body: SealedBody) -> set[object]:
    """The slots of what was lifted out of a body."""
    card = body.card
    if card is None:
        return set()
    states = {CardSlot.PAN: card.number, CardSlot.CVV: card.cvv}
    return {slot for slot, state in states.items() if state is not FieldState.ABSENT}


def _without_proof(
    door: Door, request: Request
) -> tuple[dict[str, str], Mapping[bytes, bytes] | None]:
    """The headers as the gateway may have them, and the signatures behind its aliases.

    With a signature, the secret and the rest of a body, a security code or the few digits of a
    number that are not shown can be found by trying. So whoever has the rest of a body that may
    hold a card does not get the signature.
    """
    headers = dict(request.headers)
    body = request.body
    if body.card is None or body.is_empty:
        return headers, None
    aliases: dict[bytes, bytes] = {}
    if door.conceal_proof is None:
        return headers, aliases

    def rename(signature: bytes) -> bytes:
        alias = token_hex(_ALIAS_BYTES).encode()
        aliases[alias] = signature
        return alias

    return dict(door.conceal_proof(headers, rename)), aliases


def _filled(segments: Sequence[Any]) -> list[Any]:
    """A template with its slots, of which only the numbers came over."""
    return [SLOTS[segment] if isinstance(segment, int) else segment for segment in segments]
