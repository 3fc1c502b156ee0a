"""Shops that share an address, and thieves who have a good card among the stolen ones."""

import gc
import sys

import pytest

from fakes.guarded import GuardedDoor
from vezne.core.ports import AuditFailure
from vezne.edge.guard_memory import Recent
from vezne.edge.guard_visit import GuardLimits, GuardMemory, Visit


def test_a_shop_at_the_same_address_is_not_shut_for_another_one():
    """A platform calls for many shops: stolen cards in one are nothing to the next one."""
    desk = GuardedDoor(declined_cards=20)
    for number in range(25):
        desk.send(key="thief", card=b"stolen %d" % number, bank=False)
    assert desk.send(key="thief", card=b"another").status == 429
    assert desk.statuses(3, key="honest", card=b"new", bank=True) == [200] * 3


def test_one_good_card_makes_up_for_one_declined_card():
    """However often it is approved between stolen ones, in the same quarter of an hour."""
    desk = GuardedDoor(declined_cards=20, card_per_hour=0)
    statuses = []
    for number in range(30):
        statuses.append(desk.send(card=b"stolen %d" % number, bank=False).status)
        desk.send(card=b"good", bank=True)
    assert statuses == [200] * 21 + [429] * 9
    desk.seconds += 901
    desk.send(card=b"stolen", bank=False)
    desk.send(card=b"good", bank=True)
    assert [desk.send(card=b"again %d" % n, bank=False).status for n in range(21)] == (
        [200] * 20 + [429]
    )


def test_a_stored_card_makes_up_for_none():
    """The same card may be stored a hundred times, under another token each."""
    desk = GuardedDoor(declined_cards=20)
    statuses = []
    for number in range(22):
        statuses.append(desk.send(card=b"stolen %d" % number, bank=False).status)
        desk.send(stored=b"token %d" % number, bank=True)
    assert statuses == [200] * 20 + [429] * 2


def test_cards_that_nothing_is_known_of_count_both_ways():
    """As after 3-D Secure: a shop that asks for it of everybody is no thief."""
    desk = GuardedDoor(declined_cards=20)
    for number in range(100):
        desk.send(bank=number % 3 == 0 or number % 3 == 1)
    assert desk.send(card=b"new").status == 200


def test_a_bank_that_answers_a_browser_accuses_nobody():
    """A browser that comes back from the bank has proven to be no shop."""
    told = []
    memory = GuardMemory(GuardLimits(declined_cards=1))
    for _ in range(3):
        visit = Visit(memory, "desk", "198.51.100.7", b"", 1.0, lambda *what: told.append(what))
        visit.hear(None, is_approved=False)
    assert told == []


def test_a_trail_that_fails_takes_no_answer_of_a_bank_away():
    """Hearing raises nothing, and the lock-out holds."""

    def fail(_locked_s, _kind, _subject):
        raise AuditFailure

    memory = GuardMemory(GuardLimits(declined_cards=1))

    def come(card):
        visit = Visit(memory, "desk", "198.51.100.7", card, 1.0, fail)
        visit.prove("merchant")
        return visit

    come(b"one").hear(None, is_approved=False)
    with pytest.raises(Exception, match="many cards declined"):
        come(b"two")


def test_names_are_remembered_by_a_digest():
    """Whatever a caller calls itself or its customer takes no more memory than a short name."""
    desk = GuardedDoor(entries_max=77, declined_cards=1, failed_logins=1)
    for number in range(10):
        name = f"{number}" + "x" * 40_000
        desk.send(key=name, is_right=False)
        desk.seconds += 3600
        desk.send(key=name, card=b"c%d" % number, payer=name, bank=False)
        desk.send(key=name, card=b"d%d" % number, payer=name, bank=False)
    assert desk.lines
    tables = [each for each in gc.get_objects() if type(each) is Recent and each._half == 38]
    parts = [
        part
        for table in tables
        for key in table._newer
        for part in (key if isinstance(key, tuple) else (key,))
    ]
    assert len(parts) > 50
    assert max(map(sys.getsizeof, parts)) < 200
