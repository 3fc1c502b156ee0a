import asyncio

import pytest

from fakes.audit import MemoryAudit
from fakes.randomness import SeededEntropy
from vezne.engines.engine import ANY_ROWS, Conflict, Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.key_records import KeyRecords
from vezne.vault.keyring import KeyAges, Keyring, MasterSource, WrongMasterKey
from vezne.vault.keys import DAY_MS, KeyState, check_value
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.pan import parse_pan
from vezne.vault.seal import SealBroken, SealingKey

MERCHANT = 7
ALL_KEYS = """
SELECT merchant_id, purpose, version, state, wrapped
FROM vault_keys JOIN key_wraps USING (merchant_id, purpose, version)
"""
PAN = parse_pan("5528790000000008")


class BlindOnce:
    """Records that do not see the keys at first, as if another worker was writing them."""

    def __init__(self, records):
        self._records = records
        self._is_blind = True

    def __getattr__(self, name):
        return getattr(self._records, name)

    async def find_keys(self, merchant_id):
        if self._is_blind:
            self._is_blind = False
            return []
        return await self._records.find_keys(merchant_id)


@pytest.fixture
async def records(engine):
    await migrate(engine, load_migrations("vezne.vault"))
    return KeyRecords(engine)


@pytest.fixture
def audit():
    return MemoryAudit()


@pytest.fixture
def open_keyring(records, master_key, clock, entropy, audit):
    def new(records=records, master_key=master_key, **choices):
        return Keyring(records, master_key, clock, entropy, audit, **choices)

    return new


def one_key(keys, purpose):
    """The only key of a purpose, as its row tells."""
    (found,) = [wrapped.key for wrapped in keys if wrapped.key.purpose == purpose]
    return found


async def fingerprint_key(records, keyring):
    """The bytes of the merchant's only fingerprint key."""
    (key, wraps), *_ = [
        wrapped
        for wrapped in await records.find_keys(MERCHANT)
        if wrapped.key.purpose == "fingerprint"
    ]
    return await keyring.unwrap(key, wraps)


def known_alike(first, second):
    """Whether two merchants' keys make the same fingerprint of a number."""
    return first.fingerprint.of(PAN, 1) == second.fingerprint.of(PAN, 1)


def seals_alike(first, second):
    """Whether two keys are the same one."""
    try:
        return second.open(first.seal(b"x", b""), b"") == b"x"
    except SealBroken:
        return False


async def test_keys_are_made_on_demand_and_last(engine, records, open_keyring):
    """A merchant's keys are the same after a restart; stored is nothing but their wraps."""
    made = await open_keyring().of_merchant(MERCHANT)
    found = await open_keyring().of_merchant(MERCHANT)
    assert seals_alike(made.card.active, found.card.active)
    assert known_alike(made, found)
    rows = await engine.fetch(ALL_KEYS)
    assert sorted(row[:4] for row in rows) == [
        (MERCHANT, "card", 1, "active"),
        (MERCHANT, "fingerprint", 1, "active"),
    ]
    key = await fingerprint_key(records, open_keyring())
    assert all(key not in row[4] for row in rows)


async def test_a_known_key_is_not_read_again(engine, open_keyring):
    """The second question is answered from memory."""
    keyring = open_keyring()
    keys = await keyring.of_merchant(MERCHANT)
    await engine.apply([Write("DELETE FROM key_wraps", (), ANY_ROWS)])
    assert await keyring.of_merchant(MERCHANT) is keys


async def test_merchants_share_no_key(open_keyring):
    """Nor does a merchant share one with the vault, or a fingerprint key with a card key."""
    keyring = open_keyring()
    first, second = [await keyring.of_merchant(number) for number in (1, 2)]
    secrets = await keyring.secret_keys()
    assert not known_alike(first, second)
    assert not seals_alike(first.card.active, second.card.active)
    assert not seals_alike(first.card.active, secrets.active)


async def test_workers_that_start_at_once_agree(records, open_keyring):
    """Whoever comes second takes the winner's keys, for a merchant as for the vault itself."""
    first = open_keyring()
    winner, secrets = await first.of_merchant(MERCHANT), await first.secret_keys()
    late = await open_keyring(BlindOnce(records)).of_merchant(MERCHANT)
    assert known_alike(late, winner)
    late_secrets = await open_keyring(BlindOnce(records)).secret_keys()
    assert seals_alike(late_secrets.active, secrets.active)
    both = await asyncio.gather(*(open_keyring().of_merchant(8) for _ in range(2)))
    assert known_alike(*both)


async def test_the_key_shared_with_the_bank(engine, records, open_keyring):
    """It lasts, is no other key, and is made for a vault from before there was one."""
    keyring = open_keyring()
    secrets = await keyring.secret_keys()
    key = await keyring.bank_key()
    assert len(key) == 32
    assert await open_keyring().bank_key() == key
    assert await open_keyring(BlindOnce(records)).bank_key() == key
    assert seals_alike((await open_keyring().secret_keys()).active, secrets.active)
    rows = await engine.fetch(ALL_KEYS)
    assert sorted(row[:4] for row in rows) == [
        (0, "bank", 1, "active"),
        (0, "secret box", 1, "active"),
    ]
    assert all(key not in row[4] for row in rows)
    assert not seals_alike(SealingKey(key, 1, SeededEntropy()), secrets.active)


async def test_the_key_for_names(engine, records, open_keyring):
    """It is twice as long as the others and lasts."""
    key = await open_keyring().name_key()
    assert len(key) == 64
    assert await open_keyring().name_key() == key
    assert await open_keyring(BlindOnce(records)).name_key() == key
    rows = await engine.fetch(ALL_KEYS)
    assert [row[:4] for row in rows] == [(0, "name box", 1, "active")]
    assert all(key not in row[4] for row in rows)


async def test_another_master_key_is_told_apart(open_keyring):
    """The refusal names both keys, so that the right one can be found."""
    keyring = open_keyring()
    await keyring.secret_keys()
    other = LocalMasterKey(SeededEntropy(99).take(32), SeededEntropy())
    with pytest.raises(WrongMasterKey, match=other.key_id):
        await open_keyring(master_key=other).secret_keys()


DAMAGE = [
    "UPDATE key_wraps SET wrapped = substr(wrapped, 1, 59)",
    "UPDATE key_wraps SET wrapped = x''",
    "UPDATE {table} SET version = 2",
    "UPDATE {table} SET merchant_id = 8",
    "UPDATE vault_keys SET kcv = '0000000000'",
]


@pytest.mark.parametrize("damage", DAMAGE)
async def test_altered_or_moved_keys_are_refused(engine, open_keyring, damage):
    """A wrapped key opens only as it was written and where it was written."""
    await open_keyring().of_merchant(MERCHANT)
    for table in ("vault_keys", "key_wraps"):
        await engine.apply([Write(damage.format(table=table), (), ANY_ROWS)])
    owner = 8 if "merchant_id" in damage else MERCHANT
    with pytest.raises(WrongMasterKey, match=f"card of {owner}"):
        await open_keyring().of_merchant(owner)


async def test_older_versions_open_and_the_active_one_seals(records, open_keyring, audit):
    """After a new version was made both open, and it alone seals and is told to the trail."""
    keyring = open_keyring()
    old = await keyring.of_merchant(MERCHANT)
    sealed = old.card.active.seal(b"x", b"")
    key = one_key(await records.find_keys(MERCHANT), "card")
    made = await keyring.make_version(key)
    both = await keyring.of_merchant(MERCHANT)
    assert (made.id, both.card.active.version) == ("card:7:2", 2)
    assert both.card.find(1).open(sealed, b"") == b"x"
    assert not seals_alike(both.card.active, old.card.active)
    assert known_alike(both, old)
    with pytest.raises(SealBroken, match="no key version 3"):
        both.card.find(3)
    with pytest.raises(SealBroken, match="no fingerprint key version 2"):
        both.fingerprint.of(PAN, 2)
    told = [(event.action, event.subject, event.reason) for event, _ in audit.lines]
    assert told == [
        ("key.created", "card:7:1", ""),
        ("key.created", "fingerprint:7:1", ""),
        ("key.created", "card:7:2", ""),
        ("key.state_changed", "card:7:1", "decrypt_only"),
    ]


async def test_a_version_is_made_once(records, open_keyring):
    """Two who want to replace the same key make one new version."""
    keyring = open_keyring()
    await keyring.of_merchant(MERCHANT)
    key = one_key(await records.find_keys(MERCHANT), "card")
    await keyring.make_version(key)
    with pytest.raises(Conflict):
        await open_keyring().make_version(key)


async def test_a_destroyed_key_is_erased(engine, records, open_keyring, audit):
    """Its row stays and says so; no wrap is left, and it does not come back."""
    keyring = open_keyring()
    await keyring.of_merchant(MERCHANT)
    key = one_key(await records.find_keys(MERCHANT), "card")
    with pytest.raises(Conflict):
        await keyring.destroy(key)
    await keyring.make_version(key)
    await keyring.destroy(key)
    rows = await engine.fetch(ALL_KEYS)
    assert sorted(row[:4] for row in rows) == [
        (MERCHANT, "card", 2, "active"),
        (MERCHANT, "fingerprint", 1, "active"),
    ]
    states = [(row.id, row.state) for row in await records.list_keys()]
    assert states[0] == ("card:7:1", KeyState.DESTROYED)
    for each in (keyring, open_keyring()):
        with pytest.raises(SealBroken):
            (await each.of_merchant(MERCHANT)).card.find(1)
    last, _ = audit.lines[-1]
    assert (last.action, last.subject, last.reason) == (
        "key.state_changed",
        "card:7:1",
        "destroyed",
    )


async def test_another_process_s_version_is_noticed(records, open_keyring):
    """Whoever finds that its keys are stale reads them; all who wait for that read them once."""
    keyring, other = open_keyring(), open_keyring()
    stale = await keyring.of_merchant(MERCHANT)
    await other.make_version(one_key(await records.find_keys(MERCHANT), "fingerprint"))
    assert await keyring.of_merchant(MERCHANT) is stale
    renewed = await asyncio.gather(*(keyring.renew(MERCHANT, stale) for _ in range(3)))
    assert renewed[0].fingerprint.readable == [1, 2]
    assert renewed[0].fingerprint.active_version == 2
    assert renewed[1] is renewed[2] is renewed[0]


async def test_what_a_key_s_row_tells(records, open_keyring, clock):
    """Purpose, version, state, check value, and an end where a key protects cards."""
    keyring = open_keyring(cryptoperiod_days=30)
    await keyring.of_merchant(MERCHANT)
    await keyring.audit_key()
    rows = {row.id: row for row in await records.list_keys()}
    card, audit_row = rows["card:7:1"], rows["audit:0:1"]
    assert len(card.kcv) == 10
    key = await fingerprint_key(records, keyring)
    assert rows["fingerprint:7:1"].kcv == check_value(key)
    assert card.ends_ms == clock.now_ms() + 30 * DAY_MS
    assert not card.is_overdue(card.ends_ms - 1)
    assert card.is_overdue(card.ends_ms)
    assert not card._replace(state=KeyState.DECRYPT_ONLY).is_overdue(card.ends_ms)
    assert (audit_row.ends_ms, audit_row.is_overdue(2**62)) == (0, False)
    (master,) = await records.list_masters()
    assert (master.state, master.ends_ms) == ("active", clock.now_ms() + 30 * DAY_MS)
    assert not master.is_overdue(master.ends_ms - 1)
    assert master.is_overdue(master.ends_ms)


async def test_keys_beyond_their_time(records, open_keyring, clock):
    """They are listed, the master key first, until they are replaced; others have no end."""
    keyring = open_keyring(cryptoperiod_days=30)
    await keyring.of_merchant(MERCHANT)
    await keyring.audit_key()
    (master,) = await records.list_masters()
    assert await keyring.list_overdue() == []
    clock.advance(ms=30 * DAY_MS)
    overdue = [f"master:{master.id}", "card:7:1", "fingerprint:7:1"]
    assert await keyring.list_overdue() == overdue
    await keyring.make_version(one_key(await records.find_keys(MERCHANT), "card"))
    assert await keyring.list_overdue() == [overdue[0], overdue[2]]


async def test_how_old_the_keys_are(open_keyring, clock):
    """Those that have an end: the oldest one's age counts, until it does not seal any more."""
    keyring = open_keyring(cryptoperiod_days=30)
    # No key is made before it is needed, and the trail's has no end.
    await keyring.audit_key()
    assert await keyring.look_at_ages() == KeyAges(active=1, oldest_ms=0, overdue=0)
    clock.advance(ms=20 * DAY_MS)
    await keyring.of_merchant(MERCHANT)
    assert await keyring.look_at_ages() == KeyAges(3, 20 * DAY_MS, 0)
    clock.advance(ms=10 * DAY_MS)
    assert await keyring.look_at_ages() == KeyAges(3, 30 * DAY_MS, 1)
    clock.advance(ms=20 * DAY_MS)
    assert await keyring.look_at_ages() == KeyAges(3, 50 * DAY_MS, 3)
    clock.advance(ms=-60 * DAY_MS)
    # Of a clock that was set back no age is less than none.
    assert await keyring.look_at_ages() == KeyAges(3, 0, 0)


async def test_the_ages_of_no_keys(open_keyring):
    """A vault that has sealed nothing has nothing to replace."""
    assert await open_keyring().look_at_ages() == KeyAges(active=0, oldest_ms=0, overdue=0)


async def test_a_replaced_key_s_age_does_not_count(records, open_keyring, clock):
    """A version that only opens is neither old nor overdue."""
    keyring = open_keyring(cryptoperiod_days=30)
    await keyring.of_merchant(MERCHANT)
    before = await keyring.look_at_ages()
    clock.advance(ms=30 * DAY_MS)
    assert (await keyring.look_at_ages()).overdue == 3
    for purpose in ("card", "fingerprint"):
        await keyring.make_version(one_key(await records.find_keys(MERCHANT), purpose))
    after = await keyring.look_at_ages()
    assert (after.active, after.overdue) == (before.active, 1)


async def test_the_key_of_the_trail(open_keyring):
    """It has 32 bytes and lasts."""
    key = await open_keyring().audit_key()
    assert len(key) == 32
    assert await open_keyring().audit_key() == key


async def test_check_values_of_older_keys_are_filled_in(engine, records, open_keyring):
    """A key of before there were any gets one when it is next opened."""
    await open_keyring().of_merchant(MERCHANT)
    before = await records.list_keys()
    await engine.apply([Write("UPDATE vault_keys SET kcv = ''", (), ANY_ROWS)])
    await open_keyring().of_merchant(MERCHANT)
    assert await records.list_keys() == before


async def test_a_replaced_master_key_is_picked_up(records, open_keyring, master_key, entropy):
    """A keyring looks again where its master key came from; until then, nothing new is made."""
    await open_keyring().of_merchant(MERCHANT)
    other = LocalMasterKey(entropy.take(32), entropy)

    async def reopen():
        return master_key

    source = MasterSource("file", reopen)
    made = await open_keyring(master_key=other, source=source).of_merchant(8)
    assert known_alike(made, await open_keyring().of_merchant(8))
    found = await open_keyring(master_key=other, source=source).of_merchant(MERCHANT)
    assert known_alike(found, await open_keyring().of_merchant(MERCHANT))
    with pytest.raises(WrongMasterKey, match=f"{master_key.key_id}.*{other.key_id}"):
        await open_keyring(master_key=other).of_merchant(9)
    assert await records.find_keys(9) == []


async def test_a_master_key_that_is_on_its_way(records, open_keyring, master_key, entropy):
    """It is active a moment before it is in its file; who needs it waits, but not for ever."""
    await open_keyring().of_merchant(MERCHANT)
    old = LocalMasterKey(entropy.take(32), entropy)
    looks = []

    def source(come_at):
        async def reopen():
            looks.append(come_at)
            return master_key if len(looks) >= come_at else old

        return MasterSource("file", reopen)

    made = await open_keyring(master_key=old, source=source(3)).of_merchant(8)
    assert known_alike(made, await open_keyring().of_merchant(8))
    assert looks == [3, 3, 3]
    looks.clear()
    with pytest.raises(WrongMasterKey):
        await open_keyring(master_key=old, source=source(99)).of_merchant(9)
    assert len(looks) == 4
    assert await records.find_keys(9) == []


async def test_keys_do_not_show_themselves(records, open_keyring):
    """No text form of what the keyring gives out holds key bytes."""
    keyring = open_keyring()
    keys = await keyring.of_merchant(MERCHANT)
    key = await fingerprint_key(records, keyring)
    for value in (keys, keys.card, keys.card.active, keys.fingerprint, keyring):
        assert str(key) not in repr(value)
        assert key.hex() not in str(value)
