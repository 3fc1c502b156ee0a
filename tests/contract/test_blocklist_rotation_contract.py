"""Blocklists while keys are rotated, over each database, beside servers that know nothing."""

import pytest

from fakes.vault import TEST_EXPIRY
from fakes.vault_rooms import Process, numbers
from vezne.core.card import SealedCard
from vezne.engines.engine import Conflict, Write
from vezne.vault.key_records import KeyRecords
from vezne.vault.keys import Purpose
from vezne.vault.records import VaultRecords

MERCHANT = 7
NUMBERS = numbers(3)
BLOCKED = NUMBERS[0]
PURPOSES = [Purpose.CARD, Purpose.FINGERPRINT]
BLOCKED_VERSIONS = """
SELECT key_version, fingerprint_version FROM blocked_cards WHERE merchant_id = ?
ORDER BY fingerprint_version
"""


@pytest.fixture
async def server(open_engine):
    return await Process(await open_engine(), 1).open()


@pytest.fixture
async def command(open_engine, server):
    return Process(await open_engine(), 2)


def silent(total, count):
    """Nobody looks at the progress."""


def stored(token):
    return SealedCard(bin="552879", last4="0000", expiry=TEST_EXPIRY, token=token)


async def fill(server):
    """Cards of a merchant, the first of which is blocked."""
    tokens = {number: await server.keep(MERCHANT, number) for number in NUMBERS}
    await server.vault.block(MERCHANT, server.present(BLOCKED))
    return tokens


async def check(process, tokens):
    """The blocklist is right however a card is presented."""
    for number, token in tokens.items():
        is_blocked = number == BLOCKED
        assert await process.vault.is_blocked(MERCHANT, stored(token)) is is_blocked
        assert await process.vault.is_blocked(MERCHANT, process.present(number)) is is_blocked


async def half_rotated(server, command):
    """A fingerprint rotation that has only made its new version, which the server has read."""
    records = KeyRecords(server.engine)
    started_ms = await records.begin_rotation(Purpose.FINGERPRINT, 0, server.clock.now_ms())
    (key,) = [key for key in await records.list_keys() if key.id == "fingerprint:7:1"]
    await command.keyring().make_version(key, after_ms=started_ms)
    server.vault.keyring.forget(MERCHANT)
    assert (await server.vault.keyring.of_merchant(MERCHANT)).fingerprint.readable == [1, 2]


async def test_nothing_is_blocked_under_a_destroyed_key(server, command):
    """A server that still has the old version leaves no entry that nobody could take off."""
    tokens = await fill(server)
    await half_rotated(server, command)
    await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    number = NUMBERS[1]
    await server.vault.block(MERCHANT, stored(tokens[number]))
    assert await server.engine.fetch(BLOCKED_VERSIONS, (MERCHANT,)) == [(1, 2), (1, 2)]
    fresh = await Process(server.engine, 3).open()
    await fresh.vault.unblock(MERCHANT, stored(tokens[number]))
    await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    await check(await Process(server.engine, 4).open(), tokens)


async def test_what_is_blocked_at_the_last_moment_goes_with_the_key(server, command):
    """An entry under the old fingerprint that came after the copying is gone with its key."""
    tokens = await fill(server)
    await half_rotated(server, command)

    class Late:
        def __getattr__(self, name):
            return getattr(command.engine, name)

        async def apply(self, writes):
            if any("DELETE FROM key_wraps" in write.sql for write in writes):
                await server.vault.block(MERCHANT, stored(tokens[NUMBERS[1]]))
            await command.engine.apply(writes)

    engine = Late()
    (done,) = await command.rotation(engine).rotate(Purpose.FINGERPRINT, 0, silent)
    assert done.destroyed == ("fingerprint:7:1",)
    assert await server.engine.fetch(BLOCKED_VERSIONS, (MERCHANT,)) == [(1, 2), (1, 2)]


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_an_entry_that_was_left_behind_is_dropped(server, command, purpose):
    """One under a destroyed key is not copied: its number was taken off the list since."""
    tokens = await fill(server)
    records = VaultRecords(server.engine)
    (entry,) = await records.list_blocked(MERCHANT)
    await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    await server.vault.unblock(MERCHANT, stored(tokens[BLOCKED]))
    left = "INSERT INTO blocked_cards (merchant_id, fingerprint, fingerprint_version, "
    left += "key_version, sealed, created_ms) VALUES (?, ?, ?, ?, ?, ?)"
    await server.engine.apply([Write(left, (MERCHANT, *entry))])
    (done,) = await command.rotation().rotate(purpose, 0, silent)
    assert (done.blocked, done.is_complete) == (0, True)
    assert await records.list_blocked(MERCHANT) == []
    assert not await server.vault.is_blocked(MERCHANT, stored(tokens[BLOCKED]))


async def test_an_altered_entry_of_the_blocklist_keeps_its_key(server, command):
    """It still blocks by its fingerprint, which is of no use without the key."""
    tokens = await fill(server)
    await server.vault.block(MERCHANT, stored(tokens[NUMBERS[1]]))
    records = VaultRecords(server.engine)
    broken, _ = await records.list_blocked(MERCHANT)
    spoil = "UPDATE blocked_cards SET sealed = ? WHERE fingerprint = ?"
    await server.engine.apply([Write(spoil, (bytes(60), broken.fingerprint))])
    (done,) = await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    assert (done.broken, done.blocked, done.destroyed) == (1, 1, ())
    assert broken.fingerprint in {row.fingerprint for row in await records.list_blocked(MERCHANT)}
    fresh = await Process(server.engine, 3).open()
    for number in NUMBERS[:2]:
        assert await fresh.vault.is_blocked(MERCHANT, fresh.present(number))


async def test_an_entry_that_changed_meanwhile_is_not_resealed(server, command):
    """It was blocked again under newer keys, which the rotation must not undo."""
    await fill(server)
    records = VaultRecords(server.engine)
    (entry,) = await records.list_blocked(MERCHANT)
    stale = entry._replace(key_version=9)
    await records.reseal_blocked(MERCHANT, stale, entry._replace(sealed=b"of before"))
    assert await records.list_blocked(MERCHANT) == [entry]


async def test_a_number_that_is_freed_meanwhile_stays_free(server, command):
    """An entry that is gone when it is to be copied is not brought back."""
    await fill(server)
    records = VaultRecords(server.engine)
    (entry,) = await records.list_blocked(MERCHANT)
    await records.remove_blocked(MERCHANT, [entry.fingerprint])
    with pytest.raises(Conflict):
        await records.copy_blocked(MERCHANT, entry.fingerprint, entry)
    assert await records.list_blocked(MERCHANT) == []
