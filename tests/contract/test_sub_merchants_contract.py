"""What all books promise about sub-merchants and cross bookings, those in memory included."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.records import cross_booking, sub_merchant, sub_merchant_details
from vezne.core.changes import (
    AddBooking,
    AddCrossBooking,
    AddSubMerchant,
    ChangeSubMerchant,
    Conflict,
)
from vezne.core.ledger import OWN, Account
from vezne.core.ports import Books
from vezne.core.sub_merchant import booking_of
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.ledger_books import SqlLedgerBooks


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Books:
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def test_a_sub_merchant_is_found_by_key_and_by_name(books: Books) -> None:
    """It comes back as it was stored, for its own merchant only."""
    plain = sub_merchant(key="other", external_id="çay \0 ocağı")
    await books.apply([AddSubMerchant(sub_merchant()), AddSubMerchant(plain)])
    assert await books.find_sub_merchant(1, sub_merchant().key) == sub_merchant()
    assert await books.find_sub_merchant_named(1, "B49224") == sub_merchant()
    assert await books.find_sub_merchant_named(1, plain.external_id) == plain
    assert await books.find_sub_merchant(2, plain.key) is None
    assert await books.find_sub_merchant_named(2, "B49224") is None
    assert await books.find_sub_merchant(1, "nobody \0") is None
    assert await books.find_sub_merchant_named(1, "nobody \0") is None


async def test_a_merchant_gives_a_name_once(books: Books) -> None:
    """A second sub-merchant of a name or a key conflicts; another merchant's does not."""
    await books.apply([AddSubMerchant(sub_merchant())])
    for twin in (sub_merchant(key="other"), sub_merchant(external_id="other")):
        with pytest.raises(Conflict):
            await books.apply([AddSubMerchant(twin)])
    assert await books.find_sub_merchant(1, "other") is None
    elsewhere = sub_merchant(merchant_id=2)
    await books.apply([AddSubMerchant(elsewhere)])
    assert await books.find_sub_merchant_named(2, "B49224") == elsewhere


async def test_a_sub_merchant_changes_version_by_version(books: Books) -> None:
    """Only over the version that the change was decided on."""
    await books.apply([AddSubMerchant(sub_merchant())])
    moved = sub_merchant(version=2, details=sub_merchant_details(address="Ankara"))
    await books.apply([ChangeSubMerchant(moved)])
    with pytest.raises(Conflict):
        await books.apply([ChangeSubMerchant(moved)])
    with pytest.raises(Conflict):
        await books.apply([ChangeSubMerchant(msgspec.structs.replace(moved, key="nobody"))])
    assert await books.find_sub_merchant(1, moved.key) == moved


async def test_a_cross_booking_is_written_with_its_booking(books: Books) -> None:
    """Once, after the one before it; both parties' balances change together."""
    first = cross_booking()
    second = cross_booking(number=10_000_052, sequence=2, is_to_sub_merchant=False)
    # Servers claim numbers in blocks, so a later one may have a smaller number.
    third = cross_booking(number=10_000_051, sequence=3)
    assert await books.find_last_cross_booking(1) is None
    for booked, turn in ((first, 1), (second, 1), (third, 2)):
        await books.apply([AddCrossBooking(booked, turn), AddBooking(booking_of(booked))])
    twins = (cross_booking(sequence=4), cross_booking(number=10_000_053, sequence=3))
    for twin in twins:
        with pytest.raises(Conflict):
            await books.apply([AddCrossBooking(twin, 3)])
    balances = {(item.party, item.account): item.amount_e8 for item in await books.list_balances(1)}
    assert balances == {
        (OWN, Account.AVAILABLE): third.amount_e8,
        (third.sub_merchant, Account.AVAILABLE): -third.amount_e8,
    }
    own = await books.list_balances_of(1, "TRY", OWN)
    assert [(item.party, item.amount_e8) for item in own] == [(OWN, third.amount_e8)]
    for merchant_id, currency, party in ((1, "USD", OWN), (1, "TRY", "nobody"), (2, "TRY", OWN)):
        assert await books.list_balances_of(merchant_id, currency, party) == []
    assert await books.find_last_cross_booking(1) == third
    assert await books.find_last_cross_booking(2) is None


async def test_a_cross_booking_takes_the_giver_s_turn(books: Books) -> None:
    """Nobody else has spent the giver's money meanwhile; the taker's turn is left to it."""
    seller = cross_booking().sub_merchant
    await books.apply([AddCrossBooking(cross_booking(), 1)])
    second = cross_booking(number=10_000_052, sequence=2)
    for turn in (1, 3):
        with pytest.raises(Conflict):
            await books.apply([AddCrossBooking(second, turn)])
    await books.apply([AddCrossBooking(second, 2)])
    assert await books.find_turn(1, "TRY", OWN) == 2
    assert await books.find_turn(1, "TRY", seller) == 0
    back = cross_booking(number=10_000_053, sequence=3, is_to_sub_merchant=False)
    await books.apply([AddCrossBooking(back, 1)])
    assert await books.find_turn(1, "TRY", seller) == 1


@pytest.mark.parametrize("name", ["memory", "sqlite", "postgres"])
async def test_cross_bookings_are_listed(
    name: str, open_named: Callable[[str], Awaitable[Engine]]
) -> None:
    """By their numbers, some at a time."""
    made = [cross_booking(number=10_000_050 + place, sequence=place) for place in range(1, 4)]
    if name == "memory":
        memory = MemoryBooks()
        books: Books = memory
        listing = memory.list_cross_bookings_after
    else:
        engine = await open_named(name)
        await migrate(engine, load_migrations("vezne.storage"))
        books = SqlBooks(engine)
        listing = SqlLedgerBooks(engine).list_cross_bookings_after
    await books.apply([AddCrossBooking(item, item.sequence) for item in made])
    assert await listing(1, 0, 2) == made[:2]
    assert await listing(1, made[1].number, 2) == made[2:]
    assert await listing(2, 0, 2) == []
