import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone

import iyzipay
import pytest

from fakes.iyzico_client import BASKET, CARD, Client, payment_request

ISTANBUL = timezone(timedelta(hours=3))
LINE_FIGURES = [
    ("BI101", "0.3", "0.36", "0.06", "0.00945", "0.075", "0.036", "0.23955"),
    ("BI102", "0.5", "0.6", "0.1", "0.01575", "0.125", "0.06", "0.39925"),
    ("BI103", "0.2", "0.24", "0.04", "0.0063", "0.05", "0.024", "0.1597"),
]


@pytest.fixture
def client(tenant):
    """The client of a merchant of the test's own."""
    return Client(tenant)


def signature(client, *values):
    """The response signature as every official client computes it."""
    secret = client.options["secret_key"].encode()
    return hmac.new(secret, ":".join(values).encode(), hashlib.sha256).hexdigest()


def test_the_documented_sample(client):
    """Price 1, paid 1.2, lines 0.3, 0.5 and 0.2: every figure to the last digit."""
    answer = client.pay()
    assert answer["status"] == "success"
    assert "paymentStatus" not in answer
    top = {
        "locale": "tr",
        "conversationId": "123456789",
        "price": 1,
        "paidPrice": "1.2",
        "installment": 1,
        "fraudStatus": 1,
        "merchantCommissionRate": 20,
        "merchantCommissionRateAmount": "0.2",
        "iyziCommissionRateAmount": "0.0315",
        "iyziCommissionFee": "0.25",
        "cardType": "CREDIT_CARD",
        "cardAssociation": "MASTER_CARD",
        "cardFamily": "Paraf",
        "binNumber": "552879",
        "lastFourDigits": "0008",
        "basketId": "B67832",
        "currency": "TRY",
        "phase": "AUTH",
    }
    assert {name: answer[name] for name in top} == top
    assert answer["paymentId"].isdigit()
    assert len(answer["authCode"]) == 6
    assert answer["hostReference"].startswith("mock")
    assert answer["hostReference"].endswith("iyzihostrfn")
    ids = [int(line["paymentTransactionId"]) for line in answer["itemTransactions"]]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
    paid_at = datetime.fromtimestamp(answer["systemTime"] / 1000, ISTANBUL)
    for line, figures in zip(answer["itemTransactions"], LINE_FIGURES, strict=True):
        check_line(line, figures)
        resolved = datetime.strptime(
            f"{line['blockageResolvedDate']} +0300", "%Y-%m-%d %H:%M:%S %z"
        )
        # The answer is dated a moment after the payment.
        assert abs(resolved - paid_at - timedelta(days=7)) < timedelta(minutes=5)
    assert answer["signature"] == signature(
        client, answer["paymentId"], "TRY", "B67832", "123456789", "1.2", "1"
    )


def check_line(line, figures):
    """One line of the sample, its amounts in both currencies."""
    item, price, paid, markup, commission, fee, blockage, payout = figures
    assert line["itemId"] == item
    assert line["transactionStatus"] == 2
    assert (line["price"], line["paidPrice"]) == (price, paid)
    assert line["merchantCommissionRate"] == 20
    assert line["merchantCommissionRateAmount"] == markup
    assert line["blockageRate"] == 10
    shared = {
        "iyziCommissionRateAmount": commission,
        "iyziCommissionFee": fee,
        "blockageRateAmountMerchant": blockage,
        "blockageRateAmountSubMerchant": 0,
        "subMerchantPayoutAmount": 0,
        "merchantPayoutAmount": payout,
    }
    assert {name: line[name] for name in shared} == shared
    assert (line["subMerchantPrice"], line["subMerchantPayoutRate"]) == (0, 0)
    converted = {"paidPrice": paid, "currency": "TRY"}
    rates = {"iyziConversionRate": 0, "iyziConversionRateAmount": 0}
    assert line["convertedPayout"] == shared | converted | rates


def test_paying_stores_the_card(client):
    """With registerCard the answer names user and card, and the next payment needs no number."""
    answer = client.pay(paymentCard=CARD | {"cvc": "123", "registerCard": "1"})
    assert answer["status"] == "success"
    assert len(base64.b64decode(answer["cardToken"], validate=True)) == 20
    names = {"cardUserKey": answer["cardUserKey"], "cardToken": answer["cardToken"]}
    again = client.pay(paymentCard=names)
    assert again["status"] == "success"
    assert again["lastFourDigits"] == "0008"
    assert {name: again[name] for name in names} == names
    with_cvc = client.pay(paymentCard=names | {"cvc": "123"})
    assert with_cvc["status"] == "success"


def test_hold_and_capture(client):
    """A hold is captured once, for another amount if need be."""
    hold = client.call("PaymentPreAuth", "create", payment_request())
    assert (hold["status"], hold["phase"]) == ("success", "PRE_AUTH")
    request = {
        "locale": "tr",
        "conversationId": "1",
        "paymentId": hold["paymentId"],
        "ip": "85.34.78.112",
        "paidPrice": "1.3",
        "currency": "TRY",
    }
    captured = client.call("PaymentPostAuth", "create", request)
    assert (captured["status"], captured["phase"]) == ("success", "POST_AUTH")
    assert captured["paidPrice"] == "1.3"
    assert captured["signature"] == signature(
        client, hold["paymentId"], "TRY", "B67832", "1", "1.3", "1"
    )
    again = client.call("PaymentPostAuth", "create", request)
    assert (again["errorCode"], again["paymentId"]) == ("5082", hold["paymentId"])


def test_detail_by_id_and_by_reference(client):
    """The stored payment reads back with its status; the echoed reference is the request's."""
    reference = "order-4711"
    paid = client.pay(conversationId=reference)
    for name in ({"paymentId": paid["paymentId"]}, {"paymentConversationId": reference}):
        detail = client.call("Payment", "retrieve", {"conversationId": "other"} | name)
        assert detail["status"] == "success"
        assert detail["paymentStatus"] == "SUCCESS"
        assert detail["conversationId"] == "other"
        assert detail["paymentId"] == paid["paymentId"]
        assert detail["itemTransactions"] == paid["itemTransactions"]
    missing = client.call("Payment", "retrieve", {"paymentId": "1"})
    assert (missing["status"], missing["errorCode"]) == ("failure", "5087")


def test_cancel_once(client):
    """The whole payment, on its day, one time."""
    paid = client.pay()
    request = {"locale": "tr", "conversationId": "1", "paymentId": paid["paymentId"]}
    answer = client.call("Cancel", "create", request | {"ip": "85.34.78.112"})
    assert answer["status"] == "success"
    assert (answer["price"], answer["currency"]) == ("1.2", "TRY")
    assert answer["hostReference"] == paid["hostReference"]
    assert len(answer["authCode"]) == 6
    again = client.call("Cancel", "create", request)
    assert (again["errorCode"], again["paymentId"]) == ("8514", paid["paymentId"])
    refund = {"paymentTransactionId": paid["itemTransactions"][0]["paymentTransactionId"]}
    refused = client.call("Refund", "create", refund | {"price": "0.1", "currency": "TRY"})
    assert refused["errorCode"] == "8514"
    unknown = client.call("Cancel", "create", {"paymentId": "1"})
    assert unknown["errorCode"] == "5086"


def test_refund_a_line_until_it_is_empty(client):
    """Up to the line's paid price, and signed."""
    paid = client.pay()
    line = paid["itemTransactions"][0]["paymentTransactionId"]
    request = {"conversationId": "1", "paymentTransactionId": line, "currency": "TRY"}
    first = client.call("Refund", "create", request | {"price": "0.2", "ip": "85.34.78.112"})
    assert first["status"] == "success"
    assert (first["price"], first["paymentTransactionId"]) == ("0.2", line)
    assert first["signature"] == signature(client, paid["paymentId"], "0.2", "TRY", "1")
    too_much = client.call("Refund", "create", request | {"price": "0.17"})
    assert too_much["errorCode"] == "5093"
    rest = client.call("Refund", "create", request | {"price": "0.16"})
    assert rest["status"] == "success"
    unknown = client.call("Refund", "create", request | {"paymentTransactionId": "1", "price": "1"})
    assert unknown["errorCode"] == "5092"


def test_refund_an_amount(client):
    """Without naming lines, through the whole payment."""
    paid = client.pay()
    request = {"conversationId": "1", "paymentId": paid["paymentId"], "price": "1.2"}
    answer = client.call("Payment", "refund", request | {"ip": "85.34.78.112"})
    assert answer["status"] == "success"
    assert answer["signature"] == signature(client, paid["paymentId"], "1.2", "TRY", "1")
    again = client.call("Payment", "refund", request | {"price": "0.01"})
    assert again["errorCode"] == "5093"


@pytest.mark.parametrize("resource", ["BasicPayment", "BasicPaymentPreAuth"])
def test_a_payment_without_a_basket(client, resource):
    """The basic calls take an amount and a card, and answer with one transaction."""
    request = {
        "locale": "tr",
        "conversationId": "1",
        "price": "1",
        "paidPrice": "1.1",
        "installment": "1",
        "buyerEmail": "email@email.com",
        "buyerId": "B2323",
        "buyerIp": "85.34.78.112",
        "connectorName": "connector name",
        "currency": "TRY",
        "paymentCard": CARD | {"cvc": "123", "registerCard": "0"},
    }
    answer = client.call(resource, "create", request)
    assert answer["status"] == "success"
    assert "itemTransactions" not in answer
    assert answer["paymentTransactionId"].isdigit()
    if resource == "BasicPaymentPreAuth":
        post = {"paymentId": answer["paymentId"], "paidPrice": "1.1", "currency": "TRY"}
        captured = client.call("BasicPaymentPostAuth", "create", post)
        assert (captured["status"], captured["phase"]) == ("success", "POST_AUTH")


def test_instalments(client):
    """A programme's credit card may, a debit card and a foreign card may not."""
    paid = client.pay(installment="3")
    assert (paid["status"], paid["installment"]) == ("success", 3)
    debit = client.pay(installment="3", paymentCard=CARD | card("5890040000000016"))
    assert debit["errorCode"] == "10218"
    foreign = client.pay(installment="3", paymentCard=CARD | card("5400010000000004"))
    assert foreign["status"] == "failure"
    odd = client.pay(installment="5")
    assert odd["status"] == "failure"


def card(number, cvc="123"):
    return {"cardNumber": number, "cvc": cvc}


def test_lines_must_sum_to_the_price(client):
    """A basket that does not add up is refused in the documented words."""
    answer = client.pay(basketItems=BASKET[:2])
    assert answer["errorCode"] == "5062"
    message = "Gönderilen tutar tüm kırılımların toplam tutarına eşit olmalıdır"
    assert answer["errorMessage"] == message


def test_a_physical_line_needs_a_shipping_address(client):
    """Virtual goods do not."""
    assert client.pay(shippingAddress=None)["status"] == "failure"
    virtual = [line | {"itemType": "VIRTUAL"} for line in BASKET]
    assert client.pay(shippingAddress=None, basketItems=virtual)["status"] == "success"


def test_bin_check(client):
    """What a BIN says, and what an unknown one answers."""
    answer = client.call("BinNumber", "retrieve", {"conversationId": "1", "binNumber": "554960"})
    facts = {
        "binNumber": "554960",
        "cardType": "CREDIT_CARD",
        "cardAssociation": "MASTER_CARD",
        "cardFamily": "Bonus",
        "bankName": "Garanti Bankası",
        "bankCode": 62,
        "commercial": 0,
    }
    assert {name: answer[name] for name in facts} == facts
    unknown = client.call("BinNumber", "retrieve", {"binNumber": "000000"})
    assert (unknown["errorCode"], unknown["binNumber"]) == ("5066", "000000")


def test_instalment_table(client):
    """The published Paraf prices for 100 lira."""
    request = {"conversationId": "1", "binNumber": "552879", "price": "100"}
    answer = client.call("InstallmentInfo", "retrieve", request)
    (entry,) = answer["installmentDetails"]
    assert (entry["price"], entry["cardFamilyName"], entry["bankCode"]) == (100, "Paraf", 12)
    totals = {row["installmentNumber"]: row["totalPrice"] for row in entry["installmentPrices"]}
    assert totals == {1: 100, 2: "103.22", 3: "105.25", 6: "112.22", 9: "120.19", 12: "129.2"}


def test_liveness(client):
    """The one call that needs no key."""
    with iyzipay.ApiTest().retrieve(client.options) as response:
        answer = json.load(response)
    assert answer["status"] == "success"
    assert answer["locale"] == "tr"


def test_wrong_keys(client, server):
    """An unknown key and a wrong secret have answers of their own."""
    options = dict(client.options)
    client.options = options | {"secret_key": "wrong"}
    answer = client.pay()
    assert (answer["errorCode"], answer["errorMessage"]) == ("1000", "Geçersiz imza")
    assert answer["conversationId"] == "123456789"
    client.options = options | {"api_key": "unknown"}
    assert client.pay()["errorCode"] == "1001"
