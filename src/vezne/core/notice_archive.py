"""Looking through what merchants were told, or are still to be told."""

from typing import Protocol

import msgspec

from vezne.core.delivery import Delivery
from vezne.core.notice import Notice, NoticeKind, NoticeState

# The payment and the version that a notice is of.
NoticePlace = tuple[int, int]


class NoticeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which notices are meant; None: whichever."""

    state: NoticeState | None = None
    door: str | None = None
    kind: NoticeKind | None = None


class NoticePage(msgspec.Struct, frozen=True, kw_only=True):
    """Some notices. `further` is where to go on; None: that was all.

    `is_cut` says that the search ended before it had found as many as were asked for.
    """

    notices: list[Notice]
    further: NoticePlace | None = None
    is_cut: bool = False


class NoticeArchive(Protocol):
    """The notices that are stored, and every try to tell them."""

    async def page_notices(
        self,
        merchant_id: int,
        wanted: NoticeFilter,
        *,
        before: NoticePlace | None,
        limit: int,
    ) -> NoticePage:
        """A merchant's notices before a place, those of the newest payments first.

        Only so many are looked at: where few are wanted, a page may have less than `limit`, or
        none, and still go on.
        """

    async def find_notice(self, merchant_id: int, place: NoticePlace) -> Notice | None:
        """A merchant's notice by its place."""

    async def list_deliveries(
        self, merchant_id: int, place: NoticePlace, *, limit: int
    ) -> list[Delivery]:
        """The newest tries to tell a notice that are kept, newest first."""
