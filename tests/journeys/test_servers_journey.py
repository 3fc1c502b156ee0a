"""Two servers on one PostgreSQL: what one of them has in its memory, the other can use."""

import os
import re
import shutil
import signal
import subprocess
import time
from functools import partial

import pytest

from fakes.control import Control
from fakes.databases import remember
from fakes.doors import IyzicoCaller, PaynetCaller, PaywallCaller, unique
from fakes.iyzico_client import CARD, Client, payment_request
from fakes.leaks import files, leaks
from fakes.server import Server, wait_until
from fakes.visitor import Visitor

CALLBACK = "https://www.merchant.example/callback?order=1"
CODE = "123456"
# What servers of one database have alike: the key, and here also whom clients trust and are.
SHARED_FILES = ("master.key", "sandbox.json", "ca.pem", "ca-key.pem")
# Payments that wait for their holders when a server is replaced.
PAYMENTS = 6
# Requests, each on a connection of its own, of which some come to each of two workers.
CALLS = 12
DAY_MS = 86_400_000
# Wrong proofs until somebody is locked out.
FAILURES = 6
# How long the servers have to tell each other, by each try. While somebody is locked out is longer.
PAUSES_S = (0.4, 1, 3, 9, 20)
assert len(PAUSES_S) < FAILURES


class Town:
    """Servers of one database, each with a data directory of its own."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url
        self.running = []

    def start(self, **environment):
        data = self.folder / f"data{len(self.running)}"
        data.mkdir()
        remember(data, self.url)
        for name in SHARED_FILES if self.running else ():
            shutil.copy2(self.running[0].data / name, data / name)
        server = Server(data, "--database", self.url)
        server.environment |= environment
        self.running.append(server.start())
        return server

    def stop(self):
        """No server may have written a card number anywhere."""
        for server in self.running:
            server.stop()
        for server in self.running:
            places = files(server.data) | {"output": "".join(server.output).encode()}
            assert list(leaks([CARD["cardNumber"]], places)) == []


@pytest.fixture
def town(tmp_path, own_database):
    """Servers of the test's own."""
    opened = Town(tmp_path, own_database())
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def pair(tmp_path_factory, own_database):
    """Two servers that go on running."""
    opened = Town(tmp_path_factory.mktemp("servers"), own_database())
    yield opened.start(), opened.start()
    opened.stop()


@pytest.fixture(autouse=True)
def trusting(request, monkeypatch, tmp_path):
    """The environment of a user who trusts the development certificate authority."""
    folder = tmp_path
    if "pair" in request.fixturenames:
        folder = request.getfixturevalue("pair")[0].data.parent
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "data0" / "ca.pem"))


def begun_on(server, keys):
    """A payment with 3-D Secure whose holder has not been asked yet."""
    card = CARD | {"cvc": "123", "registerCard": "0"}
    client = Client(server, keys)
    request = payment_request(callbackUrl=CALLBACK, paymentCard=card)
    begun = client.call("ThreedsInitialize", "create", request)
    assert begun["status"] == "success", begun
    return begun


def finished_on(server, keys, begun, visitor):
    """The answer to the second call, after the holder has typed the code."""
    visitor.open(begun["threeDSHtmlContent"]).go_on().answer(code=CODE)
    assert visitor.callback["mdStatus"] == "1"
    request = {"locale": "tr", "conversationId": "123456789", "paymentId": begun["paymentId"]}
    more = {"paidPrice": "1.2", "basketId": "B67832", "currency": "TRY"}
    return Client(server, keys).call("ThreedsV2Payment", "create", request | more)


def test_3d_secure_begun_on_one_and_finished_on_the_other(pair):
    """Number and code come from the memory of the first; money moves once."""
    first, second = pair
    keys = first.keys["iyzico"]
    begun = begun_on(first, keys)
    paid = finished_on(second, keys, begun, Visitor(first, CALLBACK))
    assert paid["status"] == "success", paid
    again = finished_on(first, keys, begun_on(second, keys), Visitor(first, CALLBACK))
    assert again["status"] == "success", again


def test_a_stopped_server_loses_no_payment_under_way(town):
    """It hands over what it holds before it ends; the browser goes on at the other."""
    first, second = town.start(), town.start()
    keys = first.keys["iyzico"]
    begun = begun_on(first, keys)
    assert first.stop() == 0
    assert any("held cards handed over" in line for line in first.output)
    visitor = Visitor(second, CALLBACK)
    visitor.moved = dict(zip(origins(first), origins(second), strict=True))
    paid = finished_on(second, keys, begun, visitor)
    assert paid["status"] == "success", paid


def test_a_killed_server_loses_what_it_held(town):
    """The merchant hears of a failure as after any restart, and the next payment works."""
    first, second = town.start(), town.start()
    keys = first.keys["iyzico"]
    begun = begun_on(first, keys)
    first.kill()
    visitor = Visitor(second, CALLBACK)
    visitor.moved = dict(zip(origins(first), origins(second), strict=True))
    visitor.open(begun["threeDSHtmlContent"]).go_on().answer(code=CODE)
    assert visitor.callback["status"] == "failure"
    begun = begun_on(second, keys)
    assert finished_on(second, keys, begun, Visitor(second, CALLBACK))["status"] == "success"


def test_workers_are_replaced_under_payments(start):
    """Every worker makes way for another one, and every payment that waited is finished."""
    server = start("--workers", "2")
    keys, before = server.keys["iyzico"], workers_of(server)
    waiting = [begun_on(server, keys) for _ in range(PAYMENTS)]
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: not before & workers_of(server), 120)
    for begun in waiting:
        paid = finished_on(server, keys, begun, Visitor(server, CALLBACK))
        assert paid["status"] == "success", paid


@pytest.mark.parametrize("door", [PaywallCaller, PaynetCaller])
def test_other_doors_with_the_browser_on_the_other_server(pair, door):
    """PayWall completes when the browser is back, Paynet with a call of the merchant's."""
    first, second = pair
    visitor = Visitor(second, CALLBACK)
    visitor.moved = dict(zip(origins(first), origins(second), strict=True))
    caller = door(first)
    assert caller.ok(caller.authenticate(visitor, unique("order"), CODE))


def test_a_fault_put_up_on_one_happens_on_the_other(pair):
    """Known before its caller is answered, wherever the next call goes, and gone when used."""
    first, second = pair
    keys = first.keys["iyzico"]
    ask = {
        place: partial(Control(server, keys).ask) for place, server in zip("ab", pair, strict=True)
    }
    placed = Control(first, keys).fault("decline", code="51")
    assert ask["b"]("GET", "faults")[1]["faults"] == [placed]
    assert Client(second, keys).pay()["status"] == "failure"
    assert ask["a"]("GET", "faults")[1]["faults"] == []
    assert Client(first, keys).pay()["status"] == "success"
    placed = Control(second, keys).fault("silence_after", times=5)
    assert ask["a"]("DELETE", f"faults?id={placed['id']}")[0] == 200
    assert ask["b"]("GET", "faults")[1]["faults"] == []


def times_at(caller):
    """What time it is at whichever worker a request comes to."""
    asked = [caller.call("/payment/bin/check", {"binNumber": "552879"}) for _ in range(CALLS)]
    return [answer["systemTime"] for answer in asked]


def test_every_worker_has_a_merchant_s_new_time(start):
    """As soon as the clock is moved, and as soon as it is set back, though they remember it."""
    server = start("--workers", "2")
    caller, control = IyzicoCaller(server), Control(server)
    for days in range(1, 4):
        before_ms = max(times_at(caller))
        moved = control.advance(f"{days}d")
        assert moved["now_ms"] >= before_ms + days * DAY_MS
        assert min(times_at(caller)) >= moved["now_ms"]
    back = control.reset()
    assert max(times_at(caller)) < back["now_ms"] + DAY_MS


def test_every_worker_has_the_merchant_of_a_reset(start):
    """Nothing of before it is found any more, at whichever worker somebody asks."""
    server = start("--workers", "2")
    status, made = Control(server).ask("POST", "merchants", {"name": "Shop"})
    assert status == 201, made
    caller, control = IyzicoCaller(server, **made["iyzico"]), Control(server, made["iyzico"])
    seen = set()
    for _ in range(3):
        reference = unique("order")
        assert caller.ok(caller.pay(CARD["cardNumber"], reference))
        assert all(caller.ok(caller.find(reference)) for _ in range(CALLS))
        status, fresh = control.ask("POST", "reset", {})
        assert status == 200, fresh
        seen.add(fresh["id"])
        assert not any(caller.ok(caller.find(reference)) for _ in range(CALLS))
    assert len(seen) == 3


def test_a_server_that_joins_knows_and_counts_with_the_others(town):
    """Faults that were put up before it was started happen there too, and guards count together."""
    settings = {"VEZNE_GUARD__MODE": "on", "VEZNE_GUARD__FAILED_LOGINS": str(FAILURES)}
    first = town.start(**settings)
    keys = first.keys["iyzico"]
    Control(first, keys).fault("decline", code="51")
    second = town.start(**settings)
    assert Client(second, keys).pay()["status"] == "failure"
    assert Client(first, keys).pay()["status"] == "success"

    guess = {"api_key": "unknown", "secret_key": "wrong"}
    statuses = [Control(first, guess).ask("GET", "faults")[0] for _ in range(FAILURES + 1)]
    assert statuses == [401] * FAILURES + [429]
    assert 429 in answers_in_time(Control(second, guess))


def answers_in_time(control):
    """What is answered after a while, to fewer questions than what would lock by itself."""
    for pause_s in PAUSES_S:
        time.sleep(pause_s)
        yield control.ask("GET", "faults")[0]


def workers_of(server):
    """The processes that a server has started and that have not ended."""
    listed = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, check=False)
    return set(listed.stdout.split())


def origins(server):
    """Where browsers come to a server."""
    return server.http, server.https, re.sub("127.0.0.1", "localhost", server.https)
