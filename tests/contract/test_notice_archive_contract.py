"""Notices as people look through them, in memory and on every engine."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.books import MemoryBooks
from fakes.notice_archive import MemoryNoticeArchive
from fakes.old_records import MemoryOldRecords
from fakes.outbox import notice
from fakes.records import AT_MS, token
from vezne.core.changes import AddDelivery, AddNotice, ChangeNotice, HastenNotices
from vezne.core.delivery import FIRST_KEPT, NEWEST_KEPT, Delivery
from vezne.core.notice import Notice, NoticeKind, NoticeState, deliver, postpone
from vezne.core.notice_archive import NoticeArchive, NoticeFilter
from vezne.core.ports import Books
from vezne.core.retention import OldRecords
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.notice_archive import SqlNoticeArchive
from vezne.storage.old_records import SqlOldRecords

ALL = NoticeFilter()
GIVEN_UP = NoticeFilter(state=NoticeState.GIVEN_UP)
WALK = 4


class Store(msgspec.Struct):
    """Books, the archive of their notices, and what sweeps them."""

    books: Books
    archive: NoticeArchive
    old: OldRecords

    async def add(self, *notices: Notice) -> None:
        await self.books.apply([AddNotice(item) for item in notices])

    async def places(self, wanted: NoticeFilter = ALL, limit: int = 2) -> list[tuple[int, int]]:
        """The places of all that is wanted, page by page."""
        found, before = [], None
        while True:
            page = await self.archive.page_notices(1, wanted, before=before, limit=limit)
            assert len(page.notices) <= limit
            found += [(item.payment_number, item.version) for item in page.notices]
            before = page.further
            if before is None:
                return found


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Store:
    if request.param == "memory":
        books = MemoryBooks()
        return Store(books, MemoryNoticeArchive(books), MemoryOldRecords(books))
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return Store(SqlBooks(engine), SqlNoticeArchive(engine, walk=WALK), SqlOldRecords(engine))


def given_up(item: Notice) -> Notice:
    """As a notice is after three days."""
    once = postpone(item, "answered 500", 0)
    return msgspec.structs.replace(once, state=NoticeState.GIVEN_UP, next_try_ms=None)


def tried(number: int, **changes: object) -> Delivery:
    """A try to tell the notice of `fakes.outbox`."""
    record = Delivery(
        merchant_id=1, payment_number=10_000_000, version=2, id=token(number), at_ms=AT_MS
    )
    return msgspec.structs.replace(record, **changes)


async def test_pages_follow_each_other(store: Store) -> None:
    """Newest payments first, every notice once, none of another merchant's."""
    mine = [notice(payment_number=number, version=v) for number in (1, 2, 3) for v in (2, 3)]
    await store.add(*mine, notice(merchant_id=2, payment_number=9))
    wanted = [(3, 3), (3, 2), (2, 3), (2, 2), (1, 3), (1, 2)]
    for limit in (1, 2, 5, 6, 7):
        assert await store.places(limit=limit) == wanted


async def test_a_filter_goes_through_all(store: Store) -> None:
    """By state, door and kind, however few there are among many others."""
    mine = [notice(payment_number=number) for number in range(1, 12)]
    special = notice(payment_number=20, door="paynet", kind=NoticeKind.REFUND_APPROVED)
    old = notice(payment_number=0, door="paynet", kind=NoticeKind.REFUND_APPROVED)
    await store.add(*mine, special, old)
    await store.books.apply([ChangeNotice(deliver(mine[2])), ChangeNotice(given_up(mine[4]))])
    assert await store.places(NoticeFilter(door="paynet")) == [(20, 2), (0, 2)]
    assert await store.places(NoticeFilter(kind=NoticeKind.REFUND_APPROVED)) == [(20, 2), (0, 2)]
    assert await store.places(NoticeFilter(state=NoticeState.DELIVERED)) == [(3, 2)]
    assert await store.places(GIVEN_UP) == [(5, 2)]
    assert await store.places(msgspec.structs.replace(GIVEN_UP, door="paynet")) == []
    assert len(await store.places(NoticeFilter(state=NoticeState.DUE))) == 11


async def test_a_notice_says_when_it_is_really_tried(store: Store) -> None:
    """Also after somebody has hastened it."""
    item = notice(next_try_ms=AT_MS + 5_000)
    await store.add(item)
    await store.books.apply([HastenNotices(1, AT_MS)])
    (found,) = (await store.archive.page_notices(1, ALL, before=None, limit=1)).notices
    assert found == msgspec.structs.replace(item, next_try_ms=AT_MS)
    assert await store.archive.find_notice(1, (10_000_000, 2)) == found


async def test_a_notice_is_found_by_its_place(store: Store) -> None:
    """By its own merchant; a number that no column holds is nobody's."""
    await store.add(notice())
    assert await store.archive.find_notice(1, (10_000_000, 2)) == notice()
    assert await store.archive.find_notice(2, (10_000_000, 2)) is None
    assert await store.archive.find_notice(1, (10_000_000, 3)) is None
    assert await store.archive.find_notice(1, (2**63, 2)) is None


async def test_tries_come_back_as_they_were_written(store: Store) -> None:
    """Newest first; those of one notice of one merchant."""
    whole = tried(
        2,
        duration_ms=41,
        url="https://shop.example/w?ö=1",
        headers=(("X-Signature", "s"),),
        body=b'{"a":"\xc3\xa7"}\x00',
        status=500,
        answer="hata\x00",
        problem="answered 500",
    )
    others = [tried(5, version=3), tried(6, merchant_id=2), tried(7, payment_number=9)]
    await store.books.apply(
        [AddDelivery(item) for item in (tried(1), whole, tried(3, is_lost=True), *others)]
    )
    place = (10_000_000, 2)
    found = await store.archive.list_deliveries(1, place, limit=9)
    assert found == [tried(3, is_lost=True), whole, tried(1)]
    assert await store.archive.list_deliveries(1, place, limit=1) == found[:1]


async def test_of_many_tries_the_first_and_the_newest_are_kept(store: Store) -> None:
    """However often somebody has a notice sent again; other notices' are left alone."""
    others = [tried(place, version=3) for place in range(100, 103)]
    await store.books.apply([AddDelivery(item) for item in others])
    for place in range(1, 61):
        await store.books.apply([AddDelivery(tried(place))])
    found = await store.archive.list_deliveries(1, (10_000_000, 2), limit=99)
    kept = [*range(1, FIRST_KEPT + 1), *range(61 - NEWEST_KEPT, 61)]
    assert found == [tried(place) for place in reversed(kept)]
    assert len(await store.archive.list_deliveries(1, (10_000_000, 3), limit=99)) == len(others)


async def test_tries_go_with_their_notice(store: Store) -> None:
    """Those of a notice that is still to be told stay."""
    told, due = notice(), notice(version=3)
    await store.add(told, due)
    await store.books.apply([ChangeNotice(deliver(told)), AddDelivery(tried(1))])
    await store.books.apply([AddDelivery(tried(2, version=3))])
    assert await store.old.remove_notices(1, AT_MS + 1, 9) == 1
    assert await store.archive.list_deliveries(1, (10_000_000, 2), limit=9) == []
    assert len(await store.archive.list_deliveries(1, (10_000_000, 3), limit=9)) == 1
