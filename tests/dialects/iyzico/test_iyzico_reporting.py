"""What was paid out, what came back, and the journal, as this door reports them."""

from decimal import Decimal

import pytest

from fakes.iyzico_door import item, parsed, payment_request
from vezne.core.answer import Approved, Declined, DeclineReason, Unknown
from vezne.dialects.iyzico.reporting_shapes import query_parameters
from vezne.flows.due import catch_up
from vezne.flows.payout import BOUNCING_IBAN
from vezne.flows.report import PAGE_ENTRIES

FOLLOW_UP = Approved(auth_code="999888", reference="mock00003iyzihostrfn-02")
PAID = "/reporting/settlement/payoutcompleted"
BOUNCED = "/reporting/settlement/bounced"
DETAILS = "/v2/reporting/payment/details"
DAY = "/v2/reporting/payment/transactions"
SCROLL = "/v2/reporting/payment/scroll-transactions"
LINES = (10851937, 10851938, 10851939)


async def days_pass(door, days):
    door.clock.advance(days=days)
    await catch_up(door.merchants.record, door.ports)


async def get(door, path, query="", raw=b""):
    return parsed(await door.send(f"{path}{query}", raw, "GET"))


async def refund(door, line, price, **changes):
    door.acquirer.script(FOLLOW_UP)
    body = {"paymentTransactionId": str(line), "price": price, "ip": "1.2.3.4", **changes}
    answer = await door.call("/payment/refund", body)
    assert answer["status"] == "success"


def rows(answer):
    return [
        (row["paymentTransactionId"], row["payoutAmount"])
        for row in answer["payoutCompletedTransactions"]
    ]


async def test_iyzico_payouts_of_a_day(door):
    """Each line with what the payment's answer promised, on the next business day."""
    payment = await door.pay(payment_request())
    await days_pass(door, 1)
    answer = await door.call(PAID, {"conversationId": "c-1", "date": "2018-06-07 19:13:00"})
    assert (answer["status"], answer["conversationId"]) == ("success", "c-1")
    assert rows(answer) == [
        (line["paymentTransactionId"], line["merchantPayoutAmount"])
        for line in payment["itemTransactions"]
    ]
    assert answer["payoutCompletedTransactions"][0] == {
        "paymentTransactionId": "10851937",
        "payoutAmount": Decimal("0.23955"),
        "payoutType": "MERCHANT_PAYOUT",
        "currency": "TRY",
    }
    assert (await door.call(BOUNCED, {"date": "2018-06-07 00:00:00"}))["bouncedRows"] == []


async def test_iyzico_released_money_is_paid_out(door):
    """After the blockage is resolved each line's blocked part follows."""
    await door.pay(payment_request())
    await days_pass(door, 8)
    answer = await door.call(PAID, {"date": "2018-06-14 00:00:00"})
    parts = ["0.036", "0.06", "0.024"]
    assert rows(answer) == [(str(n), Decimal(p)) for n, p in zip(LINES, parts, strict=True)]


async def test_iyzico_a_refund_after_the_payout_is_in_the_next_one(door):
    """What was set off stands there as less than nothing."""
    await door.pay(payment_request())
    await days_pass(door, 1)
    await refund(door, LINES[0], "0.1")
    await door.pay(payment_request())
    await days_pass(door, 1)
    answer = await door.call(PAID, {"date": "2018-06-08 00:00:00"})
    assert rows(answer)[0] == ("10851937", Decimal("-0.1"))


@pytest.mark.parametrize("path", [PAID, BOUNCED])
async def test_iyzico_a_day_without_payouts(door, path):
    """Nothing to report is a success, as the official functional tests expect."""
    answer = await door.call(path, {"date": "2016-01-22 19:13:00"})
    assert answer["status"] == "success"
    assert [] in answer.values()


@pytest.mark.parametrize("path", [PAID, BOUNCED])
@pytest.mark.parametrize(
    ("fields", "code", "turkish", "english"),
    [
        ({}, "91061", "date gönderilmesi zorunludur", "date is mandatory"),
        (
            {"date": "2018-06-07"},
            "7",
            "date için tarih formatı hatalıdır",
            "Date format is incorrect for date",
        ),
    ],
)
async def test_iyzico_a_day_that_is_none(door, path, fields, code, turkish, english):
    """The field is named, in the caller's language."""
    for locale, text in (("tr", turkish), ("en", english)):
        answer = await door.call(path, {"locale": locale, **fields})
        assert (answer["errorCode"], answer["errorMessage"]) == (code, text)


async def test_iyzico_a_bounced_payout(door):
    """The account that did not take the money; the lines are not reported as paid."""
    door.set(iban=BOUNCING_IBAN)
    await door.pay(payment_request())
    await days_pass(door, 1)
    answer = await door.call(BOUNCED, {"date": "2018-06-07 00:00:00"})
    assert answer["bouncedRows"] == [{"iban": BOUNCING_IBAN}]
    assert rows(await door.call(PAID, {"date": "2018-06-07 00:00:00"})) == []


SELLER = {
    "subMerchantExternalId": "S1",
    "subMerchantType": "PRIVATE_COMPANY",
    "address": "Nidakule Göztepe",
    "taxOffice": "Tax office",
    "legalCompanyTitle": "John Doe inc",
    "email": "email@submerchantemail.com",
    "identityNumber": "31300864726",
}


async def sell(door, iban):
    created = await door.call("/onboarding/submerchant", {**SELLER, "iban": iban})
    key = created["subMerchantKey"]
    line = item("BI101", "1", subMerchantKey=key, subMerchantPrice="0.6")
    payment = await door.pay(payment_request(basketItems=[line]))
    number = payment["itemTransactions"][0]["paymentTransactionId"]
    approved = await door.call("/payment/iyzipos/item/approve", {"paymentTransactionId": number})
    assert approved["status"] == "success"
    return key, number


async def test_iyzico_a_sub_merchant_is_paid_by_itself(door):
    """The line stands there twice: what the merchant got, and what its seller got."""
    key, number = await sell(door, "TR980006200119000006670002")
    await days_pass(door, 1)
    answer = await door.call(PAID, {"date": "2018-06-07 00:00:00"})
    assert [
        (row["paymentTransactionId"], row["payoutType"], row.get("subMerchantKey"))
        for row in answer["payoutCompletedTransactions"]
    ] == [(number, "MERCHANT_PAYOUT", None), (number, "SUBMERCHANT_PAYOUT", key)]
    assert answer["payoutCompletedTransactions"][1]["payoutAmount"] == Decimal("0.6")


async def test_iyzico_a_sub_merchant_s_payout_bounces(door):
    """The report says whose it was."""
    key, _ = await sell(door, BOUNCING_IBAN)
    await days_pass(door, 1)
    answer = await door.call(BOUNCED, {"date": "2018-06-07 00:00:00"})
    assert answer["bouncedRows"] == [
        {
            "subMerchantKey": key,
            "iban": BOUNCING_IBAN,
            "legalCompanyTitle": "John Doe inc",
            "marketplaceSubmerchantType": "PRIVATE_COMPANY",
        }
    ]


async def test_iyzico_details_of_a_payment(door):
    """Every field of a paid payment, ids as numbers."""
    payment = await door.pay(payment_request())
    answer = await get(
        door, DETAILS, f"?paymentId={payment['paymentId']}&locale=en&conversationId=x"
    )
    assert (answer["status"], answer["locale"], answer["conversationId"]) == ("success", "en", "x")
    (shown,) = answer["payments"]
    lines = shown.pop("itemTransactions")
    assert shown == {
        "paymentId": 10851936,
        "paymentStatus": 1,
        "paymentRefundStatus": "NOT_REFUNDED",
        "price": 1,
        "paidPrice": Decimal("1.2"),
        "installment": 1,
        "merchantCommissionRate": 20,
        "merchantCommissionRateAmount": Decimal("0.2"),
        "iyziCommissionRateAmount": Decimal("0.0315"),
        "iyziCommissionFee": Decimal("0.25"),
        "paymentConversationId": "123456789",
        "fraudStatus": 1,
        "cardType": "CREDIT_CARD",
        "cardAssociation": "MASTER_CARD",
        "cardFamily": "Paraf",
        "binNumber": "552879",
        "lastFourDigits": "0008",
        "basketId": "B67832",
        "currency": "TRY",
        "connectorName": "IYZI_POS",
        "authCode": payment["authCode"],
        "threeDS": False,
        "phase": "AUTH",
        "acquirerBankName": "iyziPos",
        "hostReference": payment["hostReference"],
        "createdDate": "2018-06-06T13:52:22Z",
        "cancels": [],
    }
    expected = dict(payment["itemTransactions"][0])
    del expected["itemId"]
    expected["paymentTransactionId"] = 10851937
    expected["blockageResolvedDate"] = "2018-06-13T13:52:22Z"
    assert lines[0] == {**expected, "refunds": []}


async def test_iyzico_details_of_what_was_given_back(door):
    """Refunds stand with their lines, a void with the payment; both say how much is left."""
    payment = await door.pay(payment_request())
    await refund(door, LINES[0], "0.1", conversationId="r-1")
    await days_pass(door, 1)
    await refund(door, LINES[0], "0.26")
    answer = await get(door, DETAILS, f"?paymentId={payment['paymentId']}")
    (shown,) = answer["payments"]
    assert shown["paymentRefundStatus"] == "PARTIALLY_REFUNDED"
    assert shown["updatedDate"] == "2018-06-07T13:52:22Z"
    first, second = shown["itemTransactions"][0]["refunds"]
    assert first == {
        "refundTxId": 10851941,
        "refundConversationId": "r-1",
        "refundPrice": Decimal("0.1"),
        "refundStatus": 1,
        "isAfterSettlement": False,
        "createdDate": "2018-06-06T13:52:22Z",
        "currencyCode": "TRY",
        "authCode": "999888",
        "hostReference": "mock00003iyzihostrfn-02",
        "iyziCommissionRateAmount": 0,
    }
    assert second["isAfterSettlement"] is True
    await refund(door, LINES[1], "0.6")
    await refund(door, LINES[2], "0.24")
    answer = await get(door, DETAILS, f"?paymentId={payment['paymentId']}")
    assert answer["payments"][0]["paymentRefundStatus"] == "TOTALLY_REFUNDED"


async def test_iyzico_details_of_a_void(door):
    """A cancelled payment reads as refunded in whole."""
    payment = await door.pay(payment_request())
    door.acquirer.script(FOLLOW_UP)
    await door.call("/payment/cancel", {"paymentId": payment["paymentId"], "ip": "1.2.3.4"})
    answer = await get(door, DETAILS, f"?paymentId={payment['paymentId']}")
    (shown,) = answer["payments"]
    assert (shown["paymentStatus"], shown["paymentRefundStatus"]) == (1, "TOTALLY_REFUNDED")
    assert shown["cancels"] == [
        {
            "refundId": 10851941,
            "cancelConversationId": "123456789",
            "refundPrice": Decimal("1.2"),
            "refundStatus": 1,
            "createdDate": "2018-06-06T13:52:22Z",
            "currencyCode": "TRY",
            "authCode": "999888",
            "hostReference": "mock00003iyzihostrfn-02",
        }
    ]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Declined(reason=DeclineReason.GENERAL_ERROR, code="96"), 2), (Unknown(why="silence"), 3)],
)
async def test_iyzico_details_of_a_payment_that_is_none(door, outcome, status):
    """By its reference, for its answer named no payment; it has no code of the bank."""
    door.acquirer.script(outcome)
    await door.call("/payment/auth", payment_request())
    await door.pay(payment_request(conversationId="other"))
    answer = await get(door, DETAILS, "?paymentConversationId=123456789")
    (shown,) = answer["payments"]
    assert shown["paymentStatus"] == status
    assert "authCode" not in shown
    assert "hostReference" not in shown


async def test_iyzico_details_by_reference_show_every_payment(door):
    """Newest first: the same reference may stand for several payments."""
    for _ in range(2):
        await door.pay(payment_request())
    answer = await get(door, DETAILS, "?paymentConversationId=123456789")
    numbers = [shown["paymentId"] for shown in answer["payments"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 2


@pytest.mark.parametrize("query", ["?paymentId=1", "?paymentId=x", "?paymentConversationId=none"])
async def test_iyzico_details_of_an_unknown_payment(door, query):
    """Success with nothing in it."""
    answer = await get(door, DETAILS, query)
    assert (answer["status"], answer["payments"]) == ("success", [])


async def test_iyzico_details_of_nothing(door):
    """One of the two must be named; the reference is no longer than others."""
    answer = await get(door, DETAILS)
    assert (answer["status"], answer["errorCode"]) == ("failure", "5002")
    answer = await get(door, DETAILS, f"?paymentConversationId={'x' * 256}")
    assert answer["errorCode"] == "92001"


@pytest.mark.parametrize("raw", [b"", b"null", b"{}"])
async def test_iyzico_bodies_of_requests_without_one(door, raw):
    """Python's client sends and signs `null`, the one for Node an empty object."""
    payment = await door.pay(payment_request())
    answer = await get(door, DETAILS, f"?paymentId={payment['paymentId']}", raw)
    assert len(answer["payments"]) == 1


async def test_iyzico_a_query_is_signed_like_a_body(door):
    """Nobody reads another one's reports."""
    response = await door.send(f"{DETAILS}?paymentId=1&locale=en", b"", "GET", "IYZWSv2 x")
    assert parsed(response)["errorCode"] == "1001"
    assert parsed(response)["errorMessage"] == "API credentials not found"


@pytest.mark.parametrize(
    "target",
    [
        "/d?conversationId=1&locale=tr?paymentConversationId=a%20b?paymentId=7",
        "/d&conversationId=1&locale=tr?paymentConversationId=a+b?paymentId=7",
        "/d/?conversationId=1&&locale=tr&empty=&paymentConversationId=a b&paymentId=7&",
    ],
)
def test_iyzico_queries_as_clients_write_them(target):
    """The client for PHP writes several question marks, or none."""
    assert query_parameters(target) == {
        "conversationId": "1",
        "locale": "tr",
        "paymentConversationId": "a b",
        "paymentId": "7",
    }


async def test_iyzico_journal_of_a_day(door):
    """One entry for each basket line, newest first; its figures are the line's."""
    payment = await door.pay(payment_request())
    answer = await get(door, DAY, "?transactionDate=2018-06-06&page=1")
    assert (answer["currentPage"], answer["totalPageCount"]) == (1, 1)
    first, *others = answer["transactions"]
    assert [row["paymentTxId"] for row in (first, *others)] == list(LINES)
    assert first == {
        "transactionType": "PAYMENT",
        "transactionDate": "2018-06-06 13:52:22",
        "transactionId": 10851937,
        "transactionStatus": 2,
        "paymentTxId": 10851937,
        "paymentId": 10851936,
        "conversationId": "123456789",
        "paymentPhase": "AUTH",
        "price": Decimal("0.3"),
        "paidPrice": Decimal("0.36"),
        "transactionCurrency": "TRY",
        "installment": 1,
        "threeDS": 0,
        "iyzicoCommission": Decimal("0.00945"),
        "iyzicoFee": Decimal("0.075"),
        "parity": 1,
        "iyzicoConversionAmount": 0,
        "merchantPayoutAmount": Decimal("0.23955"),
        "subMerchantPayoutAmount": 0,
        "settlementCurrency": "TRY",
        "connectorType": "IYZI_POS",
        "posOrderId": "mock-10851936iyziord",
        "authCode": payment["authCode"],
        "hostReference": payment["hostReference"],
        "basketId": "B67832",
    }


async def test_iyzico_journal_has_voids_and_refunds_on_their_own_day(door):
    """A refund is an entry for its line; a void has one for each line, under one id."""
    await door.pay(payment_request())
    await days_pass(door, 1)
    await refund(door, LINES[1], "0.1", conversationId="r-1")
    other = await door.pay(payment_request())
    door.acquirer.script(FOLLOW_UP)
    door.clock.advance(ms=1000)
    await door.call("/payment/cancel", {"paymentId": other["paymentId"], "ip": "1.2.3.4"})
    answer = await get(door, DAY, "?transactionDate=2018-06-07")
    shown = answer["transactions"]
    assert [row["transactionType"] for row in shown] == ["CANCEL"] * 3 + ["PAYMENT"] * 3 + [
        "REFUND"
    ]
    assert len({row["transactionId"] for row in shown[:3]}) == 1
    assert shown[0]["price"] == Decimal("0.36")
    assert shown[0]["paidPrice"] == Decimal("1.2")
    assert "transactionStatus" not in shown[0]
    assert "iyzicoFee" not in shown[0]
    given_back = shown[-1]
    assert (given_back["afterSettlement"], given_back["conversationId"]) == (1, "r-1")
    assert (given_back["paymentTxId"], given_back["price"]) == (LINES[1], Decimal("0.1"))
    assert given_back["paidPrice"] == Decimal("1.2")
    earlier = await get(door, DAY, "?transactionDate=2018-06-06")
    assert {row["transactionType"] for row in earlier["transactions"]} == {"PAYMENT"}


async def test_iyzico_journal_of_an_empty_day(door):
    """There are no pages, and so no count of them; no payment that failed is in it."""
    door.acquirer.script(Declined(reason=DeclineReason.GENERAL_ERROR, code="96"))
    await door.call("/payment/auth", payment_request())
    answer = await get(door, DAY, "?transactionDate=2018-06-06&page=1")
    assert (answer["status"], answer["transactions"], answer["currentPage"]) == ("success", [], 1)
    assert "totalPageCount" not in answer


async def fill_two_pages(door):
    """And one payment more."""
    for _ in range(2 * PAGE_ENTRIES + 1):
        await door.pay(payment_request())
        door.clock.advance(ms=1)


async def test_iyzico_journal_in_pages(door):
    """Each page has what the one before it had not."""
    await fill_two_pages(door)
    seen = []
    for page in (1, 2, 3, 4):
        answer = await get(door, DAY, f"?transactionDate=2018-06-06&page={page}")
        assert (answer["currentPage"], answer["totalPageCount"]) == (page, 3)
        seen += [row["paymentTxId"] for row in answer["transactions"]]
    assert len(seen) == len(set(seen)) == 3 * (2 * PAGE_ENTRIES + 1)


@pytest.mark.parametrize("order", ["ASC", "desc", ""])
async def test_iyzico_journal_scrolled(door, order):
    """The last entry's id leads to the next ones, in either order."""
    await fill_two_pages(door)
    await refund(door, LINES[0], "0.1")
    seen = []
    last = ""
    while True:
        query = f"?transactionDate=2018-06-06&documentScrollVoSortingOrder={order}&lastId={last}"
        answer = await get(door, SCROLL, f"{query}&conversationId=c")
        assert answer["conversationId"] == "c"
        if not answer["transactions"]:
            break
        seen += [(row["transactionDate"], row["transactionId"]) for row in answer["transactions"]]
        last = seen[-1][1]
    assert len(seen) == len(set(seen)) == 3 * (2 * PAGE_ENTRIES + 1) + 1
    kinds = [number in LINES for _, number in seen]
    assert kinds[0] is (order == "ASC")


async def test_iyzico_scrolling_beyond_an_entry_of_another_day(door):
    """Nothing follows it."""
    await door.pay(payment_request())
    answer = await get(door, SCROLL, f"?transactionDate=2018-06-07&lastId={LINES[0]}")
    assert answer["transactions"] == []


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        (DAY, "", "91062"),
        (DAY, "?transactionDate=2018-06-06 00:00:00", "7"),
        (DAY, "?transactionDate=2018-13-06", "7"),
        (DAY, "?transactionDate=2018-06-06&page=0", "92002"),
        (DAY, "?transactionDate=2018-06-06&page=x", "92002"),
        (DAY, "?transactionDate=2018-06-06&page=1234567890", "92002"),
        (SCROLL, "", "91062"),
        (SCROLL, "?transactionDate=2018-06-06&documentScrollVoSortingOrder=UP", "92002"),
        (SCROLL, "?transactionDate=2018-06-06&lastId=x", "92002"),
    ],
)
async def test_iyzico_days_and_pages_that_are_none(door, path, query, code):
    """The field is named."""
    answer = await get(door, path, query)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
