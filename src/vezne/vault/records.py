"""The vault's own tables: wrapped keys, sealed cards, the blocklist.

No index stands on a fingerprint in `sealed_cards`: values that arrive in random order would cost
the insert path most of its speed. The blocklist is small and keyed by them.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

from vezne.engines.engine import ANY_ROWS, Engine, Write

_SELECT_KEYS = """
SELECT merchant_id, purpose, version, state, master_key_id, wrapped, created_ms
FROM vault_keys WHERE merchant_id = ? ORDER BY purpose, version
"""
_INSERT_KEY = """
INSERT INTO vault_keys (merchant_id, purpose, version, state, master_key_id, wrapped, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_CARD = """
INSERT INTO sealed_cards (merchant_id, token, key_version, sealed, fingerprint)
VALUES (?, ?, ?, ?, ?)
"""
_SELECT_CARD = """
SELECT key_version, sealed, fingerprint FROM sealed_cards WHERE merchant_id = ? AND token = ?
"""
_DELETE_CARD = "DELETE FROM sealed_cards WHERE merchant_id = ? AND token = ?"
_INSERT_BLOCKED = """
INSERT INTO blocked_cards (merchant_id, fingerprint, created_ms) VALUES (?, ?, ?)
ON CONFLICT DO NOTHING
"""
_DELETE_BLOCKED = "DELETE FROM blocked_cards WHERE merchant_id = ? AND fingerprint = ?"
_SELECT_BLOCKED = "SELECT created_ms FROM blocked_cards WHERE merchant_id = ? AND fingerprint = ?"
_SELECT_ANY_BLOCKED = "SELECT 1 FROM blocked_cards WHERE merchant_id = ? LIMIT 1"
_SELECT_CARD_BLOCKED = """
SELECT b.fingerprint FROM sealed_cards c
LEFT JOIN blocked_cards b ON b.merchant_id = c.merchant_id AND b.fingerprint = c.fingerprint
WHERE c.merchant_id = ? AND c.token = ?
"""


class WrappedKey(NamedTuple):
    """A key as it is stored. `state` is `active` for the one version that seals."""

    merchant_id: int
    purpose: str
    version: int
    state: str
    master_key_id: str
    wrapped: bytes
    created_ms: int


class SealedRow(NamedTuple):
    """A stored card: which version of the merchant's key opens it."""

    key_version: int
    sealed: bytes
    fingerprint: bytes


class VaultRecords:
    """Reads and writes over an engine; nothing is decided or decrypted here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def find_keys(self, merchant_id: int) -> list[WrappedKey]:
        """All versions of a merchant's keys."""
        rows = await self._engine.fetch(_SELECT_KEYS, (merchant_id,))
        return [
            WrappedKey(*cast("tuple[int, str, int, str, str, bytes, int]", row)) for row in rows
        ]

    async def add_keys(self, keys: Sequence[WrappedKey]) -> None:
        """Store new keys, all or none. Raises Conflict when one of them exists."""
        await self._engine.apply([Write(_INSERT_KEY, tuple(key)) for key in keys])

    async def add_card(self, merchant_id: int, token: bytes, card: SealedRow) -> None:
        """Store a sealed card."""
        await self._engine.apply([Write(_INSERT_CARD, (merchant_id, token, *card))])

    async def find_card(self, merchant_id: int, token: bytes) -> SealedRow | None:
        """A sealed card by token."""
        rows = await self._engine.fetch(_SELECT_CARD, (merchant_id, token))
        return SealedRow(*cast("tuple[int, bytes, bytes]", rows[0])) if rows else None

    async def remove_card(self, merchant_id: int, token: bytes) -> None:
        """Delete a sealed card, if it is there."""
        await self._engine.apply([Write(_DELETE_CARD, (merchant_id, token), ANY_ROWS)])

    async def add_blocked(self, merchant_id: int, fingerprint: bytes, now_ms: int) -> None:
        """Put a fingerprint on the blocklist; it may be there already."""
        params = (merchant_id, fingerprint, now_ms)
        await self._engine.apply([Write(_INSERT_BLOCKED, params, ANY_ROWS)])

    async def remove_blocked(self, merchant_id: int, fingerprint: bytes) -> None:
        """Take a fingerprint off the blocklist, if it is there."""
        await self._engine.apply([Write(_DELETE_BLOCKED, (merchant_id, fingerprint), ANY_ROWS)])

    async def is_blocked(self, merchant_id: int, fingerprint: bytes) -> bool:
        """Whether a fingerprint is on the blocklist."""
        return await self.blocked_since(merchant_id, fingerprint) is not None

    async def blocked_since(self, merchant_id: int, fingerprint: bytes) -> int | None:
        """When a fingerprint was put on the blocklist; None when it is not there."""
        rows = await self._engine.fetch(_SELECT_BLOCKED, (merchant_id, fingerprint))
        return cast("int", rows[0][0]) if rows else None

    async def has_blocked(self, merchant_id: int) -> bool:
        """Whether anything is on the merchant's blocklist."""
        return bool(await self._engine.fetch(_SELECT_ANY_BLOCKED, (merchant_id,)))

    async def is_card_blocked(self, merchant_id: int, token: bytes) -> bool | None:
        """Whether a stored card is on the blocklist; None when there is no such card."""
        rows = await self._engine.fetch(_SELECT_CARD_BLOCKED, (merchant_id, token))
        return rows[0][0] is not None if rows else None
