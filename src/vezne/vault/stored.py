"""Stored cards, opened: what their rows and their merchant's keys make together."""

from vezne.core.ports import CardGone
from vezne.vault.keyring import Keyring
from vezne.vault.records import VaultRecords
from vezne.vault.seal import OpenedCard, SealBroken, open_card


async def open_stored(
    records: VaultRecords, keyring: Keyring, merchant_id: int, token: bytes
) -> OpenedCard:
    """A stored card, whose number the caller wipes. Raises CardGone."""
    row = await records.find_card(merchant_id, token)
    if row is None:
        raise CardGone("no such stored card")
    keys = await keyring.of_merchant(merchant_id)
    try:
        return open_card(keys.card.find(row.key_version), merchant_id, token, row.sealed)
    except SealBroken:
        raise CardGone("the stored card does not open") from None
