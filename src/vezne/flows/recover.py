"""Find out what the bank did not say, and record it."""

from vezne.core.acquirer import InquireAsk
from vezne.core.answer import Approved, Declined, NotFound, Reversed, Risk, Unknown
from vezne.core.attempt import Operation
from vezne.core.changes import Conflict
from vezne.core.follow_ups import close_follow_up, settle_follow_up
from vezne.core.payment import (
    Payment,
    approve,
    begin_reversal,
    decline,
    leave_unanswered,
    reverse,
)
from vezne.core.ports import Ports
from vezne.flows.authorize import undo_rejected
from vezne.flows.follow_up import ask_bank
from vezne.flows.record import INQUIRY_DELAYS_MS, changes_of


async def recover(payment: Payment, ports: Ports) -> Payment:
    """Ask the bank about a payment's open attempt and record what became of it.

    What the bank never heard of is reversed, so that it cannot happen any more; what undoes a
    rejected payment is sent again instead. As long as the bank says neither, the attempt stays open
    and the bank is asked again later. A reversal is written down before it is sent, and from then
    on repeated until the bank acknowledges it: one that is still on its way would undo whatever had
    been recorded meanwhile. Returns the payment as it then stands; one that somebody else changed
    meanwhile is left to them.
    """
    if payment.open_attempt is None:
        return payment
    try:
        seen, answer = await _find_out(payment, ports)
        return await _record(seen, answer, ports)
    except Conflict:
        return payment


def inquiry_delay_ms(inquiries: int) -> int:
    """How long to wait for the next inquiry after so many."""
    return INQUIRY_DELAYS_MS[min(inquiries, len(INQUIRY_DELAYS_MS) - 1)]


async def _find_out(
    payment: Payment, ports: Ports
) -> tuple[Payment, Approved | Declined | Reversed | Unknown]:
    """The truth about a payment's open attempt, and the payment as it was last written.

    Raises Conflict when the payment changed meanwhile.
    """
    attempt = payment.attempts[-1]
    ask = InquireAsk(
        merchant_id=payment.merchant_id,
        trace=attempt.number,
        operation=attempt.operation,
        amount_e8=attempt.amount_e8,
        currency=payment.currency,
    )
    if not attempt.is_reversing:
        answer = await ports.acquirer.inquire(ask)
        if not isinstance(answer, NotFound):
            return payment, answer
        if attempt.verdict is Risk.REJECTED:
            return payment, await ask_bank(payment, ports)
        before, payment = payment, begin_reversal(payment)
        await ports.books.apply(changes_of(before, payment, ports.clock.now_ms()))
    return payment, await ports.acquirer.reverse(ask)


async def _record(
    payment: Payment, answer: Approved | Declined | Reversed | Unknown, ports: Ports
) -> Payment:
    """Write down what was found out. Raises Conflict when the payment changed meanwhile."""
    now_ms = ports.clock.now_ms()
    attempt = payment.attempts[-1]
    is_authorization = attempt.operation is Operation.AUTHORIZE
    if isinstance(answer, Unknown):
        inquiries = attempt.inquiries + 1
        inquire_ms = now_ms + inquiry_delay_ms(inquiries)
        after = leave_unanswered(payment, inquire_ms=inquire_ms, inquiries=inquiries)
    elif isinstance(answer, Approved):
        if is_authorization and answer.risk is Risk.REJECTED:
            return await undo_rejected(payment, answer, ports)
        record = approve if is_authorization else settle_follow_up
        after = record(payment, answer, now_ms)
    elif not is_authorization:
        after = close_follow_up(payment, answer, now_ms)
    elif isinstance(answer, Declined):
        after = decline(payment, answer, now_ms)
    else:
        after = reverse(payment, now_ms)
    await ports.books.apply(changes_of(payment, after, now_ms))
    return after
