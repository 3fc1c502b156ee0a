"""Cards that one server holds and another asks for, over real connections between real vaults."""

import asyncio
import time

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, sealed_card
from fakes.audit import MemoryAudit
from fakes.peer_servers import LOOPBACK, eventually, town
from fakes.randomness import SeededEntropy
from fakes.world import FixedClock
from vezne.core.ports import CardGone
from vezne.engines.sqlite import open_sqlite
from vezne.peers.held import BATCH, ON_ITS_WAY_S, HeldElsewhere
from vezne.peers.messages import DropHeld, FindHeld, SealedHeld, TakeOver
from vezne.peers.peers import ANSWER_MAX_S
from vezne.vault.holding import Held, Holding
from vezne.vault.lending import Lending
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.pan import Cvv, Pan
from vezne.vault.peer_keys import derive_peer_keys
from vezne.vault.service import open_vault
from vezne.vault.transit import AGE_MAX_MS

PAN = "5528790000000008"
CVV = "987"
MERCHANT = 7


class Site:
    """A server with its vault."""

    def __init__(self, peers, vault, clock):
        self.peers = peers
        self.vault = vault
        self.clock = clock
        self.elsewhere = HeldElsewhere(peers, vault)

    def hold(self, number, holder="Ayşe"):
        secrets = (Pan(bytearray(PAN, "ascii")), Cvv(bytearray(CVV, "ascii")))
        self.vault._holding.hold(MERCHANT, number, Held(sealed_card(), *secrets, holder))

    async def opened(self, number):
        """Number and code as they are found."""
        held = await self.vault.open_held(MERCHANT, number)
        transit = self.vault.transit
        found = transit.pan(held.card.transit_id), transit.cvv(held.card.transit_id)
        texts = tuple(each.reveal().decode() for each in found)
        self.vault.release(held.card.transit_id)
        return texts


@pytest.fixture
async def sites(tmp_path):
    """Opens servers on one vault database."""
    engine, entropy = open_sqlite(tmp_path / "vault.db"), SeededEntropy()
    master_key = LocalMasterKey(entropy.take(32), entropy)
    async with town() as servers:

        async def open_site():
            clock = FixedClock(SAMPLE_TIME_MS)
            vault = await open_vault(engine, master_key, clock, entropy, MemoryAudit())
            keys = derive_peer_keys(await vault.keyring.peer_key())
            peers = servers.make(keys.authority)
            site = Site(peers, vault, clock)
            vault.share(Lending(keys.lending, entropy), site.elsewhere)
            await peers.open(LOOPBACK, "one")
            return site

        open_site.servers = servers
        yield open_site
    await engine.close()


async def test_a_card_is_found_wherever_it_is(sites):
    """By any server, as often as it is asked for; once dropped anywhere it is gone everywhere."""
    first, second, third = [await sites() for _ in range(3)]
    first.hold(1)
    for site in (first, second, third, second):
        assert await site.vault.is_held(MERCHANT, 1)
        assert await site.opened(1) == (PAN, CVV)
    assert second.vault.list_held_here() == []
    await third.vault.drop_held(MERCHANT, 1)
    await eventually(lambda: not first.vault.list_held_here())
    for site in (first, second, third):
        assert not await site.vault.is_held(MERCHANT, 1)
        with pytest.raises(CardGone):
            await site.opened(1)


async def test_a_blocked_number_is_known_at_once(sites):
    """At a server that has just seen that the merchant blocks nothing, while no time goes by."""
    here, there = await sites(), await sites()
    cards = {}
    for site in (here, there):
        transit_id = site.vault.transit.hold(Pan(bytearray(PAN, "ascii")), None)
        cards[site] = msgspec.structs.replace(sealed_card(), token=None, transit_id=transit_id)
    assert not await there.vault.is_blocked(MERCHANT, cards[there])
    await here.vault.block(MERCHANT, cards[here])
    async with asyncio.timeout(5):
        while not await there.vault.is_blocked(MERCHANT, cards[there]):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_a_server_that_leaves_hands_its_cards_over(sites):
    """All of them, in several parts, with the time that they have left."""
    first, second = await sites(), await sites()
    count = 2 * BATCH + 3
    for number in range(count):
        first.hold(number)
    first.clock.advance(ms=AGE_MAX_MS - 5000)
    await first.elsewhere.hand_over()
    await first.peers.leave()
    assert first.vault.list_held_here() == []
    assert len(second.vault.list_held_here()) == count
    assert await second.opened(count - 1) == (PAN, CVV)
    second.clock.advance(ms=5000)
    assert second.vault.list_held_here() == []


async def test_a_card_whose_payment_is_over_is_not_taken_over(sites):
    """Though word of that, from a third server, was faster than the card: no code stays behind."""
    first, second, third = [await sites() for _ in range(3)]
    for number in (1, 2):
        first.hold(number)
    lent = tuple(
        SealedHeld(MERCHANT, number, first.vault.lend(MERCHANT, number)) for number in (1, 2)
    )
    await third.vault.drop_held(MERCHANT, 1)
    await eventually(lambda: first.vault.list_held_here() == [(MERCHANT, 2)])
    await eventually(lambda: second.elsewhere._over)
    (peer,) = [peer for id, peer in first.peers.living().items() if id == second.peers.id]
    assert await first.peers.ask(peer, TakeOver(lent)) == [[]]
    assert second.vault.list_held_here() == [(MERCHANT, 2)]


async def test_what_is_over_is_forgotten_in_time(sites):
    """Word of a payment that is over is kept for as long as its card can be on its way."""
    site = await sites()
    now_s = [1.0]
    site.elsewhere = HeldElsewhere(site.peers, site.vault, lambda: now_s[0])
    for number in range(3):
        site.elsewhere._hear_drop(DropHeld(MERCHANT, number))
        now_s[0] += ON_ITS_WAY_S / 2
    assert list(site.elsewhere._over) == [(MERCHANT, 1), (MERCHANT, 2)]
    now_s[0] += ON_ITS_WAY_S
    assert await site.elsewhere._answer_take_over(TakeOver(())) == []
    assert site.elsewhere._over == {}


async def test_long_names_go_in_smaller_parts(sites):
    """However long a holder's name is, what goes at once fits a frame."""
    first, second = await sites(), await sites()
    for number in range(9):
        first.hold(number, holder="x" * 900_000)
    await first.elsewhere.hand_over()
    assert len(second.vault.list_held_here()) == 9


async def test_what_one_has_no_room_for_the_next_one_takes(sites):
    """Bounds hold for cards that are taken over; what finds no room at all is wiped."""
    first, second, third = [await sites() for _ in range(3)]
    entropy = SeededEntropy()
    for site, room in ((second, 2), (third, 3)):
        site.vault._holding = Holding(site.clock, entropy, count_max=room)
    for number in range(6):
        first.hold(number)
    await first.elsewhere.hand_over()
    assert len(second.vault.list_held_here()) == 2
    assert len(third.vault.list_held_here()) == 3
    assert first.vault.list_held_here() == []


async def test_the_last_server_leaves_nothing(sites):
    """Where nobody stays, what is held is wiped; so it is where the other leaves as well."""
    first, second = await sites(), await sites()
    first.hold(1)
    second.hold(2)
    await second.elsewhere.hand_over()
    assert sorted(number for _, number in first.vault.list_held_here()) == [1, 2]
    await first.elsewhere.hand_over()
    for site in (first, second):
        assert site.vault.list_held_here() == []


async def test_a_neighbour_that_is_gone_takes_nothing(sites):
    """The rest of what was on its way goes to the next one."""
    first, second, third = [await sites() for _ in range(3)]
    for number in range(BATCH + 1):
        first.hold(number)
    first.vault.drop_held_here(MERCHANT, 0)
    gone = next(iter(first.peers.living().values()))
    gone.close()
    assert len(await first.elsewhere._hand_to(gone, [(MERCHANT, 0), (MERCHANT, 1)])) == 1
    await first.elsewhere.hand_over()
    taken = len(second.vault.list_held_here()) + len(third.vault.list_held_here())
    assert taken == BATCH


async def test_a_dead_neighbour_costs_a_second_at_most(sites):
    """And only where the card is held by nobody who lives."""
    first, second = await sites(), await sites()

    async def say_nothing(_):
        time_out.append(1)
        await never.wait()

    async def watched(peer, question):
        try:
            return await ask(peer, question)
        except asyncio.CancelledError:
            given_up.append(peer)
            raise

    time_out, never, given_up = [], asyncio.Event(), []
    ask, first.peers.ask = first.peers.ask, watched
    second.peers.answer_with(FindHeld, say_nothing)
    since = time.monotonic()
    async with asyncio.timeout(10 * ANSWER_MAX_S):
        with pytest.raises(CardGone):
            await first.opened(1)
    assert time.monotonic() - since >= ANSWER_MAX_S
    assert (len(time_out), given_up) == (1, [])
    third = await sites()
    third.hold(1)
    assert await first.opened(1) == (PAN, CVV)
    # It was still being waited for when the card was there.
    await eventually(lambda: given_up)
    never.set()
    assert (len(time_out), given_up) == (2, [first.peers.living()[second.peers.id]])
