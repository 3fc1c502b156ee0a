"""What happened to a payment that its merchant should hear about, and how far the telling is.

A notice is written in the batch that changes its payment, so none is lost; a payment's notices are
told in the order of the payment's versions, each at least once. What a protocol makes of one, if
anything, is its dialect's affair.
"""

import enum
from typing import Final

import msgspec

from vezne.core.answer import Risk
from vezne.core.attempt import Operation, Outcome
from vezne.core.authentication import AuthenticationState
from vezne.core.payment import Payment, PaymentState

# How long to wait after each try that failed; the last delay is repeated. The first ones are for a
# receiver that is being restarted, the later ones for one that somebody has to mend.
RETRY_DELAYS_MS: Final = (10_000, 60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000)
# So long after its first try a notice is given up: three days cover a weekend.
GIVE_UP_MS: Final = 3 * 86_400_000


class NoticeKind(enum.StrEnum):
    """What happened. A failed follow-up is told only when the bank said so late."""

    AUTHENTICATION_PASSED = "authentication_passed"
    AUTHENTICATION_FAILED = "authentication_failed"
    SALE_APPROVED = "sale_approved"
    HOLD_APPROVED = "hold_approved"
    AUTHORIZATION_DECLINED = "authorization_declined"
    CAPTURE_APPROVED = "capture_approved"
    CAPTURE_FAILED = "capture_failed"
    VOID_APPROVED = "void_approved"
    VOID_FAILED = "void_failed"
    REFUND_APPROVED = "refund_approved"
    REFUND_FAILED = "refund_failed"


class NoticeState(enum.StrEnum):
    """How far the telling is. `UNTOLD` is one that the payment's protocol has no message for."""

    DUE = "due"
    DELIVERED = "delivered"
    UNTOLD = "untold"
    GIVEN_UP = "given_up"


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to a payment, at its version `version`.

    `at_ms` is the merchant's time of it, `amount_e8` what it was about, and `is_late` says that the
    bank was silent first, so that whoever asked has not heard of it. `door` is the payment's.
    `revision` counts the changes of the notice itself: the first try failed at `since_ms`, the
    next one is due at `next_try_ms`, and trying has ended when there is none; `problem` is what
    kept the last try from succeeding.
    """

    merchant_id: int
    payment_number: int
    version: int
    door: str
    kind: NoticeKind
    at_ms: int
    amount_e8: int
    next_try_ms: int | None
    since_ms: int | None = None
    is_late: bool = False
    state: NoticeState = NoticeState.DUE
    revision: int = 1
    tries: int = 0
    problem: str = ""


_KINDS: Final = {
    PaymentState.UNAUTHENTICATED: NoticeKind.AUTHENTICATION_FAILED,
    PaymentState.AUTHORIZED: NoticeKind.HOLD_APPROVED,
    PaymentState.CAPTURED: NoticeKind.SALE_APPROVED,
    PaymentState.DECLINED: NoticeKind.AUTHORIZATION_DECLINED,
    PaymentState.VOIDED: NoticeKind.VOID_APPROVED,
}
_FAILURES: Final = {
    Operation.CAPTURE: NoticeKind.CAPTURE_FAILED,
    Operation.VOID: NoticeKind.VOID_FAILED,
    Operation.REFUND: NoticeKind.REFUND_FAILED,
}


def notice_between(before: Payment, after: Payment, now_ms: int) -> Notice | None:
    """What a merchant hears of a payment's step to its next version; None: nothing.

    A payment that the fraud filter rejects is told as declined, and what undoes it not at all.
    """
    if not after.notifies or before.risk is Risk.REJECTED:
        return None
    attempt = before.open_attempt
    is_late = attempt is not None and now_ms >= attempt.inquire_ms
    kind = _kind_between(before, after, is_late=is_late)
    if kind is None:
        return None
    return Notice(
        merchant_id=after.merchant_id,
        payment_number=after.number,
        version=after.version,
        door=after.door,
        kind=kind,
        at_ms=now_ms,
        amount_e8=after.paid_e8 if attempt is None else attempt.amount_e8,
        next_try_ms=now_ms,
        is_late=is_late,
    )


def _kind_between(before: Payment, after: Payment, *, is_late: bool) -> NoticeKind | None:
    if before.state is not after.state:
        return _kind_of_state(before, after)
    if len(before.refunds) != len(after.refunds):
        return NoticeKind.REFUND_APPROVED
    if _has_passed(after) and not _has_passed(before):
        return NoticeKind.AUTHENTICATION_PASSED
    attempt = before.open_attempt
    if attempt is None or not is_late:
        return None
    closed = after.attempts[len(before.attempts) - 1]
    is_failed = closed.outcome in {Outcome.DECLINED, Outcome.REVERSED}
    return _FAILURES.get(attempt.operation) if is_failed else None


def _kind_of_state(before: Payment, after: Payment) -> NoticeKind | None:
    if before.state is PaymentState.AUTHORIZED and after.state is PaymentState.CAPTURED:
        return NoticeKind.CAPTURE_APPROVED
    if after.risk is Risk.REJECTED and after.state is not PaymentState.VOIDED:
        return NoticeKind.AUTHORIZATION_DECLINED
    return _KINDS.get(after.state)


def _has_passed(payment: Payment) -> bool:
    authentication = payment.authentication
    return authentication is not None and authentication.state is AuthenticationState.PASSED


def deliver(notice: Notice) -> Notice:
    """The notice once its receiver has it."""
    return _end(notice, NoticeState.DELIVERED, tries=notice.tries + 1)


def pass_over(notice: Notice) -> Notice:
    """The notice of something that its protocol has no message for."""
    return _end(notice, NoticeState.UNTOLD)


def postpone(notice: Notice, problem: str, now_ms: int) -> Notice:
    """The notice after a try that failed: to be tried again, or given up after `GIVE_UP_MS`.

    Those begin anew with a clock that goes back: no time to come is waited for twice.
    """
    since_ms = now_ms if notice.since_ms is None else min(notice.since_ms, now_ms)
    last_ms = since_ms + GIVE_UP_MS
    if now_ms >= last_ms:
        return _end(notice, NoticeState.GIVEN_UP, tries=notice.tries + 1, problem=problem)
    delay_ms = RETRY_DELAYS_MS[min(notice.tries, len(RETRY_DELAYS_MS) - 1)]
    return msgspec.structs.replace(
        notice,
        revision=notice.revision + 1,
        tries=notice.tries + 1,
        since_ms=since_ms,
        next_try_ms=min(now_ms + delay_ms, last_ms),
        problem=problem,
    )


def replay(notice: Notice, now_ms: int) -> Notice:
    """The notice as if nobody had tried to tell it yet, whatever became of it."""
    return msgspec.structs.replace(
        notice,
        revision=notice.revision + 1,
        state=NoticeState.DUE,
        tries=0,
        since_ms=None,
        next_try_ms=now_ms,
        problem="",
    )


def _end(
    notice: Notice, state: NoticeState, *, tries: int | None = None, problem: str = ""
) -> Notice:
    return msgspec.structs.replace(
        notice,
        revision=notice.revision + 1,
        state=state,
        tries=notice.tries if tries is None else tries,
        next_try_ms=None,
        problem=problem,
    )
