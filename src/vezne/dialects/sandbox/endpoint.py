"""What all endpoints share: who calls, what is wrong, and how the answer is written."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from vezne.core.allowed_networks import may_call
from vezne.core.audit import prove_caller
from vezne.core.card import holds_card_number
from vezne.core.fault import FaultBoard
from vezne.core.merchant import Merchant
from vezne.core.ports import MerchantClocks, Merchants, Ports
from vezne.core.sandbox_merchants import SandboxMerchants
from vezne.dialects.sandbox import errors
from vezne.dialects.sandbox.auth import authenticate
from vezne.dialects.sandbox.errors import Error, Failure
from vezne.edge.messages import Handler, Outcome, Request, Response

DOOR: Final = "sandbox"
_CHALLENGE: Final = (b"www-authenticate", b'Basic realm="vezne sandbox", charset="UTF-8"')
_encoder: Final = msgspec.json.Encoder()


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the door works with. `ports` have the real clock."""

    ports: Ports
    merchants: Merchants
    clocks: MerchantClocks
    faults: FaultBoard
    sandbox_merchants: SandboxMerchants


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One authenticated request."""

    desk: Desk
    merchant: Merchant
    payload: object
    query: Mapping[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What an endpoint says."""

    body: msgspec.Struct
    status: HTTPStatus = HTTPStatus.OK


class Problem(msgspec.Struct, frozen=True):
    """What is wrong."""

    code: str
    message: str


class Failed(msgspec.Struct, frozen=True):
    """An answer that is an error."""

    error: Problem


Serve = Callable[[Call], Awaitable[Answer]]
Shape = TypeVar("Shape", bound=msgspec.Struct)


def handler(desk: Desk, serve: Serve) -> Handler:
    """The endpoint as the edge calls it. `serve` raises Failure."""

    async def handle(request: Request) -> Response:
        headers = request.headers
        try:
            merchant, key = await authenticate(headers.get("authorization", ""), desk.merchants)
            prove_caller(merchant.id, key)
            _check_address(merchant)
            call = Call(
                desk=desk,
                merchant=merchant,
                payload=request.body.payload,
                query=dict(parse_qsl(request.query, keep_blank_values=True)),
            )
            answer = await serve(call)
        except Failure as failed:
            language = language_of(headers.get("accept-language", ""))
            return failure(failed.error, language, *failed.values)
        return Response(answer.status, _encoder.encode(answer.body))

    return handle


def _check_address(merchant: Merchant) -> None:
    """Raise Failure(ADDRESS_NOT_ALLOWED) for a caller that is elsewhere."""
    if not may_call(merchant):
        raise Failure(errors.ADDRESS_NOT_ALLOWED)


def failure(error: Error, language: str, *values: object) -> Response:
    """The response of an error."""
    text = errors.message(error, language, *values)
    headers = (_CHALLENGE,) if error is errors.UNAUTHORIZED else ()
    body = _encoder.encode(Failed(Problem(error.code, text)))
    is_unknown = error is errors.UNAUTHORIZED
    outcome = Outcome.UNAUTHENTICATED if is_unknown else Outcome.REFUSED
    return Response(error.status, body, headers, outcome=outcome, reason=error.code)


def read(shape: type[Shape], payload: object) -> Shape:
    """A body in its shape. Raises Failure(BODY_INVALID)."""
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError as error:
        why = str(error)
        raise Failure(errors.BODY_INVALID, "…" if holds_card_number(why) else why) from None


def language_of(accepted: str) -> str:
    """Turkish unless a request says otherwise, as at the other doors."""
    is_english = accepted.strip().lower().startswith(errors.ENGLISH)
    return errors.ENGLISH if is_english else errors.TURKISH
