"""What a capture, a void or a refund makes of an approved payment."""

import msgspec

from vezne.core.answer import Approved, Declined, Reversed, Risk
from vezne.core.attempt import Attempt, CaptureTerms, Operation
from vezne.core.business_days import value_time_ms
from vezne.core.calendar import local_date
from vezne.core.payment import Event, Payment, PaymentState, Refund, after, close_attempt
from vezne.core.pricing import blockage_resolved_at
from vezne.core.refusal import Reason, Refusal

_EVENTS = {
    Operation.CAPTURE: Event.CAPTURE_APPROVED,
    Operation.VOID: Event.VOID_APPROVED,
    Operation.REFUND: Event.REFUND_APPROVED,
}
_CHARGED = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED})


def open_follow_up(payment: Payment, attempt: Attempt) -> Payment:
    """The payment with a capture, void or refund on its way to the bank.

    Raises Refusal: OPERATION_IN_FLIGHT while another one is open, STATE_UNSUITABLE where the state
    has no such edge.
    """
    after(payment.state, _EVENTS[attempt.operation])
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    return msgspec.structs.replace(
        payment, version=payment.version + 1, attempts=(*payment.attempts, attempt)
    )


def close_follow_up(payment: Payment, answer: Declined | Reversed, now_ms: int) -> Payment:
    """The payment after the bank declined a follow-up, or undid it: as before it."""
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        attempts=close_attempt(payment, answer, now_ms),
    )


def settle_follow_up(payment: Payment, answer: Approved, now_ms: int) -> Payment:
    """The payment after the bank approved its open follow-up."""
    attempt = payment.attempts[-1]
    closed = msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        state=after(payment.state, _EVENTS[attempt.operation]),
        attempts=close_attempt(payment, answer, now_ms),
        risk=attempt.verdict or payment.risk,
    )
    if attempt.operation is Operation.VOID:
        return msgspec.structs.replace(closed, voided_ms=now_ms)
    if attempt.terms is not None:
        return _capture(closed, attempt, attempt.terms, answer, now_ms)
    refunds = [
        Refund(
            attempt=attempt.number,
            line_number=line_number,
            amount_e8=amount_e8,
            reference=answer.reference,
            auth_code=answer.auth_code,
            refunded_ms=now_ms,
            conversation_id=attempt.conversation_id,
        )
        for line_number, amount_e8 in attempt.parts
    ]
    return msgspec.structs.replace(closed, refunds=(*payment.refunds, *refunds))


def _capture(
    payment: Payment, attempt: Attempt, terms: CaptureTerms, answer: Approved, now_ms: int
) -> Payment:
    """A hold captured for the attempt's amount, which may differ from what was held."""
    return msgspec.structs.replace(
        payment,
        paid_e8=attempt.amount_e8,
        pricing=terms.pricing,
        auth_code=answer.auth_code,
        reference=answer.reference,
        captured_ms=now_ms,
        value_ms=value_time_ms(now_ms, payment.payout_days),
        blockage_resolved_ms=blockage_resolved_at(
            now_ms, terms.blockage_days, terms.blockage_release
        ),
    )


def check_voidable(payment: Payment, now_ms: int) -> None:
    """Refuse a void that can no longer be one.

    Raises Refusal: STATE_UNSUITABLE once money was given back, VOID_TOO_LATE after the local
    calendar day of the payment.
    """
    if payment.refunds or payment.chargebacks:
        raise Refusal(Reason.STATE_UNSUITABLE)
    if not is_void_in_time(payment, now_ms):
        raise Refusal(Reason.VOID_TOO_LATE)


def is_voidable(payment: Payment, now_ms: int) -> bool:
    """Whether a void can still undo all of a payment."""
    return not (payment.refunds or payment.chargebacks) and is_void_in_time(payment, now_ms)


def is_void_in_time(payment: Payment, now_ms: int) -> bool:
    """Whether the bank's day of the capture is still open; that of a mere hold always is."""
    if payment.captured_ms is None:
        return True
    return local_date(payment.captured_ms) == local_date(now_ms)


def plan_refund(payment: Payment, amount_e8: int) -> tuple[tuple[int, int], ...]:
    """Spread an amount over the lines, in basket order, each up to what it has left.

    Returns pairs of line number and amount. Raises Refusal(AMOUNT_EXCEEDS_REMAINDER).
    """
    if amount_e8 > payment.still_charged_e8:
        raise Refusal(Reason.AMOUNT_EXCEEDS_REMAINDER)
    parts: list[tuple[int, int]] = []
    left_e8 = amount_e8
    for line_number in payment.line_numbers:
        part_e8 = min(left_e8, payment.refundable_e8(line_number))
        if part_e8 > 0:
            parts.append((line_number, part_e8))
            left_e8 -= part_e8
    return tuple(parts)


def check_reviewable(payment: Payment) -> None:
    """Refuse to decide on a payment that is not under review.

    Raises Refusal: OPERATION_IN_FLIGHT while a follow-up is open, STATE_UNSUITABLE when it is not.
    """
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    if payment.risk is not Risk.REVIEW:
        raise Refusal(Reason.STATE_UNSUITABLE)


def check_rejectable(payment: Payment) -> None:
    """Refuse to reject a payment that is not under review, or was rejected and given back.

    Raises Refusal: OPERATION_IN_FLIGHT while a follow-up is open, STATE_UNSUITABLE otherwise.
    """
    if payment.open_attempt is not None:
        raise Refusal(Reason.OPERATION_IN_FLIGHT)
    is_charged = payment.state in _CHARGED and payment.still_charged_e8 > 0
    if payment.risk is Risk.ACCEPTED or (payment.risk is Risk.REJECTED and not is_charged):
        raise Refusal(Reason.STATE_UNSUITABLE)


def reject(payment: Payment) -> Payment:
    """The payment after a person rejected it and nothing was left to give back."""
    return msgspec.structs.replace(payment, version=payment.version + 1, risk=Risk.REJECTED)


def accept(payment: Payment, now_ms: int) -> Payment:
    """The payment after a person found nothing wrong with it. Raises as `check_reviewable`.

    Its money becomes due now at the earliest: it was nobody's until the verdict.
    """
    check_reviewable(payment)
    value_ms = payment.value_ms
    return msgspec.structs.replace(
        payment,
        version=payment.version + 1,
        risk=Risk.ACCEPTED,
        value_ms=None if value_ms is None else max(value_ms, now_ms),
    )
