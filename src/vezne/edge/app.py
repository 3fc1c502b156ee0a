"""From a raw HTTP request to the door that answers it.

A server hands every request to `Dispatcher.handle`; what comes back is ready to be written. The
dispatcher knows no server and no socket, and no dialect beyond its `Door`.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

import msgspec

from vezne.core.body import BodyKind, CardFields, MalformedBody, SealedBody
from vezne.core.fault import FaultOnDemand
from vezne.core.ports import Audit, AuditFailure, Intake
from vezne.edge.client_address import ClientAddresses
from vezne.edge.key_uses import KeyUses
from vezne.edge.load import BEHIND, LoadGate
from vezne.edge.logs import describe_fault, mask_digits, request_id
from vezne.edge.messages import JSON_ONLY, BadRequest, Door, Outcome, Request, Response, Route
from vezne.edge.metrics_requests import Operation, RequestFigures
from vezne.edge.pages import Pages
from vezne.edge.refusals import Refusals
from vezne.edge.routing import RouteTable
from vezne.edge.sites import Incoming, Site, Sites, begin_visit
from vezne.edge.wording import Problem
from vezne.event_log import EventLog

BODY_BYTES_MAX = 1024 * 1024

HEALTH_PATH = "/health"
# Whoever watches over the server is never refused.
_WATCHED: Final = frozenset({HEALTH_PATH, "/ready", "/metrics"})
_TOO_LARGE = f"the body is larger than {BODY_BYTES_MAX} bytes"
_JSON = (b"content-type", b"application/json")
_HEALTHY = Response(200, b'{"status":"ok"}', (_JSON,))
_HEALTH_WRONG_METHOD = Response(
    405, b'{"status":"method not allowed"}', (_JSON, (b"allow", b"GET, HEAD"))
)
_KINDS: Final[Mapping[str, BodyKind]] = {
    "application/x-www-form-urlencoded": BodyKind.FORM,
    "application/xml": BodyKind.XML,
    "text/xml": BodyKind.XML,
}
# A card number in a header is lifted as if it were the only field of a body.
_HEADER_CARD: Final = CardFields((), "cardNumber")

# A plain name: that of an enumeration takes longer to find.
_SERVED: Final = Outcome.SERVED

_log = EventLog(__name__)


class _Place(msgspec.Struct, frozen=True):
    """A route where requests find it, with what is settled for all of them.

    `is_plain`: their bodies are JSON, and no header holds a card.
    """

    door: Door
    route: Route
    operation: Operation
    is_plain: bool


class Dispatcher:
    """Finds the route of a request, has the vault lift the card, and calls the handler.

    `sites` are pages for browsers, by the path at and below which they answer. The first door also
    answers for paths that nobody owns. `addresses` knows who the clients of proxies are. `gate`
    lets requests in, all of them unless one is given. Raises ValueError when there is no door, when
    two doors claim the same route, or when one claims a route of a site.
    """

    def __init__(
        self,
        doors: Sequence[Door],
        intake: Intake,
        audit: Audit,
        sites: Mapping[str, Site] | None = None,
        addresses: ClientAddresses | None = None,
        gate: LoadGate | None = None,
    ) -> None:
        self._gate = gate or LoadGate(0, (), audit)
        self._table = RouteTable(doors)
        self._intake = intake
        self._audit = audit
        self._refusals = Refusals(audit)
        self._pages = Pages()
        self._addresses = addresses or ClientAddresses((), "")
        self._sites = Sites(sites or {}, audit, self._addresses, self._pages)
        for _, path in self._table.exact:
            if self._sites.find(path) is not None:
                raise ValueError(f"a door claims {path}, which belongs to a site")
        self._key_uses: KeyUses | None = None
        self.count_by(RequestFigures())

    def count_by(self, figures: RequestFigures, key_uses: KeyUses | None = None) -> None:
        """From now on count requests by these figures, and note here when keys are used."""
        self._figures = figures
        self._key_uses = key_uses
        self._places = {
            found: _Place(
                door,
                route,
                figures.operation(door, route),
                route.kinds is JSON_ONLY and route.card_header is None,
            )
            for found, (door, route) in self._table.exact.items()
        }
        self._elsewhere = figures.watch(self._handle_unrouted, self._sites.paths)

    async def handle(self, incoming: Incoming) -> Response:
        """The response to a request, dressed by its door, once the trail has all of it for good."""
        # A target that is a route's path as it stands has neither a query nor escapes.
        place, query = self._places.get((incoming.method, incoming.target)), ""
        if place is None:
            place, query = self._find(incoming)
            if place is None:
                return await self._elsewhere(incoming)
        door, path = place.door, place.route.path
        origin = begin_visit(incoming, self._addresses, door.name, path)
        figures = self._figures
        figures.in_flight += 1
        response = None
        begun_s = figures.now_s()
        try:
            if self._gate.admits(is_last=place.route.is_last):
                answer = await self._serve(place, incoming, query)
                if answer.outcome is not _SERVED:
                    self._refusals.note(origin, answer)
                if origin.newest_line:
                    await self._audit.settled()
                response = answer
            else:
                response = await self._gate.refuse(door, _refusal(incoming, path, BEHIND))
        except AuditFailure as failure:
            _log.error("fault", door=door.name, path=path, **describe_fault(failure))
            response = _failed(door, incoming, path)
        finally:
            figures.in_flight -= 1
            place.operation.note(response, figures.now_s() - begun_s)
            if self._key_uses is not None:
                self._key_uses.note(origin)
        return dress(door, response)

    def _find(self, incoming: Incoming) -> tuple[_Place | None, str]:
        """The place of a request that is spelled in another way, and its query."""
        path, _, query = incoming.target.partition("?")
        method = "GET" if incoming.method == "HEAD" else incoming.method
        found = self._table.find(method, unquote(path))
        if found is None:
            return None, ""
        _, route = found
        return self._places[route.method, route.path], query

    async def _serve(self, place: _Place, incoming: Incoming, query: str) -> Response:
        """What the handler answers, or the door to what no handler can."""
        door, route, gate = place.door, place.route, self._gate
        headers = incoming.headers
        if incoming.body is None:
            return door.too_large(_refusal(incoming, route.path, _TOO_LARGE))
        gate.under_way += 1
        body: SealedBody | None = None
        try:
            if place.is_plain:
                body = self._intake.lift(incoming.body, route.card, route.shape)
            else:
                body, headers = self._lift(route, headers, incoming.body)
            answer = await route.handle(
                Request(
                    method=incoming.method,
                    scheme=incoming.scheme,
                    host=incoming.headers.get("host", ""),
                    path=route.path,
                    target=incoming.target,
                    query=query,
                    headers=headers,
                    body=body,
                )
            )
            return answer if isinstance(answer, Response) else self._pages.render(answer)
        except MalformedBody as error:
            return door.malformed(_refusal(incoming, route.path, str(error)))
        except FaultOnDemand:
            _log.warning("fault on demand", door=door.name, path=route.path)
            return _failed(door, incoming, route.path)
        except Exception as error:  # noqa: BLE001 - the last stop before the socket
            _log.error("fault", door=door.name, path=route.path, **describe_fault(error))
            return _failed(door, incoming, route.path)
        finally:
            gate.under_way -= 1
            if body is not None:
                body.release()

    def _lift(
        self, route: Route, headers: Mapping[str, str], raw: bytes
    ) -> tuple[SealedBody, Mapping[str, str]]:
        """A body of any kind and the headers, without the card that came in either.

        The body of a request that has its card in a header is left alone. Raises MalformedBody.
        """
        name = route.card_header and route.card_header.lower()
        if name is not None and name in headers:
            number = msgspec.json.encode({_HEADER_CARD.number: headers[name]})
            left = {other: value for other, value in headers.items() if other != name}
            return self._intake.lift(number, _HEADER_CARD), left
        kind = _kind_of(route, headers.get("content-type", ""))
        shape = route.shape if kind is BodyKind.JSON else None
        return self._intake.lift(raw, route.card, shape, kind), headers

    async def _handle_unrouted(self, incoming: Incoming) -> Response:
        """The response to what is no door's route: a site's, our own, or of the path's owner."""
        path = unquote(incoming.target.partition("?")[0])
        site = self._sites.find(path)
        if site is not None:
            if path not in _WATCHED and not self._gate.admits(is_last=True):
                accepted = incoming.headers.get("accept-language", "")
                return self._gate.refuse_page(self._pages.problem(Problem.OVERLOADED, accepted))
            return await self._sites.visit(site, incoming, path)
        path = path.removesuffix("/")
        if path == HEALTH_PATH:
            is_read = incoming.method in {"GET", "HEAD"}
            return _HEALTHY if is_read else _HEALTH_WRONG_METHOD
        door = self._table.owner_of(path)
        origin = begin_visit(incoming, self._addresses, door.name, mask_digits(path))
        response = self._answer_unrouted(door, incoming, path)
        try:
            self._refusals.note(origin, response)
            if origin.newest_line:
                await self._audit.settled()
        except AuditFailure as failure:
            _log.error("fault", door=door.name, path=origin.path, **describe_fault(failure))
            response = _failed(door, incoming, origin.path)
        return dress(door, response)

    def _answer_unrouted(self, door: Door, incoming: Incoming, path: str) -> Response:
        if incoming.body is None:
            return door.too_large(_refusal(incoming, path, _TOO_LARGE))
        methods = self._table.methods_of(path)
        if methods is None:
            return door.unknown_path(_refusal(incoming, path, "no such path"))
        response = door.wrong_method(_refusal(incoming, path, "no such method"))
        if response.status != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        headers = ((b"allow", methods), *response.headers)
        return msgspec.structs.replace(response, headers=headers)


def _kind_of(route: Route, content_type: str) -> BodyKind:
    """What a body is said to be, if the route accepts that, and JSON if not."""
    kind = _KINDS.get(content_type.partition(";")[0].strip().lower(), BodyKind.JSON)
    return kind if kind in route.kinds else BodyKind.JSON


def _refusal(incoming: Incoming, path: str, why: str) -> BadRequest:
    # The path goes into answers, where a card number that was typed into it has no place.
    return BadRequest(
        method=incoming.method, path=mask_digits(path), why=why, headers=incoming.headers
    )


def _failed(door: Door, incoming: Incoming, path: str) -> Response:
    """What a door says when something of ours is broken, with the name of the log's line on it."""
    response = door.fault(_refusal(incoming, path, "internal error"))
    name = (b"x-request-id", request_id().encode())
    return msgspec.structs.replace(
        response, headers=(*response.headers, name), outcome=Outcome.FAILED
    )


def dress(door: Door, response: Response) -> Response:
    """A response with the fixed headers of its door, unless it is bare."""
    if response.bare:
        return response
    headers = door.headers + response.headers
    return Response(
        response.status, response.body, headers, outcome=response.outcome, reason=response.reason
    )
