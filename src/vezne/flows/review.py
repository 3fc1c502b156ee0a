"""Decide on a payment that the fraud filter put under review."""

import msgspec

from vezne.core.answer import Risk
from vezne.core.attempt import Operation
from vezne.core.follow_ups import (
    accept,
    check_reviewable,
    check_voidable,
    is_void_in_time,
    plan_refund,
)
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.flows.follow_up import FollowedUp, FollowUp, follow_up
from vezne.flows.inquire import find_payment
from vezne.flows.record import changes_of


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
    accepted = accept(payment)
    await ports.books.apply(changes_of(payment, accepted, ports.clock.now_ms()))
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
        check_reviewable(payment)
        left_e8 = sum(map(payment.refundable_e8, payment.line_numbers))
        if is_void:
            check_voidable(payment, ports.clock.now_ms())
        return FollowUp(
            payment=payment,
            amount_e8=left_e8,
            parts=() if is_void else plan_refund(payment, left_e8),
            verdict=Risk.REJECTED,
        )

    return await follow_up(Operation.VOID if is_void else Operation.REFUND, decide, ports)
