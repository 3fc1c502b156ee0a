"""What is past its time, as every store of books finds and deletes it."""

from collections.abc import Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.first_books import first_payment_row
from fakes.old_records import MemoryOldRecords
from fakes.once_books import KEY, once_key
from fakes.outbox import notice
from fakes.records import AT_MS, payment, session, stored_card, token
from vezne.core.card import Expiry
from vezne.core.changes import (
    AddCard,
    AddNotice,
    AddOnceKey,
    AddSession,
    ChangeCard,
    ChangeNotice,
)
from vezne.core.notice import deliver, replay
from vezne.core.ports import Books
from vezne.core.retention import OldRecords
from vezne.engines.engine import Engine, Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.old_records import SqlOldRecords


class Store(msgspec.Struct):
    """Books, and what is old in them."""

    books: Books
    old: OldRecords


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, open_named: Callable[[str], Engine]) -> Store:
    if request.param == "memory":
        books = MemoryBooks()
        return Store(books, MemoryOldRecords(books))
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return Store(SqlBooks(engine), SqlOldRecords(engine))


async def test_sessions_are_old_after_their_end(store: Store) -> None:
    """Those that were over before the time are counted and removed, in parts; others stay."""
    over = [session(key=token(number), expires_ms=AT_MS + number) for number in range(5)]
    young = session(key=token(9), expires_ms=AT_MS + 5)
    await store.books.apply([AddSession(item) for item in (*over, young)])
    assert await store.old.count_sessions(AT_MS + 5) == 5
    assert [await store.old.remove_sessions(AT_MS + 5, 3) for _ in range(3)] == [3, 2, 0]
    assert await store.old.count_sessions(AT_MS + 5) == 0
    assert await store.books.find_session(1, over[0].key) is None
    assert await store.books.find_session(1, young.key) == young


async def test_once_keys_are_old_at_their_end(store: Store) -> None:
    """Those of every merchant; one that is not over stays."""
    over = [once_key(expires_ms=AT_MS), once_key(merchant_id=2, expires_ms=AT_MS - 1)]
    young = once_key(key=b"b", expires_ms=AT_MS + 1)
    await store.books.apply([AddOnceKey(item) for item in (*over, young)])
    assert await store.old.count_once_keys(AT_MS - 2) == 0
    assert await store.old.count_once_keys(AT_MS) == 2
    assert await store.old.remove_once_keys(AT_MS, 9) == 2
    assert await store.books.find_once_key(1, "iyzico", KEY) is None
    assert await store.books.find_once_key(1, "iyzico", b"b") == young


async def test_only_closed_notices_are_old(store: Store) -> None:
    """One that is still to be told stays, however old; one that is told anew is not closed."""
    told, due, again = (notice(payment_number=number) for number in (1, 2, 3))
    other = notice(merchant_id=2)
    await store.books.apply([AddNotice(item) for item in (told, due, again, other)])
    await store.books.apply([ChangeNotice(deliver(item)) for item in (told, again, other)])
    await store.books.apply([ChangeNotice(replay(deliver(again), AT_MS))])
    assert await store.old.count_notices(1, told.at_ms) == 0
    assert await store.old.count_notices(1, told.at_ms + 1) == 1
    assert await store.old.remove_notices(1, told.at_ms + 1, 9) == 1
    assert await store.old.remove_notices(1, told.at_ms + 1, 9) == 0
    assert await store.old.count_notices(2, told.at_ms + 1) == 1


async def test_cards_are_read_in_order(store: Store) -> None:
    """Page by page over all owners of a merchant, each card once."""
    cards = [
        stored_card(owner_key=token(owner), token=token(card))
        for owner in (1, 2)
        for card in (3, 4, 5)
    ]
    await store.books.apply([AddCard(card) for card in reversed(cards)])
    await store.books.apply([AddCard(stored_card(merchant_id=2))])
    found, place = [], (b"", b"")
    while page := await store.old.list_cards_after(1, place, 4):
        found += page
        place = (page[-1].owner_key, page[-1].token)
    assert found == cards


async def test_a_card_goes_only_as_it_was_read(store: Store) -> None:
    """One that got another expiry meanwhile stays; one that is gone is not removed twice."""
    card = stored_card()
    await store.books.apply([AddCard(card)])
    renewed = stored_card(expiry=Expiry(2040, 1))
    await store.books.apply([ChangeCard(renewed)])
    assert not await store.old.remove_card(card)
    assert await store.books.list_cards(1, card.owner_key) == [renewed]
    assert await store.old.remove_card(renewed)
    assert not await store.old.remove_card(renewed)
    assert await store.books.list_cards(1, card.owner_key) == []


async def test_notices_of_before_get_the_time_of_their_payment(engine: Engine) -> None:
    """A database of the version before: what was closed there is found, what was not is not."""
    first, second = load_migrations("vezne.storage")[:2]
    await migrate(engine, [first])
    paid = payment()
    await engine.apply([first_payment_row(paid)])
    insert = """INSERT INTO notices (merchant_id, payment_number, version, door, revision, state,
    is_retry, next_try_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
    for version, next_try_ms in ((1, None), (2, AT_MS)):
        row = (1, paid.number, version, "iyzico", 1, "told", 0, next_try_ms, b"{}")
        await engine.apply([Write(insert, row)])
    await migrate(engine, [first, second])
    old = SqlOldRecords(engine)
    assert await old.count_notices(1, paid.created_ms) == 0
    assert await old.count_notices(1, paid.created_ms + 1) == 1
