"""Lists of transactions and of their reversals, by the days of Istanbul."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

import msgspec

from vezne.core.calendar import ISTANBUL, days_later
from vezne.core.payment import Payment, PaymentKind, PaymentState
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import lira
from vezne.dialects.paynet.endpoint import Call
from vezne.dialects.paynet.enums import bank_of, transaction_mask
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Error, Failure
from vezne.dialects.paynet.outcome import is_approved
from vezne.dialects.paynet.paging import Page, page_of
from vezne.dialects.paynet.transaction_answers import Listed, ListItem, ReversalItem
from vezne.dialects.paynet.transaction_render import (
    Kind,
    View,
    company_code,
    is_reversed,
    person,
    view,
)
from vezne.dialects.paynet.transaction_rows import day_text, list_item
from vezne.dialects.paynet.transaction_shapes import ReversalList, TransactionList
from vezne.flows.refund import REFUND_DAYS_MAX

# As many payments as one call looks at: two seconds' work, and more than a list is read for.
PAYMENTS_MAX: Final = 100_000
_PORTION: Final = 500
_YEAR_MIN: Final = 2000
_YEAR_MAX: Final = 2099
_DAY_LENGTH: Final = 10
_DAY_FORMATS: Final = ("%Y-%m-%d", "%d.%m.%Y")

Row = TypeVar("Row")

PERIOD_TOO_LONG: Final = Error(
    11,
    "Tarih aralığında çok fazla işlem var, daha kısa bir aralık seçin",
    "There are too many transactions between the dates: choose a shorter period",
)

_REFUND: Final = Kind("CD", "İade")
_VOID: Final = Kind("R", "İptal")
_VOID_OF_HOLD: Final = Kind("RP", "Ön Provizyon İptal")
_VOID_OF_CAPTURE: Final = Kind("RC", "Finansallaştırma İptal")


async def list_transactions(call: Call[TransactionList]) -> Answer:
    """POST /v1/transaction/list: the transactions of some days, newest first."""
    body = call.body
    since_ms, until_ms = _period(body)
    found = [
        seen
        async for payment in _payments(call, since_ms, until_ms)
        if _is_shown(payment, body)
        and _is_of(seen := view(call.desk, call.merchant, payment), body)
        and body.user_id in {None, seen.remarks.user_id}
    ]
    page = _page(found, body)
    total_e8 = sum(seen.figures.total_e8 for seen in found)
    return _listed(call, page, len(found), total_e8, [list_item(seen) for seen in page.rows])


async def list_reversals(call: Call[ReversalList]) -> Answer:
    """POST /v1/transaction/reversal_list: the voids and refunds of some days, newest first."""
    body = call.body
    since_ms, until_ms = _period(body)
    earliest_ms = days_later(since_ms, -(REFUND_DAYS_MAX + 1))
    found = [
        undone
        async for payment in _payments(call, earliest_ms, until_ms)
        if is_reversed(payment) and _is_of(seen := view(call.desk, call.merchant, payment), body)
        for undone in _undone(seen)
        if since_ms <= undone.at_ms < until_ms
    ]
    found.sort(key=lambda undone: undone.at_ms, reverse=True)
    page = _page(found, body)
    total_e8 = sum(undone.amount_e8 for undone in found)
    return _listed(call, page, len(found), total_e8, [_reversal(undone) for undone in page.rows])


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """One void or refund of a payment. `number` is its attempt's, or the payment's for a void."""

    seen: View
    number: int
    kind: Kind
    at_ms: int
    amount_e8: int
    reference: str
    auth_code: str


def _undone(seen: View) -> Iterator[Undone]:
    """The void of a payment, or its refunds: one each, whichever lines they came from."""
    payment = seen.payment
    if payment.voided_ms is not None:
        yield Undone(
            seen=seen,
            number=payment.number,
            kind=_kind_of_void(payment),
            at_ms=payment.voided_ms,
            amount_e8=payment.paid_e8,
            reference=payment.reference,
            auth_code=payment.auth_code,
        )
    for attempt in dict.fromkeys(refund.attempt for refund in payment.refunds):
        parts = [refund for refund in payment.refunds if refund.attempt == attempt]
        yield Undone(
            seen=seen,
            number=attempt,
            kind=_REFUND,
            at_ms=parts[0].refunded_ms,
            amount_e8=sum(part.amount_e8 for part in parts),
            reference=parts[0].reference,
            auth_code=parts[0].auth_code,
        )


def _kind_of_void(payment: Payment) -> Kind:
    if payment.kind is PaymentKind.SALE:
        return _VOID
    return _VOID_OF_HOLD if payment.captured_ms is None else _VOID_OF_CAPTURE


def _period(body: ReversalList) -> tuple[int, int]:
    """From midnight of the first day to midnight after the last. Raises Failure."""
    first, last = _day(body.datab, "datab"), _day(body.datbi, "datbi")
    if last < first:
        raise Failure(errors.MALFORMED, "datbi")
    return _midnight_ms(first), _midnight_ms(last + timedelta(days=1))


def _day(text: str | None, name: str) -> date:
    """A day as `yyyy-MM-dd` or `dd.MM.yyyy`; a time of day after it is not looked at."""
    if text is None:
        raise Failure(errors.MISSING, name)
    for pattern in _DAY_FORMATS:
        try:
            day = datetime.strptime(text[:_DAY_LENGTH], pattern).replace(tzinfo=ISTANBUL).date()
        except ValueError:
            continue
        if _YEAR_MIN <= day.year <= _YEAR_MAX:
            return day
    raise Failure(errors.MALFORMED, name)


def _midnight_ms(day: date) -> int:
    """00:00 of a day in Istanbul, in epoch milliseconds."""
    return int(datetime.combine(day, datetime.min.time(), ISTANBUL).timestamp()) * 1000


async def _payments(
    call: Call[ReversalList], since_ms: int, until_ms: int
) -> AsyncIterator[Payment]:
    """The payments of a period, newest first. Raises Failure(PERIOD_TOO_LONG)."""
    before: int | None = None
    for _ in range(PAYMENTS_MAX // _PORTION):
        portion = await call.desk.ports.books.list_payments(
            call.merchant.id, since_ms=since_ms, until_ms=until_ms, before=before, limit=_PORTION
        )
        for payment in portion:
            yield payment
        if len(portion) < _PORTION:
            return
        before = portion[-1].number
    raise Failure(PERIOD_TOO_LONG)


def _is_shown(payment: Payment, body: TransactionList) -> bool:
    """Whether a payment is a transaction, and a successful one if only those are asked for."""
    if payment.state is PaymentState.AUTHENTICATING:
        return False
    return bool(body.show_unsucceed) or is_approved(payment)


def _is_of(seen: View, body: ReversalList) -> bool:
    """Whether a payment is of the agent and the bank that the caller names, if any."""
    bank_id = bank_of(seen.record).id
    return (
        body.agent_id in {None, seen.remarks.agent_id}
        and (body.bank_id or bank_id).upper() == bank_id
    )


def _page(rows: list[Row], body: ReversalList) -> Page[Row]:
    return page_of(
        rows,
        limit=body.limit,
        starting_after=body.starting_after,
        ending_before=body.ending_before,
    )


def _listed(
    call: Call[ReversalList],
    page: Page[Row],
    count: int,
    total_e8: int,
    rows: list[ListItem] | list[ReversalItem],
) -> Answer:
    return Answer(
        fields=Listed(
            company_code=company_code(call.merchant),
            company_name=call.merchant.name,
            total=len(rows),
            total_count=count,
            total_amount=lira(total_e8),
            limit=page.limit,
            ending_before=page.ending_before,
            starting_after=page.starting_after,
            has_more=page.has_more,
            rows=rows,
        )
    )


def _reversal(undone: Undone) -> ReversalItem:
    seen = undone.seen
    payment, bank = seen.payment, bank_of(seen.record)
    code = company_code(seen.merchant)
    return ReversalItem(
        id=undone.number,
        xact_date=day_text(payment.created_ms),
        company_code=code,
        entry_date=day_text(undone.at_ms),
        agent_id=seen.remarks.agent_id,
        user_id=seen.remarks.user_id,
        company_name=seen.merchant.name,
        agent_name="",
        xact_id=seen.xact_id,
        reversed_xact_id=seen.xact_id,
        reference_no=payment.conversation_id or "",
        xact_type=undone.kind.letters,
        xact_text=undone.kind.text,
        bank_id=bank.id,
        bank_name=bank.name,
        card_no=transaction_mask(payment.bin, payment.last4),
        card_holder=person(seen).name,
        amount=lira(undone.amount_e8),
        currency=seen.currency,
        reference_code=undone.reference,
        authorization_code=undone.auth_code,
        is_succeed=True,
    )
