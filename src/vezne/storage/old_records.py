"""What of the books is past its time, found by indexes that new rows join at their end."""

from collections.abc import Sequence
from typing import Final, cast

from vezne.core.card import StoredCard
from vezne.core.retention import CardPlace
from vezne.engines.engine import ANY_ROWS, Conflict, Engine, Value, Write
from vezne.storage import cards

_COUNT_SESSIONS: Final = "SELECT count(*) FROM sessions WHERE expires_ms < ?"
_OLD_SESSIONS: Final = """SELECT merchant_id, key FROM sessions
WHERE expires_ms < ? ORDER BY expires_ms LIMIT ?"""
_REMOVE_SESSION: Final = "DELETE FROM sessions WHERE merchant_id = ? AND key = ?"

_COUNT_ONCE_KEYS: Final = "SELECT count(*) FROM once_keys WHERE expires_ms <= ?"
_OLD_ONCE_KEYS: Final = """SELECT merchant_id, scope, key, version FROM once_keys
WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?"""
_REMOVE_ONCE_KEY: Final = """DELETE FROM once_keys
WHERE merchant_id = ? AND scope = ? AND key = ? AND version = ?"""

_COUNT_NOTICES: Final = "SELECT count(*) FROM notices WHERE merchant_id = ? AND closed_ms < ?"
_OLD_NOTICES: Final = """SELECT merchant_id, payment_number, version, revision FROM notices
WHERE merchant_id = ? AND closed_ms < ? ORDER BY closed_ms LIMIT ?"""
_REMOVE_NOTICE: Final = """DELETE FROM notices
WHERE merchant_id = ? AND payment_number = ? AND version = ? AND revision = ?"""
# What was tried goes with what it was tried for.
_REMOVE_DELIVERIES: Final = """DELETE FROM deliveries
WHERE merchant_id = ? AND payment_number = ? AND version = ? AND NOT EXISTS (
    SELECT 1 FROM notices
    WHERE notices.merchant_id = deliveries.merchant_id
    AND notices.payment_number = deliveries.payment_number
    AND notices.version = deliveries.version
)"""


class SqlOldRecords:
    """Implements `vezne.core.retention.OldRecords`. The engine has the migrations of storage.

    A row that changes while it is looked at is left for the next time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def count_sessions(self, before_ms: int) -> int:
        """Sessions that were over before a time."""
        return await self._count(_COUNT_SESSIONS, before_ms)

    async def remove_sessions(self, before_ms: int, limit: int) -> int:
        """Delete so many of them at most; returns how many."""
        return await self._remove(_OLD_SESSIONS, _REMOVE_SESSION, before_ms, limit)

    async def count_once_keys(self, until_ms: int) -> int:
        """Idempotency keys that were over by a time."""
        return await self._count(_COUNT_ONCE_KEYS, until_ms)

    async def remove_once_keys(self, until_ms: int, limit: int) -> int:
        """Delete so many of them at most; returns how many."""
        return await self._remove(_OLD_ONCE_KEYS, _REMOVE_ONCE_KEY, until_ms, limit)

    async def count_notices(self, merchant_id: int, before_ms: int) -> int:
        """A merchant's closed notices of what happened before a time."""
        return await self._count(_COUNT_NOTICES, merchant_id, before_ms)

    async def remove_notices(self, merchant_id: int, before_ms: int, limit: int) -> int:
        """Delete so many of them at most; returns how many."""
        rows = await self._engine.fetch(_OLD_NOTICES, (merchant_id, before_ms, limit))
        removals = [Write(_REMOVE_NOTICE, row, ANY_ROWS) for row in rows]
        await self._engine.apply(
            [*removals, *(Write(_REMOVE_DELIVERIES, row[:3], ANY_ROWS) for row in rows)]
        )
        return len(rows)

    async def list_cards_after(
        self, merchant_id: int, place: CardPlace, limit: int
    ) -> list[StoredCard]:
        """A merchant's cards beyond a place, in order."""
        return await cards.list_cards_after(self._engine, merchant_id, place, limit)

    async def remove_card(self, card: StoredCard) -> bool:
        """Delete a card if it still is as it was read; whether it was."""
        try:
            await self._engine.apply([cards.remove_card_as_read(card)])
        except Conflict:
            return False
        return True

    async def _count(self, sql: str, *params: Value) -> int:
        ((count,),) = await self._engine.fetch(sql, params)
        return cast("int", count)

    async def _remove(self, find: str, remove: str, *params: Value) -> int:
        """Rows are named by their keys and versions, so that none is deleted that changed."""
        rows: Sequence[tuple[Value, ...]] = await self._engine.fetch(find, params)
        await self._engine.apply([Write(remove, row, ANY_ROWS) for row in rows])
        return len(rows)
