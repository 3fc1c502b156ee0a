"""One merchant's rows, made anew with the keys that are active now."""

import contextlib
from typing import Final

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.ports import Audit
from vezne.engines.engine import Conflict
from vezne.vault.fingerprint import FIRST_VERSION
from vezne.vault.keyring import MerchantKeys
from vezne.vault.keys import Purpose
from vezne.vault.pan import Pan
from vezne.vault.records import BlockedRow, Resealed, SealedRow, VaultRecords
from vezne.vault.seal import OpenedCard, SealBroken
from vezne.vault.stored import open_blocked, open_row, seal_blocked, seal_row

# Rows of which only the versions are looked at.
_PAGE_CARDS: Final = 5_000


class Resealing:
    """Takes a merchant's rows to the active version of one key, and counts.

    `broken` rows do not open, so they were altered; they stay as they are. `numberless` are the
    entries of the blocklist, by fingerprint, from before it held numbers.
    """

    def __init__(
        self,
        records: VaultRecords,
        audit: Audit,
        merchant_id: int,
        keys: MerchantKeys,
        purpose: Purpose,
    ) -> None:
        self._records = records
        self._audit = audit
        self._merchant_id = merchant_id
        self._keys = keys
        self._purpose = purpose
        self.cards = 0
        self.blocked = 0
        self.broken = 0
        self._broken_entries: set[bytes] = set()
        self.numberless: dict[bytes, BlockedRow] = {}

    async def renew_blocklist(self) -> None:
        """Seal the numbers anew, or put them under their new fingerprints beside the old ones."""
        for row in await self._records.list_blocked(self._merchant_id):
            if not self._is_stale(row.key_version, row.fingerprint_version):
                continue
            if row.sealed is not None:
                await self._renew_blocked(row, row.sealed)
            elif self._purpose is Purpose.FINGERPRINT:
                self.numberless[row.fingerprint] = row

    async def renew_cards(self, after: bytes, limit: int) -> tuple[bytes, int, int]:
        """Renew up to so many cards beyond a token.

        The token to go on from, how many cards were looked at, and how many of them were renewed.
        """
        page = await self._records.list_cards(self._merchant_id, after=after, limit=limit)
        renewed = []
        for token, row in page:
            if not self._is_stale(row.key_version, row.fingerprint_version):
                continue
            try:
                renewed.append(await self._renew_card(token, row))
            except SealBroken:
                self._count_broken(token)
        if renewed:
            await self._records.replace_cards(self._merchant_id, renewed)
        self.cards += len(renewed)
        return page[-1][0] if page else after, len(page), len(renewed)

    async def versions_in_use(self) -> set[int]:
        """The versions of the key that any row is of; nothing is inserted but with the active.

        An entry under an older fingerprint that opened does not count: the number was put beside it
        under the new one, by this rotation or by the server that inserted both together.
        """
        used: set[int] = set()
        after = b""
        while page := await self._records.list_versions(
            self._merchant_id, after=after, limit=_PAGE_CARDS
        ):
            used.update(self._version(*versions) for _, *versions in page)
            after = page[-1][0]
        used.update(
            self._version(row.key_version, row.fingerprint_version)
            for row in await self._records.list_blocked(self._merchant_id)
            if self._needs_key(row)
        )
        return used

    def _needs_key(self, row: BlockedRow) -> bool:
        """Whether an entry would be lost with the version of the key that it is of."""
        if self._purpose is Purpose.CARD:
            return row.sealed is not None
        return row.sealed is None or row.fingerprint in self._broken_entries

    def _version(self, key_version: int, fingerprint_version: int) -> int:
        """The version that a row is of, by the key that this is about."""
        if self._purpose is Purpose.CARD:
            return key_version
        return fingerprint_version or FIRST_VERSION

    def _is_stale(self, key_version: int, fingerprint_version: int) -> bool:
        if self._purpose is Purpose.CARD:
            return key_version != self._keys.card.active.version
        return fingerprint_version != self._keys.fingerprint.active_version

    async def _renew_card(self, token: bytes, row: SealedRow) -> Resealed:
        """The card under the active key of the purpose. Raises SealBroken.

        The fingerprint is always made anew, so that a row of before the seal covered it cannot keep
        one that was altered.
        """
        version = self._keys.fingerprint.active_version
        if self._purpose is Purpose.CARD:
            version = row.fingerprint_version or FIRST_VERSION
        opened = open_row(self._keys, self._merchant_id, token, row)
        try:
            after = seal_row(self._keys, self._merchant_id, token, opened, version)
            await self._give_number(row, opened)
        finally:
            opened.pan.wipe()
        return Resealed(token, row, after)

    async def _renew_blocked(self, row: BlockedRow, sealed: bytes) -> None:
        try:
            pan = open_blocked(self._keys, self._merchant_id, row, sealed)
        except SealBroken:
            self._broken_entries.add(row.fingerprint)
            self._count_broken(row.fingerprint)
            return
        try:
            if row.fingerprint_version in self._keys.fingerprint.readable:
                await self._reseal_blocked(row, pan)
            else:
                # Left behind by a server that did not know yet that the key was destroyed. The
                # number may have been taken off the list since, so it is not put there again.
                await self._records.remove_blocked(self._merchant_id, [row.fingerprint])
        finally:
            pan.wipe()

    async def _reseal_blocked(self, row: BlockedRow, pan: Pan) -> None:
        version = self._keys.fingerprint.active_version
        if self._purpose is Purpose.CARD:
            version = row.fingerprint_version
        entry = seal_blocked(self._keys, self._merchant_id, pan, version, row.created_ms)
        if self._purpose is Purpose.CARD:
            await self._records.reseal_blocked(self._merchant_id, row, entry)
        else:
            await self._copy_blocked(row, entry)
        self.blocked += 1

    async def _copy_blocked(self, row: BlockedRow, entry: BlockedRow) -> None:
        # On conflict the number was taken off the list a moment ago, and stays off it.
        with contextlib.suppress(Conflict):
            await self._records.copy_blocked(self._merchant_id, row.fingerprint, entry)

    async def _give_number(self, row: SealedRow, opened: OpenedCard) -> None:
        """Give an entry of the blocklist the number that it is about: that of a stored card."""
        entry = self.numberless.get(row.fingerprint)
        if entry is None:
            return
        old = seal_blocked(
            self._keys, self._merchant_id, opened.pan, FIRST_VERSION, entry.created_ms
        )
        if old.fingerprint != entry.fingerprint:
            return
        await self._records.reseal_blocked(self._merchant_id, entry, old)
        await self._renew_blocked(old, old.sealed or b"")
        del self.numberless[row.fingerprint]

    def _count_broken(self, name: bytes) -> None:
        self.broken += 1
        self._audit.record(
            AuditEvent(
                action=AuditAction.CARD_REFUSED,
                is_success=False,
                merchant_id=self._merchant_id,
                subject=name.hex(),
                reason="the seal does not open",
            )
        )
