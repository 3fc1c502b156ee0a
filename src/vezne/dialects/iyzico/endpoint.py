"""What all endpoints share: who calls, what is wrong, and the envelope around the answer."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import msgspec

from vezne.core.allowed_networks import may_call
from vezne.core.audit import prove_caller
from vezne.core.body import FieldState, LiftedCard
from vezne.core.fault import FaultBoard, fail_on_demand
from vezne.core.merchant import Credential, Merchant
from vezne.core.ports import Books, Merchants, NameBox, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import auth, checks, envelope, errors
from vezne.dialects.iyzico.bin_words import BinWords
from vezne.dialects.iyzico.decimals import Notation
from vezne.dialects.iyzico.errors import Failure, Payload
from vezne.dialects.iyzico.refusals import REFUSALS
from vezne.dialects.iyzico.replay import RandomKeys
from vezne.dialects.iyzico.reporting_shapes import query_parameters, read_query
from vezne.dialects.iyzico.shapes import Basic, Shape, read
from vezne.dialects.iyzico.switches import Switches
from vezne.dialects.once import KEY_HEADER, Key, Served, serve_once
from vezne.edge.messages import Handler, Outcome, Request, Response
from vezne.flows.merchant_time import ports_at

DOOR: Final = "iyzico"
_DISBELIEF: Final = {
    auth.AuthProblem.MISSING_HEADER: errors.UNKNOWN_KEY,
    auth.AuthProblem.UNKNOWN_KEY: errors.UNKNOWN_KEY,
    auth.AuthProblem.BAD_SIGNATURE: errors.BAD_SIGNATURE,
}
_NO_CARD: Final = LiftedCard(transit_id=0, number=FieldState.ABSENT, cvv=FieldState.ABSENT)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the door works with, the same for every call of merchants with the same time.

    `public_url` is the origin at which browsers reach the house; None: the one that the call was
    sent to. `faults` has those that were asked for, in sandbox mode; `spent` the random keys that
    nobody may use again, if the switches say so.
    """

    ports: Ports
    merchants: Merchants
    names: NameBox
    switches: Switches
    notation: Notation
    bin_words: BinWords
    public_url: str | None = None
    faults: FaultBoard | None = None
    spent: RandomKeys | None = None


Body_co = TypeVar("Body_co", bound=Basic, covariant=True)


class Call(msgspec.Struct, Generic[Body_co], frozen=True, kw_only=True):
    """One authenticated request. `card` says what the vault took out of the body.

    `key` is the caller's public one; `scheme` and `host` are those that the request was sent to.
    """

    desk: Desk
    merchant: Merchant
    key: str
    secret: bytes
    body: Body_co
    card: LiftedCard
    conversation_id: str | None
    scheme: str
    host: str


class Endpoint(msgspec.Struct, Generic[Shape], frozen=True, kw_only=True):
    """What a path does: `serve` makes the fields that follow the envelope.

    `serve` raises Failure and Refusal; `refusals` has an error for every reason; `echo` makes the
    fields that follow the envelope of an error. `is_write` is that of the route; `is_query` says
    that the fields come in the query, whatever the body is.
    """

    shape: type[Shape]
    serve: Callable[[Call[Shape]], Awaitable[Payload | None]]
    refusals: Mapping[Reason, errors.Error] = MappingProxyType(REFUSALS)
    echo: Callable[[Call[Shape]], Awaitable[msgspec.Struct]] | None = None
    is_write: bool = True
    is_query: bool = False


def handler(desk: Desk, endpoint: Endpoint[Shape]) -> Handler:
    """The endpoint as the edge calls it. Every answer, errors included, is HTTP 200."""

    async def handle(request: Request) -> Response:
        context = context_of(request, is_query=endpoint.is_query)
        try:
            credential = await auth.authenticate(request, desk.merchants, desk.spent)
        except auth.Unauthenticated as unknown:
            failure = Failure(_DISBELIEF[unknown.problem])
            return _failed(context, desk, failure, Outcome.UNAUTHENTICATED)
        merchant = credential.merchant
        prove_caller(merchant.id, credential.key)
        if not may_call(merchant):
            return _failed(context, desk, Failure(errors.ADDRESS_NOT_ALLOWED), Outcome.REFUSED)
        there = desk_for(merchant, desk)
        try:
            call = _open_call(there, credential, endpoint, request, context)
        except Failure as unopened:
            return _failed(context, there, unopened, Outcome.REFUSED)
        if endpoint.is_write and KEY_HEADER in request.headers:
            response = await _serve_once(desk, endpoint, call, request, context)
        else:
            # As `_serve` has it, with one coroutine less to go through.
            try:
                response = _success(context, there, await endpoint.serve(call))
            except (Failure, Refusal) as denial:
                response = await _denied(endpoint, call, context, denial)
        fail_on_demand(desk.faults, merchant.id, request.path)
        return response

    return handle


def desk_for(merchant: Merchant, desk: Desk) -> Desk:
    """The desk with a merchant's time; the very same one when that is everybody's."""
    ports = ports_at(merchant, desk.ports)
    return desk if ports is desk.ports else msgspec.structs.replace(desk, ports=ports)


async def _serve_once(
    desk: Desk,
    endpoint: Endpoint[Shape],
    call: Call[Shape],
    request: Request,
    context: envelope.Context,
) -> Response:
    """The answer to a call that has a key. `desk` has the time that keys are kept by."""

    async def serve(books: Books) -> Served:
        ports = msgspec.structs.replace(call.desk.ports, books=books)
        there = msgspec.structs.replace(call.desk, ports=ports)
        response = await _serve(endpoint, msgspec.structs.replace(call, desk=there), context)
        return Served(response, is_refused=response.outcome is not Outcome.SERVED)

    key = Key(request=request, merchant=call.merchant, scope=DOOR)
    try:
        return await serve_once(key, serve, desk.names, desk.ports)
    except Refusal as refusal:
        failure = Failure(endpoint.refusals[refusal.reason])
        return _failed(context, call.desk, failure, Outcome.REFUSED)


async def _serve(
    endpoint: Endpoint[Shape], call: Call[Shape], context: envelope.Context
) -> Response:
    """The answer to a call."""
    try:
        return _success(context, call.desk, await endpoint.serve(call))
    except (Failure, Refusal) as denial:
        return await _denied(endpoint, call, context, denial)


def _success(context: envelope.Context, desk: Desk, payload: Payload | None) -> Response:
    return Response(200, envelope.success(context, desk.ports.clock.now_ms(), payload))


async def _denied(
    endpoint: Endpoint[Shape],
    call: Call[Shape],
    context: envelope.Context,
    denial: Failure | Refusal,
) -> Response:
    """The answer to a call that somebody has said no to: the house, or else the bank."""
    outcome = Outcome.REFUSED
    if isinstance(denial, Refusal):
        failure = Failure(endpoint.refusals[denial.reason])
    else:
        failure = denial
        if errors.is_decline(failure.error):
            outcome = Outcome.DECLINED
    echoed = failure.echoed
    if echoed is None and endpoint.echo is not None:
        echoed = await endpoint.echo(call)
    return _failed(context, call.desk, failure, outcome, echoed)


def _failed(
    context: envelope.Context,
    desk: Desk,
    failure: Failure,
    outcome: Outcome,
    echoed: Payload | None = None,
) -> Response:
    body = envelope.failure(context, desk.ports.clock.now_ms(), failure, echoed)
    return Response(200, body, outcome=outcome, reason=failure.error.code)


def context_of(request: Request, *, is_query: bool) -> envelope.Context:
    """What a request says about its answer, in its query or else in its body."""
    if is_query:
        return envelope.context_from(query_parameters(request.target))
    return envelope.context_of(request.body)


def _open_call(
    desk: Desk,
    credential: Credential,
    endpoint: Endpoint[Shape],
    request: Request,
    context: envelope.Context,
) -> Call[Shape]:
    """What an authenticated caller's request says. Raises Failure."""
    card = request.body.card or _NO_CARD
    if card.leaked:
        raise Failure(errors.CARD_NUMBER_ASTRAY)
    if endpoint.is_query:
        body = read_query(endpoint.shape, query_parameters(request.target))
    else:
        body = read(endpoint.shape, request.body)
    checks.check_conversation_id(context.conversation_id)
    return Call(
        desk=desk,
        merchant=credential.merchant,
        key=credential.key,
        secret=credential.secret,
        body=body,
        card=card,
        conversation_id=context.conversation_id,
        scheme=request.scheme,
        host=request.host,
    )
