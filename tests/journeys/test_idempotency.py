"""The header Idempotency-Key over real connections, at every door."""

import contextlib
import threading

import pytest

from fakes.card_doc import documented_cards
from fakes.databases import change, contents, count_rows, url_of
from fakes.doors import unique
from fakes.iyzico_client import CARD
from fakes.keyed import KEYED, sandbox
from fakes.leaks import files, leaks
from fakes.server import Server, wait_until

PAN = CARD["cardNumber"]
INSUFFICIENT_FUNDS = "4111111111111129"


@pytest.fixture(scope="module")
def keyed_server(tmp_path_factory):
    """One sandbox for these journeys, whose clock they move."""
    running = Server(tmp_path_factory.mktemp("keyed") / "data").start()
    yield running
    assert running.stop() == 0
    places = files(running.data) | contents(running.data)
    places["output"] = "".join(running.output).encode()
    assert list(leaks((card.pan for card in documented_cards()), places)) == []


@pytest.fixture(scope="module")
def two_servers(tmp_path_factory, own_database):
    """Two processes over one database, which nobody else uses, with one master key."""
    folder, url = tmp_path_factory.mktemp("two"), own_database()
    first = Server(folder / "first", "--database", url).start()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VEZNE_MASTER_KEY", f"file:{first.data / 'master.key'}")
        second = Server(folder / "second", "--database", url).start()
    yield first, second
    assert (first.stop(), second.stop()) == (0, 0)


@pytest.fixture(params=KEYED, ids=lambda kind: kind.name)
def caller(request, keyed_server):
    return request.param(keyed_server)


def count(server, table="payments"):
    """How many rows a table of the books has."""
    return count_rows(server.data, "books", table)


def all_at_once(callers, key, reference):
    """What each hears that sends the same payment under the same key."""
    threads = [
        threading.Thread(target=each.pay_under, args=(key, PAN, reference)) for each in callers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each.heard for each in callers]


def test_a_repetition_gets_the_first_answer(caller):
    """Status, body and headers are those of the first one, and one more header says so."""
    key, reference = unique("key"), unique("once")
    before = count(caller.server)
    first = caller.pay_under(key, PAN, reference)
    assert caller.is_new_success(caller.answer)
    again = caller.pay_under(key, PAN, reference)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.own_headers == first.own_headers
    assert (first.is_replayed, again.is_replayed) == (False, True)
    assert count(caller.server) == before + 1


def test_a_decline_is_an_answer(caller):
    """The card is not tried again under the same key."""
    key, reference = unique("key"), unique("once")
    first = caller.pay_under(key, INSUFFICIENT_FUNDS, reference)
    assert not caller.ok(caller.answer)
    before = count(caller.server)
    again = caller.pay_under(key, INSUFFICIENT_FUNDS, reference)
    assert (again.body, again.is_replayed) == (first.body, True)
    assert count(caller.server) == before


def test_another_request_under_the_key_is_refused(caller):
    """In the door's own words, and not executed."""
    key, reference = unique("key"), unique("once")
    caller.pay_under(key, PAN, reference)
    before = count(caller.server)
    other = caller.pay_under(key, PAN, unique("once"))
    assert caller.refusal() == caller.reused
    assert not other.is_replayed
    assert count(caller.server) == before


def test_what_is_no_key_is_refused(caller):
    """A key has 1 to 255 visible ASCII characters."""
    before = count(caller.server)
    for key in ("", "two words", "x" * 256):
        caller.pay_under(key, PAN, unique("once"))
        assert caller.refusal() == caller.malformed
    assert count(caller.server) == before


def test_a_mistake_may_be_mended_under_its_key(caller):
    """A refusal that did nothing is not remembered."""
    key, reference = unique("key"), unique("once")
    caller.pay_under(key, "1234", reference)
    assert not caller.ok(caller.answer)
    assert not caller.pay_under(key, PAN, reference).is_replayed
    assert caller.is_new_success(caller.answer)


def test_a_failed_authentication_is_not_remembered(caller):
    """Whoever is not believed cannot use up a merchant's keys."""
    key, reference = unique("key"), unique("once")
    stranger = type(caller)(caller.server, **caller.bad_key)
    stranger.pay_under(key, PAN, reference)
    assert stranger.is_authentication_error(stranger.answer)
    assert not caller.pay_under(key, PAN, reference).is_replayed
    assert caller.is_new_success(caller.answer)


def test_twenty_at_once_are_one_payment(caller):
    """The bank takes its time, and all of them wait for the one that asks it."""
    key, reference = unique("key"), unique("once")
    server, before = caller.server, count(caller.server)
    sandbox(server, "POST", "faults", {"kind": "latency", "delay_ms": 400})
    callers = [type(caller)(server) for _ in range(20)]
    heard = all_at_once(callers, key, reference)
    assert all(each.is_new_success(each.answer) for each in callers)
    assert len({item.body for item in heard}) == 1
    assert [item.is_replayed for item in heard].count(False) == 1
    assert count(server) == before + 1


def test_an_answer_that_was_lost_is_given_again(caller):
    """The payment was recorded, the caller heard of an internal error: it need only ask again."""
    key, reference = unique("key"), unique("once")
    before = count(caller.server)
    sandbox(caller.server, "POST", "faults", {"kind": "answer_500_after_commit"})
    assert caller.pay_under(key, PAN, reference).status == 500
    again = caller.pay_under(key, PAN, reference)
    assert again.is_replayed
    assert caller.is_new_success(caller.answer)
    assert count(caller.server) == before + 1


def test_a_card_is_stored_once(caller):
    """Not only payments are writes."""
    customer = unique("customer")
    caller.key = unique("key")
    first, again = caller.store(customer), caller.store(customer)
    assert caller.heard.is_replayed
    assert first == again
    caller.key = None
    assert len(caller.cards(customer)) == 1


def test_reads_are_not_remembered(caller):
    """A list under a key says what is true now."""
    customer = unique("customer")
    caller.key = unique("key")
    caller.cards(customer)
    caller.key = None
    caller.store(customer)
    caller.key = unique("key")
    assert len(caller.cards(customer)) == 1
    assert not caller.heard.is_replayed


def test_without_a_key_every_door_does_as_ever(caller):
    """The same request again is another payment at iyzico's door, and none at the others."""
    reference = unique("once")
    before = count(caller.server), count(caller.server, "once_keys")
    caller.pay(PAN, reference)
    second = caller.pay(PAN, reference)
    assert caller.is_new_success(second) is caller.repeats_references
    added = 2 if caller.repeats_references else 1
    assert (count(caller.server), count(caller.server, "once_keys")) == (
        before[0] + added,
        before[1],
    )


def test_keys_live_by_the_clock_of_the_machine(caller):
    """A merchant that moves its clock ahead by days gets the same answer."""
    key, reference = unique("key"), unique("once")
    first = caller.pay_under(key, PAN, reference)
    sandbox(caller.server, "POST", "clock", {"advance": "8d"})
    again = caller.pay_under(key, PAN, reference)
    assert (again.body, again.is_replayed) == (first.body, True)


def test_after_a_kill_a_repetition_is_told_and_charges_nobody_twice(start):
    """SIGKILL between the promise of a payment and its answer, at all doors at once.

    The repetition names the way out; the payment is there, and found out by itself.
    """
    server = start()
    sandbox(server, "POST", "faults", {"kind": "latency", "delay_ms": 8000, "times": None})
    key, references = unique("key"), {kind: unique("once") for kind in KEYED}

    def pay(kind):
        with contextlib.suppress(OSError):
            kind(server).pay_under(key, PAN, references[kind])

    threads = [threading.Thread(target=pay, args=(kind,)) for kind in KEYED]
    for thread in threads:
        thread.start()
    wait_until(lambda: count(server) == len(KEYED))
    server.kill()
    for thread in threads:
        thread.join()

    again = start(data=server.data)
    if url_of(server.data) is not None:
        # Another server could still be at work on it, for a minute.
        change(server.data, "books", "UPDATE once_keys SET lease_ms = 1 WHERE lease_ms > 1")
    for kind in KEYED:
        caller = kind(again)
        caller.pay_under(key, PAN, references[kind])
        assert caller.refusal() == caller.unknown
    assert count(again) == len(KEYED)
    for kind in KEYED:
        assert kind(again).find(references[kind])
    # The key stays what it is; another one is another payment, if the merchant wants it.
    caller = KEYED[0](again)
    caller.pay_under(unique("key"), PAN, references[KEYED[0]])
    assert caller.is_new_success(caller.answer)


@pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)
def test_two_servers_do_a_request_once(kind, two_servers):
    """Twenty requests at once, sent in turn to two processes over one database: one payment."""
    key, reference = unique("key"), unique("once")
    keys = two_servers[0].keys
    for server in two_servers:
        fault = {"kind": "latency", "delay_ms": 400}
        sandbox(server, "POST", "faults", fault, keys["iyzico"])
    callers = [kind(two_servers[turn % 2], **keys[kind.name]) for turn in range(20)]
    heard = all_at_once(callers, key, reference)
    assert all(each.is_new_success(each.answer) for each in callers)
    assert len({item.body for item in heard}) == 1
    assert [item.is_replayed for item in heard].count(False) == 1
