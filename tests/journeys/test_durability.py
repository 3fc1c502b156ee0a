import contextlib
import threading
from http.client import HTTPException

import pytest

from fakes.iyzico_client import CARD, Client
from fakes.server import wait_until


def _without_address(keys):
    return keys | {"panel": keys["panel"] | {"url": ""}}


def test_a_restart_finds_everything(start, tmp_path):
    """Keys, users, cards, payments and refunds survive; the certificate authority stays."""
    server = start()
    client = Client(server)
    stored = client.store_card()
    paid = client.pay()
    line = paid["itemTransactions"][0]["paymentTransactionId"]
    refund = {"paymentTransactionId": line, "price": "0.3", "currency": "TRY"}
    assert client.call("Refund", "create", refund)["status"] == "success"
    keys, authority = server.keys, (server.data / "ca.pem").read_bytes()
    assert server.stop() == 0

    again = start(data=server.data)
    # Every start takes free ports here.
    assert _without_address(again.keys) == _without_address(keys)
    assert (again.data / "ca.pem").read_bytes() == authority
    client = Client(again)
    listed = client.call("CardList", "retrieve", {"cardUserKey": stored["cardUserKey"]})
    assert listed["cardDetails"][0]["cardToken"] == stored["cardToken"]
    detail = client.call("Payment", "retrieve", {"paymentId": paid["paymentId"]})
    assert detail["itemTransactions"] == paid["itemTransactions"]
    assert client.call("Refund", "create", refund)["errorCode"] == "5093"
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    later = client.pay(paymentCard=names)
    assert later["status"] == "success"
    assert int(later["paymentId"]) > int(paid["paymentId"])


# What iyzico's callers are told when the bank says nothing in time, as on a busy machine.
SILENCE = "10219"


class Load(threading.Thread):
    """A client that stores cards and pays until the server is gone, and remembers the answers.

    `broken` are those that no client should get.
    """

    def __init__(self, client):
        super().__init__()
        self.client = client
        self.cards = []
        self.payments = []
        self.broken = []

    def run(self):
        # A server that is killed may leave half an answer.
        with contextlib.suppress(OSError, HTTPException, ValueError):
            while True:
                card = self.client.store_card()
                if card["status"] != "success":
                    self.broken.append(card)
                    return
                self.cards.append(card)
                names = {name: card[name] for name in ("cardUserKey", "cardToken")}
                for paying in (names, CARD | {"cvc": "123"}):
                    self.keep(self.client.pay(paymentCard=paying))

    def keep(self, paid):
        if paid["status"] == "success":
            self.payments.append(paid)
        elif paid["errorCode"] != SILENCE:
            self.broken.append(paid)


@pytest.mark.parametrize("acknowledged", [3, 25])
def test_a_kill_under_load_loses_nothing(start, acknowledged):
    """SIGKILL in the middle of the work: every card and payment that was answered is there."""
    server = start()
    loads = [Load(Client(server)) for _ in range(6)]
    for load in loads:
        load.start()
    wait_until(lambda: sum(len(load.cards) for load in loads) >= acknowledged, timeout_s=60)
    server.kill()
    for load in loads:
        load.join()
        assert load.broken == []

    client = Client(start(data=server.data))
    for load in loads:
        for card in load.cards:
            listed = client.call("CardList", "retrieve", {"cardUserKey": card["cardUserKey"]})
            assert [item["cardToken"] for item in listed["cardDetails"]] == [card["cardToken"]]
            names = {name: card[name] for name in ("cardUserKey", "cardToken")}
            assert client.pay(paymentCard=names)["status"] == "success"
        for paid in load.payments:
            detail = client.call("Payment", "retrieve", {"paymentId": paid["paymentId"]})
            assert detail["paymentStatus"] == "SUCCESS"
            assert detail["authCode"] == paid["authCode"]


def test_the_data_directory_is_private(start):
    """Keys and databases can be read by their owner only."""
    server = start()
    for name in ("master.key", "sandbox.json", *(path.name for path in server.data.glob("*.db"))):
        assert (server.data / name).stat().st_mode & 0o077 == 0, name
