"""What all books promise of what is due and of the ledger."""

from collections.abc import Awaitable, Callable

import pytest

from fakes.books import MemoryBooks
from fakes.records import AT_MS, attempt, booking, payment
from vezne.core.changes import AddBooking, AddPayment, ChangePayment, Conflict
from vezne.core.ledger import Account, Balance, Entry, EntryKind, Posting
from vezne.core.money import AMOUNT_MAX_E8
from vezne.core.payment import PaymentState
from vezne.core.ports import Books
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks

# What the sample booking leaves on the merchant's accounts.
BALANCES = [
    Balance(currency="TRY", party="", account=Account.ACQUIRER, amount_e8=12_000_000_000),
    Balance(currency="TRY", party="", account=Account.PENDING, amount_e8=-12_000_000_000),
]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Books:
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def test_due_payments_are_listed_oldest_first(books: Books) -> None:
    """A merchant's payments that are due by a time, however they came to be due."""
    asked = payment(number=10_000_020, attempts=(attempt(inquire_ms=AT_MS + 2),))
    captured = payment(number=10_000_010, state=PaymentState.CAPTURED, value_ms=AT_MS + 2)
    later = payment(number=10_000_030, state=PaymentState.CAPTURED, value_ms=AT_MS + 3)
    foreign = payment(merchant_id=2, attempts=(attempt(inquire_ms=AT_MS),))
    await books.apply([AddPayment(item) for item in (asked, captured, later, foreign, payment())])
    assert await books.list_due_payments(1, until_ms=AT_MS + 1, limit=9) == []
    assert await books.list_due_payments(1, until_ms=AT_MS + 2, limit=9) == [captured, asked]
    assert await books.list_due_payments(1, until_ms=AT_MS + 9, limit=1) == [captured]
    beyond = (AT_MS + 2, captured.number)
    assert await books.list_due_payments(1, until_ms=AT_MS + 9, limit=9, after=beyond) == [
        asked,
        later,
    ]
    sooner = payment(
        number=10_000_030,
        version=2,
        state=PaymentState.CAPTURED,
        value_ms=AT_MS,
    )
    done = payment(number=10_000_010, version=2, state=PaymentState.VOIDED)
    await books.apply([ChangePayment(sooner), ChangePayment(done, is_renamed=True)])
    assert await books.list_due_payments(1, until_ms=AT_MS + 9, limit=9) == [sooner, asked]


async def test_bookings_add_up_to_balances(books: Books) -> None:
    """Each party and currency has its own; what cancels out is not listed."""
    again = booking(version=3)
    postings = (
        Posting(Account.PENDING, "seller", 7),
        Posting(Account.AVAILABLE, "seller", -7),
    )
    sold = Entry(EntryKind.SHARE, postings)
    await books.apply([AddBooking(booking()), AddBooking(again)])
    await books.apply([AddBooking(booking(subject=9, currency="USD", entries=(sold,)))])
    await books.apply([AddBooking(booking(merchant_id=2))])
    balances = await books.list_balances(1)
    assert [(item.currency, item.party, item.account, item.amount_e8) for item in balances] == [
        ("TRY", "", Account.ACQUIRER, 24_000_000_000),
        ("TRY", "", Account.PENDING, -24_000_000_000),
        ("USD", "seller", Account.PENDING, 7),
        ("USD", "seller", Account.AVAILABLE, -7),
    ]
    assert await books.list_balances(2) == BALANCES
    assert await books.list_balances(3) == []


async def test_what_cancels_out_is_no_balance(books: Books) -> None:
    """A booking and its opposite leave nothing, to the last unit."""
    (entry,) = booking(amount_e8=12_345_678_901).entries
    back = Entry(
        entry.kind, tuple(Posting(p.account, p.party, -p.amount_e8) for p in entry.postings)
    )
    await books.apply([AddBooking(booking(amount_e8=12_345_678_901))])
    await books.apply([AddBooking(booking(version=3, entries=(back,)))])
    assert await books.list_balances(1) == []


async def test_balances_are_larger_than_a_column(books: Books) -> None:
    """A hundred of the greatest payments are more than 64 bits of 1e-8 hold."""
    for subject in range(100):
        await books.apply([AddBooking(booking(subject=subject, amount_e8=AMOUNT_MAX_E8))])
    balances = await books.list_balances(1)
    assert [item.amount_e8 for item in balances] == [100 * AMOUNT_MAX_E8, -100 * AMOUNT_MAX_E8]


async def test_nothing_is_booked_twice(books: Books) -> None:
    """A subject's version has one booking, whose conflict changes no balance."""
    await books.apply([AddBooking(booking())])
    with pytest.raises(Conflict):
        await books.apply([AddBooking(booking())])
    assert await books.list_balances(1) == BALANCES


async def test_bookings_are_listed_in_order(books: Books) -> None:
    """By subject and version, page by page."""
    stored = [booking(subject=s, version=v) for s, v in ((5, 2), (5, 10), (11, 1), (5, 1))]
    await books.apply([AddBooking(item) for item in stored])
    await books.apply([AddBooking(booking(merchant_id=2))])
    ordered = [stored[place] for place in (3, 0, 1, 2)]
    assert await books.list_bookings(1, after=(0, 0), limit=9) == ordered
    assert await books.list_bookings(1, after=(5, 1), limit=2) == ordered[1:3]
    assert await books.list_bookings(1, after=(11, 1), limit=9) == []
