"""Notices page by page, as people look through them."""

from collections.abc import Sequence
from typing import Final, cast

from vezne.core.delivery import Delivery
from vezne.core.notice import Notice, NoticeState
from vezne.core.notice_archive import NoticeFilter, NoticePage, NoticePlace
from vezne.engines.engine import Engine, Row
from vezne.storage import deliveries
from vezne.storage.documents import Documents

# So many notices are looked at for a page: about twenty milliseconds.
WALK: Final = 5_000
_END: Final = (2**63 - 1, 2**63 - 1)

_PAGE: Final = """SELECT payment_number, version, state, door, next_try_ms, document FROM notices
WHERE merchant_id = ? AND (payment_number, version) < (?, ?)
ORDER BY payment_number DESC, version DESC LIMIT ?"""

# These have an index of their own, which is only found when the state stands in the text.
_PAGE_OF_GIVEN_UP: Final = _PAGE.replace("ORDER", "AND state = 'given_up' ORDER")

_FOUND_BY_INDEX: Final = (NoticeFilter(), NoticeFilter(state=NoticeState.GIVEN_UP))

_FIND: Final = """SELECT payment_number, version, state, door, next_try_ms, document FROM notices
WHERE merchant_id = ? AND payment_number = ? AND version = ?"""

_documents: Final = Documents(Notice)


class SqlNoticeArchive:
    """Implements `vezne.core.notice_archive.NoticeArchive`, over the migrations of storage."""

    def __init__(self, engine: Engine, walk: int = WALK) -> None:
        self._engine = engine
        self._walk = walk

    async def page_notices(
        self,
        merchant_id: int,
        wanted: NoticeFilter,
        *,
        before: NoticePlace | None,
        limit: int,
    ) -> NoticePage:
        """A merchant's notices before a place, those of the newest payments first."""
        sql = _PAGE_OF_GIVEN_UP if wanted.state is NoticeState.GIVEN_UP else _PAGE
        walk = limit + 1 if wanted in _FOUND_BY_INDEX else self._walk
        rows = await self._engine.fetch(sql, (merchant_id, *(before or _END), walk))
        found: list[Notice] = []
        for index, row in enumerate(rows):
            notice = _wanted_in(row, wanted)
            if notice is None:
                continue
            if len(found) == limit:
                return NoticePage(notices=found, further=_place_of(rows[index - 1]))
            found.append(notice)
        if len(rows) < walk:
            return NoticePage(notices=found)
        return NoticePage(notices=found, further=_place_of(rows[-1]), is_cut=True)

    async def find_notice(self, merchant_id: int, place: NoticePlace) -> Notice | None:
        """A merchant's notice by its place."""
        if max(place) > _END[0]:
            return None
        rows = await self._engine.fetch(_FIND, (merchant_id, *place))
        return _read(rows[0]) if rows else None

    async def list_deliveries(
        self, merchant_id: int, place: NoticePlace, *, limit: int
    ) -> list[Delivery]:
        """The newest tries to tell a notice, newest first."""
        return await deliveries.list_deliveries(self._engine, merchant_id, place, limit)


def _wanted_in(row: Row, wanted: NoticeFilter) -> Notice | None:
    """The notice of a row, if it is wanted. What the columns say is compared first."""
    if wanted.state not in (None, row[2]) or wanted.door not in (None, row[3]):
        return None
    notice = _read(row)
    return notice if wanted.kind in (None, notice.kind) else None


def _read(row: Row) -> Notice:
    # A clock that was moved has moved the column only.
    return _documents.read_as(row[5], {"next_try_ms": row[4]})


def _place_of(row: Sequence[object]) -> NoticePlace:
    return cast("int", row[0]), cast("int", row[1])
