"""Merchants whose clocks can be moved, in memory."""

import msgspec

from vezne.core.merchant import Credential, Merchant


class MemoryClocks:
    """Implements `vezne.core.ports.Merchants` and `MerchantClocks` for one merchant.

    It calls with `key` and `secret` at every door. The next `contests` moves fail, each because
    somebody else moved the clock by a minute.
    """

    def __init__(self, record: Merchant, key: str = "key", secret: bytes = b"secret") -> None:
        self.record = record
        self.key = key
        self.secret = secret
        self.contests = 0

    async def find_credential(self, door: str, key: str) -> Credential | None:
        if key != self.key:
            return None
        return Credential(merchant=self.record, door=door, key=key, secret=self.secret)

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        return self.record if merchant_id == self.record.id else None

    async def change_clock(self, merchant_id: int, offset_ms: int, *, instead_of_ms: int) -> bool:
        if self.contests:
            self.contests -= 1
            self._set(self.record.clock_offset_ms + 60_000)
        if (merchant_id, instead_of_ms) != (self.record.id, self.record.clock_offset_ms):
            return False
        self._set(offset_ms)
        return True

    def _set(self, offset_ms: int) -> None:
        self.record = msgspec.structs.replace(self.record, clock_offset_ms=offset_ms)
