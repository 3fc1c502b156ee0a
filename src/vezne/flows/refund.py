"""Give captured money back: of one basket line, or of the payment as a whole."""

import msgspec

from vezne.core.answer import Risk
from vezne.core.attempt import Operation
from vezne.core.calendar import days_later
from vezne.core.follow_ups import plan_refund
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.follow_up import FollowedUp, FollowUp, follow_up
from vezne.flows.inquire import check_currency, find_payment, find_payment_of_line

# The longest that the card schemes' issuers in Turkey take a refund for.
REFUND_DAYS_MAX = 365


class RefundLine(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of one line to give back."""

    merchant: Merchant
    line_number: int
    amount_e8: int
    currency: str | None = None
    conversation_id: str | None = None


class RefundPayment(msgspec.Struct, frozen=True, kw_only=True):
    """An amount to give back, spread over the lines in basket order."""

    merchant: Merchant
    number: int
    amount_e8: int
    currency: str | None = None
    conversation_id: str | None = None


async def refund_payment(command: RefundLine | RefundPayment, ports: Ports) -> FollowedUp:
    """Give money back, as often as something is left.

    Raises Refusal: PAYMENT_NOT_FOUND, LINE_NOT_FOUND, CURRENCY_MISMATCH, STATE_UNSUITABLE (also
    while the payment is under review: whoever rejects it gives all of it back),
    AMOUNT_EXCEEDS_REMAINDER, REFUND_TOO_LATE, OPERATION_IN_FLIGHT.
    """

    async def decide() -> FollowUp:
        payment = await _find(command, ports)
        check_currency(payment, command.currency)
        if payment.risk is not Risk.ACCEPTED:
            raise Refusal(Reason.STATE_UNSUITABLE)
        parts = _plan(command, payment)
        if ports.clock.now_ms() > days_later(payment.created_ms, REFUND_DAYS_MAX):
            raise Refusal(Reason.REFUND_TOO_LATE)
        return FollowUp(
            operation=Operation.REFUND,
            payment=payment,
            amount_e8=command.amount_e8,
            parts=parts,
            conversation_id=command.conversation_id,
        )

    return await follow_up(decide, ports)


async def _find(command: RefundLine | RefundPayment, ports: Ports) -> Payment:
    if isinstance(command, RefundLine):
        return await find_payment_of_line(command.merchant, command.line_number, ports)
    return await find_payment(command.merchant, command.number, ports)


def _plan(command: RefundLine | RefundPayment, payment: Payment) -> tuple[tuple[int, int], ...]:
    """Which line gives how much back. Raises Refusal(AMOUNT_EXCEEDS_REMAINDER)."""
    if isinstance(command, RefundPayment):
        return plan_refund(payment, command.amount_e8)
    if command.amount_e8 > payment.refundable_e8(command.line_number):
        raise Refusal(Reason.AMOUNT_EXCEEDS_REMAINDER)
    return ((command.line_number, command.amount_e8),)
