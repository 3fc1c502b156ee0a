"""From a payment to the money on the merchant's account, with the official client."""

import json
import time

from fakes.command import run_vezne as vezne
from fakes.databases import change
from fakes.iyzico_client import Client
from vezne.core.business_days import value_time_ms
from vezne.core.calendar import local_text


def test_money_is_paid_out_and_reported(start):
    """Days pass at the word of a command; the reports and the ledger agree with the payment."""
    server = start()
    client = Client(server)
    paid = client.pay()
    paid_ms = int(paid["systemTime"])
    lines = {row["paymentTransactionId"]: row for row in paid["itemTransactions"]}

    target = ("--url", server.http, "--data", str(server.data))
    advanced = vezne("clock", "advance", "21d", *target)
    assert advanced.returncode == 0, advanced.stderr

    first_day = local_text(value_time_ms(paid_ms, 1))
    request = {"locale": "tr", "conversationId": "c-1", "date": first_day}
    report = client.call("PayoutCompletedTransactionList", "retrieve", request)
    assert {
        row["paymentTransactionId"]: row["payoutAmount"]
        for row in report["payoutCompletedTransactions"]
    } == {number: row["merchantPayoutAmount"] for number, row in lines.items()}
    bounced = client.call("BouncedBankTransferList", "retrieve", request)
    assert (bounced["status"], bounced["bouncedRows"]) == ("success", [])

    details = client.call("RetrievePaymentDetails", "retrieve", {"paymentId": paid["paymentId"]})
    assert details["payments"][0]["paymentId"] == int(paid["paymentId"])
    day = local_text(paid_ms)[:10]
    listed = client.call("RetrieveTransactions", "retrieve", {"transactionDate": day, "page": 1})
    assert {str(row["paymentTxId"]) for row in listed["transactions"]} == set(lines)
    scrolled = client.call(
        "ReportingScrollTransaction",
        "retrieve",
        {
            "transactionDate": day,
            "documentScrollVoSortingOrder": "DESC",
            "lastId": "",
            "conversationId": "c-2",
        },
    )
    assert scrolled["transactions"] == listed["transactions"]
    assert scrolled["conversationId"] == "c-2"

    data = ("--data", str(server.data))
    checked = vezne("ledger", "check", "--json", *data)
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout) == {"merchants": 1, "payments": 1, "differences": []}
    balances = {
        row["account"]: row["amount"]
        for row in json.loads(vezne("ledger", "balances", "--json", *data).stdout)
    }
    assert balances["bank"] == "-0.91"
    assert balances["available"] == "-0.0085"
    assert "all is right" in vezne("ledger", "check", *data).stdout
    assert "acquirer" in vezne("ledger", "balances", "--merchant", "Demo", *data).stdout


def test_a_check_while_payments_come_in(start):
    """What is written meanwhile does not look like a mistake."""
    server = start()
    client = Client(server)
    client.pay()
    ends = time.monotonic() + 3
    statuses = []
    while time.monotonic() < ends:
        client.pay()
        statuses.append(vezne("ledger", "check", "--data", str(server.data)).returncode)
        client.pay()
    assert set(statuses) == {0}


def test_a_payout_that_bounces_and_is_paid_again(start):
    """The report names the account; after another one was given, the money arrives."""
    server = start()
    client = Client(server)
    data = ("--data", str(server.data))
    bouncing = "TR280006200119000006670001"
    changed = vezne("merchants", "set", "Demo", "--iban", bouncing, *data)
    assert changed.returncode == 0, changed.stderr
    paid_ms = int(client.pay()["systemTime"])
    target = ("--url", server.http, *data)
    assert vezne("clock", "advance", "14d", *target).returncode == 0
    request = {"date": local_text(value_time_ms(paid_ms, 1))}
    report = client.call("BouncedBankTransferList", "retrieve", request)
    assert report["bouncedRows"] == [{"iban": bouncing}]
    vezne("merchants", "set", "Demo", "--iban", "TR980006200119000006670002", *data)
    assert vezne("clock", "advance", "14d", *target).returncode == 0
    balances = json.loads(vezne("ledger", "balances", "--json", *data).stdout)
    (bank,) = (row for row in balances if row["account"] == "bank")
    assert float(bank["amount"]) <= -0.79
    assert vezne("ledger", "check", *data).returncode == 0


def test_a_ledger_that_was_tampered_with(start):
    """The check says what is wrong, and fails; a chargeback is recorded and leaves it sound."""
    server = start()
    paid = Client(server).pay()
    data = ("--data", str(server.data))
    taken = vezne("payments", "chargeback", paid["paymentId"], "--amount", "0.5", *data)
    assert "0.50 TRY charged back, 0.50 in all" in taken.stdout, taken.stderr
    again = vezne("payments", "chargeback", paid["paymentId"], "--amount", "0.8", *data)
    assert (again.returncode, "amount_exceeds_remainder" in again.stderr) == (1, True)
    for wrong in ("x", "0", "-1"):
        refused = vezne("payments", "chargeback", paid["paymentId"], f"--amount={wrong}", *data)
        assert refused.returncode == 1
    assert vezne("payments", "chargeback", "1", *data).returncode == 1
    assert vezne("ledger", "check", *data).returncode == 0
    assert server.stop() == 0
    change(server.data, "books", "UPDATE balances SET acquirer_e8 = acquirer_e8 + 1")
    found = vezne("ledger", "check", *data)
    assert found.returncode == 1
    assert "a balance is not the sum of its bookings" in found.stdout
    shown = json.loads(vezne("ledger", "check", "--json", *data).stdout)
    assert [item["where"] for item in shown["differences"]] == ["TRY acquirer"]
    assert vezne("ledger", "check", "--merchant", "nobody", *data).returncode == 1
