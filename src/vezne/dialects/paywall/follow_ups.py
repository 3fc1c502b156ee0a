"""What follows an approved payment: capture, cancellation, refund."""

from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

import msgspec

from vezne.core.answer import Approved, Declined, DeclineReason
from vezne.core.changes import Conflict
from vezne.core.follow_ups import is_voidable
from vezne.core.payment import Payment, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paywall import payment_errors
from vezne.dialects.paywall.endpoint import PAYMENT, PAYMENT_PRIVATE, Api, Call
from vezne.dialects.paywall.envelope import Answered
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.guids import payment_name
from vezne.dialects.paywall.payment_command import (
    BLOCKAGE_RELEASE,
    checked_merchant_code,
    positive_e8,
)
from vezne.dialects.paywall.payment_render import ErrorAnswer, words_answer, words_for
from vezne.dialects.paywall.payment_shapes import (
    MerchantCode,
    PartialRefund,
    Provision,
    Refund,
    Revert,
)
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.follow_up import FollowedUp
from vezne.flows.inquire import find_claimed_payment
from vezne.flows.refund import RefundPayment, refund_payment
from vezne.flows.void import VoidPayment, void_payment

AnyCode = TypeVar("AnyCode", bound=MerchantCode)

SUCCESS: Final = "Success"
_DONE: Final = Answered(None, SUCCESS)

_REFUSALS: Final[Mapping[Reason, Error]] = {
    **PAYMENT.refusals,
    Reason.STATE_UNSUITABLE: payment_errors.UNSUITABLE,
    Reason.VOID_TOO_LATE: payment_errors.UNSUITABLE,
    Reason.REFUND_TOO_LATE: payment_errors.UNSUITABLE,
}
PUBLIC_API: Final[Api] = msgspec.structs.replace(PAYMENT, refusals=_REFUSALS)
PRIVATE_API: Final[Api] = msgspec.structs.replace(PAYMENT_PRIVATE, refusals=_REFUSALS)
"""The two payment APIs where a payment's state may keep it from an operation."""


class BankAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """The Body of a follow-up that the bank declined or did not answer."""

    error: ErrorAnswer


async def provision(call: Call[Provision]) -> Answered:
    """POST payment/provision: take the money of a hold, or less of it. Raises Failure, Refusal."""
    payment = await _find(call)
    asked = call.body.provision_amount
    paid_e8 = positive_e8(asked) if asked else None
    if paid_e8 is not None and paid_e8 > payment.price_e8:
        raise Failure(payment_errors.AMOUNT_EXCEEDS)
    if payment.state is PaymentState.CAPTURED:
        raise Failure(payment_errors.ALREADY_CONCLUDED)
    _check_not_undone(payment)
    await capture(call, payment, paid_e8)
    return _DONE


async def cancel_provision(call: Call[MerchantCode]) -> Answered:
    """POST payment/provision/cancel: give up a hold. Raises Failure, Refusal."""
    payment = await _find(call)
    if payment.state is PaymentState.CAPTURED:
        raise Failure(payment_errors.ALREADY_CONCLUDED)
    return await _void(call, payment)


async def cancel(call: Call[MerchantCode]) -> Answered:
    """POST private/cancel: undo a payment on its day, or a hold on any. Raises Failure, Refusal."""
    return await _void(call, await _find(call))


async def refund(call: Call[Refund]) -> Answered:
    """POST private/refund: give everything back.

    After partial refunds the rest, if `CompletePartialRefund` says so. Raises Failure, Refusal.
    """
    payment = await _find(call)
    if payment.refunds and not call.body.complete_partial_refund:
        raise Failure(payment_errors.HAS_REFUND)
    return await _refund(call, payment, remainder_e8(payment))


async def refund_part(call: Call[PartialRefund]) -> Answered:
    """POST private/refund/partial: give some of it back. Raises Failure, Refusal."""
    payment = await _find(call)
    return await _refund(call, payment, positive_e8(call.body.amount))


async def revert(call: Call[Revert]) -> Answered:
    """POST private/revert: on the day of the payment a cancellation, later a refund.

    An amount other than the payment's is a partial refund whenever it comes, and once something was
    given back the rest is refunded as well. Raises Failure, Refusal.
    """
    payment = await _find(call)
    named = payment_name(call.body.unique_code, call.desk.names)
    if named is None or (named.merchant_id, named.number) != (payment.merchant_id, payment.number):
        raise Refusal(Reason.PAYMENT_NOT_FOUND)
    asked = call.body.amount
    amount_e8 = positive_e8(asked) if asked else payment.paid_e8
    if amount_e8 != payment.paid_e8:
        return await _refund(call, payment, amount_e8)
    if is_voidable(payment, call.desk.ports.clock.now_ms()):
        return await _void(call, payment)
    return await _refund(call, payment, remainder_e8(payment))


def remainder_e8(payment: Payment) -> int:
    """What can still be given back of a payment's lines."""
    return sum(map(payment.refundable_e8, payment.line_numbers))


async def capture(call: Call[AnyCode], payment: Payment, paid_e8: int | None) -> Payment:
    """Capture a hold; all of it when no amount is named. Raises Failure, Refusal."""
    command = CapturePayment(
        merchant=call.merchant,
        number=payment.number,
        blockage_release=BLOCKAGE_RELEASE,
        paid_e8=paid_e8,
    )
    return await _approved(call, capture_payment(command, call.desk.ports))


async def _find(call: Call[AnyCode]) -> Payment:
    """The payment that a request is about. Raises Failure; Refusal(PAYMENT_NOT_FOUND)."""
    code = checked_merchant_code(call.body.merchant_unique_code)
    if call.body.market_place is not None:
        raise Failure(payment_errors.MARKETPLACE_UNEXPECTED)
    return await find_claimed_payment(call.merchant, code, call.desk.ports)


def _check_not_undone(payment: Payment) -> None:
    if payment.state is PaymentState.VOIDED:
        raise Failure(payment_errors.HAS_CANCEL)
    if payment.refunds and not remainder_e8(payment):
        raise Failure(payment_errors.HAS_REFUND)


async def _void(call: Call[AnyCode], payment: Payment) -> Answered:
    _check_not_undone(payment)
    if payment.refunds:
        raise Failure(payment_errors.HAS_REFUND)
    command = VoidPayment(merchant=call.merchant, number=payment.number)
    await _approved(call, void_payment(command, call.desk.ports))
    return _DONE


async def _refund(call: Call[AnyCode], payment: Payment, amount_e8: int) -> Answered:
    _check_not_undone(payment)
    command = RefundPayment(merchant=call.merchant, number=payment.number, amount_e8=amount_e8)
    await _approved(call, refund_payment(command, call.desk.ports))
    return _DONE


async def _approved(call: Call[AnyCode], work: Awaitable[FollowedUp]) -> Payment:
    """The payment after a follow-up; Failure when the bank declined or did not answer.

    A payment that others keep changing is one with an operation in flight.
    """
    try:
        done = await work
    except Conflict:
        raise Refusal(Reason.OPERATION_IN_FLIGHT) from None
    if isinstance(done.answer, Approved):
        return done.payment
    if isinstance(done.answer, Declined):
        error, reason = payment_errors.UNSUCCESSFUL, done.answer.reason
    else:
        error, reason = payment_errors.PROVIDER_UNREACHABLE, DeclineReason.REQUEST_TIMEOUT
    raise Failure(error, body=BankAnswer(words_answer(words_for(reason, call.locale))))
