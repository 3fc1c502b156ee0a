"""The outbox of books in memory, and notices with sensible values."""

import msgspec

from fakes.books import MemoryBooks
from fakes.records import AT_MS
from vezne.core.money import UNIT
from vezne.core.notice import Notice, NoticeKind, NoticeState


def notice(**changes: object) -> Notice:
    """The notice of a sale that the bank has approved."""
    record = Notice(
        merchant_id=1,
        payment_number=10_000_000,
        version=2,
        door="iyzico",
        kind=NoticeKind.SALE_APPROVED,
        at_ms=AT_MS,
        amount_e8=120 * UNIT,
        next_try_ms=AT_MS,
    )
    return msgspec.structs.replace(record, **changes)


class MemoryOutbox:
    """Implements `vezne.core.webhook.Outbox`."""

    def __init__(self, books: MemoryBooks) -> None:
        self._books = books

    async def list_due_notices(
        self, merchant_id: int, door: str, *, until_ms: int, limit: int
    ) -> list[Notice]:
        oldest: dict[int, Notice] = {}
        for (owner_id, number, _), item in sorted(self._books.notices.items()):
            if (owner_id, item.door) == (merchant_id, door) and item.next_try_ms is not None:
                oldest.setdefault(number, item)
        due = [item for item in oldest.values() if item.next_try_ms <= until_ms]
        due.sort(key=lambda item: (item.tries > 0, item.next_try_ms, item.payment_number))
        return due[:limit]

    async def find_notices(self, merchant_id: int, payment_number: int) -> list[Notice]:
        return [
            item
            for key, item in sorted(self._books.notices.items())
            if key[:2] == (merchant_id, payment_number)
        ]

    async def list_notices(
        self, merchant_id: int, state: NoticeState | None, *, limit: int
    ) -> list[Notice]:
        found = [
            item
            for key, item in sorted(self._books.notices.items(), reverse=True)
            if key[0] == merchant_id and state in (None, item.state)
        ]
        return found[:limit]
