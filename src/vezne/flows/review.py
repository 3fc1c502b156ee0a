"""Decide on a payment that the fraud filter put under review."""

import msgspec

from vezne.core.answer import Approved, Risk
from vezne.core.attempt import Operation
from vezne.core.follow_ups import (
    accept,
    check_rejectable,
    is_voidable,
    plan_refund,
    reject,
)
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.flows.follow_up import FollowUp, follow_up
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
    now_ms = ports.clock.now_ms()
    accepted = accept(payment, now_ms)
    await ports.books.apply(changes_of(payment, accepted, now_ms))
    return accepted


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A payment after its rejection, and whether its money is given back."""

    payment: Payment
    is_undone: bool


async def reject_payment(command: ReviewPayment, ports: Ports) -> Rejected:
    """Reject a payment and give the money back: a void, or a refund once it is late for that.

    Also for a payment that was rejected before and whose undoing the bank declined. The verdict is
    recorded with the bank's answer. Raises Refusal: PAYMENT_NOT_FOUND, STATE_UNSUITABLE when it is
    neither under review nor still charged, OPERATION_IN_FLIGHT; Conflict when it changed meanwhile.
    """
    found = await find_payment(command.merchant, command.number, ports)
    check_rejectable(found)
    if not found.still_charged_e8:
        # All of it was charged back.
        rejected = reject(found)
        await ports.books.apply(changes_of(found, rejected, ports.clock.now_ms()))
        return Rejected(payment=rejected, is_undone=True)

    async def decide() -> FollowUp:
        payment = await find_payment(command.merchant, command.number, ports)
        check_rejectable(payment)
        left_e8 = payment.still_charged_e8
        is_void = is_voidable(payment, ports.clock.now_ms())
        return FollowUp(
            operation=Operation.VOID if is_void else Operation.REFUND,
            payment=payment,
            amount_e8=left_e8,
            parts=() if is_void else plan_refund(payment, left_e8),
            verdict=Risk.REJECTED,
        )

    done = await follow_up(decide, ports)
    return Rejected(payment=done.payment, is_undone=isinstance(done.answer, Approved))
