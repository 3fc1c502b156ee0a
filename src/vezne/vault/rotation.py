"""Rotation of the keys that protect cards, at full service (PCI DSS v4.0.1 3.7.4, 3.7.5).

A new version becomes active, every row is made anew with it in batches, and when no row is of an
old version any more, which nothing can change by then, the old version is destroyed. What was done
stands in the rows: a rotation that was cut off goes on where it was when it is asked for again.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.ports import Audit, Clock
from vezne.engines.engine import Engine, Occupied
from vezne.vault.key_records import KeyRecords
from vezne.vault.keyring import Keyring
from vezne.vault.keys import VAULT_ID, KeyState, Purpose, StoredKey
from vezne.vault.records import VaultRecords
from vezne.vault.resealing import Resealing

# A batch is one transaction; payments wait for it, so it is short.
BATCH_CARDS: Final = 200
# After each batch the rotation rests as long as the batch took, times this.
REST: Final = 1.0

# What one rotation at a time holds.
NAME: Final = "rotation"

# Is told how many cards there are in all, and how many more of them were looked at.
Progress = Callable[[int, int], None]


class RotationRuns(Exception):
    """Another rotation is under way, and two would undo each other's work."""


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a merchant's key. `destroyed` are the ids of its older versions.

    Of `broken` rows, which were altered and do not open, and of `numberless` entries of the
    blocklist, which are older than its numbers, the old version is kept.
    """

    key_id: str
    merchant_id: int
    cards: int
    blocked: int
    broken: int
    numberless: int
    destroyed: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the new version is the only one left."""
        return self.broken == 0 and self.numberless == 0


class _Work(NamedTuple):
    """A key that is to be replaced, or was: `active` is its version, `older` are those before."""

    active: StoredKey
    older: list[StoredKey]
    cards: int


class Rotation:
    """Replaces keys of merchants while servers go on with their work."""

    def __init__(
        self, engine: Engine, keyring: Keyring, clock: Clock, audit: Audit, *, rest: float = REST
    ) -> None:
        self._engine = engine
        self._records = VaultRecords(engine)
        self._keys = KeyRecords(engine)
        self._keyring = keyring
        self._clock = clock
        self._audit = audit
        self._rest = rest

    async def rotate(
        self, purpose: Purpose, merchant_id: int, on_progress: Progress
    ) -> list[Rotated]:
        """Replace a key of a merchant, or of all (0); or go on where that was cut off.

        Raises RotationRuns; WrongMasterKey and what the engine raises.
        """
        try:
            async with self._engine.exclusive(NAME):
                return await self._rotate(purpose, merchant_id, on_progress)
        except Occupied:
            why = "another rotation of this vault is running: wait until it has ended"
            raise RotationRuns(why) from None

    async def _rotate(
        self, purpose: Purpose, merchant_id: int, on_progress: Progress
    ) -> list[Rotated]:
        # A clock that was set back must not make keys look replaced.
        made_ms = [key.created_ms for key in await self._keys.list_keys()]
        now_ms = max(self._clock.now_ms(), *made_ms, 0)
        started_ms = await self._keys.begin_rotation(purpose, merchant_id, now_ms)
        left = await self._left(purpose, merchant_id, started_ms)
        if not left and started_ms != now_ms:
            # The last one was cut off when only its end had to be noted; this is another one.
            await self._keys.end_rotation(purpose, merchant_id)
            started_ms = await self._keys.begin_rotation(purpose, merchant_id, now_ms)
            left = await self._left(purpose, merchant_id, started_ms)
        total = sum(work.cards for work in left)
        on_progress(total, 0)
        rotated = [
            await self._replace(work, started_ms, lambda count: on_progress(total, count))
            for work in left
        ]
        await self._keys.end_rotation(purpose, merchant_id)
        await self._engine.erase()
        return rotated

    async def _left(self, purpose: Purpose, merchant_id: int, started_ms: int) -> list[_Work]:
        """The keys that have not been replaced since then, and those that were, but not to the end.

        Nothing is left of a key that is younger and alone.
        """
        versions: dict[int, list[StoredKey]] = {}
        for key in await self._keys.list_keys():
            is_meant = merchant_id in {VAULT_ID, key.merchant_id}
            if is_meant and key.purpose == purpose and key.state != KeyState.DESTROYED:
                versions.setdefault(key.merchant_id, []).append(key)
        return [
            _Work(active, older, await self._records.count_cards(owner_id))
            for owner_id, (*older, active) in versions.items()
            if older or active.created_ms <= started_ms
        ]

    async def _replace(
        self, work: _Work, started_ms: int, on_progress: Callable[[int], None]
    ) -> Rotated:
        active, older = work.active, work.older
        merchant_id = active.merchant_id
        if active.created_ms <= started_ms:
            active, older = (
                await self._keyring.make_version(active, after_ms=started_ms),
                [*older, active],
            )
        self._tell(AuditAction.ROTATION_STARTED, active)
        await self._keys.settle_inserts()
        self._keyring.forget(merchant_id)
        keys = await self._keyring.of_merchant(merchant_id)
        purpose = Purpose(active.purpose)
        rows = Resealing(self._records, self._audit, merchant_id, keys, purpose)
        await rows.renew_blocklist()
        await self._renew_cards(rows, on_progress)
        destroyed = await self._destroy_unused(rows, older)
        rotated = Rotated(
            key_id=active.id,
            merchant_id=merchant_id,
            cards=rows.cards,
            blocked=rows.blocked,
            broken=rows.broken,
            numberless=len(rows.numberless),
            destroyed=tuple(key.id for key in destroyed),
        )
        self._tell(AuditAction.ROTATION_ENDED, active, rotated)
        await self._audit.settled()
        return rotated

    async def _renew_cards(self, rows: Resealing, on_progress: Callable[[int], None]) -> None:
        loop = asyncio.get_running_loop()
        after, seen = b"", 1
        while seen:
            began_s = loop.time()
            after, seen, renewed = await rows.renew_cards(after, BATCH_CARDS)
            on_progress(seen)
            if renewed:
                await asyncio.sleep((loop.time() - began_s) * self._rest)

    async def _destroy_unused(self, rows: Resealing, older: list[StoredKey]) -> list[StoredKey]:
        """Destroy the older versions that no row is of: what is inserted is of the active one."""
        used = await rows.versions_in_use()
        unused = [key for key in older if key.version not in used]
        for key in unused:
            await self._keyring.destroy(key)
        return unused

    def _tell(self, action: AuditAction, key: StoredKey, rotated: Rotated | None = None) -> None:
        self._audit.record(
            AuditEvent(
                action=action,
                is_success=rotated is None or rotated.is_complete,
                merchant_id=key.merchant_id,
                subject=key.id,
                count=0 if rotated is None else rotated.cards,
            )
        )
