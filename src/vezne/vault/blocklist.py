"""The merchants' blocklists: numbers that are known by their fingerprints.

While a fingerprint key is being rotated, a number stands on the list under its fingerprint of each
version, and a card is looked for under each. So the list is right at every moment, for processes
that have not heard of the new version too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from vezne.core.card import SealedCard
from vezne.core.ports import CardGone, Clock
from vezne.engines.engine import Conflict
from vezne.vault.fingerprint import FIRST_VERSION
from vezne.vault.keyring import Keyring, MerchantKeys
from vezne.vault.pan import Pan
from vezne.vault.records import VaultRecords
from vezne.vault.stored import is_same, open_stored, seal_blocked
from vezne.vault.transit import Transit

# How long another process's first entry on a blocklist may go unnoticed here.
FRESH_MS: Final = 5_000


class Blocklist:
    """Puts numbers on the lists, takes them off, and looks for them."""

    def __init__(
        self, records: VaultRecords, keyring: Keyring, transit: Transit, clock: Clock
    ) -> None:
        self._records = records
        self._keyring = keyring
        self._transit = transit
        self._clock = clock
        # Merchants whose blocklist was seen empty, and when. Most never have one.
        self._nothing_blocked: dict[int, int] = {}
        self._blocks = 0

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        """Put a card's number on the list. Raises CardGone.

        It counts here at once, and within `FRESH_MS` in processes that nobody tells.
        """
        now_ms = self._clock.now_ms()
        async with self._number(merchant_id, card) as pan:
            keys = await self._keyring.of_merchant(merchant_id)
            while True:
                entries = [
                    seal_blocked(keys, merchant_id, pan, version, now_ms)
                    for version in keys.fingerprint.readable
                ]
                try:
                    await self._records.add_blocked(merchant_id, entries)
                    break
                except Conflict:
                    stale, keys = keys, await self._keyring.renew(merchant_id, keys)
                    if is_same(stale, keys):
                        raise
        self.hear_blocked(merchant_id)

    def hear_blocked(self, merchant_id: int) -> None:
        """Something is on a merchant's list, whoever put it there: look from now on."""
        self._blocks += 1
        self._nothing_blocked.pop(merchant_id, None)

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        """Take a card's number off the list. Raises CardGone."""
        keys = await self._keyring.of_merchant(merchant_id)
        while True:
            values = await self._fingerprints(keys, merchant_id, card)
            await self._records.remove_blocked(merchant_id, values)
            left = await self._records.blocked_since(merchant_id, values[-1])
            if left.active_version == keys.fingerprint.active_version:
                return
            keys = await self._keyring.renew(merchant_id, keys)

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        """Whether a card's number is on the list. Raises CardGone.

        A merchant who blocks nothing costs neither a fingerprint nor a read.
        """
        now_ms = self._clock.now_ms()
        if 0 <= now_ms - self._nothing_blocked.get(merchant_id, -FRESH_MS) < FRESH_MS:
            return False
        if await self._is_nothing_blocked(merchant_id, now_ms):
            return False
        return await self.blocked_since(merchant_id, card) is not None

    async def blocked_since(self, merchant_id: int, card: SealedCard) -> int | None:
        """When a card's number was put on the list; None: it is not there. Raises CardGone."""
        keys = await self._keyring.of_merchant(merchant_id)
        while True:
            # The entries of an old version go when all of the new one are there, so the old one is
            # asked for first.
            for value in await self._fingerprints(keys, merchant_id, card):
                found = await self._records.blocked_since(merchant_id, value)
                if found.created_ms is not None:
                    return found.created_ms
            if found.active_version == keys.fingerprint.active_version:
                return None
            keys = await self._keyring.renew(merchant_id, keys)

    async def _is_nothing_blocked(self, merchant_id: int, now_ms: int) -> bool:
        blocks = self._blocks
        if await self._records.has_blocked(merchant_id):
            return False
        # A block that came in during the read may not be in what was read.
        if blocks == self._blocks:
            self._nothing_blocked[merchant_id] = now_ms
        return True

    async def _fingerprints(
        self, keys: MerchantKeys, merchant_id: int, card: SealedCard
    ) -> list[bytes]:
        """What a card's number may be known by, oldest first. Raises CardGone."""
        readable = keys.fingerprint.readable
        if card.token is not None:
            row = await self._records.find_card(merchant_id, card.token)
            if row is None:
                raise CardGone("no such stored card")
            if readable == [row.fingerprint_version or FIRST_VERSION]:
                return [row.fingerprint]
        async with self._number(merchant_id, card) as pan:
            return [keys.fingerprint.of(pan, version) for version in readable]

    @asynccontextmanager
    async def _number(self, merchant_id: int, card: SealedCard) -> AsyncIterator[Pan]:
        if card.token is None:
            yield self._transit.pan(card.transit_id)
            return
        opened = await open_stored(self._records, self._keyring, merchant_id, card.token)
        try:
            yield opened.pan
        finally:
            opened.pan.wipe()
