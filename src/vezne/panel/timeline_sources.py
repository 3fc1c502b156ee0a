"""What others know of a payment: the log of calls, the ledger, the payouts, the outbox."""

from collections.abc import Iterable, Iterator
from typing import Final

from vezne.core.call_log import CallSummary
from vezne.core.day_figures import PaidOut
from vezne.core.ledger import OWN, Booking, EntryKind
from vezne.core.notice import Notice, NoticeState
from vezne.core.payout import Payout, PayoutState
from vezne.core.ports import Books
from vezne.core.standing import Tone
from vezne.panel import formats
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.problems import say_problem
from vezne.panel.timeline import (
    RANK_CALL,
    RANK_LEDGER,
    RANK_NOTICE,
    RANK_PAYOUT,
    LedgerRow,
    TimelineEvent,
    parts_text,
    told,
)
from vezne.panel.visit import Visit

_BOOKINGS_STEP: Final = 50
# No payment has anywhere near as many; a page has an end.
_BOOKINGS_MAX: Final = 500

# As the doors name what became of a call.
_UNAUTHENTICATED: Final = "unauthenticated"
_CALL_TONES: Final = {"served": Tone.GOOD, "turned_away": Tone.OPEN}

_NOTICE_TONES: Final = {
    NoticeState.DUE: Tone.OPEN,
    NoticeState.DELIVERED: Tone.GOOD,
    NoticeState.UNTOLD: Tone.OVER,
    NoticeState.GIVEN_UP: Tone.BAD,
}
_PAYOUT_TONES: Final = {
    PayoutState.PLANNED: Tone.OPEN,
    PayoutState.SENT: Tone.OPEN,
    PayoutState.COMPLETED: Tone.GOOD,
    PayoutState.BOUNCED: Tone.BAD,
}


async def list_bookings_of(merchant_id: int, number: int, books: Books) -> list[Booking]:
    """The bookings of a payment, oldest first."""
    found: list[Booking] = []
    after = (number, -1)
    while len(found) < _BOOKINGS_MAX:
        page = await books.list_bookings(merchant_id, after=after, limit=_BOOKINGS_STEP)
        own = [booking for booking in page if booking.subject == number]
        found += own
        if len(own) < _BOOKINGS_STEP:
            break
        after = (number, own[-1].version)
    return found


def call_events(calls: Iterable[CallSummary], visit: Visit) -> Iterator[TimelineEvent]:
    """The API calls about a payment, and whether their signatures were right."""
    may_read = visit.may(Permission.READ_REQUESTS)
    for call in calls:
        is_refused = call.outcome == _UNAUTHENTICATED
        yield TimelineEvent(
            at_ms=call.at_ms,
            rank=RANK_CALL,
            title=visit.say("payment.event.call", method=call.method, path=call.path),
            tone=_CALL_TONES.get(call.outcome, Tone.BAD),
            facts=told(
                visit,
                signature=visit.say(f"payment.signature.{'refused' if is_refused else 'valid'}"),
                status=str(call.status),
                protocol_code=call.reason,
                duration=visit.say("payment.milliseconds", count=call.duration_us // 1000),
            ),
            link=f"{PANEL_PATH}/requests/{call.number}" if may_read else "",
        )


def ledger_events(bookings: Iterable[Booking], visit: Visit) -> Iterator[TimelineEvent]:
    """What was booked, with every posting."""
    for booking in bookings:
        kinds = dict.fromkeys(entry.kind for entry in booking.entries)
        yield TimelineEvent(
            at_ms=booking.booked_ms,
            rank=RANK_LEDGER,
            title=visit.say(
                "payment.event.booked", kinds=", ".join(_kind_text(kind, visit) for kind in kinds)
            ),
            rows=tuple(_rows(booking, visit)),
        )


def _kind_text(kind: EntryKind, visit: Visit) -> str:
    return visit.say(f"payment.entry.{kind}")


def _rows(booking: Booking, visit: Visit) -> Iterator[LedgerRow]:
    for entry in booking.entries:
        for posting in entry.postings:
            amount = formats.money(abs(posting.amount_e8), booking.currency, visit.language)
            is_debit = posting.amount_e8 > 0
            yield LedgerRow(
                entry=_kind_text(entry.kind, visit),
                account=visit.say(f"payment.account.{posting.account}"),
                party=party_text(posting.party, visit),
                debit=amount if is_debit else "",
                credit="" if is_debit else amount,
            )


def party_text(party: str, visit: Visit) -> str:
    """Whose money it is: the merchant itself, or a sub-merchant by its key."""
    return visit.say("payment.party.own") if party == OWN else party


def notice_events(notices: Iterable[Notice], visit: Visit) -> Iterator[TimelineEvent]:
    """What the merchant was told of, and how the telling went."""
    for notice in notices:
        is_waiting = notice.next_try_ms is not None
        yield TimelineEvent(
            at_ms=notice.at_ms,
            rank=RANK_NOTICE,
            title=visit.say("payment.event.notice", kind=visit.say(f"webhooks.kind.{notice.kind}")),
            tone=_NOTICE_TONES[notice.state],
            facts=told(
                visit,
                telling=visit.say(f"webhooks.state.{notice.state}"),
                tries=formats.count(notice.tries, visit.language) if notice.tries else "",
                next_try=formats.moment(notice.next_try_ms or 0, visit.language)
                if is_waiting
                else "",
                problem=say_problem(visit.language, notice.problem),
            ),
            link=f"{PANEL_PATH}/webhooks/{notice.payment_number}/{notice.version}",
        )


def payout_events(paid_out: Iterable[PaidOut], visit: Visit) -> Iterator[TimelineEvent]:
    """What became payable, and the payouts that it went out with."""
    for item in paid_out:
        payable = item.payable
        amount = formats.money(payable.amount_e8, payable.currency, visit.language)
        yield TimelineEvent(
            at_ms=payable.available_ms,
            rank=RANK_PAYOUT,
            title=visit.say("payment.event.payable", amount=amount),
            facts=told(
                visit,
                party=party_text(payable.party, visit),
                of_lines=parts_text(payable.lines, payable.currency, visit),
            ),
        )
        if item.payout is not None:
            yield _payout_event(item.payout, amount, visit)


def _payout_event(payout: Payout, amount: str, visit: Visit) -> TimelineEvent:
    ended_ms = payout.planned_ms if payout.closed_ms is None else payout.closed_ms
    return TimelineEvent(
        at_ms=ended_ms,
        rank=RANK_PAYOUT + 1,
        title=visit.say("payment.event.payout", amount=amount),
        tone=_PAYOUT_TONES[payout.state],
        facts=told(
            visit,
            payout=str(payout.number),
            payout_state=visit.say(f"payment.payout.{payout.state}"),
            payout_total=formats.money(payout.amount_e8, payout.currency, visit.language),
            value_date=formats.day(payout.value_ms, visit.language),
            party=party_text(payout.party, visit),
            iban=_masked_iban(payout.iban),
        ),
    )


def _masked_iban(iban: str) -> str:
    """The last four digits are enough to know one's own account by."""
    return f"… {iban[-4:]}" if iban else ""
