"""What every outbox promises, the one in memory that flows are tested with included."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.outbox import MemoryOutbox, notice
from fakes.records import AT_MS, payment
from vezne.core.changes import (
    AddNotice,
    AddPayment,
    ChangeNotice,
    ChangePayment,
    Conflict,
    HastenNotices,
)
from vezne.core.notice import Notice, NoticeKind, NoticeState, deliver, postpone, replay
from vezne.core.ports import Books
from vezne.core.webhook import Outbox
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.outbox import SqlOutbox

BEYOND_64_BITS = 2**63


class Store(msgspec.Struct):
    """Books, and the outbox that they keep."""

    books: Books
    outbox: Outbox

    async def add(self, *notices: Notice) -> None:
        await self.books.apply([AddNotice(item) for item in notices])

    async def change(self, *notices: Notice) -> None:
        await self.books.apply([ChangeNotice(item) for item in notices])

    async def due(self, until_ms: int = AT_MS, limit: int = 9) -> list[Notice]:
        return await self.outbox.list_due_notices(1, "iyzico", until_ms=until_ms, limit=limit)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Store:
    if request.param == "memory":
        books = MemoryBooks()
        return Store(books, MemoryOutbox(books))
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return Store(SqlBooks(engine), SqlOutbox(engine))


async def test_a_notice_comes_back_as_it_was_written(store: Store) -> None:
    """Every field of it, and for its own merchant and payment only."""
    failed = postpone(
        notice(version=3, kind=NoticeKind.REFUND_FAILED, is_late=True), "answered 500", AT_MS
    )
    await store.add(notice(), failed, notice(merchant_id=2), notice(payment_number=10_000_009))
    assert await store.outbox.find_notices(1, 10_000_000) == [notice(), failed]
    assert await store.outbox.find_notices(2, 10_000_000) == [notice(merchant_id=2)]
    assert await store.outbox.find_notices(3, 10_000_000) == []


@pytest.mark.parametrize("number", [-1, BEYOND_64_BITS])
async def test_a_number_of_no_payment_has_no_notices(store: Store, number: int) -> None:
    """Not even when no column could hold it."""
    assert await store.outbox.find_notices(1, number) == []


async def test_a_version_has_one_notice(store: Store) -> None:
    """A second one conflicts, and takes everything of its batch with it."""
    await store.add(notice())
    await store.books.apply([AddPayment(payment())])
    with pytest.raises(Conflict):
        await store.books.apply([ChangePayment(payment(version=2)), AddNotice(notice())])
    assert await store.books.find_payment(1, 10_000_000) == payment()


async def test_a_notice_is_lost_with_its_payment_s_change(store: Store) -> None:
    """Nobody is told of what did not happen."""
    with pytest.raises(Conflict):
        await store.books.apply([AddNotice(notice()), ChangePayment(payment(version=2))])
    assert await store.outbox.find_notices(1, 10_000_000) == []


async def test_a_revision_is_replaced_by_the_next(store: Store) -> None:
    """Somebody who decided on an older one is told so."""
    await store.add(notice())
    told, again = deliver(notice()), replay(notice(), AT_MS + 1)
    await store.change(told)
    with pytest.raises(Conflict):
        await store.change(again)
    with pytest.raises(Conflict):
        await store.change(deliver(notice(version=9)))
    assert await store.outbox.find_notices(1, 10_000_000) == [told]


async def test_due_notices_are_listed_longest_due_first(store: Store) -> None:
    """Those of the merchant whose time has come, at most so many."""
    first = notice(payment_number=10_000_009, next_try_ms=AT_MS - 5)
    later = notice(payment_number=10_000_018, next_try_ms=AT_MS + 5)
    await store.add(notice(), first, later, notice(merchant_id=2))
    assert await store.due() == [first, notice()]
    assert await store.due(limit=1) == [first]
    assert await store.due(AT_MS - 6) == []
    assert await store.due(AT_MS + 5) == [first, notice(), later]


async def test_first_tries_are_listed_before_others(store: Store) -> None:
    """Of the door that is asked for; a replay is a first try again."""
    failed = postpone(notice(), "answered 500", AT_MS)
    new = notice(payment_number=10_000_009, next_try_ms=AT_MS + 30_000)
    await store.add(notice(), new, notice(payment_number=10_000_018, door="paynet"))
    await store.change(failed)
    assert await store.due(AT_MS + 40_000) == [new, failed]
    assert await store.due(AT_MS + 40_000, limit=1) == [new]
    again = replay(failed, AT_MS)
    await store.change(again)
    assert await store.due(AT_MS + 40_000) == [again, new]


async def test_no_notice_overtakes_another_of_its_payment(store: Store) -> None:
    """The second waits until the first is told or given up, however long that takes."""
    second = notice(version=4)
    await store.add(notice(), second)
    assert await store.due() == [notice()]
    failed = postpone(notice(), "answered 500", AT_MS)
    await store.change(failed)
    assert await store.due() == []
    assert await store.due(failed.next_try_ms or 0) == [failed]
    await store.change(deliver(failed))
    assert await store.due() == [second]
    await store.change(deliver(second))
    assert await store.due() == []


async def test_a_replayed_notice_goes_before_younger_ones(store: Store) -> None:
    """Also when a younger one was told before."""
    told = deliver(notice())
    again = replay(told, AT_MS)
    await store.add(notice(), notice(version=4))
    await store.change(told)
    await store.change(again)
    assert await store.due() == [again]


async def test_waiting_notices_are_hastened(store: Store) -> None:
    """All that wait for a later time, in their order; not another merchant's, nor what is over."""
    waiting, younger = notice(next_try_ms=AT_MS + 9), notice(version=4, next_try_ms=AT_MS + 8)
    foreign = notice(merchant_id=2, next_try_ms=AT_MS + 9)
    over = deliver(notice(payment_number=10_000_009))
    await store.add(waiting, younger, foreign, notice(payment_number=10_000_009))
    await store.change(over)
    await store.books.apply([HastenNotices(1, AT_MS + 1)])
    (due,) = await store.due(AT_MS + 1)
    assert (due.payment_number, due.version) == (10_000_000, 2)
    assert await store.outbox.list_due_notices(2, "iyzico", until_ms=AT_MS + 8, limit=9) == []
    await store.change(deliver(due))
    (due,) = await store.due(AT_MS + 1)
    assert due.version == 4


async def test_notices_are_listed_by_state(store: Store) -> None:
    """Those of the newest payments first, at most so many."""
    other = notice(payment_number=10_000_009)
    second = notice(version=4, kind=NoticeKind.VOID_APPROVED)
    await store.add(notice(), second, other, notice(merchant_id=2))
    told = deliver(other)
    await store.change(told)
    every = store.outbox.list_notices
    assert await every(1, None, limit=9) == [told, second, notice()]
    assert await every(1, None, limit=2) == [told, second]
    assert await every(1, NoticeState.DUE, limit=9) == [second, notice()]
    assert await every(1, NoticeState.DELIVERED, limit=9) == [told]
    assert await every(1, NoticeState.GIVEN_UP, limit=9) == []
