"""Requests and responses as dialects see them, and the door that a dialect is."""

import enum
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from vezne.core.body import BodyKind, BodyShape, CardFields, SealedBody
from vezne.core.diagnosis import Diagnosis
from vezne.core.payment import Payment
from vezne.edge.description import Description

# Our pages for cardholders' browsers,
THREEDS_PATH: Final = "/3ds"
# and where they bring the bank's word; the acquirer's name follows.
RETURN_PATH: Final = f"{THREEDS_PATH}/return"


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


class Outcome(enum.Enum):
    """What became of a request, beyond what its answer says in its dialect.

    A decline is an answer of the bank's; what a request asks for is refused by us. Whoever is
    turned away asks too often, or tried too many wrong keys: the guard counts those. What is
    overloaded is the server, which has not looked at the request. What failed is our own fault.
    """

    SERVED = "served"
    DECLINED = "declined"
    REFUSED = "refused"
    UNAUTHENTICATED = "unauthenticated"
    TURNED_AWAY = "turned_away"
    OVERLOADED = "overloaded"
    FAILED = "failed"


class Response(msgspec.Struct, frozen=True):
    """An HTTP response. `headers` are added to those of the door, unless it is `bare`.

    `reason` is the dialect's code for what went wrong, where something did.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    bare: bool = False
    outcome: Outcome = Outcome.SERVED
    reason: str = ""


class BrowserForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that a browser posts to another site, and the language of the page around it."""

    action: str
    fields: tuple[tuple[str, str], ...]
    language: str = "tr"


class BrowserMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a browser's way: a page that hands `message` to the page that frames it."""

    message: str
    is_success: bool
    language: str = "tr"


# A handler may answer a browser with a page, which the edge renders.
Answer = Response | BrowserForm | BrowserMessage
Handler = Callable[[Request], Awaitable[Answer]]

JSON_ONLY: Final = frozenset({BodyKind.JSON})


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. `path` is exact and has no trailing slash; a request may add one.

    The Content-Type says which of `kinds` a body is, if there are several; whatever it says, a body
    is JSON when only that is accepted, or when it names none of them. A card number in the header
    `card_header` is lifted like one in a body `{"cardNumber": …}`, and nobody sees the header.
    `is_write` says that the request changes something, and so that its caller may give it a key
    under which it is done once. `is_last` says that it finishes what a cardholder has begun, and so
    that it is among the last to be refused when the server falls behind.
    """

    method: str
    path: str
    handle: Handler
    card: CardFields | None = None
    shape: BodyShape | None = None
    kinds: frozenset[BodyKind] = JSON_ONLY
    card_header: str | None = None
    is_write: bool = False
    is_last: bool = False


# Why the caller of a refused request was not believed, if there is anything to be said.
Diagnose = Callable[[Request], Awaitable[Diagnosis | None]]

# From a signature to its alias.
Rename = Callable[[bytes], bytes]


class BadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge itself refuses, before a handler runs. The headers are as they came."""

    method: str
    path: str
    why: str
    headers: Mapping[str, str] = {}


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect as the edge sees it: routes, fixed headers, and answers to what fits no route.

    `too_many` answers a caller that the guard turns away, `overloaded` whoever comes while the
    server is behind; the edge adds how long to wait.
    `conclude` is called when the bank's word on a payment of this door has come back and was
    recorded; it says what the browser takes to the merchant. With `ignores_case` its paths may be
    spelled in any case. `conceal_proof` puts an alias in the place of a signature over the body,
    for whoever has the rest of that. `describe` says what a description needs beyond the routes.
    `diagnose` finds out why a caller was not believed, in sandbox mode; None when there is nothing
    to be said. It is called after the handler, while the body is still sealed. `references` are the
    fields in which callers give their own name for what a request is about. `claimed` is who a
    caller says it is in its headers, by a name that betrays no secret; empty where it says nothing.
    """

    name: str
    routes: tuple[Route, ...]
    headers: tuple[tuple[bytes, bytes], ...]
    unknown_path: Callable[[BadRequest], Response]
    wrong_method: Callable[[BadRequest], Response]
    malformed: Callable[[BadRequest], Response]
    too_large: Callable[[BadRequest], Response]
    fault: Callable[[BadRequest], Response]
    too_many: Callable[[Request], Response]
    overloaded: Callable[[BadRequest], Response]
    conclude: Callable[[Payment], Awaitable[Answer]] | None = None
    conceal_proof: Callable[[Mapping[str, str], Rename], Mapping[str, str]] | None = None
    ignores_case: bool = False
    diagnose: Diagnose | None = None
    references: tuple[str, ...] = ()
    claimed: Callable[[Mapping[str, str]], str] | None = None
    describe: Callable[[], Description] | None = None
