"""The guard: who guesses or asks too often is turned away, and nobody else."""

import gc
import io

import pytest

from fakes.guarded import GuardedDoor, plain_door
from vezne.core.audit import AuditAction, claim_caller, prove_caller
from vezne.edge.guard_memory import Recent
from vezne.edge.logs import configure_logs
from vezne.edge.messages import BrowserMessage, Outcome, Response

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
DAY_S = 86_400.0


def guess(desk, times, **changes):
    return desk.statuses(times, is_right=False, **changes)


def test_whoever_guesses_is_locked_out_for_longer_each_time():
    """Ten wrong proofs and the next is not looked at, for one minute, then two, up to the limit."""
    desk = GuardedDoor(failed_logins=10, lockout_minutes_max=5)
    waits = []
    for _ in range(4):
        assert guess(desk, 10) == [401] * 10
        assert guess(desk, 3) == [429] * 3
        waits.append(desk.wait_s())
        desk.seconds += waits[-1]
    assert waits == [60, 120, 240, 300]
    assert desk.served == 0


def test_a_lock_out_holds_for_the_right_key_too():
    """Else the lock-out would only slow down telling, not guessing."""
    desk = GuardedDoor()
    guess(desk, 10)
    assert desk.send().status == 429
    desk.seconds += 60
    assert desk.send().status == 200


def test_the_answer_is_the_doors_own_and_says_how_long():
    """Status, headers and body of the dialect, with Retry-After."""
    desk = GuardedDoor(failed_logins=1)
    guess(desk, 1)
    desk.seconds += 0.5
    response = desk.send()
    assert (response.status, response.body) == (429, b"desk")
    assert response.headers == ((b"x-desk", b"1"), (b"retry-after", b"60"))
    assert response.outcome is Outcome.TURNED_AWAY


def test_nobody_locks_a_merchant_out_from_elsewhere():
    """However many addresses guess a key: its merchant's address goes in, even for the first time.

    A key that is guessed from many places gives each new place one try.
    """
    desk = GuardedDoor()
    for number in range(10):
        assert guess(desk, 10, address=f"192.0.2.{number}") == [401] * 10
    assert guess(desk, 2, address="192.0.2.100") == [401, 429]
    assert guess(desk, 2, address="192.0.2.101") == [401, 429]
    assert desk.send(address=HERE).status == 200
    assert guess(desk, 2, address="192.0.2.102", key="another") == [401, 401]


def test_nobody_locks_a_merchant_out_from_the_same_address():
    """An address that has proven a key is let in with it, whoever else guesses there."""
    desk = GuardedDoor()
    assert desk.send().status == 200
    assert guess(desk, 10, key="another") == [401] * 10
    assert guess(desk, 10, key="third") == [401] * 10
    assert guess(desk, 1, key="fourth") == [429]
    assert desk.send(key="fourth").status == 429
    assert desk.send().status == 200


def test_who_guesses_a_key_at_its_own_address_is_not_told_any_more():
    """Wrong proof is turned away; right proof is still let in, for a day after the last one."""
    desk = GuardedDoor()
    desk.send()
    assert guess(desk, 11) == [401] * 10 + [429]
    assert desk.send().status == 200
    assert guess(desk, 1) == [429]
    desk.seconds += DAY_S + 1
    assert guess(desk, 11) == [401] * 10 + [429]
    assert desk.send().status == 429


def test_right_proof_between_wrong_ones_changes_nothing_for_those():
    """One of two servers of a merchant has the wrong secret: the other one works on."""
    desk = GuardedDoor(failed_logins=3)
    assert desk.send().status == 200
    statuses = [(*guess(desk, 1), desk.send().status) for _ in range(6)]
    assert statuses == [(401, 200)] * 3 + [(429, 200)] * 3


def test_mistakes_before_the_first_right_proof_are_forgiven():
    """Somebody types a secret in, and gets it right in the end."""
    desk = GuardedDoor(failed_logins=3)
    assert guess(desk, 2) == [401, 401]
    assert desk.send().status == 200
    assert guess(desk, 4) == [401, 401, 401, 429]


def test_an_address_has_twice_as_many_tries_over_all_keys():
    """Trying many keys once each is guessing too."""
    desk = GuardedDoor()
    statuses = [guess(desk, 1, key=f"key-{number}")[0] for number in range(22)]
    assert statuses == [401] * 20 + [429] * 2
    assert guess(desk, 1, key="key-99", address=ELSEWHERE) == [401]


def test_a_network_of_a_customer_is_one_address():
    """IPv6 gives everybody more addresses than anybody can count."""
    desk = GuardedDoor(failed_logins=2)
    assert guess(desk, 1, address="2001:db8:1:2::1") == [401]
    assert guess(desk, 1, address="2001:db8:1:2::2") == [401]
    assert guess(desk, 1, address="2001:db8:1:2::3") == [429]
    assert guess(desk, 1, address="2001:db8:1:3::3") == [401]


def test_whoever_says_nothing_guesses_nothing():
    """A request without a key locks nobody out, but counts as a request."""
    desk = GuardedDoor(address_per_minute=50, failed_logins=10)
    assert desk.statuses(50, key=None) == [401] * 50
    assert desk.statuses(2, key=None) == [429] * 2
    assert desk.statuses(1, key=None, address=ELSEWHERE) == [401]


def test_an_address_may_ask_so_often_in_a_minute():
    """Whatever the strangers there want; who has proven a key there is counted apart."""
    desk = GuardedDoor(address_per_minute=5, failed_logins=0)
    assert desk.send().status == 200
    assert guess(desk, 6, key="another") == [401] * 4 + [429] * 2
    assert desk.statuses(7) == [200] * 5 + [429] * 2
    assert 1 <= desk.wait_s() <= 12
    desk.seconds += 12
    assert desk.statuses(2) == [200, 429]


def test_a_key_may_ask_so_often_in_a_minute():
    """From wherever it comes; others have their own."""
    desk = GuardedDoor(key_per_minute=6)
    for number in range(6):
        assert desk.send(address=f"192.0.2.{number}").status == 200
    assert desk.send().status == 429
    assert desk.send(key="another").status == 200


def test_a_card_is_tried_so_often_in_an_hour():
    """By whoever tries it; other cards and requests without one are not concerned."""
    desk = GuardedDoor(card_per_hour=4)
    for number in range(4):
        assert desk.send(card=b"one", key=f"shop-{number}", address=f"192.0.2.{number}").status
    assert desk.wait_s(card=b"one") == 900
    assert desk.send(card=b"two").status == 200
    assert desk.send().status == 200
    desk.seconds += 900
    assert desk.statuses(2, card=b"one") == [200, 429]


def test_wrong_keys_use_up_no_tries_of_a_card():
    """Else anybody could lock a cardholder out."""
    desk = GuardedDoor(card_per_hour=2, failed_logins=0)
    guess(desk, 10, card=b"one")
    assert desk.statuses(3, card=b"one") == [200, 200, 429]


def test_a_card_is_declined_so_often_in_a_day():
    """Then the bank is not asked again: what is left to guess is a security code."""
    desk = GuardedDoor(card_declines_per_day=3, card_per_hour=0)
    assert desk.statuses(4, card=b"one", bank=False) == [200] * 3 + [429]
    assert desk.served == 3
    desk.seconds += DAY_S / 3
    assert desk.statuses(2, card=b"one", bank=False) == [200, 429]


def test_who_tries_out_stolen_cards_brings_no_more_new_ones():
    """Twenty different declined cards; everything else of the merchant goes on."""
    desk = GuardedDoor(declined_cards=20)
    known = {"card": b"good", "bank": True}
    desk.send(**known)
    cards = [b"card-%d" % number for number in range(22)]
    assert [desk.send(card=card, bank=False).status for card in cards] == [200] * 20 + [429] * 2
    assert desk.served == 21
    # Stored cards, refunds, questions; a customer whose card is known; another merchant.
    assert desk.send().status == 200
    assert desk.send(**known).status == 200
    assert desk.send(card=b"new", key="another", address=ELSEWHERE).status == 200
    # The same key from elsewhere is the same thief; another shop at that address is none.
    assert desk.send(card=b"new", address=ELSEWHERE).status == 429
    assert desk.send(card=b"new", key="another").status == 200
    desk.seconds += 60
    assert desk.send(card=b"new", bank=True).status == 200


def test_a_shop_that_names_its_customers_is_not_shut_for_one_of_them():
    """The thief among them brings no more cards; the others do, unless too many are thieves."""
    desk = GuardedDoor(declined_cards=20, card_per_hour=0)

    def steal(thief, times):
        cards = (b"%d of %d" % (number, thief) for number in range(times))
        return [desk.send(card=card, payer=f"10.0.0.{thief}", bank=False).status for card in cards]

    assert steal(1, 22) == [200] * 20 + [429] * 2
    assert desk.send(card=b"honest", payer="10.0.1.1", bank=True).status == 200
    assert desk.send(card=b"honest", payer="10.0.0.1", bank=True).status == 200
    assert steal(2, 20) + steal(3, 20) + steal(4, 20) == [200] * 60
    assert set(steal(5, 20)) == {200}
    assert desk.send(card=b"new", payer="10.0.1.2").status == 200
    # A hundred declined cards, less the one that was approved.
    assert steal(6, 1) == [200]
    assert desk.send(card=b"new", payer="10.0.1.2").status == 429
    assert desk.send(card=b"honest", payer="10.0.1.1").status == 200


def test_a_busy_shop_with_the_usual_declines_is_no_thief():
    """One in five is declined; approvals take declines back."""
    desk = GuardedDoor(declined_cards=20)
    statuses = {
        desk.send(card=b"card-%d" % number, bank=number % 5 != 0).status for number in range(500)
    }
    assert statuses == {200}


def test_one_card_that_is_declined_often_is_one_card():
    """A customer who tries again is no thief; what is stored is told apart by its token."""
    desk = GuardedDoor(declined_cards=3, card_declines_per_day=0, card_per_hour=0)
    assert desk.statuses(10, card=b"one", bank=False) == [200] * 10
    assert desk.statuses(10, stored=b"token", bank=False) == [200] * 10
    assert desk.send(card=b"two").status == 200
    # Nobody knows which card it was: it may be another one each time.
    desk.send(bank=False)
    assert desk.send(card=b"two").status == 429


def test_a_card_declined_long_ago_counts_anew():
    """Counting starts again after a quiet quarter of an hour."""
    desk = GuardedDoor(declined_cards=2)
    desk.send(card=b"one", bank=False)
    desk.seconds += 1000
    desk.send(card=b"one", bank=False)
    desk.send(card=b"two", bank=False)
    assert desk.send(card=b"three").status == 429


def test_a_browser_that_needs_no_key_is_counted_by_whom_it_is_for():
    """It proves itself without having claimed anything."""
    desk = GuardedDoor(key_per_minute=2)
    assert desk.statuses(3, is_browser=True) == [200, 200, 429]


def test_a_caller_that_shows_its_key_in_two_forms_comes_once():
    """A key as it is, or as a user name: one request, and the last form counts."""
    desk = GuardedDoor(address_per_minute=2, failed_logins=0)

    async def handle(_request):
        claim_caller("as it is")
        claim_caller("as a user name")
        prove_caller(7, "merchant")
        return Response(200, b"done")

    desk.door = desk.guard.protect(plain_door(handle))
    assert desk.statuses(3) == [200, 200, 429]


def test_without_limits_nobody_is_turned_away():
    """0 is no limit."""
    nothing = dict.fromkeys(
        (
            "address_per_minute",
            "key_per_minute",
            "card_per_hour",
            "card_declines_per_day",
            "declined_cards",
            "failed_logins",
        ),
        0,
    )
    desk = GuardedDoor(**nothing)
    assert set(guess(desk, 100)) == {401}
    assert set(desk.statuses(100, card=b"one", bank=False)) == {200}
    assert (
        GuardedDoor(failed_logins=1, lockout_minutes_max=0).statuses(3, is_right=False) == [401] * 3
    )
    assert desk.lines == []


def test_the_trail_says_who_is_locked_out_and_how_many_were_turned_away():
    """One line a lock-out; one line a minute for whoever knocks on, however hard."""
    desk = GuardedDoor()
    guess(desk, 1000)
    assert desk.lines == [
        ("login.locked_out", "merchant", "failed logins, for 60 s", 0),
        ("request.refused", HERE, "turned away: locked out", 1),
    ]
    (event, origin), _ = desk.audit.lines
    assert (event.is_success, origin.address) == (False, HERE)
    assert event.action is AuditAction.LOCKED_OUT
    desk.seconds += 59
    guess(desk, 5)
    desk.seconds += 1
    guess(desk, 11)
    assert desk.lines[2:] == [
        ("login.locked_out", HERE, "failed logins, for 60 s", 0),
        ("login.locked_out", "merchant", "failed logins, for 120 s", 0),
        ("request.refused", HERE, "turned away: locked out", 995),
    ]


def test_no_card_number_gets_into_the_trail():
    """An attacker may send one as the name of a key, or a text of any length."""
    desk = GuardedDoor(failed_logins=1)
    guess(desk, 2, key="5528790000000008")
    guess(desk, 2, key="x" * 10_000, address=ELSEWHERE)
    subjects = [subject for _, subject, _, _ in desk.lines]
    assert not any("5528790000000008" in subject for subject in subjects)
    assert max(map(len, subjects)) <= 64


def test_what_is_remembered_is_bounded():
    """However many attackers there are, no table of the guard has more entries than it may."""
    configure_logs("error", stream=io.StringIO())
    desk = GuardedDoor(entries_max=100, failed_logins=1, declined_cards=1)
    for number in range(300):
        who = {"address": f"192.0.{number >> 8}.{number & 255}", "key": f"key-{number}"}
        desk.send(**who, card=b"%d" % number, bank=number % 2 == 0)
        desk.send(**who, is_right=False)
        desk.send(address=who["address"], key="another", is_right=False)
        desk.send(address=who["address"], key="another")
    tables = [each for each in gc.get_objects() if type(each) is Recent]
    sizes = [len(table) for table in tables if table._half == 50]
    assert max(sizes) == 100
    assert sizes.count(100) >= 8


def test_pages_for_browsers_are_let_through():
    """An answer that is no response yet ends no login."""

    async def page(_request):
        return BrowserMessage(message="done", is_success=True)

    desk = GuardedDoor(address_per_minute=1)
    desk.door = desk.guard.protect(plain_door(page))
    for _ in range(3):
        with pytest.raises(AssertionError):
            desk.send()
