"""Capture, void and refund have one shape: promise, ask, record."""

from collections.abc import Awaitable, Callable

import msgspec

from vezne.core.answer import Answer, Approved, Declined, Unknown
from vezne.core.attempt import Attempt, Operation, Outcome
from vezne.core.changes import ChangePayment, CloseAttempt, Conflict, OpenAttempt
from vezne.core.payment import Event, Payment, close_follow_up, open_follow_up
from vezne.core.ports import FollowUpAsk, Ports

# Each lost race means that somebody else's change got through, so a few tries are plenty.
DECISIONS_MAX = 5


class FollowedUp(msgspec.Struct, frozen=True, kw_only=True):
    """The payment after a follow-up, what the bank said, and the attempt that asked it."""

    payment: Payment
    answer: Answer
    attempt: Attempt


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a follow-up decides: which payment, for how much, and what approval makes of it."""

    payment: Payment
    amount_e8: int
    settle: Callable[[Payment, Attempt, Approved], Payment]


_EVENTS = {
    Operation.CAPTURE: Event.CAPTURE_APPROVED,
    Operation.VOID: Event.VOID_APPROVED,
    Operation.REFUND: Event.REFUND_APPROVED,
}


async def follow_up(
    operation: Operation, decide: Callable[[], Awaitable[FollowUp]], ports: Ports
) -> FollowedUp:
    """Ask the bank for something about an approved payment.

    `decide` reads and decides; it runs again when somebody else changed the payment meanwhile.
    While the answer is out, or was never heard, the payment takes no other follow-up. Raises what
    `decide` raises, and Refusal: OPERATION_IN_FLIGHT, STATE_UNSUITABLE.
    """
    decision, payment, attempt = await _promise(operation, decide, ports)
    return await ask_and_record(payment, attempt, decision.settle, ports)


async def ask_and_record(
    payment: Payment,
    attempt: Attempt,
    settle: Callable[[Payment, Attempt, Approved], Payment],
    ports: Ports,
) -> FollowedUp:
    """Send a promised follow-up to the bank and record the answer."""
    answer = await _ask(payment, attempt, ports)
    now_ms = ports.clock.now_ms()
    if isinstance(answer, Unknown):
        # The attempt stays open until the truth is known.
        return FollowedUp(payment=payment, answer=answer, attempt=attempt)
    if isinstance(answer, Approved):
        after = settle(payment, attempt, answer)
    else:
        after = close_follow_up(payment)
    closed = close_attempt(attempt, answer, now_ms)
    await ports.books.apply([ChangePayment(after), CloseAttempt(closed)])
    return FollowedUp(payment=after, answer=answer, attempt=closed)


def close_attempt(attempt: Attempt, answer: Approved | Declined, now_ms: int) -> Attempt:
    """The attempt with its outcome."""
    if isinstance(answer, Declined):
        return msgspec.structs.replace(
            attempt, outcome=Outcome.DECLINED, detail=answer.code, closed_ms=now_ms
        )
    return msgspec.structs.replace(
        attempt,
        outcome=Outcome.APPROVED,
        auth_code=answer.auth_code,
        reference=answer.reference,
        closed_ms=now_ms,
    )


async def _promise(
    operation: Operation, decide: Callable[[], Awaitable[FollowUp]], ports: Ports
) -> tuple[FollowUp, Payment, Attempt]:
    """Commit the attempt before a byte is sent."""
    decisions_left = DECISIONS_MAX
    while True:
        decisions_left -= 1
        decision = await decide()
        attempt = attempt_for(
            decision.payment,
            operation,
            amount_e8=decision.amount_e8,
            number=await ports.numbers.take(1),
            now_ms=ports.clock.now_ms(),
        )
        payment = open_follow_up(decision.payment, _EVENTS[operation], attempt.number)
        try:
            await ports.books.apply([ChangePayment(payment), OpenAttempt(attempt)])
        except Conflict:
            if decisions_left:
                continue
            raise
        return decision, payment, attempt


def attempt_for(
    payment: Payment, operation: Operation, *, amount_e8: int, number: int, now_ms: int
) -> Attempt:
    """A new attempt about a payment, in the payment's currency."""
    return Attempt(
        merchant_id=payment.merchant_id,
        number=number,
        payment_number=payment.number,
        operation=operation,
        acquirer=payment.acquirer,
        amount_e8=amount_e8,
        currency=payment.currency,
        created_ms=now_ms,
    )


async def _ask(payment: Payment, attempt: Attempt, ports: Ports) -> Answer:
    """Ask the bank, with no transaction open."""
    ask = FollowUpAsk(
        merchant_id=payment.merchant_id,
        trace=attempt.number,
        reference=payment.reference,
        auth_code=payment.auth_code,
        amount_e8=attempt.amount_e8,
        currency=attempt.currency,
    )
    verbs = {
        Operation.CAPTURE: ports.acquirer.capture,
        Operation.VOID: ports.acquirer.void,
        Operation.REFUND: ports.acquirer.refund,
    }
    return await verbs[attempt.operation](ask)
