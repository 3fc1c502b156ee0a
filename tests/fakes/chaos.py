"""Clients that go on whatever happens to the servers, and what must hold when it is over."""

import contextlib
import http.client
import itertools
import json
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import iyzipay

from fakes.iyzico_client import CARD, Client, card_request, payment_request
from fakes.ledger_proof import prove_books
from fakes.signed import signed_headers
from simbank.journal import Journal
from simbank.memory import Memory
from vezne.core.attempt import Operation
from vezne.core.payment import PaymentState
from vezne.wire.simhost import Operation as BankOperation

TRIES = 4
# A server's own limits come first.
PATIENCE_S = 60
# What iyzico's callers are told of trouble on our side: a fault, no word from the bank in time, too
# much load, a request under the same key that is under way, or that may or may not be done.
SYSTEM, SILENCE = "1", "10219"
TROUBLES = {SYSTEM, SILENCE, "10218", "93103", "93104"}
PATHS = {
    "Card": "/cardstorage/card",
    "Payment": "/payment/auth",
    "Refund": "/payment/refund",
}
LIVE = {PaymentState.AUTHORIZED, PaymentState.CAPTURED}


class Lost(Exception):
    """There was no answer."""


class Shopper(threading.Thread):
    """Stores a card, pays with it, gives a line back, and begins again, until it is told to end.

    `paid` and `refunded` are payments by the shop's reference, `cards` what was stored: all of it
    acknowledged. What was not may have happened. `broken` are answers that are none of the door's.
    """

    names = itertools.count(1)

    def __init__(self, servers):
        super().__init__(daemon=True)
        self.servers = itertools.cycle(servers)
        self.is_over = False
        self.sent = []
        self.cards = {}
        self.paid = {}
        self.refunded = set()
        self.troubles = Counter()
        self.broken = []
        self.progress = 0
        self.longest_s = 0.0

    def run(self):
        try:
            while not self.is_over:
                self.shop()
        except Exception as error:  # noqa: BLE001 - told when all is over
            self.broken.append(error)

    def shop(self):
        reference = f"chaos-{next(self.names)}"
        card = self.ask("Card", "create", card_request(externalId=reference), reference)
        if card is not None:
            self.cards[reference] = {name: card[name] for name in ("cardUserKey", "cardToken")}
        with_card = self.cards.get(reference) or CARD | {"cvc": "123"}
        self.sent.append(reference)
        request = payment_request(conversationId=reference, paymentCard=with_card)
        paid = self.ask("Payment", "create", request, f"pay-{reference}")
        if paid is None:
            return
        self.paid[reference] = paid["paymentId"]
        line = paid["itemTransactions"][1]["paymentTransactionId"]
        body = {"paymentTransactionId": line, "price": "0.3", "currency": "TRY"}
        if self.ask("Refund", "create", body, f"refund-{reference}") is not None:
            self.refunded.add(reference)

    def ask(self, resource, method, request, key):
        """The answer to a request; None when it is a refusal of trouble, or there is none."""
        begun_s = time.monotonic()
        try:
            answer = self.send(next(self.servers), resource, method, request, key)
        except Lost:
            self.troubles["lost"] += 1
            time.sleep(0.1)
            return None
        finally:
            self.longest_s = max(self.longest_s, time.monotonic() - begun_s)
        if answer.get("status") == "success":
            self.progress += 1
            return answer
        if answer.get("errorCode") in TROUBLES and answer.get("status") == "failure":
            self.troubles[answer["errorCode"]] += 1
            time.sleep(0.02)
        else:
            self.broken.append(answer)
        return None


def parsed(text):
    """An answer, whatever its HTTP status."""
    try:
        return json.loads(text, parse_float=str)
    except ValueError:
        return {"text": text}


class OfficialShopper(Shopper):
    """By the official client, which repeats nothing."""

    def send(self, server, resource, method, request, key):
        options = Client(server).options
        try:
            with getattr(getattr(iyzipay, resource)(), method)(request, options) as response:
                text = response.read()
            return parsed(text)
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error


class RawShopper(Shopper):
    """Over plain HTTP, under idempotency keys. What brought no success is tried again."""

    def send(self, server, resource, method, request, key):
        answer = None
        for _ in range(TRIES):
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.once(server, PATHS[resource], request, key)
                if answer.get("errorCode") not in {SYSTEM, SILENCE}:
                    return answer
            time.sleep(0.2)
        if answer is None:
            raise Lost
        return answer

    def once(self, server, path, request, key=None):
        body = json.dumps(request).encode()
        keys = server.keys["iyzico"]
        headers = signed_headers(keys["api_key"], keys["secret_key"], path, body)
        headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        url = urlsplit(server.http)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE_S)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return parsed(text)


class Prober(RawShopper):
    """Pays without a key until a payment gets through. Runs in nobody's thread."""

    def probe(self):
        """Whether a payment gets through now."""
        reference = f"probe-{next(self.names)}"
        self.sent.append(reference)
        request = payment_request(conversationId=reference)
        paid = self.ask("Payment", "create", request, None)
        if paid is not None:
            self.paid[reference] = paid["paymentId"]
        return paid is not None

    def send(self, server, resource, method, request, key):
        try:
            return self.once(server, PATHS[resource], request)
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error


def check_books(data: Path, journal: Path, shoppers):
    """What was acknowledged is there, once; the bank and the books agree on every lira."""
    payments = prove_books(data)
    by_reference = {payment.conversation_id: payment for payment in payments}
    live = Counter(payment.conversation_id for payment in payments if payment.state in LIVE)
    assert max(live.values()) == 1
    assert set(by_reference) <= {name for shopper in shoppers for name in shopper.sent}
    for shopper in shoppers:
        for reference, number in shopper.paid.items():
            (payment,) = [each for each in payments if str(each.number) == number]
            assert payment.conversation_id == reference
            assert payment.state is PaymentState.CAPTURED
            given = [refund.amount_e8 for refund in payment.refunds]
            wanted = [[30_000_000]] if reference in shopper.refunded else [[], [30_000_000]]
            assert given in wanted, (reference, given)
    check_bank(payments, journal)
    return payments


def check_bank(payments, path: Path):
    """The bank holds what the books say of each payment, and nothing else."""
    memory = Memory(Journal(path))
    try:
        known = set()
        for payment in payments:
            for attempt in payment.attempts:
                if attempt.operation is Operation.AUTHORIZE:
                    known.add(attempt.number)
                    standing = memory.standing(payment.merchant_id, attempt.number)
                    net_e8 = 0 if standing is None else standing.net_e8
                    given_e8 = sum(refund.amount_e8 for refund in payment.refunds)
                    is_taken = payment.state is PaymentState.CAPTURED
                    wanted_e8 = payment.paid_e8 - given_e8 if is_taken else 0
                    assert net_e8 == wanted_e8, payment
        charged = {
            record.trace
            for record in memory.records()
            if record.operation in {BankOperation.SALE, BankOperation.AUTHORIZATION}
            and record.is_approved
        }
        assert charged <= known
    finally:
        memory.close()


def check_cards(server, shoppers, most=60):
    """Stored cards are there; a sample of them pays."""
    client = Client(server)
    cards = [card for shopper in shoppers for card in shopper.cards.values()]
    assert cards
    for place, card in enumerate(cards):
        listed = client.call("CardList", "retrieve", {"cardUserKey": card["cardUserKey"]})
        assert [item["cardToken"] for item in listed["cardDetails"]] == [card["cardToken"]]
        if place % max(1, len(cards) // 5) == 0:
            assert client.pay(paymentCard=card, conversationId="sample")["status"] == "success"
        if place >= most:
            break


def memory_mb(server) -> float:
    """What a server's process has in memory."""
    for line in Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no process")
