"""What all books promise about payouts and the journal, those in memory included."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from fakes.books import MemoryBooks
from fakes.payout_records import added, payable, payout
from fakes.records import AT_MS, payment
from vezne.core.changes import (
    AddJournalEntry,
    AddPayable,
    AddPayment,
    ChangePayout,
    Conflict,
    MarkPaid,
)
from vezne.core.ids import REFERENCE_SLICE
from vezne.core.journal import JournalEntry
from vezne.core.money import AMOUNT_MAX_E8, UNIT
from vezne.core.payable import Unpaid
from vezne.core.payout import PayoutState, move_payout
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.ledger_books import SqlLedgerBooks, open_ledger

NOBODY = 2
FAR_MS = 2**63 - 1


class Books(SqlBooks, SqlLedgerBooks):
    """The stored books, and what a check reads of them."""

    def __init__(self, engine: Engine) -> None:
        SqlBooks.__init__(self, engine)
        SqlLedgerBooks.__init__(self, engine)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(request: pytest.FixtureRequest, open_named: Callable):
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return Books(engine)


async def unpaid(books, **changes) -> Unpaid:
    named = {"merchant_id": 1, "currency": "TRY", "party": "", "until_ms": FAR_MS, **changes}
    return await books.sum_unpaid(**named)


async def test_a_payout_takes_its_party_s_payables(books) -> None:
    """Those that are available by its value date, and no others."""
    mine = payable()
    late = payable(subject=10_000_004, available_ms=AT_MS + 1)
    others = [
        payable(subject=10_000_008, party="seller"),
        payable(subject=10_000_012, currency="USD"),
        payable(merchant_id=2),
    ]
    await books.apply([AddPayable(item) for item in (mine, late, *others)])
    assert await books.list_unpaid_parties(1, until_ms=AT_MS) == [
        ("TRY", ""),
        ("TRY", "seller"),
        ("USD", ""),
    ]
    assert await books.list_unpaid_parties(1, until_ms=AT_MS - 1) == []
    assert await unpaid(books, until_ms=AT_MS) == Unpaid(1, 79_850_000)
    assert await unpaid(books) == Unpaid(2, 2 * 79_850_000)
    await books.apply([added(payout())])
    assert await books.list_payables(1, 20_000_000) == [mine]
    assert await books.sum_taken(1, 20_000_000) == Unpaid(1, 79_850_000)
    assert await unpaid(books) == Unpaid(1, 79_850_000)
    assert await unpaid(books, party="seller") == Unpaid(1, 79_850_000)
    assert await unpaid(books, merchant_id=2) == Unpaid(1, 79_850_000)
    assert await books.list_payables(1, 1) == []
    assert await books.sum_taken(1, 1) == Unpaid(0, 0)


async def test_a_payable_is_added_once(books) -> None:
    """One for each party of a subject's version."""
    await books.apply([AddPayable(payable())])
    with pytest.raises(Conflict):
        await books.apply([AddPayable(payable(amount_e8=1))])
    await books.apply([AddPayable(payable(party="seller")), AddPayable(payable(version=4))])
    assert await unpaid(books) == Unpaid(2, 2 * 79_850_000)


@pytest.mark.parametrize("count", [0, 2])
async def test_a_payout_of_other_payables_than_it_says(books, count) -> None:
    """More became available, or somebody else took some: nothing is written."""
    await books.apply([AddPayable(payable())])
    with pytest.raises(Conflict):
        await books.apply([added(payout(payables=count))])
    assert await books.list_payouts_after(1, 0, 10) == []
    assert await unpaid(books) == Unpaid(1, 79_850_000)


async def test_one_payout_follows_another(books) -> None:
    """A party has one payout of a sequence in a currency, whatever is left to be taken."""
    await books.apply([AddPayable(payable()), added(payout())])
    await books.apply([AddPayable(payable(subject=10_000_004))])
    with pytest.raises(Conflict):
        await books.apply([added(payout(number=20_000_001), turn=2)])
    second = payout(number=20_000_001, sequence=2)
    await books.apply([added(second)])
    assert await books.find_last_payout(1, "TRY", "") == second
    assert await books.find_last_payout(1, "TRY", "seller") is None
    assert await books.find_last_payout(1, "USD", "") is None
    assert await books.find_last_payout(NOBODY, "TRY", "") is None


async def test_two_payouts_of_one_balance(books) -> None:
    """Made at the same time, one of them is."""
    await books.apply([AddPayable(payable())])
    rivals = [payout(number=20_000_000 + place) for place in range(5)]
    outcomes = await asyncio.gather(
        *(books.apply([added(rival)]) for rival in rivals), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert len(await books.list_payouts_after(1, 0, 10)) == 1


async def test_a_payout_moves_on_once(books) -> None:
    """Each version follows the one before it; an open one is found."""
    planned = payout()
    await books.apply([AddPayable(payable()), added(planned)])
    assert await books.list_open_payouts(1) == [planned]
    assert await books.list_open_payouts(2) == []
    sent = move_payout(planned, PayoutState.SENT, AT_MS)
    await books.apply([ChangePayout(sent)])
    with pytest.raises(Conflict):
        await books.apply([ChangePayout(sent)])
    done = move_payout(sent, PayoutState.COMPLETED, AT_MS)
    await books.apply([ChangePayout(done)])
    assert await books.list_open_payouts(1) == []
    assert await books.find_last_payout(1, "TRY", "") == done
    with pytest.raises(Conflict):
        await books.apply([ChangePayout(payout(number=1, version=2))])


async def test_a_payout_that_bounced_gives_back(books) -> None:
    """Its payables can be taken by another."""
    await books.apply([AddPayable(payable()), added(payout())])
    sent = move_payout(payout(), PayoutState.SENT, AT_MS)
    bounced = move_payout(sent, PayoutState.BOUNCED, AT_MS)
    await books.apply([ChangePayout(sent)])
    await books.apply([ChangePayout(bounced)])
    assert await unpaid(books) == Unpaid(1, 79_850_000)
    assert await books.list_payables(1, 20_000_000) == []
    await books.apply([added(payout(number=20_000_001, sequence=2))])
    assert await books.list_payables(1, 20_000_001) == [payable()]


async def test_payouts_are_listed_by_value_date(books) -> None:
    """Of a day, by number, and by party and sequence; page by page."""
    parties = ["", "a", "b"]
    made = []
    for place, party in enumerate(parties):
        for sequence in (1, 2):
            number = 20_000_000 + 10 * place + sequence
            await books.apply([AddPayable(payable(subject=number, party=party))])
            record = payout(
                number=number,
                party=party,
                sequence=sequence,
                value_ms=AT_MS + 10 * sequence,
            )
            await books.apply([added(record)])
            made.append(record)
    first, second = made[::2], made[1::2]
    assert await books.list_payouts(1, since_ms=AT_MS, until_ms=AT_MS + 20) == first
    assert await books.list_payouts(1, since_ms=AT_MS + 20, until_ms=FAR_MS) == second
    assert await books.list_payouts(NOBODY, since_ms=0, until_ms=FAR_MS) == []
    assert await books.list_payouts_after(1, made[1].number, 2) == made[2:4]
    assert await books.list_payouts_in_sequence(1, after=("", "", 0), limit=4) == made[:4]
    assert await books.list_payouts_in_sequence(1, after=("TRY", "a", 2), limit=4) == made[4:]


async def test_payables_are_listed_by_subject(books) -> None:
    """By version and party as well, page by page."""
    made = [
        payable(subject=10_000_000 + subject, version=version, party=party)
        for subject in (0, 4)
        for version in (3, 4)
        for party in ("", "a")
    ]
    await books.apply([AddPayable(item) for item in reversed(made)])
    await books.apply([AddPayable(payable(merchant_id=2))])
    assert await books.list_payables_after(1, after=(0, 0, ""), limit=3) == made[:3]
    last = (made[2].subject, made[2].version, made[2].party)
    assert await books.list_payables_after(1, after=last, limit=10) == made[3:]


async def test_sums_are_exact_however_large(books) -> None:
    """A hundred of the largest amounts are more than a 64-bit column holds; so are debts."""
    largest = [payable(subject=place, amount_e8=AMOUNT_MAX_E8 - 1) for place in range(100)]
    await books.apply([AddPayable(item) for item in largest])
    assert (await unpaid(books)).amount_e8 == 100 * (AMOUNT_MAX_E8 - 1)
    owed = [payable(subject=place, version=4, amount_e8=1 - AMOUNT_MAX_E8) for place in range(100)]
    await books.apply([AddPayable(item) for item in owed])
    assert await unpaid(books) == Unpaid(200, 0)
    await books.apply([AddPayable(payable(party="a", amount_e8=-UNIT - 1))])
    assert (await unpaid(books, party="a")).amount_e8 == -UNIT - 1


async def test_payouts_are_made_until_a_time(books) -> None:
    """Said by one who knows until when they were made before."""
    assert await books.find_paid_until(1) is None
    await books.apply([MarkPaid(1, AT_MS, None)])
    for wrong in (None, AT_MS + 1):
        with pytest.raises(Conflict):
            await books.apply([MarkPaid(1, AT_MS + 5, wrong)])
    await books.apply([MarkPaid(1, AT_MS + 2, AT_MS), MarkPaid(2, 7, None)])
    assert await books.find_paid_until(1) == AT_MS + 2
    assert await books.find_paid_until(2) == 7


async def test_the_journal_of_a_day(book_of_days) -> None:
    """From its first moment on and before the next day's, in either order."""
    books, entries = book_of_days
    day = {"since_ms": AT_MS, "until_ms": AT_MS + 10}
    mine = [entry for entry in entries if AT_MS <= entry.at_ms < AT_MS + 10]
    assert await books.count_journal(1, **day) == len(mine)
    newest = await books.list_journal(1, **day, limit=100)
    assert newest == mine[::-1]
    oldest = await books.list_journal(1, **day, is_newest_first=False, limit=100)
    assert oldest == mine
    assert await books.list_journal(1, **day, skip=3, limit=2) == mine[::-1][3:5]
    assert await books.count_journal(2, **day) == 0


async def test_the_journal_beyond_an_entry(book_of_days) -> None:
    """What follows it in the order that is asked for."""
    books, entries = book_of_days
    for earlier, later in pairwise(entries):
        for beyond, following, is_newest_first in ((earlier, later, False), (later, earlier, True)):
            found = await books.list_journal(
                1,
                since_ms=0,
                until_ms=FAR_MS,
                beyond=beyond,
                is_newest_first=is_newest_first,
                limit=1,
            )
            assert found == [following]


async def test_an_attempt_s_entry(book_of_days) -> None:
    """Found when it is of the day."""
    books, entries = book_of_days
    day = {"since_ms": AT_MS, "until_ms": AT_MS + 10}
    assert await books.find_journal_entry(1, entries[1].attempt, **day) == entries[1]
    assert await books.find_journal_entry(1, entries[0].attempt, **day) is None
    assert await books.find_journal_entry(NOBODY, entries[1].attempt, **day) is None


@pytest.fixture
async def book_of_days(books):
    entries = [
        JournalEntry(AT_MS + at, 10_000_000 + payment_number, 20_000_000 + attempt)
        for attempt, (at, payment_number) in enumerate(
            [(-1, 0), (0, 4), (0, 8), (5, 0), (5, 4), (9, 8), (10, 12)]
        )
    ]
    await books.apply([AddJournalEntry(1, entry) for entry in reversed(entries)])
    return books, entries


async def test_payments_of_one_name(books) -> None:
    """All of them, newest first, however far apart their numbers are."""
    numbers = [10_000_000, 10_000_004, 10_000_000 + 3 * REFERENCE_SLICE]
    for number in numbers:
        await books.apply([AddPayment(payment(number=number))])
    await books.apply([AddPayment(payment(number=10_000_008, conversation_id="other"))])
    await books.apply([AddPayment(payment(number=10_000_012, conversation_id=None))])
    found = await books.list_payments_named(1, "123456789", 10)
    assert [item.number for item in found] == numbers[::-1]
    assert len(await books.list_payments_named(1, "123456789", 2)) == 2
    assert await books.list_payments_named(1, "nobody's", 10) == []
    assert await books.list_payments_named(NOBODY, "123456789", 10) == []


async def test_payments_in_the_order_of_their_numbers(books) -> None:
    """For those who read all of them."""
    numbers = [10_000_000, 10_000_004, 10_000_008]
    for number in reversed(numbers):
        await books.apply([AddPayment(payment(number=number))])
    await books.apply([AddPayment(payment(number=1, merchant_id=2))])
    found = await books.list_payments_after(1, 0, 2)
    assert [item.number for item in found] == numbers[:2]
    (last,) = await books.list_payments_after(1, numbers[1], 2)
    assert last.number == numbers[2]
    assert await books.count_payments(1) == 3
    assert await books.count_payments(3) == 0


async def test_a_snapshot_stays_as_it_is(engine: Engine) -> None:
    """Whoever checks the books sees nothing that was written after the beginning."""
    await migrate(engine, load_migrations("vezne.storage"))
    books = Books(engine)
    await books.apply([AddPayment(payment())])
    async with open_ledger(engine) as ledger:
        await books.apply([AddPayment(payment(number=10_000_004))])
        assert await ledger.count_payments(1) == 1
        assert len(await ledger.list_payments_after(1, 0, 10)) == 1
    async with open_ledger(engine) as ledger:
        assert await ledger.count_payments(1) == 2
    assert await books.count_payments(1) == 2
