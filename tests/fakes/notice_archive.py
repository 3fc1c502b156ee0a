"""The archive of notices of books in memory."""

from fakes.books import MemoryBooks
from vezne.core.delivery import Delivery
from vezne.core.notice import Notice
from vezne.core.notice_archive import NoticeFilter, NoticePage, NoticePlace


class MemoryNoticeArchive:
    """Implements `vezne.core.notice_archive.NoticeArchive`."""

    def __init__(self, books: MemoryBooks) -> None:
        self._books = books

    async def page_notices(
        self,
        merchant_id: int,
        wanted: NoticeFilter,
        *,
        before: NoticePlace | None,
        limit: int,
    ) -> NoticePage:
        found = [
            item
            for (owner_id, *place), item in sorted(self._books.notices.items(), reverse=True)
            if owner_id == merchant_id and (before is None or tuple(place) < before)
            if wanted.state in (None, item.state) and wanted.door in (None, item.door)
            if wanted.kind in (None, item.kind)
        ]
        if len(found) <= limit:
            return NoticePage(notices=found)
        last = found[limit - 1]
        return NoticePage(notices=found[:limit], further=(last.payment_number, last.version))

    async def find_notice(self, merchant_id: int, place: NoticePlace) -> Notice | None:
        return self._books.notices.get((merchant_id, *place))

    async def list_deliveries(
        self, merchant_id: int, place: NoticePlace, *, limit: int
    ) -> list[Delivery]:
        mine = [
            item
            for item in self._books.deliveries.values()
            if (item.merchant_id, item.payment_number, item.version) == (merchant_id, *place)
        ]
        return sorted(mine, key=lambda item: item.id, reverse=True)[:limit]
