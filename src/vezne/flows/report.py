"""What merchants read about their money, day by day. Nothing here changes anything."""

from datetime import date, datetime, time
from typing import Final

import msgspec

from vezne.core.calendar import ISTANBUL, days_later
from vezne.core.journal import JournalEntry
from vezne.core.ledger import OWN
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.payout import Payout, PayoutState
from vezne.core.ports import Ports
from vezne.core.sub_merchant import SubMerchant

# How many payments of one reference are shown; the newest ones.
NAMED_MAX: Final = 100
# How many entries of the journal stand on a page.
PAGE_ENTRIES: Final = 100


class PaidLine(msgspec.Struct, frozen=True, kw_only=True):
    """What of a payment's line went to a party. Less than nothing is what was set off."""

    line_number: int
    party: str
    currency: str
    amount_e8: int


class ReturnedPayout(msgspec.Struct, frozen=True, kw_only=True):
    """A payout that came back, and whose it was; None for the merchant itself."""

    payout: Payout
    sub_merchant: SubMerchant | None


class ListedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the journal and its payment."""

    entry: JournalEntry
    payment: Payment


class OperationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Operations of a day, and on how many pages all of them stand."""

    operations: list[ListedOperation]
    pages: int


async def list_paid_lines(merchant: Merchant, day: date, ports: Ports) -> list[PaidLine]:
    """The lines whose money was paid out with the value date of a day."""
    amounts: dict[tuple[int, str, str], int] = {}
    for payout in await _payouts(merchant, day, ports):
        if payout.state is not PayoutState.COMPLETED:
            continue
        for payable in await ports.books.list_payables(merchant.id, payout.number):
            for line_number, amount_e8 in payable.lines:
                key = (line_number, payout.party, payout.currency)
                amounts[key] = amounts.get(key, 0) + amount_e8
    return [
        PaidLine(line_number=number, party=party, currency=currency, amount_e8=amount_e8)
        for (number, party, currency), amount_e8 in amounts.items()
    ]


async def list_returned(merchant: Merchant, day: date, ports: Ports) -> list[ReturnedPayout]:
    """The payouts with the value date of a day that came back."""
    return [
        ReturnedPayout(
            payout=payout,
            sub_merchant=None
            if payout.party == OWN
            else await ports.books.find_sub_merchant(merchant.id, payout.party),
        )
        for payout in await _payouts(merchant, day, ports)
        if payout.state is PayoutState.BOUNCED
    ]


async def list_payments_named(
    merchant: Merchant, conversation_id: str, ports: Ports
) -> list[Payment]:
    """The newest payments with the merchant's own reference, newest first."""
    return await ports.books.list_payments_named(merchant.id, conversation_id, NAMED_MAX)


async def list_operations(merchant: Merchant, day: date, page: int, ports: Ports) -> OperationPage:
    """A page, counted from 1, of what the bank approved on a day, newest first."""
    since_ms, until_ms = _span(day)
    count = await ports.books.count_journal(merchant.id, since_ms=since_ms, until_ms=until_ms)
    entries = await ports.books.list_journal(
        merchant.id,
        since_ms=since_ms,
        until_ms=until_ms,
        skip=(page - 1) * PAGE_ENTRIES,
        limit=PAGE_ENTRIES,
    )
    pages = -(-count // PAGE_ENTRIES)
    return OperationPage(operations=await _listed(merchant, entries, ports), pages=pages)


async def scroll_operations(
    merchant: Merchant,
    day: date,
    ports: Ports,
    *,
    last_number: int | None,
    is_newest_first: bool,
) -> list[ListedOperation]:
    """What the bank approved on a day, beyond what was read so far.

    `last_number` is that of the attempt or of the payment line that was read last. Nothing follows
    one that is not of the day.
    """
    since_ms, until_ms = _span(day)
    beyond = None
    if last_number is not None:
        beyond = await _find_entry(merchant, last_number, (since_ms, until_ms), ports)
        if beyond is None:
            return []
    entries = await ports.books.list_journal(
        merchant.id,
        since_ms=since_ms,
        until_ms=until_ms,
        beyond=beyond,
        is_newest_first=is_newest_first,
        limit=PAGE_ENTRIES,
    )
    return await _listed(merchant, entries, ports)


async def _find_entry(
    merchant: Merchant, number: int, span: tuple[int, int], ports: Ports
) -> JournalEntry | None:
    """The entry of an attempt, or of the authorization of a line's payment."""
    books, (since_ms, until_ms) = ports.books, span
    payment = await books.find_payment_of_line(merchant.id, number)
    attempt = payment.attempts[0].number if payment is not None else number
    return await books.find_journal_entry(
        merchant.id, attempt, since_ms=since_ms, until_ms=until_ms
    )


async def _listed(
    merchant: Merchant, entries: list[JournalEntry], ports: Ports
) -> list[ListedOperation]:
    payments: dict[int, Payment | None] = {}
    for number in {entry.payment_number for entry in entries}:
        payments[number] = await ports.books.find_payment(merchant.id, number)
    return [
        ListedOperation(entry=entry, payment=payment)
        for entry in entries
        if (payment := payments[entry.payment_number]) is not None
    ]


async def _payouts(merchant: Merchant, day: date, ports: Ports) -> list[Payout]:
    since_ms, until_ms = _span(day)
    return await ports.books.list_payouts(merchant.id, since_ms=since_ms, until_ms=until_ms)


def _span(day: date) -> tuple[int, int]:
    """When a day begins and ends in Istanbul, in epoch milliseconds."""
    start_ms = int(datetime.combine(day, time.min, ISTANBUL).timestamp() * 1000)
    # Not through a date: the last one has no next.
    return start_ms, days_later(start_ms, 1)
