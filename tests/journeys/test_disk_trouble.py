"""A disk that is full, or that cannot be written: clear refusals, and nothing lost."""

import json
from collections import Counter
from itertools import count

import iyzipay
import pytest

from fakes.iyzico_client import Client, payment_request
from fakes.ledger_proof import prove_books, unanswered
from fakes.server import Server, wait_until
from fakes.small_disk import SmallDiskServer, needs_mounts, run_on_read_only_disk
from vezne.core.payment import PaymentState

# Promises that could not be closed are looked at after fifteen seconds.
SETTLED_WITHIN_S = 120


class TrustingClient(Client):
    """A client of a server whose files are seen from outside."""

    def __init__(self, server):
        super().__init__(
            server, json.loads((server.disk / "data/sandbox.json").read_text())["iyzico"]
        )


@needs_mounts
@pytest.mark.sqlite("the disk that is full is the one that the database is on")
def test_a_full_disk(tmp_path, monkeypatch):
    """What cannot be written is refused, in the protocol's words; with room again, all goes on."""
    server = SmallDiskServer(tmp_path / "disk", megabytes=24)
    server.start()
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.disk / "data/ca.pem"))
        client = TrustingClient(server)
        copies = tmp_path / "copies"
        paid = [pay(client, f"before-{n}") for n in range(5)]
        assert all(answer["status"] == "success" for answer in paid)
        server.fill()
        during = [pay(client, f"during-{n}") for n in range(40)]
        refused = [answer for answer in during if answer["status"] != "success"]
        assert {answer["errorCode"] for answer in refused} <= {"1", "10219"}
        assert refused[-1]["errorMessage"] == "Sistem hatası"
        wait_until(lambda: any("SQLITE_FULL" in line for line in server.output))
        told = {item["conversationId"] for item in [*paid, *during] if item["status"] == "success"}
        server.make_room()
        # The audit trail tries again a few times a second; until then nobody is charged.
        tries = count()
        wait_until(lambda: pay(client, f"between-{next(tries)}")["status"] == "success")
        assert pay(client, "after")["status"] == "success"
        wait_until(lambda: unanswered(server.copy_books(copies)) == 0, timeout_s=SETTLED_WITHIN_S)
        payments = prove_books(server.copy_books(copies))
        names = Counter(payment.conversation_id for payment in payments)
        assert set(names.values()) == {1}
        captured = {
            payment.conversation_id
            for payment in payments
            if payment.state is PaymentState.CAPTURED
        }
        assert told | {"after"} <= captured
    finally:
        server.kill()


@needs_mounts
@pytest.mark.sqlite("inside the namespaces nobody may connect to the server's socket")
def test_a_start_on_a_read_only_disk(tmp_path):
    """One line that says what is wrong, and an exit status."""
    server = Server(tmp_path / "data").start()
    server.stop()
    ended = run_on_read_only_disk(server.data)
    assert ended.returncode == 1
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("vezne: ")
    assert "read" in line.lower()


def pay(client, reference):
    """The answer to a payment, whatever its HTTP status."""
    request = payment_request(conversationId=reference)
    with iyzipay.Payment().create(request, client.options) as response:
        return json.loads(response.read())
