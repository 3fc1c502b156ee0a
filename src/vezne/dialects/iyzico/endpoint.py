"""What all endpoints share: who calls, what is wrong, and the envelope around the answer."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import msgspec

from vezne.core.body import FieldState, LiftedCard
from vezne.core.merchant import Credential, Merchant
from vezne.core.ports import Merchants, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import auth, checks, envelope, errors
from vezne.dialects.iyzico.decimals import Notation
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.refusals import REFUSALS
from vezne.dialects.iyzico.shapes import Basic, Shape, read
from vezne.dialects.iyzico.switches import Switches
from vezne.edge.messages import Handler, Request, Response

DOOR: Final = "iyzico"
_NO_CARD: Final = LiftedCard(transit_id=0, number=FieldState.ABSENT, cvv=FieldState.ABSENT)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the door works with, the same for every call.

    `public_url` is the origin at which browsers reach the house; None: the one that the call was
    sent to.
    """

    ports: Ports
    merchants: Merchants
    switches: Switches
    notation: Notation
    public_url: str | None = None


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
    fields that follow the envelope of an error.
    """

    shape: type[Shape]
    serve: Callable[[Call[Shape]], Awaitable[msgspec.Struct | None]]
    refusals: Mapping[Reason, errors.Error] = MappingProxyType(REFUSALS)
    echo: Callable[[Call[Shape]], Awaitable[msgspec.Struct]] | None = None


def handler(desk: Desk, endpoint: Endpoint[Shape]) -> Handler:
    """The endpoint as the edge calls it. Every answer, errors included, is HTTP 200."""

    async def handle(request: Request) -> Response:
        context = envelope.context_of(request.body)
        try:
            call = await _open_call(desk, endpoint.shape, request, context)
        except Failure as unopened:
            return Response(200, envelope.failure(context, _now_ms(desk), unopened))
        try:
            payload = await endpoint.serve(call)
        except Refusal as refusal:
            failure = Failure(endpoint.refusals[refusal.reason])
        except Failure as failed:
            failure = failed
        else:
            return Response(200, envelope.success(context, _now_ms(desk), payload))
        echoed = failure.echoed
        if echoed is None and endpoint.echo is not None:
            echoed = await endpoint.echo(call)
        return Response(200, envelope.failure(context, _now_ms(desk), failure, echoed))

    return handle


async def _open_call(
    desk: Desk, shape: type[Shape], request: Request, context: envelope.Context
) -> Call[Shape]:
    """Who calls first, then what the body is."""
    credential = await _authenticate(request, desk.merchants)
    card = request.body.card or _NO_CARD
    if card.leaked:
        raise Failure(errors.CARD_NUMBER_ASTRAY)
    body = read(shape, request.body)
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


async def _authenticate(request: Request, merchants: Merchants) -> Credential:
    try:
        return await auth.authenticate(request, merchants)
    except auth.Unauthenticated as refused:
        is_signed_wrongly = refused.problem is auth.AuthProblem.BAD_SIGNATURE
        error = errors.BAD_SIGNATURE if is_signed_wrongly else errors.UNKNOWN_KEY
        raise Failure(error) from None


def _now_ms(desk: Desk) -> int:
    return desk.ports.clock.now_ms()
