"""A deleted card is gone from the bytes of the vault's files, not only from its tables."""

import json

from fakes.vault import CARD_FIELDS
from vezne.core.card import Expiry, SealedCard

MERCHANT = 7
COUNT = 400


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


async def stored(vault, number):
    raw = json.dumps({"paymentCard": {"cardNumber": number, "cvc": "123"}}).encode()
    lifted = vault.intake.lift(raw, CARD_FIELDS).card
    card = SealedCard(
        bin=lifted.bin, last4=lifted.last4, expiry=Expiry(2030, 12), transit_id=lifted.transit_id
    )
    token = await vault.keep(MERCHANT, card, "Ayşe Yılmaz")
    vault.release(lifted.transit_id)
    return token


async def test_no_file_holds_a_deleted_card(vault, engine, tmp_path):
    """Ciphertext, fingerprint and token of every deleted card are gone after the next erasure."""
    tokens = [await stored(vault, "5528790000000008") for _ in range(COUNT)]
    rows = await engine.fetch("SELECT token, sealed, fingerprint FROM sealed_cards")
    secrets = {token: (token, sealed) for token, sealed, _ in rows}
    before = b"".join(files(tmp_path).values())
    assert all(text in before for pair in secrets.values() for text in pair)
    gone, kept = tokens[::2], tokens[1::2]
    for token in gone:
        await vault.forget(MERCHANT, token)
    assert await vault.erase()
    after = files(tmp_path)
    assert after["vault.db-wal"] == b""
    for token in gone:
        for text in secrets[token]:
            assert [name for name, content in after.items() if text in content] == []
    assert all(text in after["vault.db"] for token in kept for text in secrets[token])
    assert await vault.list_tokens(MERCHANT, b"", 3) == sorted(kept)[:3]
    assert await vault.list_tokens(MERCHANT, sorted(kept)[-2], 3) == sorted(kept)[-1:]
