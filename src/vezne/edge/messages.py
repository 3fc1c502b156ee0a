"""Requests and responses as dialects see them, and the door that a dialect is."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from vezne.core.body import CardFields, SealedBody


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request. Header names are lower case; `path` is decoded, `target` is as sent."""

    method: str
    scheme: str
    host: str
    path: str
    target: str
    query: str
    headers: Mapping[str, str]
    body: SealedBody


class Response(msgspec.Struct, frozen=True):
    """An HTTP response. `headers` are added to those of the door."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


Handler = Callable[[Request], Awaitable[Response]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. `path` is exact and has no trailing slash; a request may add one."""

    method: str
    path: str
    handle: Handler
    card: CardFields | None = None


class BadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge itself refuses, before a handler runs."""

    method: str
    path: str
    why: str


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect as the edge sees it: routes, fixed headers, and answers to what fits no route."""

    name: str
    routes: tuple[Route, ...]
    headers: tuple[tuple[bytes, bytes], ...]
    unknown_path: Callable[[BadRequest], Response]
    wrong_method: Callable[[BadRequest], Response]
    malformed: Callable[[BadRequest], Response]
    too_large: Callable[[BadRequest], Response]
    fault: Callable[[BadRequest], Response]
