"""Guards of two servers that count together."""

import json

import pytest

from fakes.guarded import Call, GuardedDoor
from fakes.peer_servers import eventually, town
from vezne.edge.guard_hearing import hear_news
from vezne.edge.guard_news import GuardBatch, GuardNews
from vezne.link.codec import decode, encoder
from vezne.peers.guards import SharedGuard

CARD = b"a card's tag"


class Two:
    """Two guarded doors. What one has counted crosses as bytes when a test says so."""

    def __init__(self, **limits):
        self.here = GuardedDoor(is_shared=True, **limits)
        self.there = GuardedDoor(is_shared=True, **limits)

    def tell(self):
        """Each hears of the other, and neither of itself."""
        batches = [door.memory.news.drain() for door in (self.here, self.there)]
        for door, batch in zip((self.there, self.here), batches, strict=True):
            if batch is not None:
                sent = decode(encoder.encode(batch), GuardBatch)
                hear_news(door.memory, sent, door.seconds)
        assert self.here.memory.news.drain() is None
        assert self.there.memory.news.drain() is None


def test_wrong_proofs_anywhere_lock_out_everywhere():
    """The line in the trail is written where it happened, and there only."""
    two = Two(failed_logins=4)
    assert two.here.statuses(2, is_right=False) == [401, 401]
    two.tell()
    assert two.there.statuses(3, is_right=False) == [401, 401, 429]
    two.tell()
    assert two.here.send().status == 429
    assert two.here.wait_s() == two.there.wait_s() == 60
    assert [line[0] for line in two.there.lines].count("login.locked_out") == 1
    assert [line[0] for line in two.here.lines].count("login.locked_out") == 0


def test_a_server_that_knows_less_locks_out_all_the_same():
    """One that has been started again meanwhile hears of the lock-out itself."""
    two = Two(failed_logins=4)
    assert two.here.statuses(3, is_right=False) == [401] * 3
    two.here.memory.news.drain()
    two.here.send(is_right=False)
    two.tell()
    assert two.there.send().status == 429
    two.there.seconds += 61
    assert two.there.send().status == 200


def test_who_has_proven_a_key_is_known_everywhere():
    """Others at its address do not lock it out at any server, and an old lock-out is forgotten."""
    two = Two(failed_logins=2)
    two.here.send(is_right=False)
    two.tell()
    assert two.here.send().status == 200
    two.tell()
    for key in ("another", "a third"):
        two.there.statuses(2, key=key, is_right=False)
    assert two.there.send(key="yet another").status == 429
    assert two.there.send().status == 200


@pytest.mark.parametrize(
    ("limits", "call"),
    [
        ({"address_per_minute": 10}, {"key": None}),
        ({"address_per_minute": 10}, {}),
        ({"key_per_minute": 10}, {}),
        ({"card_per_hour": 10}, {"card": CARD}),
    ],
    ids=["strangers", "a known address", "a key", "a card"],
)
def test_requests_count_wherever_they_come(limits, call):
    """Half of what is allowed at each server is all of it."""
    two = Two(**limits)
    for door in (two.here, two.there):
        assert 429 not in door.statuses(5, **call)
        two.tell()
    for door in (two.here, two.there):
        status = door.send(**call).status
        assert status == 429 or (call == {} and limits == {"address_per_minute": 10})


def test_declines_of_a_card_count_wherever_it_is_tried():
    """The tag is the same at all servers, and so is what banks have said to the card."""
    two = Two(card_declines_per_day=4)
    for door in (two.here, two.there):
        assert door.statuses(2, card=CARD, bank=False) == [200, 200]
        two.tell()
    for door in (two.here, two.there):
        assert door.send(card=CARD).status == 429


def test_many_declined_cards_are_counted_together():
    """Each card once, at whichever server it comes again, and approvals ease."""
    two = Two(declined_cards=4)
    for number in range(3):
        for door in (two.here, two.there):
            assert door.send(card=b"%d" % number, bank=False).status == 200
            two.tell()
    two.there.send(card=b"good", bank=True)
    two.tell()
    two.here.send(card=b"3", bank=False)
    two.tell()
    assert two.there.send(card=b"new").status == 200
    two.there.send(card=b"4", bank=False)
    two.tell()
    assert two.here.send(card=b"new").status == 429
    # A card that a bank has approved anywhere is let through.
    assert two.here.send(card=b"good").status == 200


async def test_a_new_server_knows_who_is_locked_out():
    """A restart, one server after the other, lets nobody in who was kept out."""
    async with town() as servers:
        first, second = await servers.open(), await servers.open()
        two = Two(failed_logins=2)
        for _ in range(2):
            await two.here._send(Call(is_right=False))
        two.here.memory.news.drain()
        SharedGuard(first, two.here.memory, lambda: two.here.seconds)
        joining = SharedGuard(second, two.there.memory, lambda: two.there.seconds)
        two.here.seconds += 20
        await joining.tell()
        assert (await two.there._send(Call())).status == 429
        two.there.seconds += 39
        assert (await two.there._send(Call())).status == 429
        two.there.seconds += 2
        assert (await two.there._send(Call())).status == 200


def test_a_guard_alone_collects_nothing():
    """Without other servers nothing grows."""
    alone = GuardedDoor()
    alone.statuses(3, card=CARD, bank=False)
    alone.statuses(3, is_right=False)
    assert alone.memory.news.drain() is None


def test_what_is_not_understood_is_left_out():
    """A newer server may count what this one does not know."""
    two = Two()
    batch = GuardBatch(
        [("new", ("x",), 1)], [("new", "pairs", ("x",), 1.0), ("new", "y", ("x",), 0)]
    )
    hear_news(two.here.memory, batch, 0.0)
    assert two.here.send().status == 200


def test_an_address_that_is_no_text_does_not_stop_the_rest():
    """A caller may name half a character as its customer's address."""
    news = GuardNews(is_wanted=True)
    news.tell("payers", "failed", ("desk", b"x", json.loads('"\\ud800"')), 1.0)
    news.count("stranger", ("ş",))
    batch = news.drain()
    assert batch is not None
    assert decode(encoder.encode(batch), GuardBatch).events[0][2][:2] == ("desk", b"x")


async def test_news_cross_between_servers():
    """What the guard of one has counted is told to the others when it is time."""
    async with town() as servers:
        first, second = await servers.open(), await servers.open()
        two = Two(failed_logins=2)
        telling = SharedGuard(first, two.here.memory, lambda: two.here.seconds)
        SharedGuard(second, two.there.memory, lambda: two.there.seconds)
        await telling.tell()
        for _ in range(2):
            await two.here._send(Call(is_right=False))
        await telling.tell()
        await eventually(lambda: not two.there.memory.pairs.is_idle(two.there.seconds))
        assert (await two.there._send(Call())).status == 429
