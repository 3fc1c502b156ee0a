import asyncio

import pytest

from fakes.randomness import SeededEntropy
from vezne.engines.engine import ANY_ROWS, Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.keyring import Keyring, WrongMasterKey
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.records import VaultRecords, WrappedKey
from vezne.vault.seal import SealBroken, SealingKey, place

MERCHANT = 7
ALL_KEYS = "SELECT merchant_id, purpose, version, state, wrapped FROM vault_keys"


class BlindOnce:
    """Records that do not see the keys at first, as if another worker was writing them."""

    def __init__(self, engine):
        self._records = VaultRecords(engine)
        self._is_blind = True

    async def find_keys(self, merchant_id):
        if self._is_blind:
            self._is_blind = False
            return []
        return await self._records.find_keys(merchant_id)

    async def add_keys(self, keys):
        await self._records.add_keys(keys)


@pytest.fixture
async def records(engine):
    await migrate(engine, load_migrations("vezne.vault"))
    return VaultRecords(engine)


@pytest.fixture
def open_keyring(records, master_key, clock, entropy):
    def new(records=records, master_key=master_key):
        return Keyring(records, master_key, clock, entropy)

    return new


def seals_alike(first, second):
    """Whether two keys are the same one."""
    try:
        return second.open(first.seal(b"x", b""), b"") == b"x"
    except SealBroken:
        return False


async def test_keys_are_made_on_demand_and_last(engine, open_keyring):
    """A merchant's keys are the same after a restart; stored is nothing but their wraps."""
    made = await open_keyring().of_merchant(MERCHANT)
    found = await open_keyring().of_merchant(MERCHANT)
    assert seals_alike(made.card.active, found.card.active)
    assert made.fingerprint == found.fingerprint
    rows = await engine.fetch(ALL_KEYS)
    assert sorted(row[:4] for row in rows) == [
        (MERCHANT, "card", 1, "active"),
        (MERCHANT, "fingerprint", 1, "active"),
    ]
    assert all(made.fingerprint not in row[4] for row in rows)


async def test_a_known_key_is_not_read_again(engine, open_keyring):
    """The second question is answered from memory."""
    keyring = open_keyring()
    keys = await keyring.of_merchant(MERCHANT)
    await engine.apply([Write("DELETE FROM vault_keys", (), ANY_ROWS)])
    assert await keyring.of_merchant(MERCHANT) is keys


async def test_merchants_share_no_key(open_keyring):
    """Nor does a merchant share one with the vault, or a fingerprint key with a card key."""
    keyring = open_keyring()
    first, second = [await keyring.of_merchant(number) for number in (1, 2)]
    secrets = await keyring.secret_keys()
    assert first.fingerprint != second.fingerprint
    assert not seals_alike(first.card.active, second.card.active)
    assert not seals_alike(first.card.active, secrets.active)


async def test_workers_that_start_at_once_agree(engine, open_keyring):
    """Whoever comes second takes the winner's keys, for a merchant as for the vault itself."""
    first = open_keyring()
    winner, secrets = await first.of_merchant(MERCHANT), await first.secret_keys()
    late = await open_keyring(BlindOnce(engine)).of_merchant(MERCHANT)
    assert late.fingerprint == winner.fingerprint
    late_secrets = await open_keyring(BlindOnce(engine)).secret_keys()
    assert seals_alike(late_secrets.active, secrets.active)
    both = await asyncio.gather(*(open_keyring().of_merchant(8) for _ in range(2)))
    assert both[0].fingerprint == both[1].fingerprint


async def test_the_key_shared_with_the_bank(engine, open_keyring):
    """It lasts, is no other key, and is made for a vault from before there was one."""
    keyring = open_keyring()
    secrets = await keyring.secret_keys()
    key = await keyring.bank_key()
    assert len(key) == 32
    assert await open_keyring().bank_key() == key
    assert await open_keyring(BlindOnce(engine)).bank_key() == key
    assert seals_alike((await open_keyring().secret_keys()).active, secrets.active)
    rows = await engine.fetch(ALL_KEYS)
    assert sorted(row[:4] for row in rows) == [
        (0, "bank", 1, "active"),
        (0, "secret box", 1, "active"),
    ]
    assert all(key not in row[4] for row in rows)
    assert not seals_alike(SealingKey(key, 1, SeededEntropy()), secrets.active)


async def test_the_key_for_names(engine, open_keyring):
    """It is twice as long as the others and lasts."""
    key = await open_keyring().name_key()
    assert len(key) == 64
    assert await open_keyring().name_key() == key
    assert await open_keyring(BlindOnce(engine)).name_key() == key
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


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vault_keys SET wrapped = substr(wrapped, 1, 59)",
        "UPDATE vault_keys SET wrapped = x''",
        "UPDATE vault_keys SET version = 2",
        "UPDATE vault_keys SET merchant_id = 8",
    ],
)
async def test_altered_or_moved_keys_are_refused(engine, open_keyring, damage):
    """A wrapped key opens only as it was written and where it was written."""
    await open_keyring().of_merchant(MERCHANT)
    await engine.apply([Write(damage, (), ANY_ROWS)])
    owner = 8 if "merchant_id" in damage else MERCHANT
    with pytest.raises(WrongMasterKey, match=f"card of {owner}"):
        await open_keyring().of_merchant(owner)


async def test_older_versions_open_and_the_active_one_seals(
    records, open_keyring, master_key, clock
):
    """With a second version in the table, both open and the one marked active seals."""
    old = (await open_keyring().of_merchant(MERCHANT)).card
    sealed = old.active.seal(b"x", b"")
    wrapped = await master_key.wrap(b"k" * 32, place(b"vezne key", b"card", MERCHANT, 2))
    await records.add_keys(
        [WrappedKey(MERCHANT, "card", 2, "readable", master_key.key_id, wrapped, clock.now_ms())]
    )
    both = (await open_keyring().of_merchant(MERCHANT)).card
    assert both.active.version == 1
    assert both.find(1).open(sealed, b"") == b"x"
    assert both.find(2).version == 2
    with pytest.raises(SealBroken, match="no key version 3"):
        both.find(3)


async def test_keys_do_not_show_themselves(open_keyring):
    """No text form of what the keyring gives out holds key bytes."""
    keyring = open_keyring()
    keys = await keyring.of_merchant(MERCHANT)
    for value in (keys, keys.card, keys.card.active, keyring):
        assert str(keys.fingerprint) not in repr(value)
        assert keys.fingerprint.hex() not in str(value)
