"""Services that undo transactions: void on the day, refund later, and the ends of holds."""

from typing import TypeVar

import msgspec

from vezne.core.follow_ups import is_voidable
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import rounded
from vezne.dialects.paynet.endpoint import Call
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outcome import outcome_of
from vezne.dialects.paynet.transaction_render import CAPTURE_REVERSAL
from vezne.dialects.paynet.transaction_shapes import Reversal, ReversedRequest
from vezne.dialects.paynet.transactions import (
    answered,
    find_by_xact_id,
    follow_up_answer,
    outcome_of_follow_up,
)
from vezne.flows.follow_up import FollowedUp
from vezne.flows.refund import RefundPayment, refund_payment
from vezne.flows.void import VoidPayment, void_payment

Body = TypeVar("Body", bound=msgspec.Struct)


async def request_reversal(call: Call[ReversedRequest]) -> Answer:
    """POST /v1/transaction/reversed_request. What it asks for is done at once.

    On the day of the payment the whole is cancelled, and nothing less can be; from the next day on
    all that is left is given back, or the amount that the caller names.
    """
    payment = await find_by_xact_id(call.desk, call.merchant, call.body.xact_id)
    amount_e8 = call.body.amount or None
    if amount_e8 is not None and amount_e8 < 0:
        raise Failure(errors.MALFORMED, "amount")
    is_whole = amount_e8 is None or amount_e8 == rounded(payment.paid_e8)
    left_e8 = sum(map(payment.refundable_e8, payment.line_numbers))
    if is_whole and (payment.state is PaymentState.VOIDED or not left_e8):
        return Answer(result=errors.ALREADY_SUCCESSFUL)
    if is_voidable(payment, call.desk.ports.clock.now_ms()):
        if not is_whole:
            raise Refusal(Reason.STATE_UNSUITABLE)
        return await _void(call, payment)
    wanted_e8: int = amount_e8 or left_e8
    if wanted_e8 == rounded(left_e8):
        wanted_e8 = left_e8
    command = RefundPayment(merchant=call.merchant, number=payment.number, amount_e8=wanted_e8)
    return _envelope(call, await answered(refund_payment(command, call.desk.ports)))


async def reverse_hold(call: Call[Reversal]) -> Answer:
    """POST /v1/transaction/preauth_reversal: give a hold back that was not captured."""
    payment = await find_by_xact_id(call.desk, call.merchant, call.body.xact_id)
    if payment.kind is not PaymentKind.HOLD or payment.captured_ms is not None:
        raise Refusal(Reason.STATE_UNSUITABLE)
    if payment.state is PaymentState.VOIDED:
        return Answer(result=errors.ALREADY_SUCCESSFUL)
    return await _void(call, payment)


async def reverse_capture(call: Call[Reversal]) -> Answer:
    """POST /v1/transaction/capture_reversal: undo a capture on its day.

    The bank undoes capture and hold at once; what is to be held again is held anew.
    """
    payment = await find_by_xact_id(call.desk, call.merchant, call.body.xact_id)
    if payment.kind is not PaymentKind.HOLD or payment.captured_ms is None:
        raise Refusal(Reason.STATE_UNSUITABLE)
    if payment.state is PaymentState.VOIDED:
        outcome = outcome_of(payment, call.language, is_repeat=True)
        return follow_up_answer(call, payment, outcome, CAPTURE_REVERSAL)
    command = VoidPayment(merchant=call.merchant, number=payment.number)
    done = await answered(void_payment(command, call.desk.ports))
    outcome = outcome_of_follow_up(call, done)
    return follow_up_answer(call, done.payment, outcome, CAPTURE_REVERSAL)


async def _void(call: Call[Body], payment: Payment) -> Answer:
    command = VoidPayment(merchant=call.merchant, number=payment.number)
    return _envelope(call, await answered(void_payment(command, call.desk.ports)))


def _envelope(call: Call[Body], done: FollowedUp) -> Answer:
    """The answer without fields; its text says why the bank declined, if it did."""
    outcome = outcome_of_follow_up(call, done)
    return Answer(result=outcome.result, message=outcome.paynet_error_message or None)
