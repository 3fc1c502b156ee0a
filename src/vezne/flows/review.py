"""Decide on a payment that the fraud filter put under review."""

import msgspec

from vezne.core.answer import Approved, Risk
from vezne.core.attempt import Attempt, Operation
from vezne.core.changes import ChangePayment
from vezne.core.merchant import Merchant
from vezne.core.payment import (
    Payment,
    check_voidable,
    decide_review,
    is_void_in_time,
    plan_refund,
    refund,
    refunds_from,
    void,
)
from vezne.core.ports import Ports
from vezne.flows.follow_up import FollowedUp, FollowUp, follow_up
from vezne.flows.inquire import find_payment


class ReviewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment under review."""

    merchant: Merchant
    number: int


async def accept_payment(command: ReviewPayment, ports: Ports) -> Payment:
    """Accept a payment under review.

    Raises Refusal: PAYMENT_NOT_FOUND, OPERATION_IN_FLIGHT, STATE_UNSUITABLE when it is not under
    review; Conflict when it changed meanwhile.
    """
    payment = await find_payment(command.merchant, command.number, ports)
    accepted = decide_review(payment, Risk.ACCEPTED)
    await ports.books.apply([ChangePayment(accepted)])
    return accepted


async def reject_payment(command: ReviewPayment, ports: Ports) -> FollowedUp:
    """Reject a payment under review and give the money back: a void, or a refund once it is late.

    The verdict is recorded with the bank's answer, so a rejected payment is never still charged.
    Raises Refusal: PAYMENT_NOT_FOUND, STATE_UNSUITABLE when it is not under review,
    OPERATION_IN_FLIGHT.
    """
    found = await find_payment(command.merchant, command.number, ports)
    is_void = is_void_in_time(found, ports.clock.now_ms())

    async def decide() -> FollowUp:
        payment = await find_payment(command.merchant, command.number, ports)
        decide_review(payment, Risk.REJECTED)
        if is_void:
            check_voidable(payment, ports.clock.now_ms())
        left_e8 = sum(map(payment.refundable_e8, payment.line_numbers))
        return FollowUp(payment=payment, amount_e8=left_e8, settle=settle)

    def settle(payment: Payment, attempt: Attempt, answer: Approved) -> Payment:
        now_ms = ports.clock.now_ms()
        if is_void:
            undone = void(payment, now_ms)
        else:
            plan = plan_refund(payment, attempt.amount_e8)
            undone = refund(payment, refunds_from(plan, attempt, answer, now_ms=now_ms))
        return msgspec.structs.replace(undone, risk=Risk.REJECTED)

    return await follow_up(Operation.VOID if is_void else Operation.REFUND, decide, ports)
