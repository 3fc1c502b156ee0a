"""Capture, void and refund have one shape: promise, ask, record."""

from collections.abc import Awaitable, Callable

import msgspec

from vezne.core.acquirer import FollowUpAsk
from vezne.core.answer import Answer, Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.attempt import Attempt, CaptureTerms, Operation, Outcome
from vezne.core.changes import Conflict
from vezne.core.follow_ups import close_follow_up, open_follow_up, settle_follow_up
from vezne.core.payment import Payment, leave_unanswered
from vezne.core.ports import Ports
from vezne.flows.record import ANSWER_MAX_MS, INQUIRY_DELAYS_MS, changes_of

# Each lost race means that somebody else's change got through, so a few tries are plenty.
DECISIONS_MAX = 5


class FollowedUp(msgspec.Struct, frozen=True, kw_only=True):
    """The payment after a follow-up, what the bank said, and the attempt that asked it."""

    payment: Payment
    answer: Answer
    attempt: Attempt


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a follow-up decides: what the bank is asked about which payment, for how much.

    The last four are those of `Attempt`.
    """

    operation: Operation
    payment: Payment
    amount_e8: int
    terms: CaptureTerms | None = None
    parts: tuple[tuple[int, int], ...] = ()
    conversation_id: str | None = None
    verdict: Risk | None = None


async def follow_up(decide: Callable[[], Awaitable[FollowUp]], ports: Ports) -> FollowedUp:
    """Ask the bank for something about an approved payment.

    `decide` reads and decides; it runs again when somebody else changed the payment meanwhile.
    While the answer is out, or was never heard, the payment takes no other follow-up. Raises what
    `decide` raises, and Refusal: OPERATION_IN_FLIGHT, STATE_UNSUITABLE.
    """
    decisions_left = DECISIONS_MAX
    while True:
        decisions_left -= 1
        try:
            payment = await _promise(await decide(), ports)
        except Conflict:
            if decisions_left:
                continue
            raise
        return await ask_and_record(payment, ports)


async def ask_and_record(payment: Payment, ports: Ports) -> FollowedUp:
    """Send a payment's promised follow-up to the bank and record the answer.

    Whoever asks is told what is recorded: when the answer took so long that somebody else has found
    it out, or has begun to undo what was asked, that is what counts.
    """
    answer = await ask_bank(payment, ports)
    now_ms = ports.clock.now_ms()
    after = followed_up(payment, answer, now_ms)
    try:
        await ports.books.apply(changes_of(payment, after, now_ms))
    except Conflict:
        stored = await ports.books.find_payment(payment.merchant_id, payment.number)
        # Payments are never deleted.
        after = stored or payment
        attempt = _same_attempt(payment, after)
        return FollowedUp(payment=after, answer=_recorded(attempt, answer), attempt=attempt)
    return FollowedUp(payment=after, answer=answer, attempt=_same_attempt(payment, after))


def _same_attempt(payment: Payment, after: Payment) -> Attempt:
    """A payment's last attempt as another version of the payment has it."""
    number = payment.attempts[-1].number
    return next(item for item in after.attempts if item.number == number)


def _recorded(attempt: Attempt, heard: Answer) -> Answer:
    """The answer that is recorded of an attempt, whatever was heard."""
    if attempt.outcome is Outcome.APPROVED:
        return Approved(auth_code=attempt.auth_code, reference=attempt.reference)
    if attempt.outcome is None:
        return Unknown(why="somebody else is finding it out")
    if isinstance(heard, Declined):
        return heard
    return Declined(reason=DeclineReason.TIMEOUT, code=attempt.detail)


def followed_up(payment: Payment, answer: Answer, now_ms: int) -> Payment:
    """What the bank's answer to the open follow-up makes of a payment."""
    if isinstance(answer, Approved):
        return settle_follow_up(payment, answer, now_ms)
    if isinstance(answer, Declined):
        return close_follow_up(payment, answer, now_ms)
    return leave_unanswered(payment, inquire_ms=now_ms + INQUIRY_DELAYS_MS[0])


async def ask_bank(payment: Payment, ports: Ports) -> Answer:
    """Send a payment's open follow-up to the bank, with no transaction open.

    What undoes a rejected payment is not given up because it could not be sent: it is unknown then,
    and sent again.
    """
    attempt = payment.attempts[-1]
    ask = FollowUpAsk(
        merchant_id=payment.merchant_id,
        trace=attempt.number,
        reference=payment.reference,
        auth_code=payment.auth_code,
        amount_e8=attempt.amount_e8,
        currency=payment.currency,
    )
    verbs = {
        Operation.CAPTURE: ports.acquirer.capture,
        Operation.VOID: ports.acquirer.void,
        Operation.REFUND: ports.acquirer.refund,
    }
    answer = await verbs[attempt.operation](ask)
    is_unsent = isinstance(answer, Declined) and answer.reason is DeclineReason.COMMUNICATION_ERROR
    if is_unsent and attempt.verdict is Risk.REJECTED:
        return Unknown(why="it could not be sent")
    return answer


async def _promise(decision: FollowUp, ports: Ports) -> Payment:
    """Commit the attempt before a byte is sent. Raises Conflict, and what `follow_up` raises."""
    now_ms = ports.clock.now_ms()
    attempt = Attempt(
        number=await ports.numbers.take(1),
        operation=decision.operation,
        amount_e8=decision.amount_e8,
        created_ms=now_ms,
        inquire_ms=now_ms + ANSWER_MAX_MS,
        terms=decision.terms,
        parts=decision.parts,
        conversation_id=decision.conversation_id,
        verdict=decision.verdict,
    )
    payment = open_follow_up(decision.payment, attempt)
    await ports.books.apply(changes_of(decision.payment, payment, now_ms))
    return payment
