"""Everything that happened to a payment, in one order: from the payment itself."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from vezne.core.attempt import Attempt, Operation, Outcome
from vezne.core.authentication import MD_STATUSES, Authentication, AuthenticationState
from vezne.core.payment import Payment, PaymentKind
from vezne.core.standing import Tone
from vezne.panel import formats
from vezne.panel.visit import Visit

# The order of what happened in the same millisecond.
RANK_CALL: Final = 0
_RANK_MADE: Final = 1
_RANK_AUTHENTICATION: Final = 2
_RANK_ASKED: Final = 3
_RANK_ANSWERED: Final = 4
RANK_LEDGER: Final = 5
RANK_NOTICE: Final = 6
RANK_PAYOUT: Final = 7

_OUTCOME_TONES: Final = {
    Outcome.APPROVED: Tone.GOOD,
    Outcome.DECLINED: Tone.BAD,
    Outcome.REVERSED: Tone.OVER,
}
_AUTHENTICATION_TONES: Final = {
    AuthenticationState.OPEN: Tone.OPEN,
    AuthenticationState.PASSED: Tone.GOOD,
    AuthenticationState.SPENT: Tone.GOOD,
}


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A posting in words: of which entry, on which account of whom; one of the amounts is empty."""

    entry: str
    account: str
    party: str
    debit: str
    credit: str


class TimelineEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, in the visitor's words.

    `facts` are pairs of label and value, `link` leads to more about it, `rows` are those of a
    booking.
    """

    at_ms: int
    rank: int
    title: str
    tone: Tone = Tone.OVER
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    rows: tuple[LedgerRow, ...] = ()


def in_order(events: Iterable[TimelineEvent]) -> list[TimelineEvent]:
    """The events from the first to the last."""
    return sorted(events, key=lambda event: (event.at_ms, event.rank))


def events_of(payment: Payment, visit: Visit) -> Iterator[TimelineEvent]:
    """What the payment itself says of what happened to it, in no order."""
    yield TimelineEvent(
        at_ms=payment.created_ms,
        rank=_RANK_MADE,
        title=visit.say(
            "payment.event.made",
            amount=formats.money(payment.paid_e8, payment.currency, visit.language),
        ),
    )
    if payment.authentication is not None:
        yield _authentication_event(payment.authentication, visit)
    for attempt in payment.attempts:
        yield _asked(payment, attempt, visit)
        if attempt.outcome is not None:
            yield _answered(payment, attempt, attempt.outcome, visit)
    for chargeback in payment.chargebacks:
        yield TimelineEvent(
            at_ms=chargeback.charged_back_ms,
            rank=_RANK_ANSWERED,
            title=visit.say(
                "payment.event.charged_back",
                amount=formats.money(chargeback.amount_e8, payment.currency, visit.language),
            ),
            tone=Tone.BAD,
            facts=told(
                visit, line=str(chargeback.line_number), bank_reference=chargeback.reference
            ),
        )


def told(visit: Visit, **values: str) -> tuple[tuple[str, str], ...]:
    """Facts by name, with their labels; without those that are empty."""
    return tuple((visit.say(f"payment.fact.{name}"), text) for name, text in values.items() if text)


def _authentication_event(authentication: Authentication, visit: Visit) -> TimelineEvent:
    """The 3-D Secure of a payment. Only its beginning has a time of its own."""
    result = authentication.result
    return TimelineEvent(
        at_ms=authentication.opened_ms,
        rank=_RANK_AUTHENTICATION,
        title=visit.say("payment.event.threeds"),
        tone=_AUTHENTICATION_TONES.get(authentication.state, Tone.BAD),
        facts=told(
            visit,
            outcome=visit.say(f"payment.threeds.{authentication.state}"),
            md_status="" if result is None else md_status_text(result.md_status, visit),
            eci="" if result is None else result.eci,
            threeds_id=authentication.transaction_id,
        ),
    )


def md_status_text(md_status: int, visit: Visit) -> str:
    """What the bank said of an authentication, as a number and in words."""
    name = str(md_status) if md_status in MD_STATUSES else "other"
    return f"{md_status}: {visit.say(f'payment.md.{name}')}"


def _asked(payment: Payment, attempt: Attempt, visit: Visit) -> TimelineEvent:
    """The bank is asked for something; whether it has answered yet."""
    facts = told(
        visit,
        trace=str(attempt.number),
        acquirer=payment.acquirer,
        of_lines=parts_text(attempt.parts, payment.currency, visit),
        reference=attempt.conversation_id or "",
    )
    is_open = attempt.outcome is None
    if is_open:
        facts += told(
            visit,
            inquiries=formats.count(attempt.inquiries, visit.language),
            next_inquiry=formats.moment(attempt.inquire_ms, visit.language),
            undoing=visit.say("payment.undoing") if attempt.is_reversing else "",
        )
    return TimelineEvent(
        at_ms=attempt.created_ms,
        rank=_RANK_ASKED,
        title=visit.say(
            f"payment.asked.{_verb(payment, attempt)}",
            amount=formats.money(attempt.amount_e8, payment.currency, visit.language),
        ),
        tone=Tone.OPEN if is_open else Tone.OVER,
        facts=facts,
    )


def _answered(payment: Payment, attempt: Attempt, outcome: Outcome, visit: Visit) -> TimelineEvent:
    """What the bank answered, or what became of a question that it did not answer."""
    is_first = attempt.operation is Operation.AUTHORIZE
    reason = payment.decline_reason if is_first and outcome is Outcome.DECLINED else None
    return TimelineEvent(
        at_ms=attempt.created_ms if attempt.closed_ms is None else attempt.closed_ms,
        rank=_RANK_ANSWERED,
        title=visit.say(f"payment.answered.{outcome}"),
        tone=_OUTCOME_TONES[outcome],
        facts=told(
            visit,
            reason="" if reason is None else visit.say(f"decline.{reason}"),
            bank_code=attempt.detail,
            auth_code=attempt.auth_code,
            bank_reference=attempt.reference,
            risk=visit.say(f"payment.risk.{payment.risk}")
            if is_first and outcome is Outcome.APPROVED
            else "",
            verdict="" if attempt.verdict is None else visit.say(f"payment.risk.{attempt.verdict}"),
        ),
    )


def _verb(payment: Payment, attempt: Attempt) -> str:
    is_hold = attempt.operation is Operation.AUTHORIZE and payment.kind is PaymentKind.HOLD
    return "hold" if is_hold else attempt.operation.value


def parts_text(parts: Iterable[tuple[int, int]], currency: str, visit: Visit) -> str:
    """How much of an amount is which line's."""
    return ", ".join(
        f"{number}: {formats.money(amount_e8, currency, visit.language)}"
        for number, amount_e8 in parts
    )
