"""Capture, cancel and refund through the iyzico door."""

import json
from decimal import Decimal

import pytest

from builders import SAMPLE_TIME_MS
from fakes.acquirer import APPROVED
from fakes.iyzico_door import SECRET, basic_request, item, payment_request
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.changes import Conflict
from vezne.dialects.iyzico.auth import response_signature

FOLLOW_UP = Approved(auth_code="999888", reference="mock00003iyzihostrfn-02")
DECLINED = Declined(reason=DeclineReason.GENERAL_ERROR, code="96")


async def paid(door, **changes):
    return await door.pay(payment_request(**changes))


async def held(door):
    return await door.pay(payment_request(), "/payment/preauth")


async def test_iyzico_postauth_captures_more_than_was_held(door) -> None:
    """The payment's body with new figures, phase POST_AUTH and the bank's new code."""
    hold = await held(door)
    door.acquirer.script(FOLLOW_UP)
    door.clock.advance(days=1)
    answer = await door.call(
        "/payment/postauth",
        {"paymentId": hold["paymentId"], "paidPrice": "2", "currency": "TRY", "ip": "1.2.3.4"},
    )
    assert answer["status"] == "success"
    assert (answer["phase"], answer["authCode"]) == ("POST_AUTH", "999888")
    assert (answer["price"], answer["paidPrice"]) == (1, 2)
    assert answer["iyziCommissionRateAmount"] == Decimal("0.0525")
    assert answer["itemTransactions"][0]["paidPrice"] == Decimal("0.6")
    assert answer["itemTransactions"][0]["blockageResolvedDate"] == "2018-06-14 13:52:22"
    assert answer["signature"] == response_signature(
        SECRET, ["10851936", "TRY", "B67832", "", "2", "1"]
    )


async def test_iyzico_postauth_without_an_amount_captures_the_hold(door) -> None:
    """paidPrice is optional in the older documentation."""
    hold = await held(door)
    door.acquirer.script(FOLLOW_UP)
    answer = await door.call("/payment/postauth", {"paymentId": hold["paymentId"]})
    assert answer["paidPrice"] == Decimal("1.2")
    again = await door.call("/payment/postauth", {"paymentId": hold["paymentId"]})
    assert (again["errorCode"], again["paymentId"]) == ("5082", hold["paymentId"])


async def test_iyzico_basic_postauth_answers_in_the_basic_form(door) -> None:
    """The basket-less capture."""
    hold = await door.pay(basic_request(), "/payment/preauth/basic")
    door.acquirer.script(FOLLOW_UP)
    answer = await door.call("/payment/postauth/basic", {"paymentId": hold["paymentId"]})
    assert (answer["phase"], answer["paymentTransactionId"]) == ("POST_AUTH", "10851937")
    assert "itemTransactions" not in answer


async def test_iyzico_cancel_voids_the_whole_payment(door) -> None:
    """The answer of a cancel, key by key; the payment still reads SUCCESS."""
    payment = await paid(door)
    door.acquirer.script(FOLLOW_UP)
    request = {
        "conversationId": "7",
        "paymentId": payment["paymentId"],
        "ip": "85.34.78.112",
        "reason": "fraud",
        "description": "stolen card",
    }
    answer = await door.call("/payment/cancel", request)
    assert list(answer.items()) == [
        ("status", "success"),
        ("locale", "tr"),
        ("systemTime", SAMPLE_TIME_MS),
        ("conversationId", "7"),
        ("paymentId", "10851936"),
        ("price", Decimal("1.2")),
        ("currency", "TRY"),
        ("authCode", "999888"),
        ("hostReference", "mock00001iyzihostrfn"),
        ("cancelHostReference", "mock00003iyzihostrfn-02"),
    ]
    detail = await door.call("/payment/detail", {"paymentId": payment["paymentId"]})
    assert detail["paymentStatus"] == "SUCCESS"
    again = await door.call("/payment/cancel", request)
    assert (again["errorCode"], again["paymentId"]) == ("8514", "10851936")


async def test_iyzico_current_cancel_has_eight_decimals(current) -> None:
    """The price of a cancel comes from the books: 1.10000000."""
    payment = await paid(current, price=1, paidPrice=1.1)
    current.acquirer.script(FOLLOW_UP)
    request = json.dumps({"paymentId": payment["paymentId"]}).encode()
    response = await current.send("/payment/cancel", request)
    assert b'"price":1.10000000,' in response.body


async def test_iyzico_hold_can_be_cancelled_on_a_later_day(door) -> None:
    """Only captured money is bound to its day."""
    hold, sale = await held(door), await paid(door)
    door.clock.advance(days=1)
    late = await door.call("/payment/cancel", {"paymentId": sale["paymentId"]})
    assert late["errorCode"] == "93001"
    door.acquirer.script(FOLLOW_UP)
    answer = await door.call("/payment/cancel", {"paymentId": hold["paymentId"]})
    assert answer["status"] == "success"
    detail = await door.call("/payment/detail", {"paymentId": hold["paymentId"]})
    assert detail["phase"] == "PRE_AUTH"


async def test_iyzico_line_is_refunded_in_parts_until_nothing_is_left(door) -> None:
    """The answer of a line's refund, key by key, and the refusal of what exceeds the remainder."""
    payment = await paid(door)
    line = payment["itemTransactions"][0]["paymentTransactionId"]
    request = {"conversationId": "123456789", "paymentTransactionId": line, "price": "0.2"}
    door.acquirer.script(FOLLOW_UP)
    answer = await door.call("/payment/refund", {**request, "currency": "TRY"})
    assert list(answer.items()) == [
        ("status", "success"),
        ("locale", "tr"),
        ("systemTime", SAMPLE_TIME_MS),
        ("conversationId", "123456789"),
        ("paymentId", "10851936"),
        ("paymentTransactionId", line),
        ("price", Decimal("0.2")),
        ("currency", "TRY"),
        ("authCode", "999888"),
        ("hostReference", "mock00001iyzihostrfn"),
        ("refundHostReference", "mock00003iyzihostrfn-02"),
        ("retryable", False),
        # Of the values 10851936, 0.2, TRY and 123456789.
        ("signature", "2bbb4530e751e856c3ac9440a7c708bd09340fef868114600817089afb5a61ef"),
    ]
    more = await door.call("/payment/refund", request)
    assert more["errorCode"] == "5093"
    assert list(more)[-3:] == ["paymentId", "price", "retryable"]
    assert (more["paymentId"], more["price"]) == ("10851936", Decimal("0.2"))
    door.acquirer.script(FOLLOW_UP)
    rest = await door.call("/payment/refund", {**request, "price": "0.16"})
    assert rest["status"] == "success"
    cancelled = await door.call("/payment/cancel", {"paymentId": "10851936"})
    assert cancelled["errorCode"] == "8514"


async def test_iyzico_amount_is_refunded_over_the_lines_in_order(door) -> None:
    """Refunds of 8.01 over lines of 0.3 and 9.71: 0.3 and 7.71, as recorded."""
    payment = await paid(
        door,
        price="10.01",
        paidPrice="10.01",
        basketItems=[item("BI101", "0.3"), item("BI102", "9.71")],
    )
    door.acquirer.script(FOLLOW_UP)
    answer = await door.call(
        "/v2/payment/refund",
        {"paymentId": payment["paymentId"], "price": "8.01", "reason": "buyer_request"},
    )
    assert list(answer) == [
        "status",
        "locale",
        "systemTime",
        "paymentId",
        "price",
        "currency",
        "authCode",
        "hostReference",
        "refundHostReference",
        "retryable",
        "signature",
        "transactionType",
    ]
    assert answer["transactionType"] == "REFUND"
    (stored,) = door.books.payments.values()
    assert [part.amount_e8 for part in stored.refunds] == [30_000_000, 771_000_000]


async def test_iyzico_refund_price_keeps_its_scale(current) -> None:
    """0.20 comes back as 0.20, and is signed as 0.2."""
    payment = await paid(current)
    current.acquirer.script(FOLLOW_UP)
    request = {"conversationId": "c", "paymentId": payment["paymentId"], "price": "0.20"}
    response = await current.send("/v2/payment/refund", json.dumps(request).encode())
    assert b'"price":0.20,' in response.body
    assert json.loads(response.body)["signature"] == response_signature(
        SECRET, ["10851936", "0.2", "TRY", "c"]
    )


async def test_iyzico_refund_of_a_cancelled_payment_repeats_what_was_asked(door) -> None:
    """8514 with the payment, the price and no hope of a retry."""
    payment = await paid(door)
    door.acquirer.script(FOLLOW_UP)
    await door.call("/payment/cancel", {"paymentId": payment["paymentId"]})
    line = payment["itemTransactions"][1]["paymentTransactionId"]
    for path, name in (
        ("/payment/refund", {"paymentTransactionId": line}),
        ("/v2/payment/refund", {"paymentId": payment["paymentId"]}),
    ):
        answer = await door.call(path, {**name, "price": "0.1"})
        assert (answer["errorCode"], answer["paymentId"]) == ("8514", "10851936")
        assert (answer["price"], answer["retryable"]) == (Decimal("0.1"), False)


async def test_iyzico_refund_ends_after_a_year(door) -> None:
    """The documented limit is 365 days."""
    payment = await paid(door)
    door.clock.advance(days=365, ms=1)
    answer = await door.call(
        "/v2/payment/refund", {"paymentId": payment["paymentId"], "price": "1"}
    )
    assert answer["errorCode"] == "93002"


@pytest.mark.parametrize(
    ("path", "request_body", "code"),
    [
        ("/payment/postauth", {"locale": "tr"}, "5002"),
        ("/payment/postauth", {"paymentId": "1"}, "5087"),
        ("/payment/postauth", {"paymentId": "one"}, "5087"),
        ("/payment/postauth", {"paymentId": "1", "paidPrice": "0"}, "92003"),
        ("/payment/postauth", {"paymentId": "1", "paidPrice": "100000"}, "5008"),
        ("/payment/postauth", {"paymentId": "1", "ip": "1" * 51}, "22"),
        ("/payment/postauth/basic", {"paymentId": "1"}, "5087"),
        ("/payment/cancel", {"paymentId": ""}, "5002"),
        ("/payment/cancel", {"paymentId": "1"}, "5086"),
        ("/payment/cancel", {"paymentId": "-1"}, "5086"),
        ("/payment/cancel", {"paymentId": "1", "reason": "BOREDOM"}, "92002"),
        ("/payment/cancel", {"paymentId": "1", "ip": "1" * 51}, "22"),
        ("/payment/refund", {"price": "1"}, "5001"),
        ("/payment/refund", {"paymentTransactionId": "1"}, "5004"),
        ("/payment/refund", {"paymentTransactionId": "1", "price": "0"}, "5005"),
        ("/payment/refund", {"paymentTransactionId": "1", "price": "1"}, "5092"),
        ("/payment/refund", {"paymentTransactionId": "1e3", "price": "1"}, "5092"),
        ("/payment/refund", {"paymentTransactionId": "1", "price": "1", "reason": "?"}, "92002"),
        ("/v2/payment/refund", {"price": "1"}, "5002"),
        ("/v2/payment/refund", {"paymentId": "1"}, "5004"),
        ("/v2/payment/refund", {"paymentId": "1", "price": "1"}, "5087"),
    ],
)
async def test_iyzico_follow_ups_refuse_what_cannot_be(door, path, request_body, code) -> None:
    """Missing names, names of nothing, amounts and reasons."""
    answer = await door.call(path, request_body)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    if path != "/payment/refund":
        assert answer.get("paymentId", "") == request_body.get("paymentId", "")


@pytest.mark.parametrize("path", ["/payment/postauth", "/v2/payment/refund"])
async def test_iyzico_follow_up_in_another_currency_is_refused(door, path) -> None:
    """A currency that is named has to be the payment's."""
    payment = await held(door) if "postauth" in path else await paid(door)
    request = {"paymentId": payment["paymentId"], "price": "1", "currency": "USD"}
    assert (await door.call(path, request))["errorCode"] == "93004"


@pytest.mark.parametrize("answer", [DECLINED, Unknown(why="no answer")])
@pytest.mark.parametrize(
    "path", ["/payment/postauth", "/payment/cancel", "/payment/refund", "/v2/payment/refund"]
)
async def test_iyzico_follow_up_passes_on_what_the_bank_said(door, path, answer) -> None:
    """A decline has the bank's code; silence is a timeout and keeps the payment locked."""
    payment = await held(door) if "postauth" in path else await paid(door)
    request = {
        "paymentId": payment["paymentId"],
        "paymentTransactionId": payment["itemTransactions"][0]["paymentTransactionId"],
        "price": "0.1",
    }
    door.acquirer.script(answer)
    failed = await door.call(path, request)
    code = "10204" if answer is DECLINED else "10219"
    assert (failed["status"], failed["errorCode"]) == ("failure", code)
    assert failed["paymentId"] == payment["paymentId"]
    if answer is DECLINED:
        door.acquirer.script(FOLLOW_UP)
    again = await door.call(path, request)
    assert again.get("errorCode") == (None if answer is DECLINED else "8514")


async def test_iyzico_payment_under_review_is_not_captured(door) -> None:
    """The hold waits for the verdict."""
    door.acquirer.script(Approved(auth_code="1", reference="r", risk=Risk.REVIEW))
    hold = await door.call("/payment/preauth", payment_request())
    answer = await door.call("/payment/postauth", {"paymentId": hold["paymentId"]})
    assert answer["errorCode"] == "5082"


async def test_iyzico_payment_that_others_keep_changing_is_in_use(door) -> None:
    """Five lost races are an operation in flight, not a fault."""
    payment = await paid(door)

    async def lose(_changes) -> None:
        raise Conflict("somebody was faster")

    door.books.apply = lose
    answer = await door.call("/payment/cancel", {"paymentId": payment["paymentId"]})
    assert answer["errorCode"] == "8514"
    assert door.acquirer.is_done


async def test_iyzico_refund_of_an_unreadable_line_names_no_payment(door) -> None:
    """Nothing is known but the price."""
    door.acquirer.script(APPROVED)
    answer = await door.call("/payment/refund", {"paymentTransactionId": "x", "price": "1"})
    assert list(answer)[-2:] == ["price", "retryable"]
    assert "paymentId" not in answer
