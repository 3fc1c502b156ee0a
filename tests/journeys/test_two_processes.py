"""The vault and the gateway as two processes: the same answers, and cards in one of them only."""

import http.client
import json
import shutil
import subprocess
import threading
from collections import Counter
from urllib.parse import urlsplit

import pytest

from fakes.command import run_vezne
from fakes.control import Control
from fakes.iyzico_client import CARD, Client, card_request, payment_request, raw_request
from fakes.memory import Dump, UnreadableMemory, random_pans
from fakes.server import wait_until
from fakes.signed import signed_headers
from fakes.split_server import SplitServer
from fakes.visitor import Visitor

CARDS = 2_000
CLIENTS = 6
CALLBACK = "https://www.merchant.example/callback"


@pytest.fixture
def split(tmp_path, monkeypatch):
    """Starts the two processes; whatever still runs at the end is killed."""
    running = []

    def start_split(data=None):
        server = SplitServer(data or tmp_path / "data").start()
        running.append(server)
        monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))
        return server

    yield start_split
    for server in running:
        server.kill()


class Till(threading.Thread):
    """A merchant's till on one connection: stores every card of its own and pays with it.

    Every tenth card is paid with once more by its token, and sent once with its number in the alias
    as well, which is refused.
    """

    def __init__(self, server, pans):
        super().__init__()
        url = urlsplit(server.http)
        self.keys = server.keys["iyzico"]
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        self.pans = pans
        self.answers = Counter()

    def run(self):
        for number, pan in enumerate(self.pans):
            card = CARD | {"cardNumber": pan}
            stored = self.store(card | {"cardAlias": "x"})
            self.pay(card | {"cvc": "713"})
            if number % 10 == 0:
                self.pay({name: stored[name] for name in ("cardUserKey", "cardToken")})
                self.store(card | {"cardAlias": f"card {pan}"})
        self.connection.close()

    def store(self, card):
        return self.call("/cardstorage/card", card_request(card=card))

    def pay(self, card):
        return self.call("/payment/auth", payment_request(paymentCard=card))

    def call(self, path, request):
        body = json.dumps(request).encode()
        headers = signed_headers(self.keys["api_key"], self.keys["secret_key"], path, body)
        self.connection.request("POST", path, body, headers | {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        self.answers[path, answer["status"]] += 1
        return answer


def test_no_card_number_is_in_the_gateway_s_memory(split):
    """Of 2,000 cards stored and paid with, its memory holds none; the vault's holds some.

    Each number is looked for as text, grouped, in UTF-16, in hexadecimal and as an integer.
    """
    server = split()
    pans = random_pans(CARDS)
    tills = [Till(server, pans[first::CLIENTS]) for first in range(CLIENTS)]
    for till in tills:
        till.start()
    for till in tills:
        till.join()
    answers = sum((till.answers for till in tills), Counter())
    again = sum(len(range(0, len(till.pans), 10)) for till in tills)
    assert answers == {
        ("/cardstorage/card", "success"): CARDS,
        ("/cardstorage/card", "failure"): again,
        ("/payment/auth", "success"): CARDS + again,
    }
    gateway = Dump.of(server.gateway.pid)
    assert gateway.find("vezne.link.reception") > 0
    assert gateway.pans_in(pans) == []
    try:
        vault = Dump.of(server.pid)
    except UnreadableMemory:
        pytest.skip("only root may read the vault's memory, so nothing shows that the search finds")
    assert vault.pans_in(pans) != []


class Load(Till):
    """A till that works until one of the processes is gone, and remembers what was acknowledged."""

    def __init__(self, server):
        super().__init__(server, random_pans(1))
        self.cards = []
        self.payments = []

    def run(self):
        card = CARD | {"cardNumber": self.pans[0]}
        try:
            while True:
                stored = self.store(card | {"cardAlias": "x"})
                self.cards.append(stored["cardUserKey"])
                names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
                for paying in (names, card | {"cvc": "713"}):
                    self.payments.append(self.pay(paying)["paymentId"])
        except (OSError, http.client.HTTPException, KeyError, ValueError):
            # The vault is gone; or the gateway is, and the vault answers with a fault.
            self.connection.close()


def under_load(server, end):
    """Have several tills at work, end something in the middle; returns the tills."""
    loads = [Load(server) for _ in range(4)]
    for load in loads:
        load.start()
    wait_until(lambda: sum(len(load.payments) for load in loads) >= 40, timeout_s=60)
    end()
    for load in loads:
        load.join()
    return loads


def check_acknowledged(server, loads):
    """Every card and payment that was answered is there, and the server goes on."""
    client = Client(server)
    for load in loads:
        for key in load.cards:
            listed = client.call("CardList", "retrieve", {"cardUserKey": key})
            assert len(listed["cardDetails"]) == 1
        for number in load.payments:
            detail = client.call("Payment", "retrieve", {"paymentId": number})
            assert detail["paymentStatus"] == "SUCCESS"
    names = {"cardUserKey": key, "cardToken": listed["cardDetails"][0]["cardToken"]}
    assert client.pay(paymentCard=names)["status"] == "success"


def test_a_killed_gateway_loses_nothing(split):
    """Meanwhile every door answers with its own fault; the next gateway goes on at once."""
    server = split()
    assert raw_request(server, "GET", "/ready") == (200, b'{"status":"ready"}')
    loads = under_load(server, server.gateway.kill)
    status, body = raw_request(server, "POST", "/payment/auth", b"{}")
    assert (status, json.loads(body)["errorCode"]) == (500, "1")
    assert raw_request(server, "GET", "/no/such/path")[0] == 404
    assert raw_request(server, "GET", "/health")[0] == 503
    wait_until(lambda: raw_request(server, "GET", "/ready")[0] == 503)
    missing = b'{"status":"not ready","missing":["gateway"]}'
    assert raw_request(server, "GET", "/ready") == (503, missing)
    server.gateway.start()
    wait_until(lambda: raw_request(server, "GET", "/ready")[0] == 200)
    check_acknowledged(server, loads)


def test_a_killed_vault_loses_nothing(split):
    """The gateway waits for the next one, and hands it what it does by itself."""
    server = split()
    loads = under_load(server, server.kill_vault)
    server.start_vault()
    wait_until(lambda: any("the vault is back" in line for line in server.gateway.output))
    check_acknowledged(server, loads)
    beside = run_vezne("serve", "--sandbox", "--data", str(server.data), "--listen", "127.0.0.1:0")
    assert beside.stderr == f"vezne: another server is running on {server.data}\n"
    assert server.stop() == 0


def test_another_vault_is_no_substitute(split, tmp_path):
    """Its keys are others; the gateway says so and does not mix the two."""
    server = split()
    server.stop_vault()
    other = SplitServer(tmp_path / "other")
    other.places = (*other.places, "--socket", str(server.data / "vault.sock"))
    try:
        other.start_vault()
        wait_until(lambda: any("another vault" in line for line in server.gateway.output))
        assert raw_request(other, "POST", "/payment/auth", b"{}")[0] == 500
    finally:
        other.kill_vault()


def begin(server, client):
    """A payment with 3-D Secure whose holder has typed the code; its number."""
    card = CARD | {"cvc": "123", "registerCard": "0"}
    request = payment_request(callbackUrl=CALLBACK, paymentCard=card)
    begun = client.call("ThreedsInitialize", "create", request)
    page = Visitor(server, CALLBACK).open(begun["threeDSHtmlContent"]).go_on()
    assert page.answer(code="123456").callback["mdStatus"] == "1"
    return begun["paymentId"]


def complete(client, payment_id):
    """The merchant's second call."""
    asked = {"locale": "tr", "paymentId": payment_id, "paidPrice": "1.2", "basketId": "B67832"}
    return client.call("ThreedsV2Payment", "create", asked | {"currency": "TRY"})


def test_3d_secure_survives_the_gateway_and_not_the_vault(split):
    """The card waits in the vault's memory: another gateway completes, another vault cannot."""
    server = split()
    client = Client(server)
    payment_id = begin(server, client)
    server.gateway.kill()
    server.gateway.start()
    assert complete(client, payment_id)["status"] == "success"

    payment_id = begin(server, client)
    server.kill_vault()
    server.start_vault()
    wait_until(lambda: any("the vault is back" in line for line in server.gateway.output))
    client = Client(server)
    assert complete(client, payment_id)["status"] == "failure"
    detail = client.call("Payment", "retrieve", {"paymentId": payment_id})
    assert detail["paymentStatus"] == "FAILURE"


def test_commands_ask_the_vault_s_process(split, tmp_path):
    """With `--vault` a command needs no master key: it adds a merchant whose keys work at once."""
    server = split()
    socket = f"unix:{server.data / 'vault.sock'}"
    added = run_vezne("merchants", "add", "Shop", "--data", str(server.data), "--vault", socket)
    keys = json.loads(added.stdout)["iyzico"]
    assert Client(server, keys).store_card()["status"] == "success"
    shown = run_vezne("merchants", "show", "Shop", "--data", str(tmp_path / "x"), "--vault", socket)
    assert "there is no merchant" in shown.stderr
    nowhere = run_vezne(
        "merchants", "list", "--data", str(tmp_path / "x"), "--vault", "unix:/nowhere"
    )
    assert nowhere.stderr == "vezne: no vault answers at /nowhere: No such file or directory\n"


def test_a_fault_on_demand_happens_once(split):
    """The control door is in one process and the bank in the other; the fault is in both."""
    server = split()
    pans = random_pans(1)
    till = Till(server, pans)
    control = Control(server)
    control.fault("decline", code="51")
    card = CARD | {"cardNumber": pans[0], "cvc": "713"}
    assert till.pay(card)["status"] == "failure"
    assert control.ask("GET", "faults")[1] == {"faults": []}
    assert till.pay(card)["status"] == "success"
    till.connection.close()


@pytest.mark.skipif(shutil.which("gcore") is None, reason="gcore is not installed")
def test_no_card_number_is_in_a_core_file_of_the_gateway(split, tmp_path):
    """The same of the file that a debugger writes."""
    server = split()
    pans = random_pans(20)
    till = Till(server, pans)
    till.start()
    till.join()
    pid = server.gateway.pid
    subprocess.run(["gcore", "-o", str(tmp_path / "core"), str(pid)], check=True)
    core = Dump([(tmp_path / f"core.{pid}").read_bytes()])
    assert core.find("vezne.link.reception") > 0
    assert core.pans_in(pans) == []
