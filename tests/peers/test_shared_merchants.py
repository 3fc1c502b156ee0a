"""What servers remember of merchants: nobody acts on what another one has changed already."""

import asyncio
import time

import pytest

from builders import SAMPLE_TIME_MS
from fakes.peer_servers import LOOPBACK, eventually, town
from fakes.world import FixedClock
from vezne.core.merchant import MerchantSettings
from vezne.engines.engine import Conflict
from vezne.engines.migrate import load_migrations, migrate
from vezne.engines.sqlite import open_sqlite
from vezne.peers.merchants import SharedMerchants
from vezne.peers.messages import ForgetMerchants
from vezne.peers.peers import ANSWER_MAX_S
from vezne.storage.merchants import NewCredential, SqlMerchants

KEY = NewCredential(door="iyzico", key="k1", secret=b"secret")
HOUR_MS = 3_600_000
CHANGED = MerchantSettings(webhook_urls={"iyzico": "https://shop.example/hook"})


class OpenBox:
    """Seals nothing: what lies in the database is not the subject here."""

    async def seal(self, secret, context):
        return secret

    async def open(self, sealed, context):
        return sealed


class Site:
    """A server that remembers merchants. Its clock stands still, so that nothing gets old."""

    def __init__(self, peers, engine):
        self.peers = peers
        self.merchants = SqlMerchants(engine, OpenBox(), FixedClock(SAMPLE_TIME_MS))
        SharedMerchants(peers, self.merchants)

    async def found(self):
        """Whose the key is, as a request at this server has it."""
        credential = await self.merchants.find_credential("iyzico", "k1")
        return None if credential is None else credential.merchant


@pytest.fixture
async def pair(tmp_path):
    """Two servers, each with connections of its own to one database with a merchant."""
    engines = [open_sqlite(tmp_path / "books.db") for _ in range(2)]
    await migrate(engines[0], load_migrations("vezne.storage"))
    async with town() as servers:
        sites = []
        for engine in engines:
            peers = servers.make()
            sites.append(Site(peers, engine))
            await peers.open(LOOPBACK, "one")
        await sites[0].merchants.add_merchant("Shop", [KEY])
        for site in sites:
            assert (await site.found()).id == 1
        yield sites
    for engine in engines:
        await engine.close()


async def test_a_moved_clock_is_seen_everywhere(pair):
    """As soon as the change is settled; a move that did not happen changes nothing."""
    here, there = pair
    assert await here.merchants.change_clock(1, HOUR_MS, instead_of_ms=0)
    await here.peers.settled()
    for site in pair:
        assert (await site.found()).clock_offset_ms == HOUR_MS
    assert not await there.merchants.change_clock(1, 5, instead_of_ms=0)
    assert await there.merchants.change_clock(1, 2 * HOUR_MS, instead_of_ms=HOUR_MS)
    await there.peers.settled()
    for site in pair:
        assert (await site.found()).clock_offset_ms == 2 * HOUR_MS


async def test_a_revoked_key_opens_no_door(pair):
    """At no server, wherever it was revoked."""
    here, there = pair
    assert await here.merchants.revoke_credential("iyzico", "k1")
    await here.peers.settled()
    assert await there.found() is None
    assert await here.found() is None


async def test_changed_settings_and_a_new_owner_are_seen_everywhere(pair):
    """What a merchant is told of where, and whose a key is after a reset."""
    here, there = pair
    await here.merchants.change_settings(1, CHANGED)
    await here.peers.settled()
    old = await there.found()
    assert old.settings == CHANGED
    await there.merchants.replace_merchant(old, "Shop #2", CHANGED)
    await there.peers.settled()
    assert (await here.found()).id == (await there.found()).id == 2


async def test_what_is_being_read_meanwhile_is_not_remembered(pair):
    """A read that began before the change serves its own request, and none after it."""
    here, there = pair
    await there.merchants._engine.fetch("SELECT 1")
    there.merchants.forget_all()
    reading = asyncio.create_task(there.found())
    await asyncio.sleep(0)
    assert await here.merchants.change_clock(1, HOUR_MS, instead_of_ms=0)
    await here.peers.settled()
    await reading
    assert (await there.found()).clock_offset_ms == HOUR_MS


async def test_a_change_that_fails_may_have_happened(pair):
    """Whoever does not know what has become of a change reads it anew, everywhere."""
    here, there = pair
    asked = []

    async def answer(question):
        asked.append(question)

    there.peers.answer_with(ForgetMerchants, answer)
    with pytest.raises(Conflict):
        await here.merchants.change_settings(99, CHANGED)
    await eventually(lambda: asked)


async def test_a_silent_server_costs_a_second(pair):
    """It is late itself, for as long as it remembers; nobody waits longer for it."""
    here, there = pair
    asked, never = [], asyncio.Event()

    async def say_nothing(question):
        asked.append(question)
        await never.wait()

    there.peers.answer_with(ForgetMerchants, say_nothing)
    since = time.monotonic()
    async with asyncio.timeout(10 * ANSWER_MAX_S):
        await here.merchants.revoke_credential("iyzico", "k1")
        await here.peers.settled()
    assert time.monotonic() - since >= ANSWER_MAX_S
    # Once asked, it costs that once.
    assert len(asked) == 1
    never.set()
