"""Faults of the gateway on demand: all is done, and the caller is told of an error."""

import pytest

from fakes.control import Control
from fakes.doors import CALLERS, IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.visitor import Visitor

PAN = "5528790000000008"
CALLBACK_URL = "http://shop.example/callback"
KIND = "answer_500_after_commit"
PATHS = {
    IyzicoCaller: "/payment/auth",
    PaywallCaller: "/api/paywall/payment/startdirect",
    PaynetCaller: "/v2/transaction/payment",
}


@pytest.fixture
def control(server):
    running = Control(server)
    yield running
    assert running.ask("DELETE", "faults")[0] == 200


@pytest.mark.parametrize("kind", CALLERS, ids=lambda kind: kind.name)
def test_a_payment_is_taken_and_the_caller_told_of_an_error(server, control, kind):
    """Whoever asks afterwards finds the payment; the next one goes well."""
    caller = kind(server)
    reference = unique("order")
    control.fault(KIND, path=PATHS[kind])
    failed = caller.pay(PAN, reference)
    assert not caller.ok(failed)
    assert caller.ok(caller.find(reference))
    assert control.ask("GET", "faults")[1] == {"faults": []}
    assert caller.ok(caller.pay(PAN, unique("order")))


@pytest.mark.parametrize("kind", CALLERS, ids=lambda kind: kind.name)
def test_the_error_is_http_500_in_the_words_of_the_door(server, control, kind):
    """At any path when none is named, as often as it was asked for."""
    caller = kind(server)
    control.fault(KIND, times=2)
    statuses = []
    send = caller.send
    caller.send = lambda *arguments, **more: _noted(statuses, send(*arguments, **more))
    for _ in range(3):
        caller.find(unique("nothing"))
    assert statuses[:2] == [500, 500]
    assert statuses[2] != 500


def _noted(statuses, answer):
    statuses.append(answer[0])
    return answer


def test_a_browser_that_comes_back_from_the_bank_meets_an_error(server, control):
    """The payment is complete although the browser never learned of it."""
    caller = PaywallCaller(server)
    visitor = Visitor(server, CALLBACK_URL)
    control.fault(KIND, path="/3ds/return/simulator")
    assert caller.ok(caller.authenticate(visitor, unique("order"), "123456"))
    assert visitor.steps[-1] == ("/3ds/return/simulator", 500)
    assert visitor.callback is None


@pytest.mark.parametrize("kind", CALLERS, ids=lambda kind: kind.name)
def test_a_repetition_under_its_key_gets_what_the_error_hid(server, control, kind):
    """The caller that met an error sends the same again, and the payment is taken once."""
    caller = kind(server)
    reference = unique("order")
    key = {"Idempotency-Key": unique("key")}
    send = caller.send
    caller.send = lambda method, path, raw, headers: send(method, path, raw, headers | key)
    control.fault(KIND, path=PATHS[kind])
    assert not caller.ok(caller.pay(PAN, reference))
    replayed = caller.pay(PAN, reference)
    assert caller.is_new_success(replayed)
    caller.send = send
    assert caller.number_of(caller.find(reference)) == caller.number_of(replayed)
