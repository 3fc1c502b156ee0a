"""A marketplace with the official Python client: its sellers, their lines, and approvals."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from fakes.iyzico_client import BASKET

PAGE = Path(__file__).parents[2] / "docs" / "marketplace.md"
IBAN = "TR180006200119000006672315"
# What of each line is the seller's: the parts that the official functional tests send.
PARTS = ("0.27", "0.42", "0.18")
PERSON = {
    "locale": "tr",
    "conversationId": "123456789",
    "subMerchantType": "PERSONAL",
    "address": "Nidakule Göztepe, Merdivenköy Mah. Bora Sok. No:1",
    "contactName": "John",
    "contactSurname": "Doe",
    "email": "email@submerchantemail.com",
    "gsmNumber": "+905350000000",
    "name": "John's market",
    "iban": IBAN,
    "identityNumber": "31300864726",
    "currency": "TRY",
}
COMPANY = {
    "subMerchantType": "LIMITED_OR_JOINT_STOCK_COMPANY",
    "taxOffice": "Tax office",
    "taxNumber": "9261877",
    "legalCompanyTitle": "John Doe inc",
}


def onboard(client, name, **changes):
    """The key of a new seller."""
    request = PERSON | {"subMerchantExternalId": name} | changes
    answer = client.call("SubMerchant", "create", request)
    assert answer["status"] == "success", answer
    return answer["subMerchantKey"]


def sell(client, key):
    """A payment whose lines are all one seller's."""
    lines = [
        line | {"subMerchantKey": key, "subMerchantPrice": part}
        for line, part in zip(BASKET, PARTS, strict=True)
    ]
    answer = client.pay(basketItems=lines)
    assert answer["status"] == "success", answer
    return answer


def test_sellers_come_and_change(client):
    """Create, retrieve and update, a person and a company."""
    key = onboard(client, "journey-person")
    onboard(client, "journey-company", **COMPANY)
    name = {"locale": "tr", "conversationId": "1", "subMerchantExternalId": "journey-person"}
    read = client.call("SubMerchant", "retrieve", name)
    assert (read["subMerchantKey"], read["iban"]) == (key, IBAN)
    company = client.call(
        "SubMerchant", "retrieve", name | {"subMerchantExternalId": "journey-company"}
    )
    assert {field: company[field] for field in COMPANY} == COMPANY
    update = {
        "locale": "tr",
        "conversationId": "123456789",
        "subMerchantKey": key,
        "iban": IBAN,
        "address": "Kızılay, Ankara",
        "contactName": "Jane",
        "contactSurname": "Doe",
        "email": "email@submerchantemail.com",
        "gsmNumber": "+905350000000",
        "name": "Jane's market",
        "identityNumber": "31300864726",
        "currency": "TRY",
    }
    assert client.call("SubMerchant", "update", update)["status"] == "success"
    assert client.call("SubMerchant", "retrieve", name)["contactName"] == "Jane"


def test_a_line_is_sold_approved_and_withdrawn(client):
    """The official tests' basket: each line waits for its approval; one may change hands."""
    key, other = onboard(client, "journey-seller"), onboard(client, "journey-other")
    payment = sell(client, key)
    assert payment["iyziCommissionRateAmount"] == "0.0315"
    lines = payment["itemTransactions"]
    for line, part in zip(lines, PARTS, strict=True):
        assert (line["subMerchantKey"], line["subMerchantPrice"]) == (key, part)
        assert line["transactionStatus"] == 1
        total = sum(
            Decimal(str(line[name]))
            for name in (
                "iyziCommissionRateAmount",
                "iyziCommissionFee",
                "blockageRateAmountMerchant",
                "blockageRateAmountSubMerchant",
                "subMerchantPayoutAmount",
                "merchantPayoutAmount",
            )
        )
        assert total == Decimal(str(line["paidPrice"]))
    decision = {
        "locale": "tr",
        "conversationId": "123456789",
        "paymentTransactionId": lines[0]["paymentTransactionId"],
    }
    for resource in ("Approval", "Disapproval", "Approval"):
        answer = client.call(resource, "create", decision)
        assert answer["status"] == "success", answer
        assert answer["paymentTransactionId"] == lines[0]["paymentTransactionId"]
    change = {
        "locale": "tr",
        "conversationId": "123456789",
        "paymentTransactionId": lines[1]["paymentTransactionId"],
        "subMerchantKey": other,
        "subMerchantPrice": "0.3",
    }
    changed = client.call("SubMerchant", "update_item", change)
    assert (changed["subMerchantKey"], changed["subMerchantPayoutRate"]) == (other, 60)
    request = {"locale": "tr", "conversationId": "1", "paymentId": payment["paymentId"]}
    detail = client.call("Payment", "retrieve", request)
    assert [line["transactionStatus"] for line in detail["itemTransactions"]] == [2, 1, 1]
    assert detail["itemTransactions"][1]["subMerchantKey"] == other


def test_money_is_moved_beside_payments(client):
    """To the seller and back; a seller without money has none to give."""
    key, poor = onboard(client, "journey-crossing"), onboard(client, "journey-poor")
    sell(client, key)
    request = {
        "locale": "tr",
        "conversationId": "123456789",
        "subMerchantKey": key,
        "price": "0.01",
        "reason": "reason text",
        "currency": "TRY",
    }
    for resource in ("CrossBookingFromSubMerchant", "CrossBookingToSubMerchant"):
        assert client.call(resource, "create", request)["status"] == "success"
    answer = client.call(
        "CrossBookingFromSubMerchant", "create", request | {"subMerchantKey": poor}
    )
    assert answer["errorCode"] == "93206"


def test_the_page_about_marketplaces_can_be_run(server, tmp_path):
    """Its example prints what the page says."""
    page = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"<<'PY'\n(.*?)\nPY\n", page, re.DOTALL)
    (printed,) = re.findall(r"```\n(waiting:.*?)```\n", page, re.DOTALL)
    (tmp_path / "vezne-data").symlink_to(server.data)
    done = subprocess.run(
        [sys.executable, "-"],
        input=code.replace("localhost:8443", f"localhost:{urlsplit(server.https).port}"),
        cwd=tmp_path,
        env=os.environ | {"SSL_CERT_FILE": "vezne-data/ca.pem"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, rest = done.stdout.split("\n", 1)
    assert re.fullmatch(r"seller: \S{28}", first)
    assert rest == printed
