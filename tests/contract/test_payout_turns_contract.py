"""What all books promise to those who spend a party's money: some of it at a time, and once."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.payout_records import FAR_MS, added, payable, payout
from fakes.records import AT_MS, cross_booking
from vezne.core.changes import AddCrossBooking, AddPayable, ChangePayout, Conflict
from vezne.core.money import UNIT
from vezne.core.payable import Batch, Unpaid
from vezne.core.payout import PayoutState, move_payout
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.ledger_books import SqlLedgerBooks


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


async def test_a_payout_takes_the_first_of_many(books) -> None:
    """Up to the place that was read: by time, subject and version, and whatever came later not."""
    places = [(AT_MS - 1, 3, 1), (AT_MS, 1, 1), (AT_MS, 2, 2), (AT_MS, 2, 3), (AT_MS, 4, 1)]
    made = [
        payable(available_ms=at_ms, subject=subject, version=version, amount_e8=10**place)
        for place, (at_ms, subject, version) in enumerate(places)
    ]
    await books.apply([AddPayable(item) for item in (*made[::-1], payable(party="seller"))])
    of_party = {"merchant_id": 1, "currency": "TRY", "party": "", "until_ms": AT_MS}
    batch = await books.find_batch(**of_party, limit=3)
    assert batch == Batch(3, 111, places[2])
    await books.apply([AddPayable(payable(subject=5, version=9))])
    await books.apply([added(payout(payables=3, taken_e8=111), batch.last)])
    assert await books.sum_taken(1, 20_000_000) == Unpaid(3, 111)
    assert await books.find_batch(**of_party, limit=2) == Batch(2, 11_000, places[4])
    assert await books.find_batch(**{**of_party, "until_ms": 0}, limit=2) == Batch(0, 0, None)
    assert await books.find_batch(**{**of_party, "merchant_id": 2}, limit=2) == Batch(0, 0, None)


async def test_what_came_in_between_is_not_taken_unseen(books) -> None:
    """An earlier payable that nobody counted: the payout is not written."""
    await books.apply([AddPayable(payable(subject=subject)) for subject in (5, 6, 7)])
    batch = await books.find_batch(1, "TRY", "", until_ms=AT_MS, limit=2)
    await books.apply([AddPayable(payable(available_ms=AT_MS - 1))])
    with pytest.raises(Conflict):
        await books.apply([added(payout(payables=2), batch.last)])
    assert await books.find_turn(1, "TRY", "") == 0
    assert await books.sum_unpaid(1, "TRY", "", until_ms=FAR_MS) == Unpaid(4, 4 * 79_850_000)


async def test_each_turn_is_taken_once(books) -> None:
    """Those that spend a party's money take turns, by currency and party."""
    assert await books.find_turn(1, "TRY", "") == 0
    nothing = payout(payables=0, taken_e8=0)
    await books.apply([added(nothing, None)])
    assert await books.find_turn(1, "TRY", "") == 1
    second = msgspec.structs.replace(nothing, number=20_000_001, sequence=2)
    for turn in (1, 3):
        with pytest.raises(Conflict):
            await books.apply([added(second, None, turn)])
    await books.apply([added(second, None)])
    assert await books.find_turn(1, "TRY", "") == 2
    for key in ((1, "USD", ""), (1, "TRY", "seller"), (2, "TRY", "")):
        assert await books.find_turn(*key) == 0


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_payout_and_a_cross_booking_at_once(books, turn) -> None:
    """Of those that spend the same money at the same time, one does."""
    made = payout(payables=0, taken_e8=0, sequence=turn)
    if turn == 2:
        first = msgspec.structs.replace(made, number=20_000_001, sequence=1)
        await books.apply([added(first, None)])
    rivals = [
        added(made, None),
        AddCrossBooking(cross_booking(), turn),
        AddCrossBooking(cross_booking(number=10_000_052, sequence=2), turn),
    ]
    outcomes = await asyncio.gather(
        *(books.apply([rival]) for rival in rivals), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 2
    assert outcomes.count(None) == 1
    assert await books.find_turn(1, "TRY", "") == turn


async def test_what_a_payout_left_over_is_found(books) -> None:
    """When it is as much as can be paid, until another payout is made; also if that bounces."""
    record = payout(payables=0, taken_e8=0, carried_in_e8=UNIT, amount_e8=UNIT - UNIT // 100)
    await books.apply([added(record, None)])
    assert await books.list_unpaid_parties(1, until_ms=0) == [("TRY", "")]
    assert await books.list_unpaid_parties(2, until_ms=0) == []
    small = msgspec.structs.replace(record, number=20_000_001, sequence=2, carried_in_e8=UNIT - 1)
    await books.apply([added(small, None)])
    assert await books.list_unpaid_parties(1, until_ms=0) == []
    sent = move_payout(small, PayoutState.SENT, AT_MS)
    await books.apply([ChangePayout(sent)])
    await books.apply([ChangePayout(move_payout(sent, PayoutState.BOUNCED, AT_MS))])
    assert await books.list_unpaid_parties(1, until_ms=0) == [("TRY", "")]
