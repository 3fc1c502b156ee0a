"""Endpoints that follow an approved payment: capture, cancel, refund."""

from collections.abc import Awaitable
from typing import Final

from msgspec import UNSET, Raw, UnsetType

from vezne.core.answer import Approved, Declined, DeclineReason
from vezne.core.changes import Conflict
from vezne.core.merchant import Marketplace
from vezne.core.payment import Payment
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import answers, checks, errors, shapes
from vezne.dialects.iyzico.answers import OptionalText
from vezne.dialects.iyzico.auth import response_signature, signature_text
from vezne.dialects.iyzico.declines import DECLINES
from vezne.dialects.iyzico.endpoint import Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.payments import number_from_text
from vezne.dialects.iyzico.render import basic_payment_answer, payment_answer
from vezne.flows import inquire
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.follow_up import FollowedUp
from vezne.flows.refund import RefundLine, RefundPayment, refund_payment
from vezne.flows.void import VoidPayment, void_payment

_REASONS: Final = frozenset({"DOUBLE_PAYMENT", "BUYER_REQUEST", "FRAUD", "OTHER"})


async def postauth(call: Call[shapes.PostAuth]) -> str:
    """POST /payment/postauth."""
    return payment_answer(call, await _capture(call))


async def basic_postauth(call: Call[shapes.PostAuth]) -> answers.BasicPaymentAnswer:
    """POST /payment/postauth/basic."""
    return basic_payment_answer(call, await _capture(call))


async def _capture(call: Call[shapes.PostAuth]) -> Payment:
    body = call.body
    number = _payment_number(body.payment_id)
    paid = body.paid_price
    if paid is not None:
        paid = checks.checked_amount(paid, "paidPrice", errors.PAID_PRICE_MISSING)
    checks.check_ip(body.ip)
    command = CapturePayment(
        merchant=call.merchant,
        number=number,
        blockage_release=call.desk.switches.blockage_release,
        paid_e8=None if paid is None else paid.e8,
        currency=body.currency or None,
    )
    payment, _ = await _approved(capture_payment(command, call.desk.ports))
    return payment


async def cancel(call: Call[shapes.Cancel]) -> answers.Cancelled:
    """POST /payment/cancel."""
    body = call.body
    number = _payment_number(body.payment_id)
    _check_circumstances(body.ip, body.reason)
    command = VoidPayment(merchant=call.merchant, number=number)
    payment, approved = await _approved(void_payment(command, call.desk.ports))
    return answers.Cancelled(
        payment_id=str(payment.number),
        price=Raw(call.desk.notation.amount(payment.paid_e8)),
        currency=payment.currency,
        auth_code=approved.auth_code,
        host_reference=payment.reference,
        cancel_host_reference=approved.reference,
    )


async def refund(call: Call[shapes.Refund]) -> answers.Refunded:
    """POST /v2/payment/refund: an amount of the payment, whichever lines it comes from."""
    body = call.body
    if call.merchant.settings.marketplace is Marketplace.ALWAYS:
        raise Failure(errors.AMOUNT_REFUND_OF_MARKETPLACE)
    number = _payment_number(body.payment_id)
    price = checks.checked_price(body.price)
    _check_circumstances(body.ip, body.reason)
    command = RefundPayment(
        merchant=call.merchant,
        number=number,
        amount_e8=price.e8,
        currency=body.currency or None,
        conversation_id=call.conversation_id,
    )
    payment, approved = await _approved(refund_payment(command, call.desk.ports))
    return _refunded(call, payment, approved, price, transaction_type="REFUND")


async def refund_of_line(call: Call[shapes.RefundOfLine]) -> answers.Refunded:
    """POST /payment/refund: an amount of one basket line."""
    body = call.body
    if not body.payment_transaction_id:
        raise Failure(errors.LINE_ID_MISSING)
    line_number = number_from_text(body.payment_transaction_id, Reason.LINE_NOT_FOUND)
    price = checks.checked_price(body.price)
    _check_circumstances(body.ip, body.reason)
    command = RefundLine(
        merchant=call.merchant,
        line_number=line_number,
        amount_e8=price.e8,
        currency=body.currency or None,
        conversation_id=call.conversation_id,
    )
    payment, approved = await _approved(refund_payment(command, call.desk.ports))
    return _refunded(call, payment, approved, price, line_number=str(line_number))


async def postauth_echo(call: Call[shapes.PostAuth]) -> answers.PaymentEcho:
    """What an error of POST /payment/postauth repeats."""
    return answers.PaymentEcho(payment_id=call.body.payment_id or UNSET)


async def cancel_echo(call: Call[shapes.Cancel]) -> answers.PaymentEcho:
    """What an error of POST /payment/cancel repeats."""
    return answers.PaymentEcho(payment_id=call.body.payment_id or UNSET)


async def refund_echo(call: Call[shapes.Refund]) -> answers.RefundEcho:
    """What an error of POST /v2/payment/refund repeats."""
    return answers.RefundEcho(
        payment_id=call.body.payment_id or UNSET, price=_price_echo(call, call.body.price)
    )


async def refund_of_line_echo(call: Call[shapes.RefundOfLine]) -> answers.RefundEcho:
    """What an error of POST /payment/refund repeats; the payment is the line's."""
    price = _price_echo(call, call.body.price)
    try:
        number = number_from_text(call.body.payment_transaction_id or "", Reason.LINE_NOT_FOUND)
        payment = await inquire.find_payment_of_line(call.merchant, number, call.desk.ports)
    except Refusal:
        return answers.RefundEcho(price=price)
    return answers.RefundEcho(payment_id=str(payment.number), price=price)


async def _approved(work: Awaitable[FollowedUp]) -> tuple[Payment, Approved]:
    """The payment and the bank's yes; Failure when the bank declined or did not answer.

    A payment that others keep changing is one with an operation in flight.
    """
    try:
        done = await work
    except Conflict:
        raise Refusal(Reason.OPERATION_IN_FLIGHT) from None
    if isinstance(done.answer, Approved):
        return done.payment, done.answer
    if isinstance(done.answer, Declined):
        raise Failure(DECLINES[done.answer.reason])
    raise Failure(DECLINES[DeclineReason.REQUEST_TIMEOUT])


def _refunded(
    call: Call[shapes.Basic],
    payment: Payment,
    approved: Approved,
    amount: shapes.Amount,
    *,
    line_number: OptionalText = UNSET,
    transaction_type: OptionalText = UNSET,
) -> answers.Refunded:
    price = call.desk.notation.echo(amount.e8, amount)
    return answers.Refunded(
        payment_id=str(payment.number),
        payment_transaction_id=line_number,
        price=Raw(price),
        currency=payment.currency,
        auth_code=approved.auth_code,
        host_reference=payment.reference,
        refund_host_reference=approved.reference,
        signature=response_signature(
            call.secret,
            [
                str(payment.number),
                signature_text(price),
                payment.currency,
                call.conversation_id or "",
            ],
        ),
        transaction_type=transaction_type,
    )


def _payment_number(text: str | None) -> int:
    """The payment that a mandatory paymentId names.

    Raises Failure(PAYMENT_ID_MISSING), Refusal(PAYMENT_NOT_FOUND).
    """
    if not text:
        raise Failure(errors.PAYMENT_ID_MISSING)
    return number_from_text(text, Reason.PAYMENT_NOT_FOUND)


def _check_circumstances(ip: str | None, reason: str | None) -> None:
    """Check what is only noted: from where and why. The SDKs disagree about the case of reasons."""
    checks.check_ip(ip)
    checks.check_member(reason and reason.upper(), _REASONS, "reason")


def _price_echo(call: Call[shapes.Basic], price: shapes.Amount | None) -> Raw | UnsetType:
    return UNSET if price is None else Raw(call.desk.notation.echo(price.e8, price))
