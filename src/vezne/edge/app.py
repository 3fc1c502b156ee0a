"""From a raw HTTP request to the door that answers it.

A server hands every request to `Dispatcher.handle`; what comes back is ready to be written. The
dispatcher knows no server and no socket, and no dialect beyond its `Door`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import unquote

import msgspec
import structlog

from vezne.core.body import MalformedBody
from vezne.core.ports import Intake
from vezne.edge.logs import describe_fault, mask_digits
from vezne.edge.messages import BadRequest, Door, Request, Response, Route

BODY_BYTES_MAX = 1024 * 1024

_HEALTH_PATH = "/health"
_TOO_LARGE = f"the body is larger than {BODY_BYTES_MAX} bytes"
_JSON = (b"content-type", b"application/json")
_HEALTHY = Response(200, b'{"status":"ok"}', (_JSON,))
_HEALTH_WRONG_METHOD = Response(
    405, b'{"status":"method not allowed"}', (_JSON, (b"allow", b"GET, HEAD"))
)

_log = structlog.stdlib.get_logger(__name__)


class Incoming(msgspec.Struct, frozen=True):
    """A request as a server read it.

    `target` is the request target as sent, without the scheme and authority of an absolute form.
    Header names are lower case. `body` is None when it was larger than `BODY_BYTES_MAX`, in which
    case the server read no further.
    """

    method: str
    scheme: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


# Answers everything at and below a path, without the help of the vault.
Site = Callable[[Incoming], Awaitable[Response]]


class Dispatcher:
    """Finds the route of a request, has the vault lift the card, and calls the handler.

    `sites` are pages for browsers, by the path at and below which they answer. The first door also
    answers for paths that nobody owns. Raises ValueError when there is no door, when two doors
    claim the same route, or when one claims a route of a site.
    """

    def __init__(
        self, doors: Sequence[Door], intake: Intake, sites: Mapping[str, Site] | None = None
    ) -> None:
        if not doors:
            raise ValueError("a dispatcher needs at least one door")
        self._default = doors[0]
        self._intake = intake
        self._sites = dict(sites or {})
        self._routes = _route_table(doors)
        for _, route in self._routes:
            if self._site_of(route) is not None:
                raise ValueError(f"a door claims {route}, which belongs to a site")
        self._methods = _allowed_methods(self._routes)
        self._owners = _owners_by_prefix(doors)
        self._depth_max = max((prefix.count("/") for prefix in self._owners), default=0)

    async def handle(self, incoming: Incoming) -> Response:
        """The response to a request, the fixed headers of its door included."""
        path, _, query = incoming.target.partition("?")
        if "%" in path:
            path = unquote(path)
        method = "GET" if incoming.method == "HEAD" else incoming.method
        found = self._routes.get((method, path)) or self._routes.get(
            (method, path.removesuffix("/"))
        )
        if found is None:
            site = self._site_of(path)
            if site is not None:
                return await site(incoming)
            return self._answer_unrouted(incoming, path.removesuffix("/"))
        door, route = found
        raw = incoming.body
        if raw is None:
            return _dress(door, door.too_large(_refusal(incoming, route.path, _TOO_LARGE)))
        try:
            response = await self._call(door, route, incoming, query, raw)
        except Exception as error:  # noqa: BLE001 - the last stop before the socket
            _log.error("fault", door=door.name, path=route.path, **describe_fault(error))
            response = door.fault(_refusal(incoming, route.path, "internal error"))
        return _dress(door, response)

    async def _call(
        self, door: Door, route: Route, incoming: Incoming, query: str, raw: bytes
    ) -> Response:
        try:
            body = self._intake.lift(raw, route.card, route.shape)
            try:
                return await route.handle(
                    Request(
                        method=incoming.method,
                        scheme=incoming.scheme,
                        host=incoming.headers.get("host", ""),
                        path=route.path,
                        target=incoming.target,
                        query=query,
                        headers=incoming.headers,
                        body=body,
                    )
                )
            finally:
                body.release()
        except MalformedBody as error:
            return door.malformed(_refusal(incoming, route.path, str(error)))

    def _answer_unrouted(self, incoming: Incoming, path: str) -> Response:
        if path == _HEALTH_PATH:
            is_read = incoming.method in {"GET", "HEAD"}
            return _HEALTHY if is_read else _HEALTH_WRONG_METHOD
        door = self._owner_of(path)
        if incoming.body is None:
            return _dress(door, door.too_large(_refusal(incoming, path, _TOO_LARGE)))
        methods = self._methods.get(path)
        if methods is None:
            return _dress(door, door.unknown_path(_refusal(incoming, path, "no such path")))
        response = _dress(door, door.wrong_method(_refusal(incoming, path, "no such method")))
        if response.status != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        return _with_headers(response, ((b"allow", methods),))

    def _site_of(self, path: str) -> Site | None:
        for prefix, site in self._sites.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return site
        return None

    def _owner_of(self, path: str) -> Door:
        segments = path.split("/", self._depth_max + 1)
        for depth in range(min(len(segments), self._depth_max + 1), 1, -1):
            owner = self._owners.get("/".join(segments[:depth]))
            if owner is not None:
                return owner
        return self._default


def _route_table(doors: Sequence[Door]) -> dict[tuple[str, str], tuple[Door, Route]]:
    table: dict[tuple[str, str], tuple[Door, Route]] = {}
    for door in doors:
        for route in door.routes:
            key = (route.method, route.path)
            if key in table:
                raise ValueError(f"two doors claim {route.method} {route.path}")
            table[key] = (door, route)
    return table


def _allowed_methods(routes: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    """The value of the Allow header (RFC 9110, 10.2.1) of each path."""
    methods: dict[str, set[str]] = {}
    for method, path in routes:
        methods.setdefault(path, set()).add(method)
        if method == "GET":
            methods[path].add("HEAD")
    return {path: ", ".join(sorted(names)).encode() for path, names in methods.items()}


def _owners_by_prefix(doors: Sequence[Door]) -> dict[str, Door]:
    """Which door answers below a path prefix. A prefix that several share is the first one's."""
    owners: dict[str, Door] = {}
    for door in doors:
        for route in door.routes:
            segments = route.path.split("/")
            for depth in range(2, len(segments) + 1):
                owners.setdefault("/".join(segments[:depth]), door)
    return owners


def _refusal(incoming: Incoming, path: str, why: str) -> BadRequest:
    # The path goes into answers, where a card number that was typed into it has no place.
    return BadRequest(method=incoming.method, path=mask_digits(path), why=why)


def _dress(door: Door, response: Response) -> Response:
    return _with_headers(response, door.headers)


def _with_headers(response: Response, headers: tuple[tuple[bytes, bytes], ...]) -> Response:
    return Response(response.status, response.body, headers + response.headers)
