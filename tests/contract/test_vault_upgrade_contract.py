"""A vault of before keys had a life of their own, over each database."""

from fakes.vault import TEST_EXPIRY
from fakes.vault_rooms import Process, numbers
from vezne.core.card import SealedCard
from vezne.engines.engine import Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.fingerprint import FIRST_VERSION, FingerprintKeys
from vezne.vault.key_records import KeyRecords
from vezne.vault.keys import DAY_MS, Purpose, check_value
from vezne.vault.pan import parse_pan
from vezne.vault.seal import CardPlace, OpenedCard, SealingKey, place, seal_card

MERCHANT, TOKEN, MADE_MS = 7, b"t" * 20, 1_500_000_000_000
(NUMBER,) = numbers(1)
INSERT_KEY = "INSERT INTO vault_keys VALUES (?, ?, 1, 'active', ?, ?, ?)"
INSERT_CARD = "INSERT INTO sealed_cards VALUES (?, ?, 1, ?, ?)"
INSERT_BLOCKED = "INSERT INTO blocked_cards VALUES (?, ?, ?)"


async def write_as_before(process):
    """Keys, a card and a blocklist as the first schema had them."""
    await migrate(process.engine, load_migrations("vezne.vault")[:1])
    keys = {purpose: process.entropy.take(32) for purpose in (Purpose.CARD, Purpose.FINGERPRINT)}
    writes = []
    for purpose, key in keys.items():
        where = place(b"vezne key", purpose.encode(), MERCHANT, 1)
        wrapped = await process.master_key.wrap(key, where)
        row = (MERCHANT, str(purpose), process.master_key.key_id, wrapped, MADE_MS)
        writes.append(Write(INSERT_KEY, row))
    pan = parse_pan(NUMBER)
    known = FingerprintKeys({FIRST_VERSION: keys[Purpose.FINGERPRINT]}, FIRST_VERSION)
    value = known.of(pan, FIRST_VERSION)
    key = SealingKey(keys[Purpose.CARD], 1, process.entropy)
    sealed = seal_card(key, CardPlace(MERCHANT, TOKEN, b"", 0), OpenedCard(pan, "Ayşe Öztürk"))
    writes.append(Write(INSERT_CARD, (MERCHANT, TOKEN, sealed, value)))
    writes.append(Write(INSERT_BLOCKED, (MERCHANT, value, MADE_MS)))
    await process.engine.apply(writes)
    return keys


async def test_an_older_vault_goes_on(engine):
    """Its cards open, its blocklist holds, its keys get what keys have, and all can be rotated."""
    process = Process(engine, 1)
    keys = await write_as_before(process)
    await process.open()
    assert await process.number_of(MERCHANT, TOKEN) == NUMBER
    stored = SealedCard(bin="552879", last4="0000", expiry=TEST_EXPIRY, token=TOKEN)
    for card in (stored, process.present(NUMBER)):
        assert await process.vault.blocked_since(MERCHANT, card) == MADE_MS
    rows = {key.id: key for key in await KeyRecords(engine).list_keys()}
    assert rows["card:7:1"].kcv == check_value(keys[Purpose.CARD])
    assert rows["card:7:1"].ends_ms == MADE_MS + 365 * DAY_MS
    (master,) = await KeyRecords(engine).list_masters()
    assert (master.id, master.state) == (process.master_key.key_id, "active")
    for purpose in (Purpose.CARD, Purpose.FINGERPRINT):
        (done,) = await process.rotation().rotate(purpose, 0, lambda *_: None)
        assert (done.cards, done.is_complete) == (1, True)
    assert await process.number_of(MERCHANT, TOKEN) == NUMBER
    assert await process.vault.blocked_since(MERCHANT, stored) == MADE_MS
    left = "SELECT count(*) FROM sealed_cards WHERE fingerprint_version <> 2 OR key_version <> 2"
    assert await engine.fetch(left) == [(0,)]
