"""POST /payment/detail, and payments without a basket."""

from decimal import Decimal

import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import SECRET, basic_request, payment_request
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.dialects.iyzico.auth import response_signature


async def test_iyzico_silence_is_a_timeout_that_names_the_payment(door) -> None:
    """An unanswered payment is neither paid nor declined, and the caller can ask for it."""
    door.acquirer.script(Unknown(why="no answer"))
    answer = await door.call("/payment/auth", payment_request())
    assert (answer["errorCode"], answer["errorGroup"]) == ("10219", "REQUEST_TIMEOUT")
    detail = await door.call("/payment/detail", {"paymentId": answer["paymentId"]})
    assert detail["status"] == "failure"
    assert detail["errorCode"] == "10219"
    assert detail["paymentId"] == answer["paymentId"]
    assert "paymentStatus" not in detail


async def test_iyzico_detail_reads_a_payment_by_either_name(door) -> None:
    """The payment's fields and paymentStatus at the end, under the reference of this request."""
    paid = await door.pay(payment_request())
    by_id = await door.call(
        "/payment/detail",
        {"locale": "tr", "conversationId": "other", "paymentId": paid["paymentId"]},
    )
    assert list(by_id)[-2:] == ["signature", "paymentStatus"]
    assert by_id["paymentStatus"] == "SUCCESS"
    assert by_id["conversationId"] == "other"
    assert by_id["signature"] == response_signature(
        SECRET, ["10851936", "TRY", "B67832", "other", "1.2", "1"]
    )
    same = set(paid) - {"locale", "conversationId", "signature"}
    assert {name: by_id[name] for name in same} == {name: paid[name] for name in same}
    by_reference = await door.call("/payment/detail", {"paymentConversationId": "123456789"})
    assert by_reference["paymentId"] == paid["paymentId"]


async def test_iyzico_detail_of_a_declined_payment_is_a_failure(door) -> None:
    """A declined payment is answered with its decline and paymentStatus FAILURE."""
    door.acquirer.script(Declined(reason=DeclineReason.DO_NOT_HONOUR, code="05"))
    await door.call("/payment/auth", payment_request())
    detail = await door.call("/payment/detail", {"paymentConversationId": "123456789"})
    assert (detail["status"], detail["errorCode"]) == ("failure", "10005")
    assert detail["errorGroup"] == "DO_NOT_HONOUR"
    assert (detail["paymentId"], detail["paymentStatus"]) == ("10851936", "FAILURE")


async def test_iyzico_detail_while_the_bank_is_asked_says_so(door) -> None:
    """A payment whose bank is still thinking has no status yet."""
    seen = []

    async def look(_operation, _ask) -> None:
        seen.append(await door.call("/payment/detail", {"paymentId": "10851936"}))

    door.acquirer.on_ask = look
    await door.pay(payment_request())
    assert (seen[0]["errorCode"], seen[0]["paymentId"]) == ("8514", "10851936")


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"paymentId": "999"}, "5087"),
        ({"paymentId": "abc"}, "5087"),
        ({"paymentId": "1" * 40}, "5087"),
        ({"paymentConversationId": "nobody's"}, "5087"),
        ({"paymentConversationId": "a\0b"}, "11"),
        ({"paymentId": "", "paymentConversationId": ""}, "11"),
        ({"locale": "tr"}, "11"),
    ],
)
async def test_iyzico_detail_of_nothing_is_a_failure(door, request_body, code) -> None:
    """Neither name, or a name of nothing."""
    answer = await door.call("/payment/detail", request_body)
    assert answer["errorCode"] == code
    assert answer.get("paymentId", "") == request_body.get("paymentId", "")


async def test_iyzico_basic_payment_has_one_line_and_no_basket(door) -> None:
    """The shorter answer of the basket-less variant, key by key."""
    answer = await door.pay(basic_request(), "/payment/auth/basic")
    assert answer == {
        "status": "success",
        "locale": "tr",
        "systemTime": SAMPLE_TIME_MS,
        "conversationId": "123456789",
        "price": 1,
        "paidPrice": Decimal("1.2"),
        "installment": 1,
        "currency": "TRY",
        "paymentId": "10851936",
        "merchantCommissionRate": 20,
        "merchantCommissionRateAmount": Decimal("0.2"),
        "iyziCommissionFee": Decimal("0.25"),
        "cardType": "CREDIT_CARD",
        "cardAssociation": "MASTER_CARD",
        "cardFamily": "Paraf",
        "binNumber": "552879",
        "paymentTransactionId": "10851937",
        "authCode": "123456",
        "connectorName": "connector name",
        "phase": "AUTH",
    }
    assert list(answer)[-3:] == ["authCode", "connectorName", "phase"]
    detail = await door.call("/payment/detail", {"paymentId": answer["paymentId"]})
    assert "itemId" not in detail["itemTransactions"][0]


async def test_iyzico_basic_preauth_is_a_hold(door) -> None:
    """The basket-less hold, without a connector of the caller's."""
    answer = await door.pay(basic_request(connectorName=None), "/payment/preauth/basic")
    assert answer["phase"] == "PRE_AUTH"
    assert "connectorName" not in answer
