"""What a person may do about a payment now, and how it is done."""

import enum
from collections.abc import Callable
from typing import Final

import msgspec

from vezne.core.answer import Answer, Approved, Declined, Risk
from vezne.core.approval import approve_line, disapprove_line
from vezne.core.calendar import days_later
from vezne.core.follow_ups import check_rejectable, check_reviewable, is_voidable
from vezne.core.merchant import Marketplace, Merchant
from vezne.core.payment import Payment, PaymentState
from vezne.core.ports import Ports
from vezne.core.refusal import Refusal
from vezne.flows.capture import CapturePayment, capture_payment
from vezne.flows.marketplace import DecideOnLine, approve, disapprove
from vezne.flows.refund import REFUND_DAYS_MAX, RefundLine, RefundPayment, refund_payment
from vezne.flows.review import ReviewPayment, accept_payment, reject_payment
from vezne.flows.void import VoidPayment, void_payment
from vezne.panel.visit import Visit


class Act(enum.StrEnum):
    """An act, by the last word of its address."""

    CAPTURE = "capture"
    CANCEL = "cancel"
    REFUND = "refund"
    ACCEPT = "accept"
    REJECT = "reject"
    APPROVE = "approve"
    DISAPPROVE = "disapprove"


# Of the payment as a whole; the others are about a line.
OF_PAYMENT: Final = (Act.CAPTURE, Act.CANCEL, Act.REFUND, Act.ACCEPT, Act.REJECT)
OF_LINE: Final = (Act.APPROVE, Act.DISAPPROVE)
# These ask for an amount first.
WITH_AMOUNT: Final = frozenset({Act.CAPTURE, Act.REFUND})
# These take money away from the merchant.
GRAVE: Final = frozenset({Act.CANCEL, Act.REFUND, Act.REJECT})

_CHARGED: Final = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED})


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """An act on a payment; on one of its lines, and for an amount, where it is about those."""

    act: Act
    payment: Payment
    line: int | None = None
    amount_e8: int = 0


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How an act went: the name of a text that says so, and what fills its places."""

    note: str
    is_success: bool
    values: dict[str, str] = {}


def is_possible(act: Act, payment: Payment, now_ms: int) -> bool:
    """Whether an act on a payment as a whole makes sense as the payment stands."""
    if payment.open_attempt is not None or payment.state not in _CHARGED:
        return False
    if act is Act.ACCEPT:
        return _passes(lambda: check_reviewable(payment))
    if act is Act.REJECT:
        return _passes(lambda: check_rejectable(payment))
    return payment.risk is Risk.ACCEPTED and _is_left(act, payment, now_ms)


def _is_left(act: Act, payment: Payment, now_ms: int) -> bool:
    """Whether there is anything to capture, to cancel or to refund, and time to do it."""
    if act is Act.CAPTURE:
        return payment.state is PaymentState.AUTHORIZED
    if act is Act.CANCEL:
        return is_voidable(payment, now_ms)
    is_in_time = now_ms <= days_later(payment.created_ms, REFUND_DAYS_MAX)
    is_captured = payment.state is PaymentState.CAPTURED
    return is_captured and is_in_time and payment.still_charged_e8 > 0


def is_possible_for_line(act: Act, payment: Payment, line: int, merchant: Merchant) -> bool:
    """Whether a line can be approved, or disapproved, as it stands."""
    if merchant.settings.marketplace is Marketplace.NEVER:
        return False
    if act is Act.APPROVE:
        return _passes(lambda: approve_line(payment, line)) and line not in payment.approved_lines
    return _passes(lambda: disapprove_line(payment, line)) and line in payment.approved_lines


def refundable_e8(payment: Payment, line: int | None) -> int:
    """What can be given back of a line, or of the payment as a whole."""
    return payment.still_charged_e8 if line is None else payment.refundable_e8(line)


def _passes(check: Callable[[], object]) -> bool:
    try:
        check()
    except Refusal:
        return False
    return True


async def perform(wish: Wish, visit: Visit, ports: Ports) -> Done:
    """Do what a person wishes. Raises Refusal, Conflict and ChangedMeanwhile."""
    merchant, number = visit.merchant, wish.payment.number
    if wish.act is Act.CANCEL:
        voided = await void_payment(VoidPayment(merchant=merchant, number=number), ports)
        return _done(wish.act, voided.answer, visit)
    if wish.act is Act.REFUND:
        refunded = await refund_payment(_refund_command(wish, merchant), ports)
        return _done(wish.act, refunded.answer, visit)
    if wish.act is Act.CAPTURE:
        captured = await capture_payment(_capture_command(wish, visit), ports)
        return _done(wish.act, captured.answer, visit)
    if wish.act is Act.ACCEPT:
        await accept_payment(ReviewPayment(merchant=merchant, number=number), ports)
    elif wish.act is Act.REJECT:
        return await _reject(ReviewPayment(merchant=merchant, number=number), ports)
    else:
        decide = approve if wish.act is Act.APPROVE else disapprove
        await decide(DecideOnLine(merchant=merchant, line_number=wish.line or 0), ports)
    return Done(note=f"payment.done.{wish.act}", is_success=True)


def _refund_command(wish: Wish, merchant: Merchant) -> RefundLine | RefundPayment:
    if wish.line is None:
        return RefundPayment(
            merchant=merchant, number=wish.payment.number, amount_e8=wish.amount_e8
        )
    return RefundLine(merchant=merchant, line_number=wish.line, amount_e8=wish.amount_e8)


def _capture_command(wish: Wish, visit: Visit) -> CapturePayment:
    return CapturePayment(
        merchant=visit.merchant,
        number=wish.payment.number,
        blockage_release=visit.desk.blockage_releases[wish.payment.door],
        paid_e8=wish.amount_e8,
    )


async def _reject(command: ReviewPayment, ports: Ports) -> Done:
    done = await reject_payment(command, ports)
    if done.is_undone:
        return Done(note="payment.done.reject", is_success=True)
    is_open = done.payment.open_attempt is not None
    return Done(note=f"payment.{'silent' if is_open else 'not_undone'}", is_success=False)


def _done(act: Act, answer: Answer, visit: Visit) -> Done:
    """What a bank's answer says to the person who wished for it."""
    if isinstance(answer, Approved):
        return Done(note=f"payment.done.{act}", is_success=True)
    if isinstance(answer, Declined):
        reason = visit.say(f"decline.{answer.reason}")
        return Done(
            note="payment.bank_declined",
            is_success=False,
            values={"reason": reason, "code": answer.code or visit.say("none")},
        )
    return Done(note="payment.silent", is_success=False)
