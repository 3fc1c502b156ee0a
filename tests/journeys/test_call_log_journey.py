"""What a running sandbox logs of the calls at every door, in one process and in two."""

import json
import re

import pytest

from fakes.databases import contents, query
from fakes.doors import CALLERS, IyzicoCaller, unique
from fakes.iyzico_client import CARD, Client
from fakes.leaks import files, leaks
from fakes.server import Server, wait_until
from fakes.split_server import SplitServer

PAN = CARD["cardNumber"]
# A security code behind its name, however the body is written.
CODE = re.compile(rb'c[vV][cCvV]"?\s*[:=>]\s*"?[0-9]')


@pytest.mark.parametrize("make", [Server, SplitServer])
def test_calls_at_every_door_are_logged_without_their_cards(make, tmp_path, monkeypatch):
    """With their payments and references; nothing of a card or secret is in the files."""
    server = make(tmp_path / "data")
    server.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))
    try:
        references = {}
        for kind in CALLERS:
            caller = kind(server)
            references[caller.name] = unique("log")
            assert caller.ok(caller.pay(PAN, references[caller.name]))
            wrong = kind(server, **kind.bad_key)
            assert not wrong.ok(wrong.pay(PAN, unique("log")))
        send_odd_bodies(server)
        wait_until(lambda: len(logged(server)) >= 9)
    finally:
        status = server.stop()
    assert status == 0
    calls = logged(server)
    for door, reference in references.items():
        (paid,) = [each for each in calls if each["reference"] == reference]
        assert (paid["door"], paid["outcome"]) == (door, "served")
        assert paid["payment_number"] is not None
        refused = [each for each in calls if each["door"] == door and not each["payment_number"]]
        assert any(each["outcome"] == "unauthenticated" for each in refused)
    places = files(server.data) | contents(server.data)
    assert list(leaks([PAN], places)) == []
    content = b"".join(places[name] for name in places if name.startswith("calls."))
    assert b"552879******0008" in content
    assert not CODE.search(content)
    for door in server.keys.values():
        for name, value in door.items():
            if name.startswith(("secret", "private_key", "public_key")):
                assert value.encode() not in content, name


def send_odd_bodies(server):
    """Cards where none belong, in forms and behind escapes."""
    caller = IyzicoCaller(server)
    escaped = json.dumps({"cardNumber": PAN, "cvc": "123"}).replace("5528", "\\u0035528")
    for body in (escaped.encode(), json.dumps({"card": {"cvc": 123, "cvv": PAN}}).encode()):
        caller.call("/cardstorage/cards", body)
    form = f"pan={PAN}&cvc=123&note=%35528790000000008".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    caller.send("POST", "/v2/transaction/payment", form, headers)


def logged(server):
    """The rows of the log."""
    return query(server.data, "calls", "SELECT * FROM calls ORDER BY number")


def test_the_log_can_be_switched_off(tmp_path, monkeypatch):
    server = Server(tmp_path / "data")
    server.environment |= {"VEZNE_SANDBOX__REQUEST_LOG": "off"}
    server.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))
    try:
        assert Client(server).store_card()["status"] == "success"
    finally:
        assert server.stop() == 0
    assert logged(server) == []
