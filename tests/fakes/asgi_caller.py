"""Calls an ASGI app directly: one request in, the whole response out."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

AsgiApp = Callable[[MutableMapping[str, Any], Callable, Callable], Awaitable[None]]


class AsgiResponse(NamedTuple):
    """A response. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


async def call(
    app: AsgiApp,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> AsgiResponse:
    """The response to one request."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in (headers or {}).items()
        ],
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50_000),
    }
    await app(scope, receive, send)
    start = sent[0]
    return AsgiResponse(
        status=start["status"],
        headers={name.decode().lower(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )


async def post(app: AsgiApp, path: str, fields: Mapping[str, str]) -> AsgiResponse:
    """The response to a form that a browser posts."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return await call(app, "POST", path, urlencode(fields).encode(), headers)
