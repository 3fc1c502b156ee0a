"""The tables of keys: what is known of each, and their wraps by each master key."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

from vezne.engines.engine import ANY_ROWS, Engine, Row, Write
from vezne.vault.keys import KeyState, Purpose, StoredKey, StoredMaster

_KEY: Final = "k.merchant_id, k.purpose, k.version, k.state, k.kcv, k.created_ms, k.ends_ms"
_SELECT_KEYS: Final = f"SELECT {_KEY} FROM vault_keys k ORDER BY merchant_id, purpose, version"  # noqa: S608
_SELECT_WRAPPED: Final = f"""
SELECT {_KEY}, w.master_key_id, w.wrapped FROM vault_keys k LEFT JOIN key_wraps w
ON w.merchant_id = k.merchant_id AND w.purpose = k.purpose AND w.version = k.version
WHERE k.merchant_id = ? ORDER BY k.purpose, k.version
"""  # noqa: S608
_COUNT_DESTROYED: Final = "SELECT count(*) FROM vault_keys WHERE state = 'destroyed'"
# Only under the master key in force: one that was replaced must not get new keys to guard.
_INSERT_KEY: Final = """
INSERT INTO vault_keys (merchant_id, purpose, version, state, kcv, created_ms, ends_ms)
SELECT ?, ?, ?, ?, ?, ?, ?
WHERE EXISTS (SELECT 1 FROM master_keys WHERE id = ? AND state = 'active')
"""
_INSERT_WRAP: Final = """
INSERT INTO key_wraps (merchant_id, purpose, version, master_key_id, wrapped)
VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_DELETE_WRAPS: Final = """
DELETE FROM key_wraps WHERE merchant_id = ? AND purpose = ? AND version = ?
"""
# Each of these has another one under the active key, or the key would be kept.
_DELETE_BLOCKED_OF: Final = """
DELETE FROM blocked_cards
WHERE merchant_id = ? AND fingerprint_version = ? AND sealed IS NOT NULL
"""
_UPDATE_STATE: Final = """
UPDATE vault_keys SET state = ?
WHERE merchant_id = ? AND purpose = ? AND version = ? AND state = ?
"""
_UPDATE_KCV: Final = """
UPDATE vault_keys SET kcv = ? WHERE merchant_id = ? AND purpose = ? AND version = ? AND kcv = ''
"""
_SELECT_MASTERS: Final = """
SELECT id, provider, kcv, is_sandbox, state, created_ms, ends_ms FROM master_keys
ORDER BY created_ms, id
"""
# The first master key of a vault. One of before this table had wrapped all that there was.
_INSERT_FIRST_MASTER: Final = """
INSERT INTO master_keys (id, provider, kcv, is_sandbox, state, created_ms, ends_ms)
SELECT ?, ?, ?, ?, ?, ?, ?
WHERE NOT EXISTS (SELECT 1 FROM master_keys)
AND NOT EXISTS (SELECT 1 FROM key_wraps WHERE master_key_id <> ?)
"""
_INSERT_MASTER: Final = """
INSERT INTO master_keys (id, provider, kcv, is_sandbox, state, created_ms, ends_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE_MASTER: Final = "UPDATE master_keys SET state = ? WHERE id = ? AND state = ?"
# Not as long as there is a key that no other master key opens.
_DESTROY_MASTER: Final = """
UPDATE master_keys SET state = 'destroyed' WHERE id = ? AND state = 'decrypt_only'
AND NOT EXISTS (
    SELECT 1 FROM vault_keys k WHERE k.state <> 'destroyed' AND NOT EXISTS (
        SELECT 1 FROM key_wraps w JOIN master_keys m ON m.id = w.master_key_id
        WHERE w.merchant_id = k.merchant_id AND w.purpose = k.purpose AND w.version = k.version
        AND m.state = 'active'))
"""
_DELETE_WRAPS_OF: Final = "DELETE FROM key_wraps WHERE master_key_id = ?"
_INSERT_ROTATION: Final = """
INSERT INTO rotations (purpose, merchant_id, started_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_SELECT_ROTATION: Final = "SELECT started_ms FROM rotations WHERE purpose = ? AND merchant_id = ?"
_DELETE_ROTATION: Final = "DELETE FROM rotations WHERE purpose = ? AND merchant_id = ?"

# Where only what was made with active keys is inserted.
_INSERTED: Final = ("vault_keys", "sealed_cards", "blocked_cards")


class WrappedKey(NamedTuple):
    """A key with its wraps by master key."""

    key: StoredKey
    wraps: Mapping[str, bytes]


class KeyRecords:
    """Reads and writes over an engine; nothing is opened here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list_keys(self) -> list[StoredKey]:
        """All versions of all keys, the destroyed ones as well."""
        return [_key_from(row) for row in await self._engine.fetch(_SELECT_KEYS)]

    async def find_keys(self, merchant_id: int) -> list[WrappedKey]:
        """All versions of a merchant's keys, the destroyed ones without a wrap."""
        found: dict[tuple[str, int], tuple[StoredKey, dict[str, bytes]]] = {}
        for row in await self._engine.fetch(_SELECT_WRAPPED, (merchant_id,)):
            key = _key_from(row[:-2])
            _, wraps = found.setdefault((key.purpose, key.version), (key, {}))
            master_key_id, wrapped = cast("tuple[str | None, bytes]", row[-2:])
            if master_key_id is not None:
                wraps[master_key_id] = wrapped
        return [WrappedKey(key, wraps) for key, wraps in found.values()]

    async def count_destroyed(self) -> int:
        """How many versions of keys were destroyed so far."""
        rows = await self._engine.fetch(_COUNT_DESTROYED)
        return cast("int", rows[0][0])

    async def add_keys(self, keys: Sequence[tuple[StoredKey, bytes]], master_key_id: str) -> None:
        """Store new keys, all or none. The older active version of each only opens from now on.

        Raises Conflict when one of them exists, or the master key that wrapped them is not active.
        """
        writes = []
        for key, wrapped in keys:
            if key.version > 1:
                writes.append(_state_write(key._replace(version=key.version - 1), KeyState.ACTIVE))
            writes.append(Write(_INSERT_KEY, (*key, master_key_id)))
            place = (key.merchant_id, key.purpose, key.version)
            writes.append(Write(_INSERT_WRAP, (*place, master_key_id, wrapped)))
        await self._engine.apply(writes)

    async def destroy_key(self, key: StoredKey) -> None:
        """Erase a key that only opens, and what is on the blocklist under its fingerprints.

        Raises Conflict when it is in another state.
        """
        place = (key.merchant_id, key.purpose, key.version)
        writes = [_state_write(key, KeyState.DECRYPT_ONLY), Write(_DELETE_WRAPS, place, ANY_ROWS)]
        if key.purpose == Purpose.FINGERPRINT:
            entries = (key.merchant_id, key.version)
            writes.append(Write(_DELETE_BLOCKED_OF, entries, ANY_ROWS))
        await self._engine.apply(writes)

    async def set_check_value(self, key: StoredKey, kcv: str) -> None:
        """Note the key-check value of a key that has none yet."""
        params = (kcv, key.merchant_id, key.purpose, key.version)
        await self._engine.apply([Write(_UPDATE_KCV, params, ANY_ROWS)])

    async def list_masters(self) -> list[StoredMaster]:
        """All master keys, oldest first."""
        rows = await self._engine.fetch(_SELECT_MASTERS)
        return [
            StoredMaster(*cast("tuple[str, str, str, int, str, int, int]", row)) for row in rows
        ]

    async def add_first_master(self, master: StoredMaster) -> None:
        """Note the master key of a vault that knows none. Raises Conflict when it knows one."""
        await self._engine.apply([Write(_INSERT_FIRST_MASTER, (*master, master.id))])

    async def add_wrap(self, key: StoredKey, master_key_id: str, wrapped: bytes) -> None:
        """Store a key's wrap by one more master key, unless there is one."""
        params = (key.merchant_id, key.purpose, key.version, master_key_id, wrapped)
        await self._engine.apply([Write(_INSERT_WRAP, params, ANY_ROWS)])

    async def replace_master(self, old: str, new: StoredMaster, *, is_known: bool) -> None:
        """Make another master key the active one, be it known or met for the first time.

        Raises Conflict when the old one is not active.
        """
        adding = Write(_INSERT_MASTER, tuple(new))
        if is_known:
            adding = Write(_UPDATE_MASTER, (KeyState.ACTIVE, new.id, KeyState.DECRYPT_ONLY))
        retiring = Write(_UPDATE_MASTER, (KeyState.DECRYPT_ONLY, old, KeyState.ACTIVE))
        await self._engine.apply([retiring, adding])

    async def destroy_master(self, master_key_id: str) -> None:
        """Erase all wraps by a master key that is active no more.

        Raises Conflict when it is, or when a key has no wrap by the active one.
        """
        await self._engine.apply(
            [
                Write(_DESTROY_MASTER, (master_key_id,)),
                Write(_DELETE_WRAPS_OF, (master_key_id,), ANY_ROWS),
            ]
        )

    async def begin_rotation(self, purpose: str, merchant_id: int, now_ms: int) -> int:
        """When the rotation under way was begun: now, unless an earlier one has not ended."""
        params = (purpose, merchant_id, now_ms)
        await self._engine.apply([Write(_INSERT_ROTATION, params, ANY_ROWS)])
        rows = await self._engine.fetch(_SELECT_ROTATION, (purpose, merchant_id))
        return cast("int", rows[0][0])

    async def end_rotation(self, purpose: str, merchant_id: int) -> None:
        """The rotation has seen every key; the next one begins anew."""
        await self._engine.apply([Write(_DELETE_ROTATION, (purpose, merchant_id))])

    async def settle_inserts(self) -> None:
        """Return when no insert that began before this call can still be committed.

        SQLite has one writer, who has written what was accepted before. PostgreSQL decides at the
        beginning of an insert which keys are active; its lock waits for those under way.
        """
        if self._engine.name == "postgres":
            for table in _INSERTED:
                # One at a time, so that nobody waits for a table while he holds another one.
                await self._engine.execute_script(f"LOCK TABLE {table} IN SHARE MODE")


def _key_from(row: Row) -> StoredKey:
    return StoredKey(*cast("tuple[int, str, int, str, str, int, int]", row))


def _state_write(key: StoredKey, before: KeyState) -> Write:
    """The next state of a key, if it is still in the one before."""
    after = KeyState.DECRYPT_ONLY if before is KeyState.ACTIVE else KeyState.DESTROYED
    return Write(_UPDATE_STATE, (after, key.merchant_id, key.purpose, key.version, before))
