"""Endpoints of 3-D Secure: the first call sends the browser to the bank, the second one pays."""

from typing import Final

from msgspec import UNSET

from vezne.core.authentication import AuthenticationState
from vezne.core.payment import Payment, PaymentKind
from vezne.core.refusal import Reason
from vezne.core.web_address import is_origin
from vezne.dialects.iyzico import answers, checks, errors, shapes
from vezne.dialects.iyzico.auth import response_signature
from vezne.dialects.iyzico.callback import checked_callback_url
from vezne.dialects.iyzico.challenge_page import challenge_page
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.payments import (
    number_from_text,
    raise_if_rejected,
    raise_unless_approved,
    why_unauthenticated,
)
from vezne.dialects.iyzico.render import basic_payment_answer, payment_answer
from vezne.dialects.iyzico.translate import basic_payment_command, payment_command
from vezne.edge.messages import RETURN_PATH
from vezne.flows.authenticate import Authenticate, begin
from vezne.flows.complete import Complete, Expected, complete
from vezne.flows.pay import Pay

_ENGLISH: Final = "en"
_TURKISH: Final = "tr"


async def initialize(call: Call[shapes.ThreedsPayment]) -> answers.ThreedsInitialized:
    """POST /payment/3dsecure/initialize."""
    command = payment_command(call, PaymentKind.SALE)
    return await _begin(call, command, call.body.callback_url)


async def initialize_preauth(call: Call[shapes.ThreedsPayment]) -> answers.ThreedsInitialized:
    """POST /payment/3dsecure/initialize/preauth."""
    command = payment_command(call, PaymentKind.HOLD)
    return await _begin(call, command, call.body.callback_url)


async def basic_initialize(call: Call[shapes.BasicThreedsPayment]) -> answers.ThreedsInitialized:
    """POST /payment/3dsecure/initialize/basic."""
    command = basic_payment_command(call, PaymentKind.SALE)
    return await _begin(call, command, call.body.callback_url)


async def basic_initialize_preauth(
    call: Call[shapes.BasicThreedsPayment],
) -> answers.ThreedsInitialized:
    """POST /payment/3dsecure/initialize/preauth/basic, and the address of an older client."""
    command = basic_payment_command(call, PaymentKind.HOLD)
    return await _begin(call, command, call.body.callback_url)


async def _begin(
    call: Call[shapes.Basic], command: Pay, callback_url: str | None
) -> answers.ThreedsInitialized:
    ports = call.desk.ports
    url = checked_callback_url(callback_url)
    language = _ENGLISH if (call.body.locale or "").lower() == _ENGLISH else _TURKISH
    begun = await begin(
        Authenticate(
            pay=command,
            success_url=url,
            failure_url=url,
            caller_key=call.key,
            language=language,
            return_url=f"{_origin(call)}{RETURN_PATH}/{ports.acquirer.name}",
        ),
        ports,
    )
    if begun.challenge is None:
        raise Failure(why_unauthenticated(begun.payment, AuthenticationState.FAILED))
    payment_id = str(begun.payment.number)
    return answers.ThreedsInitialized(
        html_content=challenge_page(begun.challenge, language),
        payment_id=payment_id,
        signature=response_signature(call.secret, [payment_id, call.conversation_id or ""]),
    )


def _origin(call: Call[shapes.Basic]) -> str:
    """Scheme and host at which browsers reach the house."""
    if call.desk.public_url is not None:
        return call.desk.public_url
    origin = f"{call.scheme}://{call.host}"
    if not is_origin(origin):
        raise Failure(errors.HOST_INVALID)
    return origin


async def auth(call: Call[shapes.ThreedsAuth]) -> str:
    """POST /payment/3dsecure/auth."""
    return _answer(call, await _complete(call))


async def auth_v2(call: Call[shapes.ThreedsAuthV2]) -> str:
    """POST /payment/v2/3dsecure/auth: the caller says again what is to be paid."""
    body = call.body
    _payment_number(body)
    paid = checks.checked_amount(body.paid_price, "paidPrice", errors.PAID_PRICE_MISSING)
    if not body.basket_id:
        raise Failure(errors.BASKET_ID_MISSING)
    if not body.currency:
        raise Failure(errors.CURRENCY_MISSING)
    expected = Expected(paid_e8=paid.e8, basket_id=body.basket_id, currency=body.currency)
    return _answer(call, await _complete(call, expected))


async def basic_auth(call: Call[shapes.ThreedsAuth]) -> answers.BasicPaymentAnswer:
    """POST /payment/3dsecure/auth/basic."""
    payment = await _complete(call)
    answer = basic_payment_answer(call, payment)
    raise_if_rejected(payment, answer)
    return answer


async def auth_echo(call: Call[shapes.ThreedsAuth]) -> answers.PaymentEcho:
    """What an error of the second call repeats."""
    return answers.PaymentEcho(payment_id=call.body.payment_id or UNSET)


async def _complete(call: Call[shapes.ThreedsAuth], expected: Expected | None = None) -> Payment:
    command = Complete(
        merchant=call.merchant,
        number=_payment_number(call.body),
        blockage_release=call.desk.switches.blockage_release,
        expected=expected,
    )
    payment = await complete(command, call.desk.ports)
    raise_unless_approved(payment)
    return payment


def _payment_number(body: shapes.ThreedsAuth) -> int:
    if not body.payment_id:
        raise Failure(errors.PAYMENT_ID_MISSING)
    return number_from_text(body.payment_id, Reason.PAYMENT_NOT_FOUND)


def _answer(call: Call[shapes.ThreedsAuth], payment: Payment) -> str:
    answer = payment_answer(call, payment)
    raise_if_rejected(payment, answer)
    return answer
