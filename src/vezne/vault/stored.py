"""Stored cards: what their rows and their merchant's keys make together."""

from vezne.core.ports import CardGone
from vezne.engines.engine import Conflict
from vezne.vault.keyring import Keyring, MerchantKeys
from vezne.vault.pan import Pan
from vezne.vault.records import BlockedRow, SealedRow, VaultRecords
from vezne.vault.seal import (
    BlockedPlace,
    CardPlace,
    OpenedCard,
    SealBroken,
    open_card,
    seal_card,
)


async def keep_card(
    records: VaultRecords, keyring: Keyring, merchant_id: int, token: bytes, card: OpenedCard
) -> None:
    """Store a card durably. It is sealed again when its keys were replaced meanwhile.

    Raises Conflict when the token is taken.
    """
    keys = keyring.known(merchant_id) or await keyring.of_merchant(merchant_id)
    while True:
        try:
            await records.add_card(merchant_id, token, seal_row(keys, merchant_id, token, card))
        except Conflict:
            stale, keys = keys, await keyring.renew(merchant_id, keys)
            if is_same(stale, keys):
                raise
        else:
            return


async def open_stored(
    records: VaultRecords, keyring: Keyring, merchant_id: int, token: bytes
) -> OpenedCard:
    """A stored card, whose number the caller wipes. Raises CardGone."""
    row = await _find_card(records, merchant_id, token)
    keys = keyring.known(merchant_id) or await keyring.of_merchant(merchant_id)
    try:
        return open_row(keys, merchant_id, token, row)
    except SealBroken:
        # Perhaps the row is of a newer key, or was until a moment ago of one that is gone.
        keys = await keyring.renew(merchant_id, keys)
    try:
        return open_row(keys, merchant_id, token, await _find_card(records, merchant_id, token))
    except SealBroken:
        keyring.report_broken(merchant_id, token)
        raise CardGone("the stored card does not open") from None


def seal_row(
    keys: MerchantKeys,
    merchant_id: int,
    token: bytes,
    card: OpenedCard,
    fingerprint_version: int | None = None,
) -> SealedRow:
    """A card as it is stored, sealed with the active keys; or known by an older fingerprint."""
    key, known = keys.card.active, keys.fingerprint
    version = fingerprint_version or known.active_version
    value = known.of(card.pan, version)
    sealed = seal_card(key, CardPlace(merchant_id, token, value, version), card)
    return SealedRow(key.version, sealed, value, version)


def open_row(keys: MerchantKeys, merchant_id: int, token: bytes, row: SealedRow) -> OpenedCard:
    """What a row holds, for the caller to wipe. Raises SealBroken."""
    where = CardPlace(merchant_id, token, row.fingerprint, row.fingerprint_version)
    return open_card(keys.card.find(row.key_version), where, row.sealed)


def seal_blocked(
    keys: MerchantKeys, merchant_id: int, pan: Pan, fingerprint_version: int, created_ms: int
) -> BlockedRow:
    """An entry of the blocklist for a number, known by a version of its fingerprint."""
    value = keys.fingerprint.of(pan, fingerprint_version)
    where = BlockedPlace(merchant_id, value, fingerprint_version)
    sealed = seal_card(keys.card.active, where, OpenedCard(pan, ""))
    return BlockedRow(value, fingerprint_version, keys.card.active.version, sealed, created_ms)


def open_blocked(keys: MerchantKeys, merchant_id: int, row: BlockedRow, sealed: bytes) -> Pan:
    """The number of an entry, for the caller to wipe. Raises SealBroken."""
    where = BlockedPlace(merchant_id, row.fingerprint, row.fingerprint_version)
    return open_card(keys.card.find(row.key_version), where, sealed).pan


def is_same(first: MerchantKeys, second: MerchantKeys) -> bool:
    """Whether the same versions of both keys seal, and the same fingerprints are known."""
    return _versions(first) == _versions(second)


async def _find_card(records: VaultRecords, merchant_id: int, token: bytes) -> SealedRow:
    row = await records.find_card(merchant_id, token)
    if row is None:
        raise CardGone("no such stored card")
    return row


def _versions(keys: MerchantKeys) -> tuple[int, int, list[int]]:
    known = keys.fingerprint
    return keys.card.active.version, known.active_version, known.readable
