"""What the register of merchants promises, on every engine."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import pytest

from fakes.outbox import notice
from fakes.world import FixedClock
from vezne.core.merchant import (
    CommissionPlan,
    HeldKey,
    InstallmentTable,
    Merchant,
    MerchantSettings,
)
from vezne.core.notice import Notice, NoticeState
from vezne.engines.engine import Conflict, Engine, Row, Value, Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.merchants import (
    CACHED_MAX,
    FRESH_MS,
    CredentialRecord,
    DuplicateKey,
    DuplicateMerchant,
    NewCredential,
    SqlMerchants,
)
from vezne.storage.outbox import SqlOutbox, add_notice

NOW_MS = 1_700_000_000_000
SETTINGS = MerchantSettings(
    plan=CommissionPlan(rate_e8=3_000_000),
    installments=(InstallmentTable(family="Paraf", issuer_code=12, surcharges_e8={2: 5, 3: 7}),),
    exchange_rates_e8={"USD": 4_000_000_000},
)


def held_names(keys: Sequence[HeldKey]) -> list[tuple[str, str, bytes, bool]]:
    """What a list of keys says, without the merchants."""
    return [
        (
            held.credential.door,
            held.credential.key,
            held.credential.secret,
            held.is_revoked,
        )
        for held in keys
    ]


class TaggingBox:
    """Seals by writing the context in front. Counts how often it opens."""

    def __init__(self) -> None:
        self.opened = 0

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        return context + b"|" + secret[::-1]

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        self.opened += 1
        found, _, secret = sealed.rpartition(b"|")
        if found != context:
            raise ValueError("sealed for something else")
        return secret[::-1]


class Register:
    """The register under test and what it was given."""

    def __init__(self, engine: Engine) -> None:
        self.clock = FixedClock(NOW_MS)
        self.box = TaggingBox()
        self.merchants = SqlMerchants(engine, self.box, self.clock)


@pytest.fixture
async def register(engine: Engine) -> Register:
    await migrate(engine, load_migrations("vezne.storage"))
    return Register(engine)


@pytest.fixture
def merchants(register: Register) -> SqlMerchants:
    return register.merchants


def pair(key: str, door: str = "iyzico") -> NewCredential:
    return NewCredential(door=door, key=key, secret=f"secret of {key}".encode())


async def test_merchant_comes_back_as_added(merchants: SqlMerchants) -> None:
    """Name, settings and mark survive; ids count up from one."""
    first = await merchants.add_merchant("Çiçekçi", [], settings=SETTINGS, is_demo=True)
    second = await merchants.add_merchant("Bookshop", [])
    assert (first.id, first.settings, first.is_demo) == (1, SETTINGS, True)
    assert (second.id, second.settings, second.is_demo) == (2, MerchantSettings(), False)
    assert first.created_ms == NOW_MS
    assert await merchants.list_merchants() == [first, second]


async def test_credential_is_found_by_door_and_key(merchants: SqlMerchants) -> None:
    """A key leads to its merchant and its secret, through its own door only."""
    shop = await merchants.add_merchant("Shop", [pair("k1"), pair("k1", "paynet"), pair("k2")])
    found = await merchants.find_credential("iyzico", "k1")
    assert found is not None
    assert (found.merchant, found.door, found.key) == (shop, "iyzico", "k1")
    assert found.secret == b"secret of k1"
    assert await merchants.find_credential("paywall", "k1") is None
    assert await merchants.find_credential("iyzico", "k3") is None


@pytest.mark.parametrize("key", ["", "\x00", "ş" * 300, "\ud800", "' OR 1=1 --", "?"])
async def test_any_text_may_be_presented_as_a_key(merchants: SqlMerchants, key: str) -> None:
    """Whatever a stranger sends as a key is simply not found; the same text can be a key."""
    assert await merchants.find_credential("iyzico", key) is None
    await merchants.add_merchant("Shop", [NewCredential(door="iyzico", key=key, secret=b"s")])
    found = await merchants.find_credential("iyzico", key)
    assert found is not None
    assert found.secret == b"s"


async def test_secrets_are_stored_sealed(merchants: SqlMerchants, engine: Engine) -> None:
    """What lies in the database went through the box, bound to door and key."""
    await merchants.add_merchant("Shop", [pair("k1")])
    rows = await engine.fetch("SELECT sealed_secret FROM credentials")
    assert rows == [(b"iyzico\x00k1|" + b"secret of k1"[::-1],)]


async def test_secret_moved_to_another_key_does_not_open(
    merchants: SqlMerchants, engine: Engine
) -> None:
    """Somebody who can write to the database cannot give one key the secret of another."""
    await merchants.add_merchant("Shop", [pair("k1"), pair("k2")])
    await engine.execute_script(
        "UPDATE credentials SET sealed_secret ="
        " (SELECT sealed_secret FROM credentials AS other WHERE other.key <> credentials.key);"
    )
    with pytest.raises(ValueError, match="something else"):
        await merchants.find_credential("iyzico", "k1")


async def test_keys_are_listed_without_secrets(register: Register) -> None:
    """The list shows door, key and dates, revoked keys included, for one merchant."""
    merchants = register.merchants
    shop = await merchants.add_merchant("Shop", [pair("k2"), pair("k1"), pair("k1", "paynet")])
    await merchants.add_merchant("Other", [pair("k9")])
    register.clock.advance(ms=7)
    assert await merchants.revoke_credential("iyzico", "k2")
    assert await merchants.list_credentials(shop.id) == [
        CredentialRecord(door="iyzico", key="k1", created_ms=NOW_MS, revoked_ms=None),
        CredentialRecord(door="iyzico", key="k2", created_ms=NOW_MS, revoked_ms=NOW_MS + 7),
        CredentialRecord(door="paynet", key="k1", created_ms=NOW_MS, revoked_ms=None),
    ]


async def test_duplicates_are_refused(merchants: SqlMerchants) -> None:
    """A name, or a key of a door, can be registered once; a refusal registers nothing."""
    await merchants.add_merchant("Shop", [pair("k1")])
    with pytest.raises(DuplicateMerchant, match="Shop"):
        await merchants.add_merchant("Shop", [pair("k2")])
    with pytest.raises(DuplicateKey, match="iyzico knows the key 'k1'"):
        await merchants.add_merchant("Other", [pair("k2"), pair("k1")])
    with pytest.raises(DuplicateKey, match="k3"):
        await merchants.add_merchant("Other", [pair("k3"), pair("k3")])
    await merchants.revoke_credential("iyzico", "k1")
    with pytest.raises(DuplicateKey):
        await merchants.add_merchant("Other", [pair("k1")])
    assert [merchant.name for merchant in await merchants.list_merchants()] == ["Shop"]
    assert await merchants.find_credential("iyzico", "k2") is None


async def test_merchants_are_added_at_once(
    merchants: SqlMerchants, register: Register, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """Two processes that add at the same moment get different ids; one name has one winner."""
    other = SqlMerchants(await open_engine(), register.box, register.clock)
    added = await asyncio.gather(
        *(
            each.add_merchant(f"{n} of {each is other}", [])
            for n in range(3)
            for each in (merchants, other)
        )
    )
    assert sorted(merchant.id for merchant in added) == [1, 2, 3, 4, 5, 6]
    outcomes = await asyncio.gather(
        *(each.add_merchant("Same", []) for each in (merchants, other)), return_exceptions=True
    )
    assert sum(isinstance(outcome, DuplicateMerchant) for outcome in outcomes) == 1


async def test_found_credential_is_kept_for_seconds(register: Register) -> None:
    """Within the time a key is opened once; after it, or when the clock steps back, again."""
    merchants = register.merchants
    await merchants.add_merchant("Shop", [pair("k1")])
    for _ in range(3):
        await merchants.find_credential("iyzico", "k1")
    assert register.box.opened == 1
    register.clock.advance(ms=FRESH_MS - 1)
    await merchants.find_credential("iyzico", "k1")
    assert register.box.opened == 1
    register.clock.advance(ms=1)
    await merchants.find_credential("iyzico", "k1")
    assert register.box.opened == 2
    register.clock.advance(ms=-60_000)
    await merchants.find_credential("iyzico", "k1")
    assert register.box.opened == 3


async def test_revocation_elsewhere_shows_in_time(
    register: Register, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """A key that another process revoked stops working when what is kept of it is stale."""
    merchants = register.merchants
    await merchants.add_merchant("Shop", [pair("k1")])
    other = SqlMerchants(await open_engine(), register.box, register.clock)
    assert await merchants.find_credential("iyzico", "k1") is not None
    assert await other.revoke_credential("iyzico", "k1")
    assert await other.find_credential("iyzico", "k1") is None
    register.clock.advance(ms=FRESH_MS)
    assert await merchants.find_credential("iyzico", "k1") is None


async def test_revocation_here_shows_at_once(merchants: SqlMerchants) -> None:
    """A key revoked by this process stops working with it; there is nothing to revoke twice."""
    await merchants.add_merchant("Shop", [pair("k1")])
    assert await merchants.find_credential("iyzico", "k1") is not None
    assert await merchants.revoke_credential("iyzico", "k1")
    assert await merchants.find_credential("iyzico", "k1") is None
    assert not await merchants.revoke_credential("iyzico", "k1")
    assert not await merchants.revoke_credential("iyzico", "unknown")


async def test_changed_settings_count_at_once(merchants: SqlMerchants) -> None:
    """The next request of the merchant is served on the new terms; nobody else's is."""
    credential = NewCredential(door="iyzico", key="key", secret=b"secret")
    merchant = await merchants.add_merchant("Kitapçı", [credential])
    other = await merchants.add_merchant("Other", [])
    assert await merchants.find_credential("iyzico", "key") is not None
    await merchants.change_settings(merchant.id, SETTINGS)
    found = await merchants.find_credential("iyzico", "key")
    assert found is not None
    assert found.merchant.settings == SETTINGS
    assert other in await merchants.list_merchants()
    with pytest.raises(Conflict):
        await merchants.change_settings(99, SETTINGS)


async def test_new_key_works_at_once(
    merchants: SqlMerchants, register: Register, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """A key that was asked for in vain works as soon as another process has added it."""
    assert await merchants.find_credential("iyzico", "k1") is None
    other = SqlMerchants(await open_engine(), register.box, register.clock)
    await other.add_merchant("Shop", [pair("k1")])
    assert await merchants.find_credential("iyzico", "k1") is not None


async def test_memory_is_bounded(register: Register) -> None:
    """However many keys are in use, no more than the bound are kept; the oldest go first."""
    merchants = register.merchants
    await merchants.add_merchant("Shop", [pair("first"), pair("second"), pair("third")])
    for key in ("first", "second"):
        found = await merchants.find_credential("iyzico", key)
        assert found is not None
        merchants._found |= {
            ("filler", f"{key}{n}"): (NOW_MS, found) for n in range(CACHED_MAX // 2 - 1)
        }
    assert len(merchants._found) == CACHED_MAX
    await merchants.find_credential("iyzico", "third")
    assert len(merchants._found) == CACHED_MAX
    assert ("iyzico", "first") not in merchants._found
    assert ("iyzico", "third") in merchants._found


def test_secret_does_not_print() -> None:
    """The printed form of a new key pair shows no secret."""
    assert "secret of" not in repr(pair("k1"))


async def test_a_merchant_is_found_by_number(merchants: SqlMerchants) -> None:
    """As it was added, whatever its keys; nobody is found where nobody is."""
    shop = await merchants.add_merchant("Shop", [], settings=SETTINGS)
    assert await merchants.find_merchant(shop.id) == shop
    assert await merchants.find_merchant(shop.id + 1) is None


async def test_a_moved_clock_shows_here_at_once_and_elsewhere_in_time(
    register: Register, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """The merchant of every key and of every list has it; another process sees it in seconds."""
    merchants = register.merchants
    shop = await merchants.add_merchant("Shop", [pair("k1")])
    other = SqlMerchants(await open_engine(), register.box, register.clock)

    async def ahead_ms(of: SqlMerchants) -> int:
        found = await of.find_credential("iyzico", "k1")
        assert found is not None
        return found.merchant.clock_offset_ms

    assert (await ahead_ms(merchants), await ahead_ms(other)) == (0, 0)
    assert await merchants.change_clock(shop.id, 691_200_000, instead_of_ms=0)
    moved = msgspec.structs.replace(shop, clock_offset_ms=691_200_000)
    assert await merchants.list_merchants() == [moved]
    assert await merchants.find_merchant(shop.id) == await other.find_merchant(shop.id) == moved
    assert (await ahead_ms(merchants), await ahead_ms(other)) == (691_200_000, 0)
    register.clock.advance(ms=FRESH_MS)
    assert await ahead_ms(other) == 691_200_000


async def test_a_clock_is_moved_only_from_where_it_stands(merchants: SqlMerchants) -> None:
    """Of two that move it at once one loses and learns of it; so does who moves nobody's."""
    shop = await merchants.add_merchant("Shop", [])
    bystander = await merchants.add_merchant("Other", [])
    moves = await asyncio.gather(
        *(merchants.change_clock(shop.id, ms, instead_of_ms=0) for ms in (1_000, 2_000))
    )
    assert sorted(moves) == [False, True]
    assert not await merchants.change_clock(99, 1_000, instead_of_ms=0)
    assert await merchants.find_merchant(bystander.id) == bystander


async def test_what_is_still_to_be_told_goes_back_with_the_clock(
    merchants: SqlMerchants, engine: Engine
) -> None:
    """A message that waits an hour for its next try waits an hour after a reset, not a week."""
    shop = await merchants.add_merchant("Shop", [])
    other = await merchants.add_merchant("Other", [])
    ahead_ms, next_try_ms = 604_800_000, NOW_MS + 604_800_000 + 3_600_000
    waiting = notice(merchant_id=shop.id, next_try_ms=next_try_ms)
    told = notice(merchant_id=shop.id, version=9, state=NoticeState.DELIVERED, next_try_ms=None)
    others = notice(merchant_id=other.id, next_try_ms=next_try_ms)
    await engine.apply([add_notice(each) for each in (waiting, told, others)])
    outbox = SqlOutbox(engine)

    async def due(merchant: Merchant, until_ms: int) -> list[Notice]:
        return await outbox.list_due_notices(merchant.id, "iyzico", until_ms=until_ms, limit=9)

    assert await merchants.change_clock(shop.id, ahead_ms, instead_of_ms=0)
    assert await due(shop, next_try_ms - 1) == []
    assert await merchants.change_clock(shop.id, 0, instead_of_ms=ahead_ms)
    assert await due(shop, NOW_MS + 3_600_000 - 1) == []
    assert await due(shop, NOW_MS + 3_600_000) == [waiting]
    assert await due(other, next_try_ms - 1) == []


class SlowEngine:
    """An engine whose answers come only after something was done meanwhile."""

    def __init__(self, engine: Engine, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._engine = engine
        self._meanwhile = meanwhile

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        rows = await self._engine.fetch(sql, params)
        await self._meanwhile()
        return rows

    async def apply(self, writes: Sequence[Write]) -> None:
        await self._engine.apply(writes)


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    register: Register, engine: Engine
) -> None:
    """A lookup that a move of the clock overtakes must not bring the old time back."""
    merchants = register.merchants
    shop = await merchants.add_merchant("Shop", [pair("k1")])

    async def move() -> None:
        await merchants.change_clock(shop.id, 1_000, instead_of_ms=0)

    merchants._engine = SlowEngine(engine, move)
    before = await merchants.find_credential("iyzico", "k1")
    merchants._engine = engine
    after = await merchants.find_credential("iyzico", "k1")
    assert before is not None
    assert after is not None
    assert (before.merchant.clock_offset_ms, after.merchant.clock_offset_ms) == (0, 1_000)


async def test_settings_are_replaced_only_where_they_are_as_was_seen(
    merchants: SqlMerchants,
) -> None:
    """Of two who read the same settings one is told that they have changed."""
    merchant = await merchants.add_merchant("Bookshop", [])
    await merchants.change_settings(merchant.id, SETTINGS, instead_of=merchant.settings)
    with pytest.raises(Conflict):
        await merchants.change_settings(
            merchant.id, MerchantSettings(), instead_of=merchant.settings
        )
    assert await merchants.find_merchant(merchant.id) == msgspec.structs.replace(
        merchant, settings=SETTINGS
    )


async def test_settings_of_an_older_make_are_replaced_as_well(
    merchants: SqlMerchants, engine: Engine
) -> None:
    """What is compared is what they say, not how they were written."""
    merchant = await merchants.add_merchant("Bookshop", [])
    old = Write("UPDATE merchants SET settings = ? WHERE id = ?", ("{}", merchant.id))
    await engine.apply([old])
    await merchants.change_settings(merchant.id, SETTINGS, instead_of=MerchantSettings())
    changed = await merchants.find_merchant(merchant.id)
    assert changed is not None
    assert changed.settings == SETTINGS


async def test_further_keys_work_at_once_beside_the_first(register: Register) -> None:
    """They are stored together or not at all, and no door has a key twice."""
    merchants = register.merchants
    merchant = await merchants.add_merchant("Bookshop", [pair("k1")])
    register.clock.advance(ms=5)
    await merchants.add_credentials(merchant.id, [pair("k2"), pair("k2", "paynet")])
    for door, key in (("iyzico", "k1"), ("iyzico", "k2"), ("paynet", "k2")):
        found = await merchants.find_credential(door, key)
        assert found is not None
        assert (found.merchant, found.secret) == (merchant, f"secret of {key}".encode())
    records = await merchants.list_credentials(merchant.id)
    assert [record.created_ms - NOW_MS for record in records] == [0, 5, 5]
    with pytest.raises(DuplicateKey):
        await merchants.add_credentials(merchant.id, [pair("k3"), pair("k1")])
    assert await merchants.find_credential("iyzico", "k3") is None


async def test_every_key_that_there_ever_was_is_found(merchants: SqlMerchants) -> None:
    """Revoked ones with their secrets too: a caller may still sign with one."""
    shop = await merchants.add_merchant("Shop", [pair("first"), pair("second")])
    await merchants.add_merchant("Demo", [pair("demo")], is_demo=True)
    assert await merchants.revoke_credential("iyzico", "first")
    found = await merchants.find_key("iyzico", "first")
    assert found is not None
    assert (found.credential.merchant, found.is_revoked) == (shop, True)
    assert await merchants.find_key("paynet", "first") is None
    assert held_names(await merchants.list_keys(shop.id, 5)) == [
        ("iyzico", "first", b"secret of first", True),
        ("iyzico", "second", b"secret of second", False),
    ]
    assert len(await merchants.list_keys(shop.id, 1)) == 1
    assert held_names(await merchants.list_demo_keys(5)) == [
        ("iyzico", "demo", b"secret of demo", False)
    ]


async def test_a_merchant_begins_anew_under_its_keys(merchants: SqlMerchants) -> None:
    """The keys lead to the new one at once, in the real time; the old one is told nothing."""
    settings = msgspec.structs.replace(SETTINGS, webhook_urls={"iyzico": "https://shop.example"})
    old = await merchants.add_merchant("Shop", [pair("k1"), pair("k2")], settings=settings)
    other = await merchants.add_merchant("Other", [pair("k3")])
    await merchants.change_clock(old.id, 5_000, instead_of_ms=0)
    assert await merchants.find_credential("iyzico", "k1") is not None
    new = await merchants.replace_merchant(old, "Shop again", settings)
    assert (new.id, new.name, new.settings, new.clock_offset_ms) == (3, "Shop again", settings, 0)
    for key in ("k1", "k2"):
        found = await merchants.find_credential("iyzico", key)
        assert found is not None
        assert (found.merchant, found.secret) == (new, f"secret of {key}".encode())
    kept = await merchants.find_credential("iyzico", "k3")
    assert kept is not None
    assert kept.merchant == other
    silent = await merchants.find_merchant(old.id)
    assert silent is not None
    assert silent.settings == SETTINGS
    assert await merchants.list_credentials(old.id) == []


async def test_merchants_begin_anew_side_by_side(merchants: SqlMerchants) -> None:
    """Those that take the same number at once all get one of their own."""
    old = [await merchants.add_merchant(f"Shop {n}", [pair(f"k{n}")]) for n in range(6)]
    new = await asyncio.gather(
        *(merchants.replace_merchant(each, f"{each.name} again", each.settings) for each in old)
    )
    assert len({each.id for each in (*old, *new)}) == 12
    for number, each in enumerate(new):
        found = await merchants.find_credential("iyzico", f"k{number}")
        assert found is not None
        assert found.merchant == each


async def test_a_merchant_begins_anew_once_at_a_time(merchants: SqlMerchants) -> None:
    """Of several at once, those that come too late hear so, and leave no merchant without keys."""
    old = await merchants.add_merchant("Shop", [pair("k1"), pair("k2")])
    tries = (merchants.replace_merchant(old, f"Shop {n}", old.settings) for n in range(4))
    done = await asyncio.gather(*tries, return_exceptions=True)
    (new,) = [each for each in done if isinstance(each, Merchant)]
    assert [type(each) for each in done if each is not new] == [Conflict] * 3
    assert [each.id for each in await merchants.list_merchants()] == [old.id, new.id]
    assert len(await merchants.list_credentials(new.id)) == 2


async def test_many_merchants_are_added_at_once(merchants: SqlMerchants) -> None:
    """More than a few tests begin together, and every one has a merchant."""

    async def add(place: int) -> None:
        for number in range(8):
            await merchants.add_merchant(f"Shop {place} {number}", [pair(f"k{place} {number}")])

    await asyncio.gather(*map(add, range(24)))
    assert len(await merchants.list_merchants()) == 24 * 8
