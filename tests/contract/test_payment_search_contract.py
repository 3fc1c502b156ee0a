"""The search for payments over both engines: what it finds, in what order, and where it stops."""

from collections.abc import Sequence

import msgspec
import pytest

from fakes.first_books import first_payment_row
from fakes.records import AT_MS, payment
from vezne.core.answer import Risk
from vezne.core.changes import AddPayment, ChangePayment
from vezne.core.ids import REFERENCE_SLICE
from vezne.core.money import UNIT
from vezne.core.payment import Payment, PaymentState
from vezne.core.search import PaymentQuery, Place
from vezne.core.standing import Standing
from vezne.engines.engine import ANY_ROWS, Engine, Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.payment_search import SqlPaymentSearch

ALL = PaymentQuery()
MANY = 50


@pytest.fixture
async def store(engine: Engine) -> Engine:
    await migrate(engine, load_migrations("vezne.storage"))
    return engine


def made(place: int, **changes: object) -> Payment:
    """The payment made at a place in time, with a reference and a basket of its own."""
    values = {
        "number": place * 10,
        "version": 1,
        "created_ms": AT_MS + place,
        "conversation_id": f"order {place}",
        "basket_id": f"basket {place}",
        "paid_e8": UNIT,
    }
    return payment(**values | changes)


async def add(store: Engine, *payments: Payment) -> None:
    await SqlBooks(store).apply([AddPayment(item) for item in payments])


async def found(
    store: Engine, query: PaymentQuery, before: Place | None = None, limit: int = MANY
) -> list[int]:
    page = await SqlPaymentSearch(store).find_page(1, query, before, limit)
    return [row.number for row in page.rows]


async def all_pages(
    search: SqlPaymentSearch, query: PaymentQuery, limit: int
) -> list[tuple[list[int], bool]]:
    """Every page's numbers, and whether it was cut, to the end."""
    pages = []
    before = None
    while True:
        page = await search.find_page(1, query, before, limit)
        pages.append(([row.number for row in page.rows], page.is_cut))
        before = page.next
        if before is None:
            return pages


async def test_a_list_is_newest_first_page_by_page(store: Engine) -> None:
    """Those of one moment go by number; the last page says that there is no more."""
    await add(store, *(made(place) for place in (3, 1, 4, 2)), made(5, created_ms=AT_MS + 4))
    pages = await all_pages(SqlPaymentSearch(store), ALL, 2)
    assert pages == [([50, 40], False), ([30, 20], False), ([10], False)]


async def test_a_row_tells_what_a_list_shows(store: Engine) -> None:
    """Also of a payment that has no basket."""
    await add(store, made(1), made(2, basket_id=None))
    page = await SqlPaymentSearch(store).find_page(1, ALL, None, MANY)
    bare, first = page.rows
    assert bare.basket_id is None
    assert msgspec.to_builtins(first) == {
        "created_ms": AT_MS + 1,
        "number": 10,
        "standing": "pending",
        "door": "iyzico",
        "currency": "TRY",
        "paid_e8": first.paid_e8,
        "bin": "55287900",
        "last4": "0008",
        "basket_id": "basket 1",
    }
    assert first.paid_e8 == made(1).paid_e8


async def test_another_merchants_payments_are_not_found(store: Engine) -> None:
    """By no way: not by time, nor by reference, nor by number."""
    await add(store, made(1, merchant_id=2))
    assert await found(store, ALL) == []
    assert await found(store, PaymentQuery(conversation_id="order 1")) == []
    assert await SqlPaymentSearch(store).list_payments(1, [10]) == []


FILTERS: Sequence[tuple[PaymentQuery, list[int]]] = (
    (PaymentQuery(standings=(Standing.REVIEW,)), [30]),
    (PaymentQuery(standings=(Standing.REVIEW, Standing.DECLINED)), [30, 20]),
    (PaymentQuery(since_ms=AT_MS + 2), [40, 30, 20]),
    (PaymentQuery(until_ms=AT_MS + 3), [20, 10]),
    (PaymentQuery(since_ms=AT_MS + 2, until_ms=AT_MS + 3), [20]),
    (PaymentQuery(least_e8=5 * UNIT), [40]),
    (PaymentQuery(most_e8=5 * UNIT), [40, 30, 20, 10]),
    (PaymentQuery(most_e8=5 * UNIT - 1), [30, 20, 10]),
    (PaymentQuery(bin="454671"), [20]),
    (PaymentQuery(bin="45467112"), [20]),
    (PaymentQuery(bin="45467113"), []),
    (PaymentQuery(last4="7894"), [20]),
    (PaymentQuery(door="paywall"), [10]),
    (PaymentQuery(basket_id="basket 3"), [30]),
    (PaymentQuery(basket_id="basket"), []),
    (PaymentQuery(conversation_id="order 4"), [40]),
    (PaymentQuery(conversation_id="order"), []),
    (PaymentQuery(conversation_id="order 4", last4="7894"), []),
    (PaymentQuery(conversation_id="order 4", until_ms=AT_MS + 4), []),
    (PaymentQuery(conversation_id="order 4", since_ms=AT_MS + 4), [40]),
)


async def test_a_filter_leaves_out_what_does_not_fit(store: Engine) -> None:
    """Each by itself, and some together."""
    await add(
        store,
        made(1, door="paywall"),
        made(2, state=PaymentState.DECLINED, bin="45467112", last4="7894"),
        made(3, state=PaymentState.CAPTURED, risk=Risk.REVIEW),
        made(4, paid_e8=5 * UNIT),
    )
    for query, numbers in FILTERS:
        assert await found(store, query) == numbers, query


async def test_a_changed_payment_is_found_as_it_stands(store: Engine) -> None:
    """Its standing and its amount move with it, under a new reference as well."""
    old = made(1)
    await add(store, old)
    captured = msgspec.structs.replace(
        old, version=2, state=PaymentState.CAPTURED, paid_e8=7 * UNIT, conversation_id="other"
    )
    await SqlBooks(store).apply([ChangePayment(captured, is_renamed=True)])
    assert await found(store, PaymentQuery(standings=(Standing.PENDING,))) == []
    assert await found(store, PaymentQuery(standings=(Standing.CAPTURED,))) == [10]
    voided = msgspec.structs.replace(captured, version=3, state=PaymentState.VOIDED)
    await SqlBooks(store).apply([ChangePayment(voided)])
    query = PaymentQuery(standings=(Standing.VOIDED,), least_e8=7 * UNIT, conversation_id="other")
    assert await found(store, query) == [10]


async def test_a_walk_that_ends_early_says_so(store: Engine) -> None:
    """It looks through so many payments, and the next page goes on right behind them."""
    rare = {2: "1111", 7: "1111"}
    await add(store, *(made(place, last4=rare.get(place, "0008")) for place in range(1, 10)))
    search = SqlPaymentSearch(store, walk_rows=4)
    pages = await all_pages(search, PaymentQuery(last4="1111"), 2)
    assert pages == [([70], True), ([20], True), ([], False)]
    assert await all_pages(search, ALL, 5) == [
        ([90, 80, 70, 60, 50], False),
        (
            [40, 30, 20, 10],
            False,
        ),
    ]


async def test_a_walk_ends_where_the_time_begins(store: Engine) -> None:
    """What lies outside the days that are asked for does not count as looked at."""
    await add(store, *(made(place) for place in range(1, 10)))
    search = SqlPaymentSearch(store, walk_rows=4)
    days = PaymentQuery(since_ms=AT_MS + 4, until_ms=AT_MS + 7, last4="1111")
    assert await all_pages(search, days, 2) == [([], False)]


def in_slice(slice_number: int, **changes: object) -> Payment:
    """A payment with the reference that all have, in a slice of the index on references."""
    place = slice_number * REFERENCE_SLICE
    return made(1, created_ms=AT_MS + place, conversation_id="same", **changes | {"number": place})


async def test_one_reference_of_many_payments_is_found_slice_by_slice(store: Engine) -> None:
    """Newest first, page by page. With a filter, few slices are looked into for one page."""
    slices = [1, 3, 4, 6, 9, 12]
    rare = {1: "1111", 12: "1111"}
    await add(store, *(in_slice(item, last4=rare.get(item, "0008")) for item in slices))
    search = SqlPaymentSearch(store)
    numbers = [item * REFERENCE_SLICE for item in reversed(slices)]
    query = PaymentQuery(conversation_id="same")
    assert await all_pages(search, query, 4) == [(numbers[:4], False), (numbers[4:], False)]
    days = msgspec.structs.replace(query, since_ms=10**15)
    assert await all_pages(search, days, 4) == [([], True), ([], False)]
    assert await all_pages(search, msgspec.structs.replace(query, last4="1111"), 4) == [
        ([12 * REFERENCE_SLICE], True),
        ([REFERENCE_SLICE], False),
    ]


async def test_payments_are_loaded_in_the_order_that_is_asked_for(store: Engine) -> None:
    """More than one statement takes, and without those that there are not."""
    await add(store, *(made(place) for place in range(1, 121)))
    numbers = [*range(1200, 0, -10), 99_999]
    loaded = await SqlPaymentSearch(store).list_payments(1, numbers)
    assert [item.number for item in loaded] == numbers[:-1]
    assert await SqlPaymentSearch(store).list_payments(1, []) == []


async def test_a_long_or_odd_name_of_a_basket_is_found(store: Engine) -> None:
    """It may have any letters, and only its beginning is in the index."""
    long = "ş" * 500
    await add(
        store, made(1, basket_id=long), made(2, basket_id="a\x00b"), made(3, basket_id="é" * 32)
    )
    assert await found(store, PaymentQuery(basket_id=long)) == [10]
    assert await found(store, PaymentQuery(basket_id="a\x00b")) == [20]
    page = await SqlPaymentSearch(store).find_page(1, PaymentQuery(basket_id=long), None, MANY)
    assert page.rows[0].basket_id == "ş" * 32


async def forget(store: Engine) -> None:
    """Leave the rows as they were before there was a search."""
    empty = """UPDATE payments SET standing = NULL, paid_e8 = NULL, door = NULL, currency = NULL,
    bin = NULL, last4 = NULL, basket_id = NULL"""
    await store.apply([Write(empty, (), ANY_ROWS)])


async def test_rows_from_before_are_filled_in_newest_first(store: Engine) -> None:
    """Batch by batch, of every merchant; the search says from when on it knows all."""
    await add(store, *(made(place) for place in range(1, 6)), made(1, merchant_id=2))
    await forget(store)
    search = SqlPaymentSearch(store)
    assert await found(store, ALL) == []
    assert await search.find_unknown_ms(1) == AT_MS + 5
    assert await search.fill(2) == 2
    assert await found(store, ALL) == [50, 40]
    assert await search.find_unknown_ms(1) == AT_MS + 3
    assert [await search.fill(2) for _ in range(4)] == [2, 1, 1, 0]
    assert await found(store, ALL) == [50, 40, 30, 20, 10]
    assert await search.find_unknown_ms(1) is None
    assert await search.find_unknown_ms(2) is None


async def test_a_row_from_before_that_changes_is_filled_in_all_the_same(store: Engine) -> None:
    """A change writes what it knows, and leaves the rest to whoever fills in."""
    await add(store, made(1))
    await forget(store)
    changed = msgspec.structs.replace(made(1), version=2, state=PaymentState.CAPTURED)
    await SqlBooks(store).apply([ChangePayment(changed)])
    search = SqlPaymentSearch(store)
    assert await search.find_unknown_ms(1) == AT_MS + 1
    assert await search.fill(10) == 1
    assert await found(store, PaymentQuery(standings=(Standing.CAPTURED,), door="iyzico")) == [10]


async def test_books_from_before_the_search_are_upgraded(engine: Engine) -> None:
    """Their payments are where they were, and the search learns of them."""
    steps = load_migrations("vezne.storage")
    await migrate(engine, steps[:2])
    old = made(1, state=PaymentState.CAPTURED)
    await engine.apply([first_payment_row(old)])
    await migrate(engine, steps)
    books, search = SqlBooks(engine), SqlPaymentSearch(engine)
    assert await books.find_payment(1, 10) == old
    listed = await books.list_payments(1, since_ms=0, until_ms=AT_MS + 2, before=None, limit=MANY)
    assert listed == [old]
    assert await found(engine, ALL) == []
    assert await search.fill(10) == 1
    assert await found(engine, PaymentQuery(standings=(Standing.CAPTURED,))) == [10]
