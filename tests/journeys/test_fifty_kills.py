"""The server is killed fifty times under the official client's load, and the books are proven."""

import itertools
import random
import threading
import time
from collections import Counter
from http.client import HTTPException

import pytest

from fakes.iyzico_client import Client, payment_request
from fakes.ledger_proof import prove_books, unanswered
from fakes.server import wait_until
from vezne.core.payment import PaymentState

KILLS = 50
CLIENTS = 4
# Promises that a kill cut off are looked at after fifteen seconds.
SETTLED_WITHIN_S = 120
# What iyzico's callers are told when the bank says nothing in time.
SILENCE = "10219"
REFUNDED = frozenset({PaymentState.CAPTURED})


class Load(threading.Thread):
    """A client that pays, refunds, cancels, holds and captures until the server is gone.

    `answered` has what it was told of each payment, by its own reference; what it never heard of is
    in `sent` only.
    """

    names = itertools.count(1)

    def __init__(self, server):
        super().__init__()
        self.client = Client(server)
        self.sent = []
        self.answered = {}

    def run(self):
        acts = itertools.cycle([self.refund, self.cancel, self.capture, None])
        try:
            for act in acts:
                self.one(act)
        except (OSError, HTTPException, ValueError):
            # A server that is killed may leave half an answer.
            return

    def one(self, act):
        reference = f"intent-{next(self.names)}"
        self.sent.append(reference)
        resource = "PaymentPreAuth" if act == self.capture else "Payment"
        request = payment_request(conversationId=reference)
        paid = self.client.call(resource, "create", request)
        if not was_answered(paid):
            return
        self.answered[reference] = {PaymentState.CAPTURED, PaymentState.VOIDED}
        if act == self.capture:
            self.answered[reference] = {PaymentState.AUTHORIZED, PaymentState.CAPTURED}
        if act is not None:
            self.answered[reference] = act(paid) or self.answered[reference]

    def refund(self, paid):
        line = paid["itemTransactions"][1]["paymentTransactionId"]
        body = {"paymentTransactionId": line, "price": "0.3", "currency": "TRY"}
        return REFUNDED if was_answered(self.client.call("Refund", "create", body)) else None

    def cancel(self, paid):
        body = {"paymentId": paid["paymentId"], "ip": "85.34.78.112"}
        is_void = was_answered(self.client.call("Cancel", "create", body))
        return {PaymentState.VOIDED} if is_void else None

    def capture(self, paid):
        body = {"paymentId": paid["paymentId"], "paidPrice": "1.2", "currency": "TRY"}
        is_taken = was_answered(self.client.call("PaymentPostAuth", "create", body))
        return {PaymentState.CAPTURED} if is_taken else None


def was_answered(answer):
    """Whether the bank approved; on a busy machine it may be too late to say anything."""
    if answer.get("errorCode") == SILENCE:
        return False
    assert answer["status"] == "success", answer
    return True


def check(payments, loads):
    """What was answered is in the books, once, and everything in the books was asked for."""
    by_reference = {payment.conversation_id: payment for payment in payments}
    assert max(Counter(payment.conversation_id for payment in payments).values()) == 1
    assert set(by_reference) <= {reference for load in loads for reference in load.sent}
    for load in loads:
        for reference, told in load.answered.items():
            payment = by_reference[reference]
            if told is REFUNDED:
                assert [item.amount_e8 for item in payment.refunds] == [30_000_000]
            assert payment.state in told


@pytest.mark.proof
def test_fifty_kills_lose_nothing(start, tmp_path):
    """No acknowledged work is lost, nothing is invented, and in the end nothing is uncertain."""
    pauses = random.Random(50)  # noqa: S311 - when to kill
    data = tmp_path / "data"
    loads = []
    for _ in range(KILLS):
        server = start(data=data)
        current = [Load(server) for _ in range(CLIENTS)]
        for load in current:
            load.start()
        wait_until(lambda current=current: sum(len(load.answered) for load in current) > CLIENTS)
        time.sleep(pauses.uniform(0, 0.05))
        server.kill()
        for load in current:
            load.join()
        loads += current
        check(prove_books(data), loads)
    start(data=data)
    wait_until(lambda: unanswered(data) == 0, timeout_s=SETTLED_WITHIN_S)
    payments = prove_books(data)
    check(payments, loads)
    assert {payment.state for payment in payments} <= {
        PaymentState.AUTHORIZED,
        PaymentState.CAPTURED,
        PaymentState.DECLINED,
        PaymentState.VOIDED,
    }
