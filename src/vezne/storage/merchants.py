"""Merchants and the keys by which they call. Secrets are stored sealed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from vezne.core.keyed_hash import forget_hashes
from vezne.core.merchant import Credential, HeldKey, Merchant, MerchantSettings
from vezne.core.ports import Clock, SecretBox
from vezne.engines.engine import ANY_ROWS, Conflict, Engine, Row, Value, Write
from vezne.storage import due_merchants
from vezne.storage.merchant_rows import (
    merchant_from_row,
    settings_from_text,
    text_from_settings,
)

# How long a key goes on working after a command has revoked it, which tells no server.
FRESH_MS: Final = 5_000
# Bounds the memory of the cache; a server with more busy keys only reads more often.
CACHED_MAX: Final = 10_000
# Two servers that add at once take the same id, and one of them tries again.
TRIES_MAX: Final = 20

_ADD = "INSERT INTO merchants (id, name, is_demo, created_ms, settings) VALUES (?, ?, ?, ?, ?)"
_ADD_CREDENTIAL = """INSERT INTO credentials
(door, key, merchant_id, sealed_secret, created_ms) VALUES (?, ?, ?, ?, ?)"""
_CHANGE_CLOCK = "UPDATE merchants SET clock_offset_ms = ? WHERE id = ? AND clock_offset_ms = ?"
# The documents keep their times; the column is what says when somebody looks.
_MOVE_NOTICES = """UPDATE notices SET next_try_ms = next_try_ms + ?
WHERE merchant_id = ? AND next_try_ms IS NOT NULL"""
_CHANGE_SETTINGS = "UPDATE merchants SET settings = ? WHERE id = ? AND settings = ?"
_FIND_SETTINGS = "SELECT settings FROM merchants WHERE id = ?"
_REVOKE = "UPDATE credentials SET revoked_ms = ? WHERE door = ? AND key = ? AND revoked_ms IS NULL"
_MOVE_CREDENTIALS = "UPDATE credentials SET merchant_id = ? WHERE merchant_id = ?"
_LIST = """SELECT id, name, is_demo, clock_offset_ms, created_ms, settings
FROM merchants ORDER BY id"""
_FIND = """SELECT id, name, is_demo, clock_offset_ms, created_ms, settings
FROM merchants WHERE id = ?"""
_LAST_ID = "SELECT coalesce(max(id), 0) FROM merchants"
_HAS_NAME = "SELECT 1 FROM merchants WHERE name = ?"
_HAS_KEY = "SELECT 1 FROM credentials WHERE door = ? AND key = ?"
_LIST_CREDENTIALS = """SELECT door, key, created_ms, revoked_ms FROM credentials
WHERE merchant_id = ? ORDER BY door, created_ms, key"""
_FIND_CREDENTIAL = """SELECT
m.id, m.name, m.is_demo, m.clock_offset_ms, m.created_ms, m.settings, c.sealed_secret
FROM credentials AS c JOIN merchants AS m ON m.id = c.merchant_id
WHERE c.door = ? AND c.key = ? AND c.revoked_ms IS NULL"""
_HELD = """SELECT c.door, c.key, c.revoked_ms,
m.id, m.name, m.is_demo, m.clock_offset_ms, m.created_ms, m.settings, c.sealed_secret
FROM credentials AS c JOIN merchants AS m ON m.id = c.merchant_id"""
_FIND_HELD = f"{_HELD} WHERE c.door = ? AND c.key = ?"
_NEWEST_HELD = "ORDER BY c.created_ms DESC, c.door, c.key LIMIT ?"
_LIST_HELD = f"{_HELD} WHERE c.merchant_id = ? {_NEWEST_HELD}"
_LIST_DEMO = f"{_HELD} WHERE m.is_demo = 1 {_NEWEST_HELD}"
_FIND_NEWEST = """SELECT key FROM credentials
WHERE merchant_id = ? AND door = ? AND revoked_ms IS NULL ORDER BY created_ms DESC, key LIMIT 1"""


class DuplicateMerchant(Exception):
    """A merchant of this name exists already."""


class DuplicateKey(Exception):
    """The door knows this key already, perhaps as one that was revoked."""


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair that a new merchant is to call with."""

    door: str
    key: str
    secret: bytes

    def __repr__(self) -> str:
        return f"NewCredential({self.door}, {self.key!r}, secret=***)"


class CredentialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a key pair."""

    door: str
    key: str
    created_ms: int
    revoked_ms: int | None


class SqlMerchants:
    """Implements `Merchants`, `KeyRegister` and `MerchantClocks` of `vezne.core.ports`.

    What changes here counts here at once. It does so in processes that are told of it, by way of
    `tell_with`, when they have heard; in others within `FRESH_MS`.
    """

    def __init__(self, engine: Engine, box: SecretBox, clock: Clock) -> None:
        self._engine = engine
        self._box = box
        self._clock = clock
        self._found: dict[tuple[str, str], tuple[int, Credential]] = {}
        # How often something changed here: what was read before that is not to be remembered.
        self._changes = 0
        # Of those who take the next number at once only one has it.
        self._numbering = asyncio.Lock()
        self._tell: Callable[[], None] = _tell_nobody

    def tell_with(self, tell: Callable[[], None]) -> None:
        """From now on call this whenever a merchant, or a key that may be in use, has changed."""
        self._tell = tell

    def forget_all(self) -> None:
        """Read every key anew from now on: it has changed elsewhere."""
        self._changes += 1
        self._found.clear()
        forget_hashes()

    async def add_merchant(
        self,
        name: str,
        credentials: Sequence[NewCredential],
        *,
        settings: MerchantSettings | None = None,
        is_demo: bool = False,
    ) -> Merchant:
        """Register a merchant with its keys, all or nothing.

        Raises DuplicateMerchant and DuplicateKey.
        """
        for _ in range(TRIES_MAX):
            async with self._numbering:
                await self._refuse_duplicates(name, credentials)
                merchant = await self._next(name, settings or MerchantSettings(), is_demo=is_demo)
                try:
                    await self._engine.apply(await self._writes(merchant, credentials))
                except Conflict:
                    continue
                return merchant
        raise Conflict("the merchant could not be added")

    async def replace_merchant(
        self, old: Merchant, name: str, settings: MerchantSettings
    ) -> Merchant:
        """Give all keys of a merchant to a new one, which is told what there is to tell.

        Raises Conflict when the old one has none any more, since somebody else was faster.
        """
        for _ in range(TRIES_MAX):
            async with self._numbering:
                rows = await self._engine.fetch(_FIND_SETTINGS, (old.id,))
                stored = msgspec.convert(rows[0][0], str)
                silent = msgspec.structs.replace(settings_from_text(stored), webhook_urls={})
                text = text_from_settings(silent)
                keys = len(await self._engine.fetch(_LIST_CREDENTIALS, (old.id,)))
                if not keys:
                    break
                merchant = await self._next(name, settings)
                moved = Write(_MOVE_CREDENTIALS, (merchant.id, old.id), keys)
                silenced = Write(_CHANGE_SETTINGS, (text, old.id, stored))
                try:
                    await self._engine.apply([*await self._writes(merchant, ()), moved, silenced])
                except Conflict:
                    continue
                finally:
                    self._changed()
                return merchant
        raise Conflict("the merchant could not be replaced")

    async def list_merchants(self) -> list[Merchant]:
        """All merchants, oldest first."""
        return [merchant_from_row(row) for row in await self._engine.fetch(_LIST)]

    async def find_due(self, now_ms: int) -> list[int]:
        """The numbers of merchants for whom there is something to do by now."""
        return await due_merchants.find_due(self._engine, now_ms)

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        """A merchant by number, as it is stored now."""
        rows = await self._engine.fetch(_FIND, (merchant_id,))
        return merchant_from_row(rows[0]) if rows else None

    async def change_clock(self, merchant_id: int, offset_ms: int, *, instead_of_ms: int) -> bool:
        """Move a merchant's clock.

        When it goes back, what the merchant is still to be told of is due after the same time as
        before. False when it is not `instead_of_ms` ahead, or there is no such merchant.
        """
        writes = [Write(_CHANGE_CLOCK, (offset_ms, merchant_id, instead_of_ms))]
        if offset_ms < instead_of_ms:
            moved_ms = offset_ms - instead_of_ms
            writes.append(Write(_MOVE_NOTICES, (moved_ms, merchant_id), ANY_ROWS))
        try:
            await self._engine.apply(writes)
        except Conflict:
            return False
        finally:
            self._changed()
        return True

    async def change_settings(
        self,
        merchant_id: int,
        settings: MerchantSettings,
        *,
        instead_of: MerchantSettings | None = None,
    ) -> None:
        """Replace a merchant's settings.

        Raises Conflict when there is no such merchant, or the settings are not `instead_of` any
        more.
        """
        rows = await self._engine.fetch(_FIND_SETTINGS, (merchant_id,))
        stored = msgspec.convert(rows[0][0], str) if rows else ""
        if rows and instead_of not in (None, settings_from_text(stored)):
            raise Conflict("the settings have changed meanwhile")
        text = text_from_settings(settings)
        try:
            await self._engine.apply([Write(_CHANGE_SETTINGS, (text, merchant_id, stored))])
        finally:
            self._changed()

    async def add_credentials(self, merchant_id: int, credentials: Sequence[NewCredential]) -> None:
        """Give a merchant further keys, all or none. They work at once. Raises DuplicateKey."""
        await self._refuse_known(credentials)
        rows = await self._rows(merchant_id, credentials, self._clock.now_ms())
        await self._engine.apply([Write(_ADD_CREDENTIAL, params) for params in rows])

    async def list_credentials(self, merchant_id: int) -> list[CredentialRecord]:
        """A merchant's keys, revoked ones included, without their secrets."""
        return [
            _record_from_row(row)
            for row in await self._engine.fetch(_LIST_CREDENTIALS, (merchant_id,))
        ]

    async def revoke_credential(self, door: str, key: str) -> bool:
        """Make a key stop working.

        False when the door has no such key that still works.
        """
        try:
            revoke = Write(_REVOKE, (self._clock.now_ms(), door, _key_bytes(key)))
            await self._engine.apply([revoke])
        except Conflict:
            return False
        finally:
            self._changed()
        return True

    async def find_credential(self, door: str, key: str) -> Credential | None:
        """The credential behind a public key of a door; None when unknown or revoked.

        Misses are not remembered, so a new key works at once.
        """
        now_ms = self._clock.now_ms()
        loaded_ms, credential = self._found.get((door, key), (None, None))
        if loaded_ms is not None and 0 <= now_ms - loaded_ms < FRESH_MS:
            return credential
        was_known = self._found.pop((door, key), None) is not None
        changes = self._changes
        rows = await self._engine.fetch(_FIND_CREDENTIAL, (door, _key_bytes(key)))
        if not rows:
            if was_known:
                # Revoked by a command, which tells no server.
                forget_hashes()
            return None
        credential = await self._opened(door, key, rows[0])
        if changes != self._changes:
            return credential
        while len(self._found) >= CACHED_MAX:
            del self._found[next(iter(self._found))]
        self._found[door, key] = (now_ms, credential)
        return credential

    async def find_newest_credential(self, merchant_id: int, door: str) -> Credential | None:
        """The newest key pair of a merchant for a door that still works; None: there is none."""
        rows = await self._engine.fetch(_FIND_NEWEST, (merchant_id, door))
        if not rows:
            return None
        key = msgspec.convert(rows[0][0], bytes)
        return await self.find_credential(door, key.decode("utf-8", "surrogatepass"))

    async def find_key(self, door: str, key: str) -> HeldKey | None:
        """The key pair behind a public key of a door, revoked or not."""
        rows = await self._engine.fetch(_FIND_HELD, (door, _key_bytes(key)))
        return await self._held(rows[0]) if rows else None

    async def list_keys(self, merchant_id: int, limit: int) -> list[HeldKey]:
        """A merchant's key pairs for all doors, the newest first."""
        rows = await self._engine.fetch(_LIST_HELD, (merchant_id, limit))
        return [await self._held(row) for row in rows]

    async def list_demo_keys(self, limit: int) -> list[HeldKey]:
        """Those of the merchants that the sandbox made by itself."""
        return [await self._held(row) for row in await self._engine.fetch(_LIST_DEMO, (limit,))]

    def _changed(self) -> None:
        """Something has changed here, or may have."""
        self.forget_all()
        self._tell()

    async def _next(
        self, name: str, settings: MerchantSettings, *, is_demo: bool = False
    ) -> Merchant:
        ((last_id,),) = await self._engine.fetch(_LAST_ID)
        return Merchant(
            id=msgspec.convert(last_id, int) + 1,
            name=name,
            settings=settings,
            created_ms=self._clock.now_ms(),
            is_demo=is_demo,
        )

    async def _refuse_duplicates(self, name: str, credentials: Sequence[NewCredential]) -> None:
        if await self._engine.fetch(_HAS_NAME, (name,)):
            raise DuplicateMerchant(f"there is a merchant named {name!r} already")
        await self._refuse_known(credentials)

    async def _refuse_known(self, credentials: Sequence[NewCredential]) -> None:
        seen: set[tuple[str, str]] = set()
        for item in credentials:
            is_stored = await self._engine.fetch(_HAS_KEY, (item.door, _key_bytes(item.key)))
            if is_stored or (item.door, item.key) in seen:
                raise DuplicateKey(f"{item.door} knows the key {item.key!r} already")
            seen.add((item.door, item.key))

    async def _writes(
        self, merchant: Merchant, credentials: Sequence[NewCredential]
    ) -> list[Write]:
        settings = text_from_settings(merchant.settings)
        row = (merchant.id, merchant.name, int(merchant.is_demo), merchant.created_ms, settings)
        rows = await self._rows(merchant.id, credentials, merchant.created_ms)
        return [Write(_ADD, row), *(Write(_ADD_CREDENTIAL, params) for params in rows)]

    async def _rows(
        self, merchant_id: int, credentials: Sequence[NewCredential], now_ms: int
    ) -> list[tuple[Value, ...]]:
        """The rows of new keys, their secrets sealed."""
        rows: list[tuple[Value, ...]] = []
        for item in credentials:
            key = _key_bytes(item.key)
            sealed = await self._box.seal(item.secret, _context(item.door, key))
            rows.append((item.door, key, merchant_id, sealed, now_ms))
        return rows

    async def _opened(self, door: str, key: str, row: Row) -> Credential:
        context = _context(door, _key_bytes(key))
        return Credential(
            merchant=merchant_from_row(row[:-1]),
            door=door,
            key=key,
            secret=await self._box.open(msgspec.convert(row[-1], bytes), context),
        )

    async def _held(self, row: Row) -> HeldKey:
        door, stored, revoked_ms = row[:3]
        key = msgspec.convert(stored, bytes).decode("utf-8", "surrogatepass")
        credential = await self._opened(msgspec.convert(door, str), key, row[3:])
        return HeldKey(credential=credential, is_revoked=revoked_ms is not None)


def _tell_nobody() -> None:
    """There is nobody else."""


class _CredentialRow(NamedTuple):
    door: str
    key: bytes
    created_ms: int
    revoked_ms: int | None


def _record_from_row(row: Row) -> CredentialRecord:
    columns = msgspec.convert(row, _CredentialRow)
    return CredentialRecord(
        door=columns.door,
        key=columns.key.decode("utf-8", "surrogatepass"),
        created_ms=columns.created_ms,
        revoked_ms=columns.revoked_ms,
    )


def _key_bytes(key: str) -> bytes:
    """A key as the column holds it. A caller may present any text as a key."""
    return key.encode("utf-8", "surrogatepass")


def _context(door: str, key: bytes) -> bytes:
    """What a secret is sealed to, so that it opens for no other key."""
    return door.encode() + b"\0" + key
