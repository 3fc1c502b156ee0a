"""An ASGI application as a site: a whole request goes in, a whole response comes out.

Pages for people are few and small, so there is no streaming; what runs below an application is
the same server that runs the doors. Names of messages are those of the ASGI specification, HTTP.
"""

from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Scope

from vezne.edge.logs import describe_fault, mask_digits
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming, Site
from vezne.event_log import EventLog

# No application has dressed these.
_PLAIN: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_TOO_LARGE: Final = Response(413, b"the body is too large", _PLAIN)
_FAULT: Final = Response(500, b"internal error", _PLAIN)
# The server writes these itself.
_OF_THE_SERVER: Final = frozenset({b"connection", b"content-length", b"date", b"server"})

_log = EventLog(__name__)


def site_from(app: ASGIApp) -> Site:
    """The site that an application is. Its faults are answered and logged, never raised."""

    async def visit(incoming: Incoming) -> Response:
        if incoming.body is None:
            return _TOO_LARGE
        exchange = _Exchange(incoming.body)
        scope = _scope_of(incoming)
        try:
            await app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - the last stop before the socket
            _log.error("fault", path=mask_digits(scope["path"]), **describe_fault(error))
        return exchange.response or _FAULT

    return visit


class _Exchange:
    """One request and what the application answers. `response` is None until it is whole."""

    def __init__(self, body: bytes) -> None:
        self.response: Response | None = None
        self._body: bytes | None = body
        self._status = 0
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        """The body, the first time; afterwards that there is nothing more."""
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take the head or a part of the body."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = tuple(
                (name.lower(), value)
                for name, value in message.get("headers", ())
                if name.lower() not in _OF_THE_SERVER
            )
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.response = Response(self._status, b"".join(self._parts), self._headers)


def _scope_of(incoming: Incoming) -> Scope:
    """The connection scope. The server read target and headers as Latin-1, so nothing is lost."""
    path, _, query = incoming.target.encode("latin-1").partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": incoming.method,
        "scheme": incoming.scheme,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in incoming.headers.items()
        ],
        "client": None,
        "server": None,
    }
