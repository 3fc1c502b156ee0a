"""What of the books in memory is past its time."""

from fakes.books import MemoryBooks
from vezne.core.card import StoredCard
from vezne.core.retention import CardPlace


class MemoryOldRecords:
    """Implements `vezne.core.retention.OldRecords` over the fake books."""

    def __init__(self, books: MemoryBooks) -> None:
        self._books = books

    def _sessions(self, before_ms):
        return [key for key, item in self._books.sessions.items() if item.expires_ms < before_ms]

    def _once_keys(self, until_ms):
        return [key for key, item in self._books.once_keys.items() if item.expires_ms <= until_ms]

    def _notices(self, merchant_id, before_ms):
        return [
            key
            for key, item in self._books.notices.items()
            if key[0] == merchant_id and item.next_try_ms is None and item.at_ms < before_ms
        ]

    async def count_sessions(self, before_ms: int) -> int:
        return len(self._sessions(before_ms))

    async def remove_sessions(self, before_ms: int, limit: int) -> int:
        return _remove(self._books.sessions, self._sessions(before_ms)[:limit])

    async def count_once_keys(self, until_ms: int) -> int:
        return len(self._once_keys(until_ms))

    async def remove_once_keys(self, until_ms: int, limit: int) -> int:
        return _remove(self._books.once_keys, self._once_keys(until_ms)[:limit])

    async def count_notices(self, merchant_id: int, before_ms: int) -> int:
        return len(self._notices(merchant_id, before_ms))

    async def remove_notices(self, merchant_id: int, before_ms: int, limit: int) -> int:
        removed = _remove(self._books.notices, self._notices(merchant_id, before_ms)[:limit])
        left = {
            key
            for key, item in self._books.deliveries.items()
            if (item.merchant_id, item.payment_number, item.version) not in self._books.notices
        }
        _remove(self._books.deliveries, left)
        return removed

    async def list_cards_after(
        self, merchant_id: int, place: CardPlace, limit: int
    ) -> list[StoredCard]:
        mine = [
            card
            for key, card in sorted(self._books.cards.items())
            if key[0] == merchant_id and key[1:] > place
        ]
        return mine[:limit]

    async def remove_card(self, card: StoredCard) -> bool:
        key = (card.merchant_id, card.owner_key, card.token)
        if self._books.cards.get(key) != card:
            return False
        del self._books.cards[key]
        return True


def _remove(records, keys):
    for key in keys:
        del records[key]
    return len(keys)
