"""What all endpoints share: who calls, what is wrong, and the envelope around the answer."""

import enum
import re
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

import msgspec

from vezne.core.allowed_networks import may_call
from vezne.core.audit import prove_caller
from vezne.core.body import BodyKind, CardFields, FieldState, LiftedCard
from vezne.core.card import CardSlot
from vezne.core.fault import FaultBoard, fail_on_demand
from vezne.core.merchant import Merchant
from vezne.core.ports import Books, Merchants, NameBox, Ports
from vezne.core.refusal import Refusal
from vezne.dialects.once import KEY_HEADER, Key, Served, serve_once
from vezne.dialects.paynet import auth, envelope, errors
from vezne.dialects.paynet.envelope import Answer, Context
from vezne.dialects.paynet.errors import Error, Failure
from vezne.dialects.paynet.refusals import REFUSALS
from vezne.dialects.paynet.shapes import Shape, read, text_field
from vezne.dialects.paynet.switches import Switches
from vezne.edge.messages import Handler, Outcome, Request, Response, Route
from vezne.flows.merchant_time import ports_at

DOOR: Final = "paynet"
NO_CARD: Final = LiftedCard(transit_id=0, number=FieldState.ABSENT, cvv=FieldState.ABSENT)
KINDS: Final = frozenset({BodyKind.JSON, BodyKind.FORM, BodyKind.XML})
_PAGES: Final = f"{DOOR}.pages"
_CODE_NAMES: Final = frozenset({"cvc", "cvv"})
# What goes into the address that browsers come back to, and so into a page of the bank.
_HOST: Final = re.compile(r"[A-Za-z0-9.\-\[\]:_]+")


class Access(enum.Enum):
    """Which of a merchant's keys a service wants. The secret one is good everywhere."""

    PUBLISHABLE = "publishable"
    SECRET = "secret"  # noqa: S105


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the door works with, the same for every call of merchants with the same time.

    `public_url` is the origin at which browsers reach the house, without a slash at its end; None:
    the one that the call was sent to. `faults` has those that were asked for, in sandbox mode.
    """

    ports: Ports
    merchants: Merchants
    names: NameBox
    switches: Switches
    public_url: str | None = None
    faults: FaultBoard | None = None


Body_co = TypeVar("Body_co", bound=msgspec.Struct, covariant=True)


class Call(msgspec.Struct, Generic[Body_co], frozen=True, kw_only=True):
    """One authenticated request. `card` says what the vault took out of the body.

    `key` is the merchant's publishable key, whichever key the caller showed; `scheme` and `host`
    are those that the request was sent to.
    """

    desk: Desk
    merchant: Merchant
    key: str
    body: Body_co
    card: LiftedCard
    language: str
    scheme: str
    host: str


class Endpoint(msgspec.Struct, Generic[Shape], frozen=True, kw_only=True):
    """What a path does: `serve` makes the fields and the result, raising Failure and Refusal.

    `object_name` is the documentation's name of what is answered. Answers of PaynetJ repeat it in
    another spelling. `is_write` is that of the route.
    """

    shape: type[Shape]
    serve: Callable[[Call[Shape]], Awaitable[Answer]]
    object_name: str | None
    access: Access = Access.SECRET
    success: Error = errors.SUCCESSFUL
    is_paynetj: bool = False
    is_write: bool = True


def handler(desk: Desk, endpoint: Endpoint[Shape]) -> Handler:
    """The endpoint as the edge calls it."""

    async def handle(request: Request) -> Response:
        context = envelope.context_of(request)
        try:
            call = await _open_call(desk, endpoint, request, context)
        except Failure as unopened:
            is_unknown = unopened.error is errors.UNAUTHORIZED
            outcome = Outcome.UNAUTHENTICATED if is_unknown else Outcome.REFUSED
            return envelope.failure(context, unopened.error, *unopened.values, outcome=outcome)
        if endpoint.is_write and KEY_HEADER in request.headers:
            response = await _serve_once(desk, endpoint, call, request, context)
        else:
            response = (await _serve(endpoint, call, context)).response
        fail_on_demand(desk.faults, call.merchant.id, request.path)
        return response

    return handle


def desk_for(merchant: Merchant, desk: Desk) -> Desk:
    """The desk with a merchant's time; the very same one when that is everybody's."""
    ports = ports_at(merchant, desk.ports)
    return desk if ports is desk.ports else msgspec.structs.replace(desk, ports=ports)


async def _serve_once(
    desk: Desk, endpoint: Endpoint[Shape], call: Call[Shape], request: Request, context: Context
) -> Response:
    """The answer to a call that has a key. `desk` has the time that keys are kept by."""

    async def serve(books: Books) -> Served:
        ports = msgspec.structs.replace(call.desk.ports, books=books)
        there = msgspec.structs.replace(call.desk, ports=ports)
        return await _serve(endpoint, msgspec.structs.replace(call, desk=there), context)

    # Everybody knows a publishable key, and must not use up the keys of the merchant's servers.
    scope = DOOR if endpoint.access is Access.SECRET else _PAGES
    key = Key(request=request, merchant=call.merchant, scope=scope)
    try:
        return await serve_once(key, serve, desk.names, desk.ports)
    except Refusal as refusal:
        return envelope.failure(context, REFUSALS[refusal.reason])


async def _serve(endpoint: Endpoint[Shape], call: Call[Shape], context: Context) -> Served:
    """The answer to a call."""
    try:
        answer = await endpoint.serve(call)
    except Refusal as refusal:
        return Served(envelope.failure(context, REFUSALS[refusal.reason]), is_refused=True)
    except Failure as failed:
        response = envelope.failure(context, failed.error, *failed.values)
        return Served(response, is_refused=True)
    return Served(
        envelope.success(
            context,
            answer,
            endpoint.success,
            endpoint.object_name,
            is_paynetj=endpoint.is_paynetj and call.desk.switches.misspelt_object_name,
        )
    )


def post(desk: Desk, path: str, endpoint: Endpoint[Shape], card: CardFields | None = None) -> Route:
    """The route of an endpoint. All of them take JSON, forms and XML by POST."""
    return Route(
        method="POST",
        path=path,
        handle=handler(desk, endpoint),
        card=card,
        kinds=KINDS,
        is_write=endpoint.is_write,
    )


def origin(desk: Desk, scheme: str, host: str) -> str:
    """Scheme and host at which browsers reach the house. Raises Failure(HOST_INVALID)."""
    if desk.public_url is not None:
        return desk.public_url
    if not _HOST.fullmatch(host):
        raise Failure(errors.HOST_INVALID)
    return f"{scheme}://{host}"


def _check_no_code(payload: object) -> None:
    """Raise Failure(CVC_ASTRAY) where a security code stands under another service's name for it.

    The vault takes out one name only, and nobody else may see a code.
    """
    for name, value in payload.items() if isinstance(payload, dict) else ():
        is_lifted = isinstance(value, CardSlot) or value in (None, "")
        if name.lower() in _CODE_NAMES and not is_lifted:
            raise Failure(errors.CVC_ASTRAY, name.lower())


async def _open_call(
    desk: Desk, endpoint: Endpoint[Shape], request: Request, context: Context
) -> Call[Shape]:
    """Who calls first, then what the body is."""
    payload = request.body.payload
    is_open = endpoint.access is Access.PUBLISHABLE
    caller = await auth.authenticate(
        request.headers.get("authorization", ""),
        text_field(payload, "token") if is_open else None,
        desk.merchants,
        desk.names,
    )
    prove_caller(caller.merchant.id, caller.publishable_key)
    if not (is_open or caller.has_secret):
        raise Failure(errors.FORBIDDEN)
    # Browsers have the publishable key, and are anywhere.
    if caller.has_secret and not may_call(caller.merchant):
        raise Failure(errors.ADDRESS_NOT_ALLOWED)
    card = request.body.card or NO_CARD
    if card.leaked:
        raise Failure(errors.CARD_NUMBER_ASTRAY)
    if request.body.card is not None:
        _check_no_code(payload)
    return Call(
        desk=desk_for(caller.merchant, desk),
        merchant=caller.merchant,
        key=caller.publishable_key,
        body=read(endpoint.shape, payload),
        card=card,
        language=context.language,
        scheme=request.scheme,
        host=request.host,
    )
