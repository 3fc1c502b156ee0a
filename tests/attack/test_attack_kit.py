"""The attack kit: whoever steals everything but the master key learns no card number."""

import re
import time

import pytest

from attack.thief import rob, steal
from attack.town import add_merchant, settle
from attack.weak_builds import WEAKNESSES, plant
from fakes.server import Server

CARDS = 10_000
FEW = 250
# So many digits of a number do not stand together by chance.
WINDOW = 9
MONTHS_S = 90 * 24 * 3600


@pytest.fixture
def server(tmp_path):
    """A server of the test's own, not started yet."""
    made = Server(tmp_path / "data")
    yield made
    made.kill()


def test_nothing_is_recovered(server):
    """Of 10,000 cards none, with data files, logs, backups, the audit trail and the source."""
    server.start()
    merchants = [server.keys["iyzico"], add_merchant(server, "İkinci"), add_merchant(server, "Üç")]
    town = settle(server, merchants, CARDS, seed=1)
    loot = steal(server.data, server.output)
    assert len(loot.cards) == len(town.stored)
    recovered = rob(loot, town.stored[0])
    assert {way: len(found & town.everybody) for way, found in recovered.items()} == dict.fromkeys(
        recovered, 0
    )


def test_nothing_correlates(server):
    """A number stored at two merchants, and twice at one, leaves no value that is there twice."""
    server.start()
    merchants = [server.keys["iyzico"], add_merchant(server, "İkinci")]
    for keys in (*merchants, merchants[0]):
        settle(server, [keys], FEW, seed=3)
    loot = steal(server.data, server.output)
    by_merchant: dict[int, set[object]] = {}
    sealed = [card.row["sealed"] for card in loot.cards]
    for card in loot.cards:
        by_merchant.setdefault(card.merchant_id, set()).add(card.row["fingerprint"])
    first, second = by_merchant.values()
    assert first & second == set()
    assert len(set(sealed)) == len(sealed)


def test_there_is_one_truncation(server):
    """Where a card is shown, no digits stand but its first eight or six and its last four."""
    server.start()
    town = settle(server, [server.keys["iyzico"]], FEW, seed=4)
    loot = steal(server.data, server.output)
    windows = {
        pan[at : at + WINDOW] for pan in town.everybody for at in range(len(pan) - WINDOW + 1)
    }
    shown = {
        text[at : at + WINDOW]
        for name in ("data/books.db:cards", "data/books.db:payments")
        for row in loot.tables[name]
        for text in re.findall(r"\d{9,}", row["document"].decode())
        if not is_time(text)
        for at in range(len(text) - WINDOW + 1)
    }
    assert windows & shown == set()


def is_time(digits):
    """Hundreds of these have thousands of windows, one of which may be a card's by chance."""
    return len(digits) == 13 and abs(int(digits) / 1000 - time.time()) < MONTHS_S


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_every_card_of_a_weak_build_is_recovered(weakness, server, tmp_path):
    """The same kit, pointed at a build with one weakness, finds every card that is stored."""
    server.environment = plant(weakness, tmp_path)
    server.start()
    count = CARDS if weakness is WEAKNESSES[0] else FEW
    town = settle(server, [server.keys["iyzico"]], count, seed=2)
    loot = steal(server.data, server.output, tmp_path / "src")
    found = set().union(*rob(loot, town.stored[0]).values())
    assert set(town.stored) - found == set()
