"""A server with its guard on: attackers at its doors, and honest merchants beside them."""

import itertools
import json

import pytest

from fakes.attacker import ATTACKERS, IyzicoFrom, PaynetFrom, come, new_address
from fakes.doors import unique
from fakes.server import Server, wait_until
from vezne.core.card import is_luhn_valid

PAN = "5528790000000008"
NO_FUNDS = "4111111111111129"
PROXY = "127.9.9.9"
GUESSES = 10


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A sandbox that guards its doors, refuses cards it does not know, and has a proxy in front."""
    server = Server(tmp_path_factory.mktemp("guarded") / "data")
    server.environment |= {
        "VEZNE_GUARD__MODE": "on",
        "VEZNE_SANDBOX__REFUSE_UNKNOWN_CARDS": "true",
        "VEZNE_TRUSTED_PROXIES": PROXY,
    }
    server.start()
    yield server
    server.kill()


def heard(caller, times):
    """The statuses of an attempt at a customer's cards, again and again."""
    statuses = []
    for _ in range(times):
        caller.store(unique("buyer"))
        statuses.append(caller.heard[0])
    return statuses


def unknown_cards():
    """Valid numbers of cards that the bank has never heard of."""
    for number in itertools.count(5_528_790_100_000_000):
        if is_luhn_valid(str(number)):
            yield str(number)


def trail(server):
    """The lines of the audit trail so far."""
    folder = server.data / "audit"
    texts = [file.read_text() for file in sorted(folder.rglob("*.jsonl"))]
    # The server may be at its next line.
    return [
        json.loads(line) for text in texts for line in text.splitlines(True) if line[-1] == "\n"
    ]


@pytest.mark.parametrize("kind", ATTACKERS, ids=lambda kind: kind.name)
def test_guessing_is_stopped_and_nobody_else_is(guarded, kind):
    """The protocol's error says so with 429 and how long; the merchant goes in all the while."""
    merchant = come(kind, guarded)
    attacker = come(kind, guarded, **kind.wrong)
    assert merchant.ok(merchant.store(unique("buyer")))
    assert 429 not in heard(attacker, GUESSES)
    # At Paynet the secret is all there is, so that each guess but the same one is a new key.
    if kind is PaynetFrom:
        for number in range(GUESSES):
            guess = come(kind, guarded, attacker.address, secret_key=f"sck_{number}")
            guess.store(unique("buyer"))
    answer = attacker.store(unique("buyer"))
    status, wait_s = attacker.heard
    assert (status, 0 < wait_s <= 60) == (429, True)
    assert answer.items() >= kind.too_many.items()
    # Not even with the right key from there; and with it from anywhere else, at once.
    assert heard(come(kind, guarded, attacker.address), 1) == [429]
    assert merchant.ok(merchant.store(unique("buyer")))
    newcomer = come(kind, guarded)
    assert newcomer.ok(newcomer.store(unique("buyer")))


def test_a_security_code_is_not_guessed_here(guarded):
    """Ten declines of one card a day, from wherever, with whichever merchant's key."""
    callers = itertools.cycle([come(IyzicoFrom, guarded) for _ in range(3)])
    codes = [next(callers).pay(NO_FUNDS, unique("guess"))["errorCode"] for _ in range(12)]
    assert codes == ["10051"] * 10 + ["93301"] * 2


def test_stolen_cards_are_not_tried_out_here(guarded):
    """After twenty declined cards no further one gets to the bank; known customers go on."""
    shop = come(IyzicoFrom, guarded)
    reference = unique("order")
    # Takes back the one card that the test before this one had declined.
    assert shop.ok(shop.pay(PAN, reference))
    thief = come(IyzicoFrom, guarded)
    codes = [
        thief.pay(pan, unique("stolen"))["errorCode"]
        for pan in itertools.islice(unknown_cards(), 25)
    ]
    assert codes[:20].count("93301") == 0
    assert codes[20:] == ["93301"] * 5
    assert shop.ok(shop.pay(PAN, unique("order")))
    assert shop.ok(shop.find(reference))
    assert shop.ok(shop.store(unique("buyer")))


def test_only_the_proxy_says_who_its_clients_are(guarded):
    """Each of them is locked out alone; what a client writes itself is not believed."""
    one, other = "203.0.113.1", "203.0.113.2"
    attacker = come(IyzicoFrom, guarded, PROXY, f"192.0.2.1, {one}", secret_key="wrong")
    assert heard(attacker, GUESSES + 1)[-1] == 429
    assert heard(come(IyzicoFrom, guarded, PROXY, one), 1) == [429]
    assert heard(come(IyzicoFrom, guarded, PROXY, f"{one}, {other}"), 1) == [200]
    liar = new_address()
    for number in range(GUESSES):
        heard(come(IyzicoFrom, guarded, liar, f"192.0.2.{number}", secret_key="wrong"), 1)
    assert heard(come(IyzicoFrom, guarded, liar, "192.0.2.99"), 1) == [429]


def test_the_trail_names_addresses_and_no_cards(guarded):
    """Lock-outs and failed logins are there, from whom they came."""
    address = new_address()
    attacker = come(IyzicoFrom, guarded, address, secret_key="wrong")
    heard(attacker, GUESSES + 1)

    def mine():
        return [line for line in trail(guarded) if line.get("address") == address]

    wait_until(lambda: len(mine()) >= GUESSES + 2)
    assert [line["action"] for line in mine()] == [
        *["login.failed"] * (GUESSES - 1),
        "login.locked_out",
        "login.failed",
        "request.refused",
    ]
    assert not any(PAN in json.dumps(line) or NO_FUNDS in json.dumps(line) for line in mine())
