"""Payments with sub-merchants, approvals, item updates and cross bookings of the iyzico door."""

import json
from decimal import Decimal

import pytest

from fakes.iyzico_door import item, payment_request, replaced, threeds_request, without
from fakes.sub_merchants import marketplace_request, onboarded
from vezne.core.answer import Approved, Risk
from vezne.core.ledger import Account
from vezne.core.merchant import Marketplace
from vezne.flows.due import look_at_due

APPROVE = "/payment/iyzipos/item/approve"
DISAPPROVE = "/payment/iyzipos/item/disapprove"
LINE_KEYS = [
    "itemId",
    "paymentTransactionId",
    "transactionStatus",
    "price",
    "paidPrice",
    "merchantCommissionRate",
    "merchantCommissionRateAmount",
    "iyziCommissionRateAmount",
    "iyziCommissionFee",
    "blockageRate",
    "blockageRateAmountMerchant",
    "blockageRateAmountSubMerchant",
    "blockageResolvedDate",
    "subMerchantKey",
    "subMerchantPrice",
    "subMerchantPayoutRate",
    "subMerchantPayoutAmount",
    "merchantPayoutAmount",
    "convertedPayout",
]
# Recorded figures of the live service: rate, commission, fee, blockage of both, payouts of both.
RECORDED = [
    ("60", "0.007875", "0.075", "0.03", "0", "0.18", "0.007125"),
    ("36", "0.013125", "0.125", "0.05", "0", "0.18", "0.131875"),
    ("90", "0.00525", "0.05", "0", "0.02", "0.12475", "0"),
]


async def test_iyzico_marketplace_payment_has_the_recorded_figures(door) -> None:
    """Blockage burdens the merchant first and spills over; costs eat into the seller's part."""
    key = await onboarded(door)
    answer = await door.pay(marketplace_request(key))
    assert answer["status"] == "success"
    for line, figures in zip(answer["itemTransactions"], RECORDED, strict=True):
        assert list(line) == LINE_KEYS
        assert (line["subMerchantKey"], line["transactionStatus"]) == (key, 1)
        assert line["subMerchantPrice"] == Decimal("0.18")
        names = (
            "subMerchantPayoutRate",
            "iyziCommissionRateAmount",
            "iyziCommissionFee",
            "blockageRateAmountMerchant",
            "blockageRateAmountSubMerchant",
            "subMerchantPayoutAmount",
            "merchantPayoutAmount",
        )
        assert tuple(str(line[name]) for name in names) == figures
        for name in names[1:]:
            assert line["convertedPayout"][name] == line[name]


async def test_iyzico_marketplace_payment_by_three_d_secure(door) -> None:
    """The same figures once the holder is authenticated."""
    key = await onboarded(door)
    lines = marketplace_request(key)["basketItems"]
    number = await door.authenticated(threeds_request(paidPrice="1", basketItems=lines))
    door.acquirer.script(Approved(auth_code="123456", reference="r"))
    answer = await door.call("/payment/3dsecure/auth", {"paymentId": number})
    payouts = [str(line["subMerchantPayoutAmount"]) for line in answer["itemTransactions"]]
    assert payouts == ["0.18", "0.18", "0.12475"]
    assert {line["subMerchantKey"] for line in answer["itemTransactions"]} == {key}


@pytest.mark.parametrize(
    ("marketplace", "changes", "code"),
    [
        (Marketplace.SOMETIMES, {}, "success"),
        (Marketplace.ALWAYS, {}, "5077"),
        (Marketplace.ALWAYS, {"paymentGroup": "LISTING"}, "success"),
        (Marketplace.ALWAYS, {"paymentGroup": "SUBSCRIPTION"}, "success"),
        (Marketplace.NEVER, {}, "success"),
    ],
)
async def test_iyzico_payment_without_sub_merchants(door, marketplace, changes, code) -> None:
    """Only a merchant that is a marketplace only must name a seller of every product."""
    door.set(marketplace=marketplace)
    answer = await door.pay(payment_request(**changes))
    assert answer.get("errorCode", "success") == code
    if code == "success":
        assert {line["transactionStatus"] for line in answer["itemTransactions"]} == {2}
        assert all("subMerchantKey" not in line for line in answer["itemTransactions"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda request: without(request, "basketItems.1.subMerchantKey"), "5077"),
        (lambda request: without(request, "basketItems.1.subMerchantPrice"), "91059"),
        (lambda request: replaced(request, "basketItems.1.subMerchantKey", "nobody"), "5078"),
        (lambda request: replaced(request, "basketItems.1.subMerchantKey", "a\0b"), "5078"),
        (lambda request: replaced(request, "basketItems.1.subMerchantPrice", "-0.1"), "92002"),
        (lambda request: replaced(request, "basketItems.1.subMerchantPrice", "0.51"), "93205"),
        (lambda request: replaced(request, "paymentGroup", "LISTING"), "5079"),
        (lambda request: replaced(request, "paymentGroup", "SUBSCRIPTION"), "5079"),
        (lambda request: replaced(request, "paymentGroup", "OTHER"), "5079"),
    ],
)
@pytest.mark.parametrize("marketplace", [Marketplace.SOMETIMES, Marketplace.ALWAYS])
async def test_iyzico_marketplace_payment_is_refused(door, marketplace, change, code) -> None:
    """Nothing is written or asked of the bank."""
    key = await onboarded(door)
    door.set(marketplace=marketplace)
    answer = await door.call("/payment/auth", change(marketplace_request(key)))
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert not door.books.payments
    assert not door.acquirer.asks


async def test_iyzico_standard_merchant_has_no_sub_merchants(door) -> None:
    """A part for a sub-merchant is not dropped silently."""
    key = await onboarded(door)
    door.set(marketplace=Marketplace.NEVER)
    assert (await door.call("/payment/auth", marketplace_request(key)))["errorCode"] == "5078"


async def test_iyzico_sub_merchant_may_get_nothing(door) -> None:
    """A price of 0 is no error, and a 0 without a key is no sub-merchant."""
    key = await onboarded(door)
    answer = await door.pay(marketplace_request(key, "0"))
    line = answer["itemTransactions"][0]
    assert (line["subMerchantKey"], line["subMerchantPayoutAmount"]) == (key, 0)
    plain = await door.pay(payment_request(basketItems=[item("BI101", "1", subMerchantPrice=0)]))
    assert plain["itemTransactions"][0]["transactionStatus"] == 2


async def test_iyzico_line_is_approved_and_disapproved(door) -> None:
    """transactionStatus goes from 1 to 2 and back; the answer repeats the line."""
    payment = await door.pay(marketplace_request(await onboarded(door)))
    line = payment["itemTransactions"][1]["paymentTransactionId"]
    for path, status in ((APPROVE, 2), (APPROVE, 2), (DISAPPROVE, 1), (DISAPPROVE, 1)):
        answer = await door.call(path, {"conversationId": "7", "paymentTransactionId": line})
        assert list(answer)[3:] == ["conversationId", "paymentTransactionId"]
        assert answer["paymentTransactionId"] == line
        detail = await door.call("/payment/detail", {"paymentId": payment["paymentId"]})
        statuses = [item["transactionStatus"] for item in detail["itemTransactions"]]
        assert statuses == [1, status, 1]


async def test_iyzico_approved_line_becomes_payable(door) -> None:
    """On the value date, or at once after it."""
    key = await onboarded(door)
    payment = await door.pay(marketplace_request(key))
    first, second, _ = (item["paymentTransactionId"] for item in payment["itemTransactions"])
    await door.call(APPROVE, {"paymentTransactionId": first})
    door.clock.advance(days=5)
    await look_at_due(door.merchants.record, door.ports)
    await door.call(APPROVE, {"paymentTransactionId": int(second)})
    available = {
        item.party: item.amount_e8
        for item in await door.books.list_balances(7)
        if item.account is Account.AVAILABLE
    }
    assert available == {key: -36_000_000, "": -(712_500 + 13_187_500)}


@pytest.mark.parametrize("path", [APPROVE, DISAPPROVE])
async def test_iyzico_approval_is_refused(door, path) -> None:
    """A line that is missing, nobody's or not a sub-merchant's; a payment under review."""
    own = await door.pay(payment_request())
    cases = [
        ({}, "5001"),
        ({"paymentTransactionId": "line"}, "5092"),
        ({"paymentTransactionId": own["paymentId"]}, "5092"),
        ({"paymentTransactionId": own["itemTransactions"][0]["paymentTransactionId"]}, "93202"),
    ]
    door.acquirer.script(Approved(auth_code="1", reference="r", risk=Risk.REVIEW))
    reviewed = await door.call("/payment/auth", marketplace_request(await onboarded(door)))
    line = reviewed["itemTransactions"][0]
    assert line["transactionStatus"] == 0
    cases.append(({"paymentTransactionId": line["paymentTransactionId"]}, "93202"))
    for body, code in cases:
        assert (await door.call(path, body))["errorCode"] == code


async def test_iyzico_approval_needs_an_account(door) -> None:
    """And an identity, as the documentation asks."""
    key = await onboarded(door, iban=None)
    payment = await door.pay(marketplace_request(key))
    line = payment["itemTransactions"][0]["paymentTransactionId"]
    answer = await door.call(APPROVE, {"paymentTransactionId": line})
    assert answer["errorCode"] == "93203"


async def test_iyzico_item_is_updated(door) -> None:
    """The answer is the line itself with its new figures."""
    key, other = await onboarded(door), await onboarded(door, subMerchantExternalId="B2")
    payment = await door.pay(marketplace_request(key))
    line = payment["itemTransactions"][2]["paymentTransactionId"]
    request = {
        "conversationId": "7",
        "paymentTransactionId": line,
        "subMerchantKey": other,
        "subMerchantPrice": "0.1",
    }
    answer = await door.call("/payment/item", request, "PUT")
    assert list(answer)[:4] == ["status", "locale", "systemTime", "conversationId"]
    assert list(answer)[4:] == LINE_KEYS
    names = ("subMerchantKey", "subMerchantPayoutRate", "subMerchantPayoutAmount")
    assert [answer[name] for name in names] == [other, 50, Decimal("0.1")]
    assert answer["merchantPayoutAmount"] == Decimal("0.02475")
    detail = await door.call("/payment/detail", {"paymentId": payment["paymentId"]})
    shown = {name: answer[name] for name in LINE_KEYS}
    assert detail["itemTransactions"][2] == shown


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"paymentTransactionId": None}, "5001"),
        ({"paymentTransactionId": "1"}, "5092"),
        ({"subMerchantKey": None}, "2003"),
        ({"subMerchantKey": "nobody"}, "2001"),
        ({"subMerchantPrice": None}, "91059"),
        ({"subMerchantPrice": "-1"}, "92002"),
        ({"subMerchantPrice": "0.31"}, "93205"),
    ],
)
async def test_iyzico_item_update_is_refused(door, changes, code) -> None:
    """Nothing changes."""
    key = await onboarded(door)
    payment = await door.pay(marketplace_request(key))
    request = {
        "paymentTransactionId": payment["itemTransactions"][0]["paymentTransactionId"],
        "subMerchantKey": key,
        "subMerchantPrice": "0.1",
    }
    before = dict(door.books.payments)
    answer = await door.call("/payment/item", request | changes, "PUT")
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert door.books.payments == before


async def test_iyzico_approved_item_is_not_updated(door) -> None:
    """Its money may be on its way already."""
    key = await onboarded(door)
    payment = await door.pay(marketplace_request(key))
    line = payment["itemTransactions"][0]["paymentTransactionId"]
    await door.call(APPROVE, {"paymentTransactionId": line})
    request = {"paymentTransactionId": line, "subMerchantKey": key, "subMerchantPrice": "0.1"}
    assert (await door.call("/payment/item", request, "PUT"))["errorCode"] == "93204"


async def test_iyzico_cross_booking_moves_money_both_ways(door) -> None:
    """The answer is the envelope; both parties' balances follow, and the reason is kept."""
    key = await onboarded(door)
    await door.pay(marketplace_request(key))
    request = {
        "conversationId": "7",
        "subMerchantKey": key,
        "price": "0.1",
        "reason": "kargo bedeli",
        "currency": "TRY",
    }
    received = await door.call("/crossbooking/receive", request)
    assert list(received) == ["status", "locale", "systemTime", "conversationId"]
    assert received["status"] == "success"
    assert str((await door.call("/blockage", {"subMerchantKey": key}))["totalBalance"]) == "0.40475"
    assert (await door.call("/crossbooking/send", request))["status"] == "success"
    assert str((await door.call("/blockage", {"subMerchantKey": key}))["totalBalance"]) == "0.50475"
    assert [
        (booked.is_to_sub_merchant, booked.reason, booked.conversation_id)
        for booked in door.books.cross_bookings.values()
    ] == [(False, "kargo bedeli", "7"), (True, "kargo bedeli", "7")]


@pytest.mark.parametrize("path", ["/crossbooking/send", "/crossbooking/receive"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "93206"),
        ({"subMerchantKey": None}, "2003"),
        ({"subMerchantKey": "nobody"}, "2001"),
        ({"price": None}, "5004"),
        ({"price": "0"}, "5005"),
        ({"price": "100000"}, "5008"),
        ({"currency": "XAU"}, "92002"),
        ({"currency": "CHF"}, "93003"),
        ({"reason": "5528790000000008"}, "92005"),
    ],
)
async def test_iyzico_cross_booking_is_refused(door, path, changes, code) -> None:
    """Nobody gives what it has not."""
    request = {"subMerchantKey": await onboarded(door), "price": "1"}
    answer = await door.call(path, request | changes)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert not door.books.bookings


async def test_iyzico_marketplace_refunds_line_by_line(door) -> None:
    """A merchant that is a marketplace only cannot refund by amount."""
    payment = await door.pay(marketplace_request(await onboarded(door)))
    request = {"paymentId": payment["paymentId"], "price": "0.1"}
    door.set(marketplace=Marketplace.ALWAYS)
    answer = await door.call("/v2/payment/refund", request)
    assert answer["errorCode"] == "5266"
    assert answer["errorMessage"] == "Tutar bazlı iadeyi sadece standart işyeri kullanabilir."
    door.acquirer.script(Approved(auth_code="1", reference="r"))
    line = payment["itemTransactions"][0]["paymentTransactionId"]
    answer = await door.call("/payment/refund", {"paymentTransactionId": line, "price": "0.1"})
    assert answer["status"] == "success"


async def test_iyzico_marketplace_payment_of_the_official_tests(current) -> None:
    """The six figures that the Java client's functional test asserts, to the last digit."""
    key = await onboarded(current)
    request = {**marketplace_request(key), "paidPrice": "1.1"}
    lines = zip(request["basketItems"], ("0.27", "0.42", "0.18"), strict=True)
    items = [{**line, "subMerchantPrice": part} for line, part in lines]
    current.acquirer.script(Approved(auth_code="123456", reference="r"))
    raw = json.dumps({**request, "basketItems": items}).encode()
    body = (await current.send("/payment/auth", raw)).body.decode()
    for figure in (
        '"price":1,',
        '"paidPrice":1.1,',
        '"merchantCommissionRate":10.00000000,',
        '"merchantCommissionRateAmount":0.1,',
        '"iyziCommissionRateAmount":0.02887500,',
        '"iyziCommissionFee":0.25000000,',
    ):
        assert figure in body
    assert body.count(f'"subMerchantKey":"{key}","subMerchantPrice":0.') == 3
