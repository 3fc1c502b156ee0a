"""Endpoints that take a payment or read one."""

from collections.abc import Awaitable
from typing import Final

from msgspec import UNSET

from vezne.core.answer import DeclineReason, Risk
from vezne.core.authentication import AuthenticationState
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import answers, checks, errors, shapes
from vezne.dialects.iyzico.declines import DECLINES
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.render import basic_payment_answer, payment_answer
from vezne.dialects.iyzico.translate import basic_payment_command, payment_command
from vezne.flows import inquire
from vezne.flows.authenticate import standing
from vezne.flows.pay import pay

# As many digits as a payment number can have in the books.
_NUMBER_DIGITS_MAX: Final = 18
_REFERENCE: Final = checks.TextRule("payment_conversation_id", "paymentConversationId")
# What every payment passes by; see `core/payment.py` on names for members.
_SALE: Final = PaymentKind.SALE
_HOLD: Final = PaymentKind.HOLD
_REJECTED: Final = Risk.REJECTED
_UNKNOWN: Final = frozenset({PaymentState.PENDING, PaymentState.UNCERTAIN})
_PAID: Final = "SUCCESS"
_FAILED: Final = "FAILURE"
_WAITING: Final = {
    AuthenticationState.OPEN: "INIT_THREEDS",
    AuthenticationState.PASSED: "CALLBACK_THREEDS",
}
_LATE: Final = {
    AuthenticationState.EXPIRED: errors.AUTHENTICATION_EXPIRED,
    AuthenticationState.LAPSED: errors.HELD_CARD_LOST,
}


def auth(call: Call[shapes.Payment]) -> Awaitable[str]:
    """POST /payment/auth."""
    return _pay(call, _SALE)


def preauth(call: Call[shapes.Payment]) -> Awaitable[str]:
    """POST /payment/preauth."""
    return _pay(call, _HOLD)


def basic_auth(call: Call[shapes.BasicPayment]) -> Awaitable[answers.BasicPaymentAnswer]:
    """POST /payment/auth/basic."""
    return _pay_basic(call, _SALE)


def basic_preauth(call: Call[shapes.BasicPayment]) -> Awaitable[answers.BasicPaymentAnswer]:
    """POST /payment/preauth/basic."""
    return _pay_basic(call, _HOLD)


async def _pay(call: Call[shapes.Payment], kind: PaymentKind) -> str:
    payment = await pay(payment_command(call, kind), call.desk.ports)
    raise_unless_approved(payment)
    answer = payment_answer(call, payment, call.body)
    raise_if_rejected(payment, answer)
    return answer


async def _pay_basic(
    call: Call[shapes.BasicPayment], kind: PaymentKind
) -> answers.BasicPaymentAnswer:
    payment = await pay(basic_payment_command(call, kind), call.desk.ports)
    raise_unless_approved(payment)
    body = call.body
    answer = basic_payment_answer(call, payment, body, connector=body.connector_name)
    raise_if_rejected(payment, answer)
    return answer


def raise_unless_approved(payment: Payment) -> None:
    """Raise Failure for a payment that the bank declined or did not answer.

    The answer to a decline names no payment, as in the documentation; that to silence does, so
    that the caller can ask again what became of it.
    """
    if payment.decline_reason is not None:
        raise Failure(DECLINES[payment.decline_reason])
    if payment.state in _UNKNOWN:
        raise _unanswered(payment)


def raise_if_rejected(payment: Payment, answer: answers.Answer | str) -> None:
    """Raise Failure, which repeats the answer, for a payment that the fraud filter rejected."""
    if payment.risk is _REJECTED:
        raise Failure(errors.FRAUD_REFUSED, echoed=answer)


def why_unauthenticated(payment: Payment, state: AuthenticationState) -> errors.Error:
    """What kept the holder from being authenticated: the bank's own reason, if it gave one."""
    if payment.decline_reason is not None:
        return DECLINES[payment.decline_reason]
    return _LATE.get(state, errors.NOT_AUTHENTICATED)


async def detail(call: Call[shapes.Detail]) -> str:
    """POST /payment/detail, by paymentId or else by the caller's own reference.

    A payment that failed is answered with its error and `paymentStatus` FAILURE, one that waits in
    3-D Secure with an error and how far it is. One whose outcome is not known yet has no
    `paymentStatus`: it is neither.
    """
    payment = await _find(call)
    _raise_unless_authenticated(payment, await standing(payment, call.desk.ports))
    if payment.state is PaymentState.PENDING:
        raise Failure(errors.OPERATION_IN_FLIGHT, echoed=_echo(payment))
    if payment.state is PaymentState.UNCERTAIN:
        raise _unanswered(payment)
    if payment.decline_reason is not None:
        raise Failure(DECLINES[payment.decline_reason], echoed=_echo(payment, _FAILED))
    is_rejected = payment.risk is _REJECTED
    answer = payment_answer(call, payment, status=_FAILED if is_rejected else _PAID)
    raise_if_rejected(payment, answer)
    return answer


def _raise_unless_authenticated(payment: Payment, state: AuthenticationState | None) -> None:
    """Raise Failure for a payment that 3-D Secure keeps from the bank, for now or for good.

    `state` is that of its authentication as of now.
    """
    if state is None or state is AuthenticationState.SPENT:
        return
    waiting = _WAITING.get(state)
    if waiting is None:
        raise Failure(why_unauthenticated(payment, state), echoed=_echo(payment, _FAILED))
    raise Failure(errors.UNSUITABLE_FOR_THREEDS, echoed=_echo(payment, waiting))


async def _find(call: Call[shapes.Detail]) -> Payment:
    body, ports = call.body, call.desk.ports
    if body.payment_id:
        number = number_from_text(body.payment_id, Reason.PAYMENT_NOT_FOUND)
        return await inquire.find_payment(call.merchant, number, ports)
    if not body.payment_conversation_id:
        raise Failure(errors.INVALID_REQUEST)
    checks.check_text(body.payment_conversation_id, _REFERENCE)
    return await inquire.find_payment_by_reference(
        call.merchant, body.payment_conversation_id, ports
    )


def number_from_text(text: str, reason: Reason) -> int:
    """The number of a payment or a line. Raises Refusal(reason) for a text that is none."""
    if len(text) <= _NUMBER_DIGITS_MAX and text.isascii() and text.isdigit():
        return int(text)
    raise Refusal(reason)


async def detail_echo(call: Call[shapes.Detail]) -> answers.PaymentEcho:
    """What an error of POST /payment/detail repeats."""
    return answers.PaymentEcho(payment_id=call.body.payment_id or UNSET)


def _unanswered(payment: Payment) -> Failure:
    return Failure(DECLINES[DeclineReason.REQUEST_TIMEOUT], echoed=_echo(payment))


def _echo(payment: Payment, status: answers.OptionalText = UNSET) -> answers.PaymentEcho:
    return answers.PaymentEcho(payment_id=str(payment.number), payment_status=status)
