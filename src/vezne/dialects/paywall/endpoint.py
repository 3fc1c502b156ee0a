"""What all endpoints share: who calls, what is wrong, and the envelope around the answer."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, Generic
from urllib.parse import parse_qsl

import msgspec

from vezne.core.allowed_networks import may_call
from vezne.core.audit import prove_caller
from vezne.core.body import FieldState, LiftedCard
from vezne.core.fault import FaultBoard, fail_on_demand
from vezne.core.merchant import Merchant
from vezne.core.ports import Books, Merchants, NameBox, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.once import KEY_HEADER, Key, Served, serve_once
from vezne.dialects.paywall import auth, envelope, errors, payment_errors
from vezne.dialects.paywall.auth import Pair
from vezne.dialects.paywall.binding import NotBound, Shape, bind
from vezne.dialects.paywall.envelope import Answered, Body, Style
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.refusals import CARD_REFUSALS, PAYMENT_REFUSALS
from vezne.dialects.paywall.switches import Switches
from vezne.dialects.paywall.unique_code import Rotation
from vezne.edge.messages import Handler, Outcome, Request, Response
from vezne.flows.merchant_time import ports_at

DOOR: Final = "paywall"
LOCALE_HEADER: Final = "locale"
NO_CARD: Final = LiftedCard(transit_id=0, number=FieldState.ABSENT, cvv=FieldState.ABSENT)
_OK: Final = 200
_BROWSERS: Final = f"{DOOR}.browsers"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the door works with, the same for every call of merchants with the same time.

    `public_url` is the origin at which browsers reach the house; None: the one that the call was
    sent to. `faults` has those that were asked for, in sandbox mode.
    """

    ports: Ports
    merchants: Merchants
    names: NameBox
    switches: Switches
    rotation: Rotation
    public_url: str | None = None
    faults: FaultBoard | None = None


class Call(msgspec.Struct, Generic[Shape], frozen=True, kw_only=True):
    """One authenticated request. `card` says what the vault took out of it.

    `client` is the caller's name; `scheme` and `host` are those that the request was sent to.
    """

    desk: Desk
    merchant: Merchant
    client: str
    body: Shape
    card: LiftedCard
    locale: str
    scheme: str
    host: str


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """What the endpoints of one of the service's APIs have in common.

    `refusals` has an error for every reason, `unbound` one that names a field, `no_object` one for
    a body that is no JSON object, `astray` one for a card number in the wrong place.
    """

    style: Style
    pair: Pair
    refusals: Mapping[Reason, Error]
    unbound: Error
    no_object: Error
    astray: Error


CARDWALL: Final = Api(
    style=Style.CARDS,
    pair=auth.PRIVATE,
    refusals=CARD_REFUSALS,
    unbound=errors.INVALID_DATA,
    no_object=errors.BODY_INVALID,
    astray=errors.CARD_NUMBER_ASTRAY,
)
PAYMENT: Final = Api(
    style=Style.PAYMENTS,
    pair=auth.PUBLIC,
    refusals=PAYMENT_REFUSALS,
    unbound=payment_errors.UNEXPECTED_PARAMETERS,
    no_object=payment_errors.BODY_INVALID,
    astray=payment_errors.CARD_NUMBER_ASTRAY,
)
PAYMENT_PRIVATE: Final = msgspec.structs.replace(PAYMENT, pair=auth.PRIVATE)


class Endpoint(msgspec.Struct, Generic[Shape], frozen=True, kw_only=True):
    """What a path does: `serve` makes the Body of the answer, or `Answered` with a message.

    `serve` raises Failure and Refusal. With `from_headers` the request's parameters are headers, or
    else stand in the query string; its body, if it has one, is ignored. `identify` finds out
    who calls where the API's pair of headers does not say it; it raises Failure. `is_write` is that
    of the route.
    """

    api: Api
    shape: type[Shape]
    serve: Callable[[Call[Shape]], Awaitable[Body | Answered]]
    from_headers: bool = False
    identify: Callable[[Desk, Request], Awaitable[tuple[str, Merchant]]] | None = None
    is_write: bool = True


def handler(desk: Desk, endpoint: Endpoint[Shape]) -> Handler:
    """The endpoint as the edge calls it. Every answer, errors included, is HTTP 200.

    The official client throws away the body of any other status. Only for missing or wrong keys a
    switch may say otherwise.
    """
    api = endpoint.api
    identify = endpoint.identify or partial(_holder_of_keys, api.pair)

    async def handle(request: Request) -> Response:
        locale = locale_of(request.headers)
        try:
            client, merchant = await identify(desk, request)
        except Failure as unknown:
            status = desk.switches.credential_failure
            return failed(api.style, unknown, locale, Outcome.UNAUTHENTICATED, status)
        is_server = endpoint.identify is None
        prove_caller(merchant.id, client if is_server else _browsers_of(merchant))
        if is_server and not may_call(merchant):
            refused = Failure(errors.ADDRESS_NOT_ALLOWED)
            status = desk.switches.credential_failure
            return failed(api.style, refused, locale, Outcome.REFUSED, status)
        try:
            call = Call(
                desk=desk_for(merchant, desk),
                merchant=merchant,
                client=client,
                body=read(endpoint, request),
                card=request.body.card or NO_CARD,
                locale=locale,
                scheme=request.scheme,
                host=request.host,
            )
        except Failure as unread:
            return failed(api.style, unread, locale)
        if endpoint.is_write and KEY_HEADER in request.headers:
            response = await _serve_once(desk, endpoint, call, request)
        else:
            response = (await _serve(endpoint, call)).response
        fail_on_demand(desk.faults, merchant.id, request.path)
        return response

    return handle


def _browsers_of(merchant: Merchant) -> str:
    """What a merchant's browsers are known by: what each brings is a secret of its own."""
    return f"{_BROWSERS}.{merchant.id}"


def desk_for(merchant: Merchant, desk: Desk) -> Desk:
    """The desk with a merchant's time; the very same one when that is everybody's."""
    ports = ports_at(merchant, desk.ports)
    return desk if ports is desk.ports else msgspec.structs.replace(desk, ports=ports)


async def desk_of(merchant_id: int, desk: Desk) -> Desk:
    """The desk with the time of a merchant that is known by its number."""
    merchant = await desk.merchants.find_merchant(merchant_id)
    return desk if merchant is None else desk_for(merchant, desk)


async def _serve_once(
    desk: Desk, endpoint: Endpoint[Shape], call: Call[Shape], request: Request
) -> Response:
    """The answer to a call that has a key. `desk` has the time that keys are kept by."""

    async def serve(books: Books) -> Served:
        ports = msgspec.structs.replace(call.desk.ports, books=books)
        there = msgspec.structs.replace(call.desk, ports=ports)
        return await _serve(endpoint, msgspec.structs.replace(call, desk=there))

    # Browsers are known by what they bring, and must not use up the keys of the merchant's servers.
    scope = DOOR if endpoint.identify is None else _BROWSERS
    key = Key(request=request, merchant=call.merchant, scope=scope)
    try:
        return await serve_once(key, serve, desk.names, desk.ports)
    except Refusal as refusal:
        failure = Failure(endpoint.api.refusals[refusal.reason])
        return failed(endpoint.api.style, failure, call.locale)


async def _serve(endpoint: Endpoint[Shape], call: Call[Shape]) -> Served:
    """The answer to a call."""
    api = endpoint.api
    try:
        answer = await endpoint.serve(call)
    except Refusal as refusal:
        response = failed(api.style, Failure(api.refusals[refusal.reason]), call.locale)
    except Failure as failure:
        is_declined = failure.error in payment_errors.DECLINES
        outcome = Outcome.DECLINED if is_declined else Outcome.REFUSED
        response = failed(api.style, failure, call.locale, outcome)
    else:
        if isinstance(answer, Answered):
            return Served(Response(_OK, envelope.success(api.style, answer.body, answer.message)))
        return Served(Response(_OK, envelope.success(api.style, answer)))
    return Served(response, is_refused=True)


def failed(
    style: Style,
    failure: Failure,
    locale: str,
    outcome: Outcome = Outcome.REFUSED,
    status: int = _OK,
) -> Response:
    """The response of an error."""
    body = envelope.failure(style, failure, locale)
    return Response(status, body, outcome=outcome, reason=str(failure.error.code))


async def _holder_of_keys(pair: Pair, desk: Desk, request: Request) -> tuple[str, Merchant]:
    credential = await auth.authenticate(request, desk.merchants, pair)
    return credential.key, credential.merchant


def read(endpoint: Endpoint[Shape], request: Request) -> Shape:
    """What a request says, in the shape of its endpoint. Raises Failure."""
    api = endpoint.api
    if request.body.card is not None and request.body.card.leaked:
        raise Failure(api.astray)
    payload = _parameters(request) if endpoint.from_headers else request.body.payload
    if not isinstance(payload, dict):
        raise Failure(api.no_object)
    try:
        return bind(endpoint.shape, payload)
    except NotBound as problem:
        raise Failure(api.unbound, problem.field) from None


def locale_of(headers: Mapping[str, str]) -> str:
    """The language of the answer's message. Documentation names no place for it but `locale`."""
    asked = headers.get(LOCALE_HEADER, "").strip().lower()
    return envelope.ENGLISH if asked.startswith(envelope.ENGLISH) else envelope.TURKISH


def _parameters(request: Request) -> dict[str, object]:
    """Query string and headers by name; an empty header counts as missing, as clients drop it."""
    asked: dict[str, object] = dict(parse_qsl(request.query))
    return asked | {
        name: _as_sent(value) for name, value in request.headers.items() if value.strip()
    }


def _as_sent(value: str) -> str:
    """A header's value: UTF-8 where it is, Latin-1, as HTTP has it, where it is not."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
