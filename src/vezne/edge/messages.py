"""Requests and responses as dialects see them, and the door that a dialect is."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from vezne.core.body import BodyShape, CardFields, SealedBody
from vezne.core.payment import Payment

# Where browsers bring the bank's word on a cardholder; the acquirer's name follows.
RETURN_PATH: Final = "/3ds/return"


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
    shape: BodyShape | None = None


class BadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge itself refuses, before a handler runs."""

    method: str
    path: str
    why: str


class BrowserForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that a browser posts to another site, and the language of the page around it."""

    action: str
    fields: tuple[tuple[str, str], ...]
    language: str = "tr"


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect as the edge sees it: routes, fixed headers, and answers to what fits no route.

    `conclude` is called when the bank's word on a payment of this door has come back and was
    recorded; it says what the browser takes to the merchant.
    """

    name: str
    routes: tuple[Route, ...]
    headers: tuple[tuple[bytes, bytes], ...]
    unknown_path: Callable[[BadRequest], Response]
    wrong_method: Callable[[BadRequest], Response]
    malformed: Callable[[BadRequest], Response]
    too_large: Callable[[BadRequest], Response]
    fault: Callable[[BadRequest], Response]
    conclude: Callable[[Payment], Awaitable[BrowserForm]] | None = None
