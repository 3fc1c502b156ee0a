"""The vault's keys: made on demand, stored wrapped, unwrapped once.

Each merchant has a key that seals cards and one that fingerprints them; the vault itself has one
for the secrets of API keys, one for names, and one for proofs between the house and the built-in
bank. A key has versions: all of them open, the active one seals. Made so far is only version 1, so
a rotation adds rows and changes no code here, except for names: all of them have one key.
"""

import contextlib
from typing import Final, NamedTuple

from vezne.core.ports import Clock, Entropy
from vezne.engines.engine import Conflict
from vezne.vault.master_key import MasterKey
from vezne.vault.name_box import NAME_KEY_BYTES
from vezne.vault.records import VaultRecords, WrappedKey
from vezne.vault.seal import KEY_BYTES, SealBroken, SealingKey, place

_VAULT_ID: Final = 0
_CARD: Final = "card"
_FINGERPRINT: Final = "fingerprint"
_BOX: Final = "secret box"
_BANK: Final = "bank"
_NAME: Final = "name box"
_ACTIVE: Final = "active"

# Where a key has another length than most.
_LENGTHS: Final = {_NAME: NAME_KEY_BYTES}


class WrongMasterKey(Exception):
    """The vault's keys were wrapped by another master key, or they were altered."""


class SealingKeys:
    """The versions of one key. `active` seals."""

    def __init__(self, versions: dict[int, SealingKey], active_version: int) -> None:
        self._versions = versions
        self.active = versions[active_version]

    def find(self, version: int) -> SealingKey:
        """The key of a version. Raises SealBroken when there is none."""
        if version not in self._versions:
            raise SealBroken(f"there is no key version {version}")
        return self._versions[version]


class MerchantKeys:
    """What cards of one merchant are sealed and recognised with."""

    def __init__(self, card: SealingKeys, fingerprint: bytes) -> None:
        self.card = card
        self.fingerprint = fingerprint


class _Opened(NamedTuple):
    record: WrappedKey
    key: bytearray


class Keyring:
    """Opens keys with the master key and keeps them for the life of the process."""

    def __init__(
        self, records: VaultRecords, master_key: MasterKey, clock: Clock, entropy: Entropy
    ) -> None:
        self._records = records
        self._master_key = master_key
        self._clock = clock
        self._entropy = entropy
        self._merchants: dict[int, MerchantKeys] = {}

    async def secret_keys(self) -> SealingKeys:
        """The keys for API secrets. Asking for them proves the master key.

        Raises WrongMasterKey.
        """
        return self._sealing_keys(await self._load(_VAULT_ID, (_BOX,)), _BOX)

    async def bank_key(self) -> bytes:
        """The key for proofs between the house and the built-in bank. Raises WrongMasterKey."""
        return _active_key(await self._load(_VAULT_ID, (_BANK,)), _BANK)

    async def name_key(self) -> bytes:
        """The key for names. Raises WrongMasterKey."""
        return _active_key(await self._load(_VAULT_ID, (_NAME,)), _NAME)

    async def of_merchant(self, merchant_id: int) -> MerchantKeys:
        """A merchant's keys, made now if it has none. Raises WrongMasterKey."""
        known = self._merchants.get(merchant_id)
        if known is not None:
            return known
        opened = await self._load(merchant_id, (_CARD, _FINGERPRINT))
        keys = MerchantKeys(self._sealing_keys(opened, _CARD), _active_key(opened, _FINGERPRINT))
        self._merchants[merchant_id] = keys
        return keys

    async def _load(self, owner_id: int, purposes: tuple[str, ...]) -> list[_Opened]:
        records = await self._records.find_keys(owner_id)
        known = {record.purpose for record in records}
        missing = [await self._make(owner_id, name) for name in purposes if name not in known]
        if missing:
            # On conflict another worker was first, and its keys are the ones.
            with contextlib.suppress(Conflict):
                await self._records.add_keys(missing)
            records = await self._records.find_keys(owner_id)
        return [_Opened(record, await self._unwrap(record)) for record in records]

    async def _make(self, owner_id: int, purpose: str) -> WrappedKey:
        version = 1
        return WrappedKey(
            merchant_id=owner_id,
            purpose=purpose,
            version=version,
            state=_ACTIVE,
            master_key_id=self._master_key.key_id,
            wrapped=await self._master_key.wrap(
                self._entropy.take(_LENGTHS.get(purpose, KEY_BYTES)),
                _key_place(owner_id, purpose, version),
            ),
            created_ms=self._clock.now_ms(),
        )

    async def _unwrap(self, record: WrappedKey) -> bytearray:
        if record.master_key_id != self._master_key.key_id:
            raise WrongMasterKey(
                f"this vault belongs to the master key {record.master_key_id}, "
                f"the one given is {self._master_key.key_id}"
            )
        try:
            return await self._master_key.unwrap(
                record.wrapped, _key_place(record.merchant_id, record.purpose, record.version)
            )
        except SealBroken:
            raise WrongMasterKey(
                f"a key of this vault does not open: {record.purpose} of {record.merchant_id}"
            ) from None

    def _sealing_keys(self, opened: list[_Opened], purpose: str) -> SealingKeys:
        versions: dict[int, SealingKey] = {}
        active_version = 0
        for record, key in opened:
            if record.purpose == purpose:
                versions[record.version] = SealingKey(bytes(key), record.version, self._entropy)
            if _is_active(record, purpose):
                active_version = record.version
        return SealingKeys(versions, active_version)


def _is_active(record: WrappedKey, purpose: str) -> bool:
    return record.purpose == purpose and record.state == _ACTIVE


def _active_key(opened: list[_Opened], purpose: str) -> bytes:
    (key,) = [key for record, key in opened if _is_active(record, purpose)]
    return bytes(key)


def _key_place(owner_id: int, purpose: str, version: int) -> bytes:
    return place(b"vezne key", purpose.encode(), owner_id, version)
