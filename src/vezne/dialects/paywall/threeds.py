"""Payments with 3-D Secure: the first call, the page that leads to the bank, and the last call."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from vezne.core.authentication import AuthenticationState
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.core.refusal import Refusal
from vezne.core.web_address import is_origin
from vezne.dialects.paywall import payment_errors
from vezne.dialects.paywall.callback import checked_back_url, completed, concluded
from vezne.dialects.paywall.endpoint import DOOR, Call, Desk, desk_of
from vezne.dialects.paywall.envelope import Answered
from vezne.dialects.paywall.errors import Failure
from vezne.dialects.paywall.follow_ups import SUCCESS, capture
from vezne.dialects.paywall.guids import payment_guid, payment_name
from vezne.dialects.paywall.payment_command import checked_merchant_code, planned
from vezne.dialects.paywall.payment_render import (
    RedirectAnswer,
    error_answer,
    payment_answer,
    raise_unless_approved,
    why_failed,
)
from vezne.dialects.paywall.payment_shapes import MerchantCode, PaymentDetail, Start
from vezne.edge.messages import RETURN_PATH, Answer, BrowserForm, Handler, Request, Response
from vezne.flows.authenticate import Authenticate, begin, standing
from vezne.flows.inquire import find_claimed_payment

CALLBACK_PATH: Final = "/paywall/callback"

_NOTICE: Final = """\
<!doctype html>
<html lang="tr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{turkish}</title>
</head>
<body>
<h1>{turkish}</h1>
<p lang="en">{english}</p>
</body>
</html>
"""
_NOTICE_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; form-action 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
)


async def start_3d(call: Call[Start]) -> Answered:
    """POST payment/start3d: where to send the browser, which comes back with the outcome.

    The payment completes by itself when the bank vouches for the cardholder; with Half3D it is a
    hold then, which provision captures. Raises Failure and Refusal.
    """
    ports = call.desk.ports
    detail = call.body.payment_detail or PaymentDetail()
    kind = PaymentKind.HOLD if detail.half_3d else PaymentKind.SALE
    origin = _origin(call)
    async with planned(call, kind) as (command, chosen):
        begun = await begin(
            Authenticate(
                pay=command,
                success_url=checked_back_url(
                    detail.merchant_success_back_url, payment_errors.SUCCESS_URL_INVALID
                ),
                failure_url=checked_back_url(
                    detail.merchant_fail_back_url, payment_errors.FAIL_URL_INVALID
                ),
                caller_key=call.client,
                language=call.locale,
                return_url=f"{origin}{RETURN_PATH}/{ports.acquirer.name}",
                keeps_challenge=True,
            ),
            ports,
        )
        if begun.challenge is not None:
            # The vault holds the card for the payment now.
            chosen.spend()
    payment = begun.payment
    url = f"{origin}{CALLBACK_PATH}?UniqueNumber={payment_guid(payment, call.desk.names)}"
    if begun.challenge is None:
        body = RedirectAnswer(
            message=None,
            redirect_url=None,
            payment=payment_answer(call.desk, payment),
            error=error_answer(payment, call.locale),
        )
        raise Failure(why_failed(payment), body=body)
    answer = RedirectAnswer(
        message=None, redirect_url=url, payment=payment_answer(call.desk, payment)
    )
    return Answered(answer, SUCCESS)


def _origin(call: Call[Start]) -> str:
    """Scheme and host at which browsers reach the house."""
    if call.desk.public_url is not None:
        return call.desk.public_url
    origin = f"{call.scheme}://{call.host}"
    if not is_origin(origin):
        raise Failure(payment_errors.UNEXPECTED_PARAMETERS, "Host")
    return origin


async def end_3d(call: Call[MerchantCode]) -> None:
    """POST payment/end3d, which older clients call after the browser came back.

    The payment is final by then, so this only repeats its outcome; a hold is captured, as provision
    does. Raises Failure: UNSUITABLE for a payment without 3-D Secure or of another door,
    ALREADY_CONCLUDED for one that came to nothing, UNSUCCESSFUL while the cardholder is still at
    the bank; Refusal.
    """
    desk = call.desk
    code = checked_merchant_code(call.body.merchant_unique_code)
    payment = await find_claimed_payment(call.merchant, code, desk.ports)
    authentication = payment.authentication
    if authentication is None or payment.door != DOOR:
        raise Failure(payment_errors.UNSUITABLE)
    if authentication.state is AuthenticationState.PASSED:
        payment = await completed(desk, payment, call.merchant)
    if payment.state is PaymentState.AUTHORIZED:
        payment = await capture(call, payment, None)
    if payment.state is PaymentState.CAPTURED:
        return
    if payment.state is PaymentState.AUTHENTICATING:
        raise Failure(payment_errors.UNSUCCESSFUL)
    if payment.state in {PaymentState.PENDING, PaymentState.UNCERTAIN}:
        await raise_unless_approved(desk, payment, call.locale)
    raise Failure(payment_errors.ALREADY_CONCLUDED)


def callback_page(desk: Desk) -> Handler:
    """GET /paywall/callback: the page behind RedirectUrl, which takes the browser to the bank.

    Once the bank has spoken it takes it to the merchant instead, with the outcome.
    """

    async def handle(request: Request) -> Answer:
        payment = await _asked_for(desk, request.query)
        if payment is None:
            return _notice(HTTPStatus.NOT_FOUND, "Ödeme bulunamadı", "Payment not found")
        there = await desk_of(payment.merchant_id, desk)
        try:
            return await _challenge(there, payment) or await concluded(there, payment)
        except Refusal:
            return _notice(
                HTTPStatus.CONFLICT,
                "Ödeme işleniyor, lütfen birazdan tekrar deneyin",
                "The payment is being processed, please try again in a moment",
            )

    return handle


async def _asked_for(desk: Desk, query: str) -> Payment | None:
    """The payment with 3-D Secure of this door that a query names."""
    for name, value in parse_qsl(query):
        if name.lower() == "uniquenumber":
            found = payment_name(value, desk.names)
            if found is None:
                return None
            payment = await desk.ports.books.find_payment(found.merchant_id, found.number)
            is_ours = payment is not None and payment.door == DOOR and payment.authentication
            return payment if is_ours else None
    return None


async def _challenge(desk: Desk, payment: Payment) -> BrowserForm | None:
    """The way to the bank, as long as the cardholder is awaited there."""
    authentication = payment.authentication
    state = await standing(payment, desk.ports)
    if authentication is None or state is not AuthenticationState.OPEN:
        return None
    return BrowserForm(
        action=authentication.challenge_url,
        fields=tuple(authentication.challenge_fields.items()),
        language=authentication.language,
    )


def _notice(status: HTTPStatus, turkish: str, english: str) -> Response:
    page = _NOTICE.format(turkish=turkish, english=english)
    return Response(status, page.encode(), _NOTICE_HEADERS, bare=True)
