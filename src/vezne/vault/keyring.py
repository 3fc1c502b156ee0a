"""The vault's keys: made on demand, stored wrapped, unwrapped once.

Each merchant has a key that seals cards and one that fingerprints them; the vault itself has one
for the secrets of API keys, one for names, one for proofs between the house and the built-in bank,
one that signs the audit trail, one that signs exports of cards, and one by which servers of the
vault know each other. A key has versions: the active one seals, older ones only open until they are
destroyed.

Other processes make new versions at any time. A keyring that does not know them yet is told by
the database, which takes nothing that was sealed with an older one; `renew` reads them.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.ports import Audit, Clock, Entropy
from vezne.engines.engine import Conflict
from vezne.vault.fingerprint import FingerprintKeys
from vezne.vault.key_records import KeyRecords
from vezne.vault.keys import (
    CRYPTOPERIOD_DAYS,
    DAY_MS,
    MERCHANT_PURPOSES,
    VAULT_ID,
    KeyState,
    Purpose,
    StoredKey,
    StoredMaster,
    check_value,
)
from vezne.vault.master_key import MasterKey
from vezne.vault.name_box import NAME_KEY_BYTES
from vezne.vault.seal import KEY_BYTES, SealBroken, SealingKey, place

# Where a key has another length than most.
_LENGTHS: Final[Mapping[Purpose, int]] = {Purpose.NAMES: NAME_KEY_BYTES}

# A key that is replaced in its file is active a moment before it is there. After so many seconds
# each it is looked for again.
_LOOKS_S: Final = (0.0, 0.05, 0.1, 0.2)


class WrongMasterKey(Exception):
    """The vault's keys were wrapped by another master key, or they were altered."""


class MasterSource(NamedTuple):
    """Where the master key was opened from: the kind of place, and how to look there again.

    Looking again serves a key that is replaced where it is kept while the program runs. Where
    people have to be asked for the key, nobody looks again.
    """

    provider: str
    reopen: Callable[[], Awaitable[MasterKey]] | None = None


class KeyAges(NamedTuple):
    """How many keys seal and wrap, the age of the oldest one, and how many are past their time."""

    active: int
    oldest_ms: int
    overdue: int


class SealingKeys:
    """The versions of one key. `active` seals."""

    def __init__(self, versions: Mapping[int, SealingKey], active_version: int) -> None:
        self._versions = versions
        self.active = versions[active_version]

    def find(self, version: int) -> SealingKey:
        """The key of a version. Raises SealBroken when there is none."""
        if version not in self._versions:
            raise SealBroken(f"there is no key version {version}")
        return self._versions[version]


class MerchantKeys(NamedTuple):
    """What cards of one merchant are sealed and recognised with."""

    card: SealingKeys
    fingerprint: FingerprintKeys


class _Opened(NamedTuple):
    """The versions of one key in the clear, and which of them is active."""

    versions: dict[int, bytes]
    active_version: int

    @property
    def active(self) -> bytes:
        return self.versions[self.active_version]


class Keyring:
    """Opens keys with the master key and keeps them for the life of the process.

    `cryptoperiod_days` is how long a key that is made now may seal (PCI DSS v4.0.1 3.7.4). With a
    `source`, a master key that was replaced where it is kept is picked up when it is needed.
    """

    def __init__(
        self,
        records: KeyRecords,
        master_key: MasterKey,
        clock: Clock,
        entropy: Entropy,
        audit: Audit,
        *,
        cryptoperiod_days: int = CRYPTOPERIOD_DAYS,
        source: MasterSource | None = None,
    ) -> None:
        self._records = records
        self._master_key = master_key
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._cryptoperiod_ms = cryptoperiod_days * DAY_MS
        self._source = source
        self._merchants: dict[int, MerchantKeys] = {}
        # How many keys had been destroyed at the last look.
        self._destroyed = 0
        # Requests that come together want the same keys, and a device may be slow to unwrap them.
        self._loading = asyncio.Lock()

    async def secret_keys(self) -> SealingKeys:
        """The keys for API secrets. Asking for them proves the master key.

        Raises WrongMasterKey.
        """
        return self._sealing_keys(await self._of_vault(Purpose.SECRETS))

    async def bank_key(self) -> bytes:
        """The key for proofs between the house and the built-in bank. Raises WrongMasterKey."""
        return (await self._of_vault(Purpose.BANK)).active

    async def name_key(self) -> bytes:
        """The key for names. Raises WrongMasterKey."""
        return (await self._of_vault(Purpose.NAMES)).active

    async def audit_key(self) -> bytes:
        """The key that signs the audit trail: 32 bytes. Raises WrongMasterKey."""
        return (await self._of_vault(Purpose.AUDIT)).active

    async def export_key(self) -> bytes:
        """The key that signs exports of cards: 32 bytes. Raises WrongMasterKey."""
        return (await self._of_vault(Purpose.EXPORT)).active

    async def peer_key(self) -> bytes:
        """The key by which servers of this vault know each other: 32 bytes.

        Raises WrongMasterKey.
        """
        return (await self._of_vault(Purpose.PEERS)).active

    def known(self, merchant_id: int) -> MerchantKeys | None:
        """A merchant's keys, if they were read already: nearly always, and nobody has to wait."""
        return self._merchants.get(merchant_id)

    async def of_merchant(self, merchant_id: int) -> MerchantKeys:
        """A merchant's keys, made now if it has none. Raises WrongMasterKey."""
        return self._merchants.get(merchant_id) or await self.renew(merchant_id, None)

    async def renew(self, merchant_id: int, stale: MerchantKeys | None) -> MerchantKeys:
        """A merchant's keys as they are now, when `stale` are those known so far.

        Raises WrongMasterKey.
        """
        async with self._loading:
            known = self._merchants.get(merchant_id)
            if known is not None and known is not stale:
                return known
            opened = await self._load(merchant_id, MERCHANT_PURPOSES)
            card, fingerprint = opened[Purpose.CARD], opened[Purpose.FINGERPRINT]
            keys = MerchantKeys(
                self._sealing_keys(card),
                FingerprintKeys(fingerprint.versions, fingerprint.active_version),
            )
            self._merchants[merchant_id] = keys
            return keys

    async def list_overdue(self) -> list[str]:
        """The ids of keys that still seal or wrap beyond their time (PCI DSS v4.0.1 3.7.4)."""
        now_ms = self._clock.now_ms()
        masters, keys = await self._records.list_masters(), await self._records.list_keys()
        overdue = [f"master:{master.id}" for master in masters if master.is_overdue(now_ms)]
        return overdue + [key.id for key in keys if key.is_overdue(now_ms)]

    async def look_at_ages(self) -> KeyAges:
        """How old the keys are that seal and wrap now, of those that have a cryptoperiod."""
        now_ms = self._clock.now_ms()
        masters, keys = await self._records.list_masters(), await self._records.list_keys()
        found: list[StoredKey | StoredMaster] = [*masters, *keys]
        active = [each for each in found if each.state == KeyState.ACTIVE and each.ends_ms]
        oldest_ms = min((each.created_ms for each in active), default=now_ms)
        overdue = sum(each.is_overdue(now_ms) for each in active)
        return KeyAges(len(active), max(now_ms - oldest_ms, 0), overdue)

    async def forget_destroyed(self) -> None:
        """Let go of keys that another process destroyed. Without it they would stay in memory."""
        destroyed = await self._records.count_destroyed()
        if destroyed != self._destroyed:
            self._destroyed = destroyed
            self._merchants.clear()

    def forget(self, merchant_id: int) -> None:
        """Let go of a merchant's keys; they are read again when they are needed."""
        self._merchants.pop(merchant_id, None)

    async def make_version(self, key: StoredKey, *, after_ms: int = 0) -> StoredKey:
        """A new version of a key, active from now on; the one given only opens any more.

        By its row it is younger than `after_ms`. Raises Conflict when the one given is not active;
        WrongMasterKey.
        """
        await self._open_master()
        made, wrapped = await self._make(
            key.merchant_id, Purpose(key.purpose), key.version + 1, after_ms
        )
        await self._records.add_keys([(made, wrapped)], self._master_key.key_id)
        self._record(AuditAction.KEY_CREATED, made)
        self._record(AuditAction.KEY_STATE_CHANGED, key, KeyState.DECRYPT_ONLY)
        self.forget(key.merchant_id)
        return made

    async def destroy(self, key: StoredKey) -> None:
        """Erase a key that only opens (PCI DSS v4.0.1 3.7.5). Raises Conflict.

        Whoever calls has made sure that nothing is sealed with it any more.
        """
        await self._records.destroy_key(key)
        self._record(AuditAction.KEY_STATE_CHANGED, key, KeyState.DESTROYED)
        self.forget(key.merchant_id)

    def report_broken(self, merchant_id: int, token: bytes) -> None:
        """A stored card does not open with any key: it was altered, moved or rolled back."""
        self._audit.record(
            AuditEvent(
                action=AuditAction.CARD_REFUSED,
                is_success=False,
                merchant_id=merchant_id,
                subject=token.hex(),
            )
        )

    async def _of_vault(self, purpose: Purpose) -> _Opened:
        async with self._loading:
            return (await self._load(VAULT_ID, (purpose,)))[purpose]

    async def _load(self, owner_id: int, purposes: tuple[Purpose, ...]) -> dict[str, _Opened]:
        """The keys of the given purposes in the clear, made where there are none."""
        wanted = set(map(str, purposes))
        found = await self._records.find_keys(owner_id)
        missing = wanted - {wrapped.key.purpose for wrapped in found}
        if missing:
            await self._make_first(owner_id, [each for each in purposes if each in missing])
            found = await self._records.find_keys(owner_id)
        opened: dict[str, _Opened] = {}
        for key, wraps in found:
            if key.purpose not in wanted or key.state == KeyState.DESTROYED:
                continue
            plain = await self.unwrap(key, wraps)
            versions, active = opened.get(key.purpose, _Opened({}, 0))
            versions[key.version] = plain
            is_active = key.state == KeyState.ACTIVE
            opened[key.purpose] = _Opened(versions, key.version if is_active else active)
        return opened

    async def _make_first(self, owner_id: int, purposes: list[Purpose]) -> None:
        await self._open_master()
        made = [await self._make(owner_id, purpose, 1) for purpose in purposes]
        # On conflict another process was first, and its keys are the ones.
        with contextlib.suppress(Conflict):
            await self._records.add_keys(made, self._master_key.key_id)
            for key, _ in made:
                self._record(AuditAction.KEY_CREATED, key)

    async def _make(
        self, owner_id: int, purpose: Purpose, version: int, after_ms: int = 0
    ) -> tuple[StoredKey, bytes]:
        now_ms = max(self._clock.now_ms(), after_ms + 1)
        key = self._entropy.take(_LENGTHS.get(purpose, KEY_BYTES))
        made = StoredKey(
            merchant_id=owner_id,
            purpose=purpose,
            version=version,
            state=KeyState.ACTIVE,
            kcv=check_value(key),
            created_ms=now_ms,
            ends_ms=now_ms + self._cryptoperiod_ms if purpose in MERCHANT_PURPOSES else 0,
        )
        return made, await self._master_key.wrap(key, key_place(made))

    async def _open_master(self) -> None:
        """See that the master key is the one that wraps what is made now. Raises WrongMasterKey."""
        active = await self._active_master()
        can_look = self._source is not None and self._source.reopen is not None
        for wait_s in _LOOKS_S if can_look else ():
            if self._master_key.key_id == active:
                break
            await asyncio.sleep(wait_s)
            await self._look_again()
            active = await self._active_master()
        if self._master_key.key_id != active:
            raise self._wrong_master([active])

    async def _active_master(self) -> str:
        """The id of the active master key; a new vault takes the one that it is opened with."""
        masters = await self._records.list_masters()
        if not masters:
            # On conflict the wraps are of another master key, or another process was first.
            provider = "" if self._source is None else self._source.provider
            now_ms = self._clock.now_ms()
            first = master_row(self._master_key, provider, now_ms, self._cryptoperiod_ms)
            with contextlib.suppress(Conflict):
                await self._records.add_first_master(first)
            masters = await self._records.list_masters()
        return "".join(each.id for each in masters if each.state == KeyState.ACTIVE)

    async def unwrap(self, key: StoredKey, wraps: Mapping[str, bytes]) -> bytes:
        """A key in the clear, from its wraps by master key. Raises WrongMasterKey."""
        if self._master_key.key_id not in wraps:
            await self._look_again()
        wrapped = wraps.get(self._master_key.key_id)
        if wrapped is None:
            raise self._wrong_master(wraps)
        broken = WrongMasterKey(
            f"a key of this vault does not open: {key.purpose} of {key.merchant_id}"
        )
        try:
            plain = bytes(await self._master_key.unwrap(wrapped, key_place(key)))
        except SealBroken:
            raise broken from None
        kcv = check_value(plain)
        if not key.kcv:
            await self._records.set_check_value(key, kcv)
        elif key.kcv != kcv:
            raise broken
        return plain

    async def _look_again(self) -> None:
        """Take the master key that is now where this one came from."""
        if self._source is not None and self._source.reopen is not None:
            self._master_key = await self._source.reopen()

    def _wrong_master(self, ids: Iterable[str]) -> WrongMasterKey:
        return WrongMasterKey(
            f"this vault belongs to the master key {', '.join(ids)}, "
            f"the one given is {self._master_key.key_id}"
        )

    def _record(self, action: AuditAction, key: StoredKey, reason: str = "") -> None:
        self._audit.record(
            AuditEvent(action=action, merchant_id=key.merchant_id, subject=key.id, reason=reason)
        )

    def _sealing_keys(self, opened: _Opened) -> SealingKeys:
        versions = {
            version: SealingKey(key, version, self._entropy)
            for version, key in opened.versions.items()
        }
        return SealingKeys(versions, opened.active_version)


def master_row(
    master_key: MasterKey, provider: str, now_ms: int, cryptoperiod_ms: int
) -> StoredMaster:
    """What is known of a master key that wraps from now on."""
    return StoredMaster(
        id=master_key.key_id,
        provider=provider,
        kcv=master_key.kcv,
        is_sandbox=int(master_key.is_sandbox),
        state=KeyState.ACTIVE,
        created_ms=now_ms,
        ends_ms=now_ms + cryptoperiod_ms,
    )


def key_place(key: StoredKey) -> bytes:
    """What a wrapped key is bound to: its purpose, whose it is, and its version."""
    return place(b"vezne key", key.purpose.encode(), key.merchant_id, key.version)
