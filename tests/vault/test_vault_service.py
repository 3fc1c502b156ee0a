import sqlite3

import msgspec
import pytest

from fakes.audit import MemoryAudit
from fakes.randomness import SeededEntropy
from vezne.core.ids import TOKEN_BYTES
from vezne.core.ports import CardGone
from vezne.engines.sqlite import open_sqlite
from vezne.vault.blocklist import FRESH_MS
from vezne.vault.keyring import WrongMasterKey
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.service import open_vault
from vezne.vault.stored import open_stored
from vezne.vault.transit import AGE_MAX_MS

PAN = "5528790000000008"
MERCHANT = 7


class CountingEngine:
    """Passes everything on and counts the reads."""

    def __init__(self, engine):
        self._engine = engine
        self.name = engine.name
        self.reads = 0

    async def fetch(self, sql, params=()):
        self.reads += 1
        return await self._engine.fetch(sql, params)

    async def apply(self, writes):
        await self._engine.apply(writes)

    async def execute_script(self, script):
        await self._engine.execute_script(script)


async def test_a_kept_card_is_durable_and_sealed(vault, present, tmp_path):
    """On return the row is committed; a second vault opens it; no file holds the number."""
    token = await vault.keep(MERCHANT, present(), "Ayşe Öztürk")
    assert len(token) == TOKEN_BYTES
    with sqlite3.connect(tmp_path / "vault.db") as reader:
        (row,) = reader.execute("SELECT * FROM sealed_cards").fetchall()
    reader.close()
    assert row[:3] == (MERCHANT, token, 1)
    card = await open_stored(vault._records, vault._keyring, MERCHANT, token)
    assert (card.pan.reveal(), card.holder) == (PAN.encode(), "Ayşe Öztürk")
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert PAN.encode() not in content
        assert b"Ayse" not in content
        assert "Öztürk".encode() not in content


async def test_a_stored_card_survives_a_restart(vault, present, master_key, clock, tmp_path):
    """What one process kept, the next one sends."""
    card = present()
    token = await vault.keep(MERCHANT, card, "John Doe")
    engine = open_sqlite(tmp_path / "vault.db")
    again = await open_vault(engine, master_key, clock, SeededEntropy(), MemoryAudit())
    stored = msgspec.structs.replace(card, token=token, transit_id=None, has_cvv=False)
    assert await again.is_blocked(MERCHANT, stored) is False
    await again.block(MERCHANT, stored)
    assert await vault.is_blocked(MERCHANT, card)
    await engine.close()


async def test_tokens_follow_time(vault, present, clock):
    """Rows arrive in key order, which is what keeps inserts fast."""
    tokens = []
    for _ in range(3):
        tokens.append(await vault.keep(MERCHANT, present(), "x"))
        clock.advance(ms=1)
    assert tokens == sorted(tokens)


async def test_deleting_deletes(vault, engine, present):
    """After forget there is no row, neither sealed number nor fingerprint."""
    kept = [await vault.keep(MERCHANT, present(), "x") for _ in range(2)]
    await vault.forget(MERCHANT, kept[0])
    rows = await engine.fetch("SELECT token FROM sealed_cards")
    assert rows == [(kept[1],)]


async def test_an_empty_blocklist_costs_one_read_in_a_while(
    engine, master_key, clock, entropy, present
):
    """Most merchants block nothing; their payments must not pay for the others."""
    counting = CountingEngine(engine)
    vault = await open_vault(counting, master_key, clock, entropy, MemoryAudit())
    card = present()
    before = counting.reads
    for _ in range(3):
        assert not await vault.is_blocked(MERCHANT, card)
    assert counting.reads == before + 1
    clock.advance(ms=FRESH_MS)
    assert not await vault.is_blocked(MERCHANT, card)
    assert counting.reads == before + 2


async def test_another_process_s_block_is_noticed_in_a_while(
    engine, master_key, clock, entropy, vault, present
):
    """What this process blocks counts at once, what another blocks within seconds."""
    other = await open_vault(engine, master_key, clock, entropy, MemoryAudit())
    card = present()
    assert not await other.is_blocked(MERCHANT, card)
    await vault.block(MERCHANT, card)
    assert await vault.is_blocked(MERCHANT, card)
    clock.advance(ms=FRESH_MS)
    other.transit.hold(vault.transit.pan(card.transit_id), None)
    assert await other.is_blocked(MERCHANT, msgspec.structs.replace(card, transit_id=1))


async def test_a_block_during_the_look_is_not_overlooked(
    engine, master_key, clock, entropy, vault, present
):
    """An empty list that was read before a block must not be remembered after it."""
    card = present()
    read = engine.fetch

    class Slow:
        """An engine whose first look at the blocklist is overtaken by a block."""

        def __getattr__(self, name):
            return getattr(engine, name)

        async def fetch(self, sql, params=()):
            rows = await read(sql, params)
            if "LIMIT 1" in sql and not rows:
                late.transit.hold(vault.transit.pan(card.transit_id), None)
                await late.block(MERCHANT, msgspec.structs.replace(card, transit_id=1))
            return rows

    late = await open_vault(Slow(), master_key, clock, entropy, MemoryAudit())
    assert not await late.is_blocked(MERCHANT, card)
    assert await late.is_blocked(MERCHANT, msgspec.structs.replace(card, transit_id=1))


async def test_a_wrong_master_key_is_refused_at_start(vault, engine, clock, entropy):
    """Before anything is read or written with it."""
    other = LocalMasterKey(SeededEntropy(99).take(32), entropy)
    with pytest.raises(WrongMasterKey, match="belongs to the master key"):
        await open_vault(engine, other, clock, entropy, MemoryAudit())


async def test_secrets_open_after_a_restart(vault, engine, master_key, clock, entropy):
    """What one process sealed for the books, the next one opens."""
    sealed = await vault.secrets.seal(b"demo-secret-key", b"iyzico")
    again = await open_vault(engine, master_key, clock, entropy, MemoryAudit())
    assert await again.secrets.open(sealed, b"iyzico") == b"demo-secret-key"


async def test_the_key_shared_with_the_bank_survives_a_restart(
    vault, engine, master_key, clock, entropy
):
    """A browser that is at the bank's page during a restart still brings a valid proof."""
    again = await open_vault(engine, master_key, clock, entropy, MemoryAudit())
    assert len(vault.bank_key) == 32
    assert again.bank_key == vault.bank_key


async def test_a_held_card_and_its_code(vault, present):
    """Both outlive the request, come back into transit, and are wiped with it."""
    holder = "Ayşe Öztürk"
    card = present()
    await vault.hold(MERCHANT, 1, card, holder)
    vault.release(card.transit_id)
    held = await vault.open_held(MERCHANT, 1)
    assert held.holder == holder
    assert held.card == msgspec.structs.replace(card, transit_id=held.card.transit_id)
    assert held.card.transit_id != card.transit_id
    pan, cvv = (
        vault.transit.pan(held.card.transit_id),
        vault.transit.cvv(held.card.transit_id),
    )
    assert (pan.reveal(), cvv.reveal()) == (PAN.encode(), b"123")
    await vault.drop_held(MERCHANT, 1)
    assert pan.reveal() == PAN.encode()
    vault.release(held.card.transit_id)
    for secret in (pan, cvv):
        with pytest.raises(ValueError, match="wiped"):
            secret.reveal()


async def test_a_stored_card_s_code_is_held_without_a_number(vault, present):
    """A number that came along with a stored card is none of the payment's business."""
    card = msgspec.structs.replace(present("5400360000000003", "321"), token=b"t" * 20)
    await vault.hold(MERCHANT, 1, card, "")
    held = await vault.open_held(MERCHANT, 1)
    assert held.card.token == card.token
    assert vault.transit.cvv(held.card.transit_id).reveal() == b"321"
    with pytest.raises(CardGone):
        vault.transit.pan(held.card.transit_id)


async def test_a_code_that_is_gone_is_not_held(vault, present):
    """Nothing is held by halves."""
    card = present()
    vault.transit.drop_cvv(card.transit_id)
    with pytest.raises(CardGone, match="security code"):
        await vault.hold(MERCHANT, 1, card, "x")
    assert not await vault.is_held(MERCHANT, 1)


async def test_a_held_card_ends_with_time(vault, present, clock):
    """Fifteen minutes after it came, whatever its holder does."""
    await vault.hold(MERCHANT, 1, present(), "x")
    clock.advance(ms=AGE_MAX_MS)
    assert not await vault.is_held(MERCHANT, 1)
    with pytest.raises(CardGone):
        await vault.open_held(MERCHANT, 1)


async def test_a_held_card_touches_no_disk(vault, engine, present, tmp_path):
    """Holding, opening and dropping write nothing, not even sealed; a restart loses the card."""
    before = await engine.fetch("SELECT count(*) FROM sealed_cards")
    card = present("5528790000000008", "987")
    await vault.hold(MERCHANT, 1, card, "Ayşe Öztürk")
    held = await vault.open_held(MERCHANT, 1)
    assert await engine.fetch("SELECT count(*) FROM sealed_cards") == before
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert PAN.encode() not in content
        assert "Öztürk".encode() not in content
    texts = [repr(held), repr(vault), repr(vars(vault))]
    assert all(PAN not in text and "987" not in text for text in texts)


async def test_another_process_holds_nothing(vault, engine, master_key, clock, entropy, present):
    """A restart loses what was held."""
    await vault.hold(MERCHANT, 1, present(), "x")
    again = await open_vault(engine, master_key, clock, entropy, MemoryAudit())
    assert not await again.is_held(MERCHANT, 1)


async def test_a_released_card_is_not_kept(vault, engine, present):
    """Nothing is written for a card that is gone."""
    card = present()
    vault.transit.release(card.transit_id)
    with pytest.raises(CardGone):
        await vault.keep(MERCHANT, card, "x")
    assert await engine.fetch("SELECT 1 FROM sealed_cards") == []


async def test_a_sweep_wipes_what_nobody_asked_for(vault, clock, present):
    """What is too old is gone from transit and from the holding, whatever else happens."""
    card = present(PAN, "123")
    await vault.hold(1, 2, card, "holder")
    clock.advance(ms=AGE_MAX_MS - 1)
    vault.sweep()
    assert (len(vault.transit), len(vault._holding)) == (1, 1)
    clock.advance(ms=1)
    vault.sweep()
    assert (len(vault.transit), len(vault._holding)) == (0, 0)
