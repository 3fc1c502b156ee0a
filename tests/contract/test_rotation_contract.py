"""Rotation of data and fingerprint keys, over each database, beside servers that know nothing."""

import asyncio
from collections import Counter

import pytest

from fakes.vault import TEST_EXPIRY
from fakes.vault_rooms import Process, numbers
from vezne.core.card import SealedCard
from vezne.engines.engine import ANY_ROWS, Conflict, EngineFailure, Write
from vezne.vault import resealing, rotation
from vezne.vault.blocklist import FRESH_MS, Blocklist
from vezne.vault.key_records import KeyRecords
from vezne.vault.keys import Purpose
from vezne.vault.records import VaultRecords
from vezne.vault.rotation import RotationRuns
from vezne.vault.seal import CardPlace, SealBroken, seal_card
from vezne.vault.stored import open_row

MERCHANT, OTHER = 7, 8
NUMBERS = numbers(7)
BLOCKED = NUMBERS[0]
PURPOSES = [Purpose.CARD, Purpose.FINGERPRINT]
VERSIONS = """
SELECT key_version, fingerprint_version FROM sealed_cards WHERE merchant_id = ? ORDER BY token
"""
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


async def keys_of(engine, merchant_id=MERCHANT):
    found = await KeyRecords(engine).list_keys()
    return [(key.id, key.state) for key in found if key.merchant_id == merchant_id]


async def fill(server):
    """Cards of a merchant, the first of which is blocked."""
    tokens = {number: await server.keep(MERCHANT, number) for number in NUMBERS}
    await server.vault.block(MERCHANT, server.present(BLOCKED))
    return tokens


async def check(process, tokens):
    """Every card opens, and the blocklist is right however a card is presented."""
    for number, token in tokens.items():
        assert await process.number_of(MERCHANT, token) == number
        is_blocked = number == BLOCKED
        assert await process.vault.is_blocked(MERCHANT, stored(token)) is is_blocked
        assert await process.vault.is_blocked(MERCHANT, process.present(number)) is is_blocked


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_rotation_leaves_nothing_of_the_old_key(server, command, purpose):
    """Every row is of the new version, the old key is erased, and nobody notices anything."""
    tokens = await fill(server)
    moves = []
    (done,) = await command.rotation().rotate(purpose, 0, lambda *move: moves.append(move))
    assert (done.cards, done.blocked, done.is_complete) == (len(NUMBERS), 1, True)
    assert (done.key_id, done.destroyed) == (f"{purpose}:7:2", (f"{purpose}:7:1",))
    assert {total for total, _ in moves} == {len(NUMBERS)}
    assert sum(count for _, count in moves) == len(NUMBERS)
    versions = (2, 1) if purpose is Purpose.CARD else (1, 2)
    assert set(await server.engine.fetch(VERSIONS, (MERCHANT,))) == {versions}
    assert await server.engine.fetch(BLOCKED_VERSIONS, (MERCHANT,)) == [versions]
    assert (f"{purpose}:7:1", "destroyed") in await keys_of(server.engine)
    wraps = "SELECT count(*) FROM key_wraps WHERE purpose = ? AND version = 1"
    assert await server.engine.fetch(wraps, (purpose,)) == [(0,)]
    await check(server, tokens)
    await check(await Process(server.engine, 3).open(), tokens)
    told = Counter(event.action for event, _ in command.audit.lines)
    assert told["rotation.started"] == told["rotation.ended"] == told["key.created"] == 1
    assert told["key.state_changed"] == 2


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_servers_that_know_nothing_go_on(server, command, purpose):
    """What is stored, blocked and freed after it by a stale server is of the new version."""
    tokens = await fill(server)
    await command.rotation().rotate(purpose, MERCHANT, silent)
    tokens[NUMBERS[1]] = await server.keep(MERCHANT, NUMBERS[1])
    versions = (2, 1) if purpose is Purpose.CARD else (1, 2)
    assert set(await server.engine.fetch(VERSIONS, (MERCHANT,))) == {versions}
    await check(server, tokens)


async def test_a_stale_server_s_blocklist(open_engine, server, command):
    """It blocks, frees and finds by the new fingerprints, although it has the old key only."""
    tokens = await fill(server)
    others = [await Process(await open_engine(), seed).open() for seed in (3, 4, 5)]
    for other in others:
        assert await other.vault.is_blocked(MERCHANT, other.present(BLOCKED))
    await command.rotation().rotate(Purpose.FINGERPRINT, MERCHANT, silent)
    assert await others[0].vault.is_blocked(MERCHANT, others[0].present(BLOCKED))
    await others[1].vault.unblock(MERCHANT, stored(tokens[BLOCKED]))
    assert not await others[0].vault.is_blocked(MERCHANT, stored(tokens[BLOCKED]))
    await others[2].vault.block(MERCHANT, others[2].present(BLOCKED))
    others[0].clock.advance(ms=FRESH_MS)
    assert await others[0].vault.is_blocked(MERCHANT, stored(tokens[BLOCKED]))
    assert await server.engine.fetch(BLOCKED_VERSIONS, (MERCHANT,)) == [(1, 2)]


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_service_during_a_rotation(server, command, purpose, monkeypatch):
    """While rows are being renewed, cards are stored, deleted, blocked, freed and looked up."""
    monkeypatch.setattr(rotation, "BATCH_CARDS", 1)
    tokens = await fill(server)
    late = await Process(server.engine, 3).open()
    rotating = asyncio.create_task(command.rotation().rotate(purpose, 0, silent))
    rounds = 0
    while not rotating.done() or rounds < 3:
        process = (server, late)[rounds % 2]
        number = NUMBERS[1 + rounds % 6]
        await server.vault.forget(MERCHANT, tokens[number])
        tokens[number] = await process.keep(MERCHANT, number)
        await process.vault.block(MERCHANT, stored(tokens[number]))
        assert await late.vault.is_blocked(MERCHANT, late.present(number))
        await server.vault.unblock(MERCHANT, server.present(number))
        await check(process, tokens)
        rounds += 1
    await rotating
    await check(server, tokens)
    versions = (2, 1) if purpose is Purpose.CARD else (1, 2)
    assert set(await server.engine.fetch(VERSIONS, (MERCHANT,))) == {versions}
    assert await server.engine.fetch(BLOCKED_VERSIONS, (MERCHANT,)) == [versions]


class Cut(Exception):
    """The process was killed."""


class CutEngine:
    """An engine whose process is killed at a write: before it, or right after its commit."""

    def __init__(self, engine, writes, *, is_after):
        self._engine = engine
        self._left = writes
        self._is_after = is_after

    def __getattr__(self, name):
        return getattr(self._engine, name)

    async def apply(self, writes):
        self._left -= 1
        if self._left < 0 and not self._is_after:
            raise Cut
        await self._engine.apply(writes)
        if self._left < 0:
            raise Cut


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_rotation_that_is_cut_off_anywhere(server, command, purpose, is_after, monkeypatch):
    """Killed at its first write, then at its second and so on, it goes on each time and ends.

    Two merchants' keys are replaced once each, and everything opens at every moment.
    """
    monkeypatch.setattr(rotation, "BATCH_CARDS", 3)
    monkeypatch.setattr(resealing, "_PAGE_CARDS", 3)
    tokens = await fill(server)
    other = await server.keep(OTHER, NUMBERS[0])
    cuts = 0
    while True:
        engine = CutEngine(command.engine, cuts, is_after=is_after)
        try:
            await command.rotation(engine).rotate(purpose, 0, silent)
            break
        except Cut:
            cuts += 1
            await check(server, tokens)
            assert await server.number_of(OTHER, other) == NUMBERS[0]
            ended = {"1 destroyed", "2 active"}
            owners = (MERCHANT, OTHER)
            if [await states_of(server.engine, purpose, owner) for owner in owners] == [ended] * 2:
                break
    assert cuts > 4
    for owner in (MERCHANT, OTHER):
        found = [key for key in await keys_of(server.engine, owner) if key[0].startswith(purpose)]
        assert found == [
            (f"{purpose}:{owner}:1", "destroyed"),
            (f"{purpose}:{owner}:2", "active"),
        ]
    await check(server, tokens)


async def states_of(engine, purpose, owner):
    """The versions of a key, each with its state."""
    found = await keys_of(engine, owner)
    return {f"{key[-1]} {state}" for key, state in found if key.startswith(purpose)}


async def test_one_that_was_cut_off_at_its_end_is_not_gone_on_with(server, command):
    """Nothing of it is left to do, so whoever asks for a rotation gets a new one."""
    await fill(server)
    records = KeyRecords(server.engine)
    started_ms = await records.begin_rotation(Purpose.CARD, 0, server.clock.now_ms())
    await command.rotation().rotate(Purpose.CARD, MERCHANT, silent)
    assert await records.begin_rotation(Purpose.CARD, 0, started_ms + 9) == started_ms
    (done,) = await command.rotation().rotate(Purpose.CARD, 0, silent)
    assert (done.key_id, done.cards) == ("card:7:3", len(NUMBERS))
    assert await server.engine.fetch("SELECT 1 FROM rotations") == []


async def test_the_next_rotation_begins_anew(server, command):
    """One that ended is not gone on with."""
    await fill(server)
    for version in (2, 3):
        (done,) = await command.rotation().rotate(Purpose.CARD, 0, silent)
        assert done.key_id == f"card:7:{version}"
        assert done.cards == len(NUMBERS)


async def test_one_merchant_s_keys(server, command):
    """Others keep theirs."""
    await fill(server)
    await server.keep(OTHER, NUMBERS[0])
    await command.rotation().rotate(Purpose.FINGERPRINT, MERCHANT, silent)
    assert await keys_of(server.engine, OTHER) == [
        ("card:8:1", "active"),
        ("fingerprint:8:1", "active"),
    ]
    assert await command.rotation().rotate(Purpose.CARD, 99, silent) == []


async def test_two_rotations_exclude_each_other(server, command):
    """Also of different keys: a row is renewed by one at a time."""
    await fill(server)
    async with server.engine.exclusive(rotation.NAME):
        with pytest.raises(RotationRuns, match="another rotation"):
            await command.rotation().rotate(Purpose.CARD, 0, silent)
    await command.rotation().rotate(Purpose.CARD, 0, silent)


async def test_rows_under_old_keys_are_not_taken(server, command):
    """The database itself refuses a card and an entry that were made with a key of before."""
    await fill(server)
    records = VaultRecords(server.engine)
    token = await server.keep(MERCHANT, NUMBERS[1])
    row = await records.find_card(MERCHANT, token)
    (entry,) = await records.list_blocked(MERCHANT)
    await command.rotation().rotate(Purpose.CARD, 0, silent)
    with pytest.raises(Conflict):
        await records.add_card(MERCHANT, b"t" * 20, row)
    with pytest.raises(Conflict):
        await records.add_blocked(MERCHANT, [entry])


async def test_rows_of_before_do_not_come_back(server, command):
    """A row that is put back as it was before the rotation does not open: its key is gone."""
    tokens = await fill(server)
    records = VaultRecords(server.engine)
    before = await records.find_card(MERCHANT, tokens[BLOCKED])
    await command.rotation().rotate(Purpose.CARD, 0, silent)
    await server.vault.forget_destroyed_keys()
    put_back = "UPDATE sealed_cards SET sealed = ?, key_version = ? WHERE token = ?"
    for version in (1, 2):
        params = (before.sealed, version, tokens[BLOCKED])
        await server.engine.apply([Write(put_back, params)])
        assert await server.number_of(MERCHANT, tokens[BLOCKED]) == "gone"


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_altered_rows_stay_and_keep_their_key(server, command, purpose):
    """They are told to the trail, nothing is destroyed for them, and the others are renewed."""
    tokens = await fill(server)
    swap = "UPDATE sealed_cards SET fingerprint = ? WHERE token = ?"
    await server.engine.apply([Write(swap, (bytes(32), tokens[NUMBERS[2]]))])
    spoil = "UPDATE blocked_cards SET sealed = ?"
    await server.engine.apply([Write(spoil, (bytes(60),), ANY_ROWS)])
    (done,) = await command.rotation().rotate(purpose, 0, silent)
    assert (done.cards, done.broken, done.is_complete) == (len(NUMBERS) - 1, 2, False)
    assert done.destroyed == ()
    refused = [event for event, _ in command.audit.lines if event.action == "card.seal_broken"]
    assert tokens[NUMBERS[2]].hex() in [event.subject for event in refused]
    assert await server.number_of(MERCHANT, tokens[NUMBERS[1]]) == NUMBERS[1]
    assert await server.number_of(MERCHANT, tokens[NUMBERS[2]]) == "gone"


async def age(engine):
    """Make the rows of a merchant what they were before rows named their fingerprint's version."""
    await engine.apply(
        [
            Write(
                "UPDATE blocked_cards SET sealed = ?, fingerprint_version = 0", (None,), ANY_ROWS
            ),
            Write("UPDATE blocked_cards SET key_version = 0", (), ANY_ROWS),
        ]
    )


async def test_entries_of_before_the_list_held_numbers(server, command):
    """They go on working: with the number of a stored card, or by the old key, which is kept."""
    tokens = await fill(server)
    lonely = server.present(numbers(9)[8])
    await server.vault.block(MERCHANT, lonely)
    await age(server.engine)
    (done,) = await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    assert (done.cards, done.blocked, done.numberless) == (len(NUMBERS), 1, 1)
    assert (done.destroyed, done.is_complete) == ((), False)
    await check(server, tokens)
    assert await server.vault.is_blocked(MERCHANT, lonely)
    # Whoever knows the number blocks it again, and the next rotation is a whole one.
    await server.vault.block(MERCHANT, lonely)
    (again,) = await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    assert again.destroyed == ("fingerprint:7:1", "fingerprint:7:2")
    await check(server, tokens)
    assert await server.vault.is_blocked(MERCHANT, lonely)


async def test_a_data_rotation_leaves_older_entries_alone(server, command):
    """What holds no number has nothing to seal anew, and keeps no data key."""
    tokens = await fill(server)
    await age(server.engine)
    (done,) = await command.rotation().rotate(Purpose.CARD, 0, silent)
    assert (done.blocked, done.numberless, done.destroyed) == (0, 0, ("card:7:1",))
    await check(server, tokens)


async def test_another_number_is_not_given_to_an_entry(server, command):
    """A row of before the seal covered fingerprints may carry somebody else's."""
    tokens = await fill(server)
    await age(server.engine)
    records = VaultRecords(server.engine)
    keys = await server.vault.keyring.of_merchant(MERCHANT)
    (entry,) = await records.list_blocked(MERCHANT)
    token = tokens[NUMBERS[1]]
    opened = open_row(keys, MERCHANT, token, await records.find_card(MERCHANT, token))
    where = CardPlace(MERCHANT, token, entry.fingerprint, 0)
    forged = (seal_card(keys.card.active, where, opened), entry.fingerprint, token)
    forge = "UPDATE sealed_cards SET sealed = ?, fingerprint = ?, fingerprint_version = 0 "
    await server.engine.apply([Write(forge + "WHERE token = ?", forged)])
    await server.vault.forget(MERCHANT, tokens.pop(BLOCKED))
    (done,) = await command.rotation().rotate(Purpose.FINGERPRINT, 0, silent)
    assert done.numberless == 1
    assert not await server.vault.is_blocked(MERCHANT, stored(token))
    assert await server.vault.is_blocked(MERCHANT, server.present(BLOCKED))


async def test_a_list_that_takes_nothing_fails(server):
    """Under keys that are active, a conflict is no reason to try again for ever."""

    class Refusing(VaultRecords):
        async def add_blocked(self, merchant_id, entries):
            raise Conflict

    vault = server.vault
    blocklist = Blocklist(Refusing(server.engine), vault.keyring, vault.transit, server.clock)
    with pytest.raises(Conflict):
        await blocklist.block(MERCHANT, server.present(BLOCKED))


async def test_destroyed_keys_leave_the_memory_of_servers(server, command):
    """Who looks finds that a key was destroyed, and lets go of it; else he keeps what he has."""
    await fill(server)
    keyring = server.vault.keyring
    known = await keyring.of_merchant(MERCHANT)
    await server.vault.forget_destroyed_keys()
    assert await keyring.of_merchant(MERCHANT) is known
    await command.rotation().rotate(Purpose.CARD, 0, silent)
    await server.vault.forget_destroyed_keys()
    with pytest.raises(SealBroken):
        (await keyring.of_merchant(MERCHANT)).card.find(1)


async def test_a_database_that_fails_ends_the_rotation(server, command):
    """And the name is free again."""
    await fill(server)

    class Failing(CutEngine):
        async def apply(self, writes):
            raise EngineFailure

    with pytest.raises(EngineFailure):
        await command.rotation(Failing(command.engine, 0, is_after=False)).rotate(
            Purpose.CARD, 0, silent
        )
    async with server.engine.exclusive(rotation.NAME):
        pass
