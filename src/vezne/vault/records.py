"""The vault's own tables of cards: sealed cards, the blocklist.

No index stands on a fingerprint in `sealed_cards`: values that arrive in random order would cost
the insert path most of its speed. The blocklist is small and keyed by them.

What is inserted names the versions of the keys it was made with, and is refused unless both are
the active ones at that moment. So a version that is active no more gets no new rows.
"""

from collections.abc import Awaitable, Sequence
from typing import Final, NamedTuple, cast

import msgspec

from vezne.engines.engine import ANY_ROWS, Engine, Write

_IF_ACTIVE: Final = """
WHERE EXISTS (SELECT 1 FROM vault_keys
              WHERE merchant_id = ? AND purpose = 'card' AND version = ? AND state = 'active')
AND EXISTS (SELECT 1 FROM vault_keys
            WHERE merchant_id = ? AND purpose = 'fingerprint' AND version = ? AND state = 'active')
"""
_CARD: Final = "key_version, sealed, fingerprint, fingerprint_version"
# The versions are those of the keys that are found to be active.
_INSERT_CARD: Final = f"""
INSERT INTO sealed_cards (merchant_id, token, {_CARD})
SELECT c.merchant_id, ?, c.version, ?, ?, f.version FROM vault_keys c, vault_keys f
WHERE c.merchant_id = ? AND c.purpose = 'card' AND c.version = ? AND c.state = 'active'
AND f.merchant_id = c.merchant_id AND f.purpose = 'fingerprint' AND f.version = ?
AND f.state = 'active'
"""  # noqa: S608
_SELECT_CARD: Final = f"SELECT {_CARD} FROM sealed_cards WHERE merchant_id = ? AND token = ?"  # noqa: S608
_SELECT_CARDS: Final = f"""
SELECT token, {_CARD} FROM sealed_cards WHERE merchant_id = ? AND token > ? ORDER BY token LIMIT ?
"""  # noqa: S608
_SELECT_VERSIONS: Final = """
SELECT token, key_version, fingerprint_version FROM sealed_cards
WHERE merchant_id = ? AND token > ? ORDER BY token LIMIT ?
"""
_COUNT_CARDS: Final = "SELECT count(*) FROM sealed_cards WHERE merchant_id = ?"
_UPDATE_CARD: Final = """
UPDATE sealed_cards SET key_version = ?, sealed = ?, fingerprint = ?, fingerprint_version = ?
WHERE merchant_id = ? AND token = ? AND key_version = ? AND fingerprint_version = ?
"""
_DELETE_CARD: Final = "DELETE FROM sealed_cards WHERE merchant_id = ? AND token = ?"

# An entry under a key that is destroyed could never be found again, nor taken off.
_IF_NOT_DESTROYED: Final = """
AND EXISTS (SELECT 1 FROM vault_keys WHERE merchant_id = ? AND purpose = 'fingerprint'
            AND version = ? AND state <> 'destroyed')
"""
_BLOCKED: Final = "fingerprint, fingerprint_version, key_version, sealed, created_ms"
_INSERT_BLOCKED: Final = f"""
INSERT INTO blocked_cards (merchant_id, {_BLOCKED}) SELECT ?, ?, ?, ?, ?, ?
{_IF_ACTIVE} {_IF_NOT_DESTROYED}
ON CONFLICT (merchant_id, fingerprint) DO UPDATE SET
fingerprint_version = excluded.fingerprint_version, key_version = excluded.key_version,
sealed = excluded.sealed
"""
_SELECT_BLOCKED: Final = f"SELECT {_BLOCKED} FROM blocked_cards WHERE merchant_id = ?"  # noqa: S608
_DELETE_BLOCKED: Final = "DELETE FROM blocked_cards WHERE merchant_id = ? AND fingerprint = ?"
# A row that is gone in the meantime stays gone, and so does what would be made of it.
_HOLD_BLOCKED: Final = """
UPDATE blocked_cards SET created_ms = created_ms WHERE merchant_id = ? AND fingerprint = ?
"""
_UPDATE_BLOCKED: Final = """
UPDATE blocked_cards SET fingerprint_version = ?, key_version = ?, sealed = ?
WHERE merchant_id = ? AND fingerprint = ? AND key_version = ? AND fingerprint_version = ?
"""
_SELECT_BLOCKED_SINCE: Final = """
SELECT k.version,
       (SELECT b.created_ms FROM blocked_cards b WHERE b.merchant_id = ? AND b.fingerprint = ?)
FROM vault_keys k
WHERE k.merchant_id = ? AND k.purpose = 'fingerprint' AND k.state = 'active'
"""
_SELECT_ANY_BLOCKED: Final = "SELECT 1 FROM blocked_cards WHERE merchant_id = ? LIMIT 1"


class SealedRow(msgspec.Struct, frozen=True):
    """A stored card, and the versions of the merchant's keys that it was made with.

    Version 0 of a fingerprint is version 1, made before the seal covered the fingerprint.
    """

    key_version: int
    sealed: bytes
    fingerprint: bytes
    fingerprint_version: int


class BlockedRow(NamedTuple):
    """An entry of a blocklist. One of before the list held numbers has no `sealed`."""

    fingerprint: bytes
    fingerprint_version: int
    key_version: int
    sealed: bytes | None
    created_ms: int


class BlockedSince(NamedTuple):
    """What a look at a blocklist found, and which fingerprint key was active at that moment."""

    active_version: int
    created_ms: int | None


class Resealed(NamedTuple):
    """A card that is to be stored instead of the row that was read before."""

    token: bytes
    before: SealedRow
    after: SealedRow


class VaultRecords:
    """Reads and writes over an engine; nothing is decided or decrypted here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert_card = _insert_for(engine)

    def add_card(self, merchant_id: int, token: bytes, card: SealedRow) -> Awaitable[None]:
        """Store a sealed card. Raises Conflict when one of its keys is active no more."""
        keys = (merchant_id, card.key_version, card.fingerprint_version)
        write = Write(self._insert_card, (token, card.sealed, card.fingerprint, *keys))
        return self._engine.apply([write])

    async def find_card(self, merchant_id: int, token: bytes) -> SealedRow | None:
        """A sealed card by token."""
        rows = await self._engine.fetch(_SELECT_CARD, (merchant_id, token))
        return SealedRow(*cast("tuple[int, bytes, bytes, int]", rows[0])) if rows else None

    async def list_cards(
        self, merchant_id: int, *, after: bytes, limit: int
    ) -> list[tuple[bytes, SealedRow]]:
        """A merchant's cards beyond a token, in the order of their tokens."""
        rows = await self._engine.fetch(_SELECT_CARDS, (merchant_id, after, limit))
        found = cast("list[tuple[bytes, int, bytes, bytes, int]]", rows)
        return [(row[0], SealedRow(*row[1:])) for row in found]

    async def list_versions(
        self, merchant_id: int, *, after: bytes, limit: int
    ) -> list[tuple[bytes, int, int]]:
        """Token, key version and fingerprint version of a merchant's cards beyond a token."""
        rows = await self._engine.fetch(_SELECT_VERSIONS, (merchant_id, after, limit))
        return cast("list[tuple[bytes, int, int]]", rows)

    async def count_cards(self, merchant_id: int) -> int:
        """How many cards of a merchant are stored."""
        rows = await self._engine.fetch(_COUNT_CARDS, (merchant_id,))
        return cast("int", rows[0][0])

    async def replace_cards(self, merchant_id: int, cards: Sequence[Resealed]) -> None:
        """Store cards instead of their rows of before; one that is gone stays gone."""
        await self._engine.apply(
            [
                Write(
                    _UPDATE_CARD,
                    (
                        *msgspec.structs.astuple(card.after),
                        merchant_id,
                        card.token,
                        card.before.key_version,
                        card.before.fingerprint_version,
                    ),
                    ANY_ROWS,
                )
                for card in cards
            ]
        )

    async def erase(self) -> bool:
        """Rid the database's files of what was deleted. Raises EngineFailure."""
        return await self._engine.erase()

    async def remove_card(self, merchant_id: int, token: bytes) -> None:
        """Delete a sealed card, if it is there."""
        await self._engine.apply([Write(_DELETE_CARD, (merchant_id, token), ANY_ROWS)])

    async def add_blocked(self, merchant_id: int, entries: Sequence[BlockedRow]) -> None:
        """Put a number on the blocklist, under each version of its fingerprint, newest last.

        One that is there already keeps its time. Raises Conflict when the keys of the last one are
        active no more, or the fingerprint key of another one is destroyed.
        """
        await self._engine.apply(
            [_blocked_insert(merchant_id, entry, entries[-1]) for entry in entries]
        )

    async def list_blocked(self, merchant_id: int) -> list[BlockedRow]:
        """A merchant's blocklist."""
        rows = await self._engine.fetch(_SELECT_BLOCKED, (merchant_id,))
        found = cast("list[tuple[bytes, int, int, bytes | None, int]]", rows)
        return [BlockedRow(*row) for row in found]

    async def copy_blocked(self, merchant_id: int, before: bytes, entry: BlockedRow) -> None:
        """Put an entry beside the one with another fingerprint of the same number.

        Raises Conflict when that one is gone, or the entry's keys are active no more.
        """
        await self._engine.apply(
            [
                Write(_HOLD_BLOCKED, (merchant_id, before)),
                _blocked_insert(merchant_id, entry, entry),
            ]
        )

    async def reseal_blocked(self, merchant_id: int, before: BlockedRow, entry: BlockedRow) -> None:
        """Store the number of an entry anew; one that is gone or was changed stays so."""
        params = (entry.fingerprint_version, entry.key_version, entry.sealed)
        versions = (before.key_version, before.fingerprint_version)
        place = (merchant_id, before.fingerprint, *versions)
        await self._engine.apply([Write(_UPDATE_BLOCKED, (*params, *place), ANY_ROWS)])

    async def remove_blocked(self, merchant_id: int, fingerprints: Sequence[bytes]) -> None:
        """Take fingerprints off the blocklist, oldest first, if they are there."""
        await self._engine.apply(
            [Write(_DELETE_BLOCKED, (merchant_id, value), ANY_ROWS) for value in fingerprints]
        )

    async def blocked_since(self, merchant_id: int, fingerprint: bytes) -> BlockedSince:
        """When a fingerprint was put on the blocklist, in epoch milliseconds; None: it was not."""
        params = (merchant_id, fingerprint, merchant_id)
        rows = await self._engine.fetch(_SELECT_BLOCKED_SINCE, params)
        return BlockedSince(*cast("tuple[int, int | None]", rows[0]))

    async def has_blocked(self, merchant_id: int) -> bool:
        """Whether anything is on the merchant's blocklist."""
        return bool(await self._engine.fetch(_SELECT_ANY_BLOCKED, (merchant_id,)))


def _insert_for(engine: Engine) -> str:
    """The statement that stores a card, at no higher price than it needs.

    A batch that fails is undone as a whole. Unless told so, SQLite makes ready to undo by itself
    what a SELECT inserts, and sets a copy of the page aside for each card.
    """
    if engine.name == "sqlite":
        return _INSERT_CARD.replace("INSERT", "INSERT OR FAIL", 1)
    return _INSERT_CARD


def _blocked_insert(merchant_id: int, entry: BlockedRow, newest: BlockedRow) -> Write:
    """An entry, if the newest of its number is of the active keys and its own is not destroyed."""
    guard = (merchant_id, newest.key_version, merchant_id, newest.fingerprint_version)
    own = (merchant_id, entry.fingerprint_version)
    return Write(_INSERT_BLOCKED, (merchant_id, *entry, *guard, *own))
