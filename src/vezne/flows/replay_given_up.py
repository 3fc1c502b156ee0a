"""Tell merchants again whatever was given up, once their servers work."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from vezne.core.changes import ChangeNotice, Conflict
from vezne.core.merchant import Merchant
from vezne.core.notice import Notice, NoticeState, replay
from vezne.core.notice_archive import NoticeArchive, NoticeFilter
from vezne.core.ports import Ports
from vezne.flows.merchant_time import ports_at

# In one transaction, so that nobody waits for it.
TOGETHER: Final = 200
# By one command: a server that was away for days is told thousands of things, one after the other.
REPLAYED_MAX: Final = 2_000
GIVEN_UP: Final = NoticeFilter(state=NoticeState.GIVEN_UP)


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """How many notices are due again, and whether those were all."""

    count: int
    is_all: bool


async def replay_given_up(merchant: Merchant, archive: NoticeArchive, ports: Ports) -> Replayed:
    """Make the notices due again that a merchant's server never took, the newest payments first.

    One that somebody else replays at the same time is left to them.
    """
    now_ms = ports_at(merchant, ports).clock.now_ms()
    count, place = 0, None
    for _ in range(REPLAYED_MAX // TOGETHER):
        page = await archive.page_notices(merchant.id, GIVEN_UP, before=place, limit=TOGETHER)
        count += await _replay([replay(item, now_ms) for item in page.notices], ports)
        place = page.further
        if place is None:
            return Replayed(count=count, is_all=True)
    return Replayed(count=count, is_all=False)


async def _replay(again: Sequence[Notice], ports: Ports) -> int:
    """Write all at once, or what is left of them one by one; how many were written."""
    try:
        await ports.books.apply([ChangeNotice(item) for item in again])
    except Conflict:
        count = 0
        for item in again:
            with suppress(Conflict):
                await ports.books.apply([ChangeNotice(item)])
                count += 1
        return count
    return len(again)
