"""POST /payment/3dsecure/auth and its relatives: the call that takes the money."""

import json

import pytest

from fakes.acquirer import APPROVED, returned_for
from fakes.iyzico_door import (
    PAN,
    SECRET,
    basic_request,
    basic_threeds_request,
    payment_request,
    threeds_request,
    without,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.authentication import LIFE_MS, MD_STATUSES
from vezne.core.payment import PaymentState
from vezne.dialects.iyzico.auth import response_signature

INITIALIZE = "/payment/3dsecure/initialize"
AUTH = "/payment/3dsecure/auth"
V2 = "/payment/v2/3dsecure/auth"
BASIC = "/payment/3dsecure/auth/basic"
UNSUITABLE = "Bu ödemenin durumu 3dsecure için geçerli değil"
UNSUITABLE_ENGLISH = "The state of this payment is not valid for 3dsecure"


def second(payment_id: str, **changes: object) -> dict[str, object]:
    """The second call, with what v2 insists on; v1 ignores it."""
    return {
        "locale": "tr",
        "conversationId": "123456789",
        "paymentId": payment_id,
        "conversationData": "",
        "paidPrice": "1.20",
        "basketId": "B67832",
        "currency": "TRY",
        **changes,
    }


@pytest.mark.parametrize("path", [AUTH, V2])
async def test_iyzico_threeds_auth_answers_like_a_payment(door, path) -> None:
    """Field by field the answer of a payment without 3-D Secure, with mdStatus in its place."""
    payment_id = await door.authenticated(threeds_request())
    answer = await door.pay(second(payment_id), path)
    plain = await door.pay(payment_request(locale="tr"))
    names = list(plain)
    names.insert(names.index("hostReference"), "mdStatus")
    assert list(answer) == names
    assert answer["mdStatus"] == 1
    assert answer["paymentId"] == payment_id
    differing = {"paymentId", "itemTransactions", "signature", "mdStatus"}
    assert {n: v for n, v in answer.items() if n not in differing} == {
        n: v for n, v in plain.items() if n not in differing
    }
    for line, plain_line in zip(answer["itemTransactions"], plain["itemTransactions"], strict=True):
        assert {**line, "paymentTransactionId": ""} == {**plain_line, "paymentTransactionId": ""}
    assert answer["signature"] == (
        "181d70bde4c96dea2bea2106ba1dd1ff2e5f31ee12ad6bf181d9a572b1789488"
    )


async def test_iyzico_threeds_auth_gives_the_bank_its_proof(door) -> None:
    """The authorization carries what the bank said of the holder."""
    payment_id = await door.authenticated(threeds_request())
    await door.pay(second(payment_id), AUTH)
    (payment,) = door.books.payments.values()
    _, ask = door.acquirer.asks[-1]
    assert ask.authentication == returned_for(payment).result
    assert ask.card.has_cvv


@pytest.mark.parametrize("path", [AUTH, V2])
async def test_iyzico_threeds_auth_writes_stored_amounts_with_scale_8(current, path) -> None:
    """In the current profile nothing keeps the scale of the first call; constants stay 0."""
    payment_id = await current.authenticated(threeds_request(price="1.0"))
    current.acquirer.script(APPROVED)
    response = await current.send(path, json.dumps(second(payment_id)).encode())
    body = response.body.decode()
    for part in (
        '"price":1.00000000,"paidPrice":1.20000000,"installment":1,',
        '"merchantCommissionRateAmount":0.20000000,',
        (
            '"itemId":"BI101","paymentTransactionId":"10851937","transactionStatus":2,'
            '"price":0.30000000,"paidPrice":0.36000000,'
        ),
        (
            '"blockageRateAmountSubMerchant":0,"blockageResolvedDate":"2018-06-14 00:00:00",'
            '"subMerchantPrice":0,"subMerchantPayoutRate":0E-8,"subMerchantPayoutAmount":0,'
        ),
        '"iyziConversionRate":0,"iyziConversionRateAmount":0,',
        (
            '"phase":"AUTH","mdStatus":1,"hostReference":"mock00001iyzihostrfn","signature":'
            '"181d70bde4c96dea2bea2106ba1dd1ff2e5f31ee12ad6bf181d9a572b1789488"'
        ),
    ):
        assert part in body


async def test_iyzico_threeds_auth_signs_its_own_reference(door) -> None:
    """The conversationId is this call's; without one its place stays empty."""
    payment_id = await door.authenticated(threeds_request())
    answer = await door.pay({"paymentId": int(payment_id)}, AUTH)
    assert "conversationId" not in answer
    assert answer["signature"] == response_signature(
        SECRET, [payment_id, "TRY", "B67832", "", "1.2", "1"]
    )


async def test_iyzico_threeds_hold_is_captured_like_any(door) -> None:
    """Initialize, complete, capture; mdStatus stays with the payment."""
    payment_id = await door.authenticated(threeds_request(), f"{INITIALIZE}/preauth")
    held = await door.pay(second(payment_id), AUTH)
    assert held["phase"] == "PRE_AUTH"
    captured = await door.pay({"paymentId": payment_id, "paidPrice": "1.1"}, "/payment/postauth")
    assert (captured["phase"], captured["mdStatus"]) == ("POST_AUTH", 1)


async def test_iyzico_threeds_payments_can_be_given_back(door) -> None:
    """Refund and cancel know no difference."""
    payment_id = await door.authenticated(threeds_request())
    await door.pay(second(payment_id), AUTH)
    refunded = await door.pay({"paymentId": payment_id, "price": "0.2"}, "/v2/payment/refund")
    assert refunded["status"] == "success"
    other = await door.authenticated(threeds_request())
    await door.pay(second(other), AUTH)
    assert (await door.pay({"paymentId": other}, "/payment/cancel"))["status"] == "success"


async def test_iyzico_threeds_basic_auth_has_the_shorter_answer(door) -> None:
    """The basket-less answer with mdStatus at its end; the connector is not kept."""
    payment_id = await door.authenticated(basic_threeds_request(), f"{INITIALIZE}/basic")
    answer = await door.pay({"conversationId": "123456789", "paymentId": payment_id}, BASIC)
    plain = await door.pay(basic_request(), "/payment/auth/basic")
    assert list(answer) == [*(name for name in plain if name != "connectorName"), "mdStatus"]
    assert answer["paymentId"] == payment_id
    assert answer["paymentTransactionId"] == str(int(payment_id) + 1)
    assert answer["mdStatus"] == 1
    same = set(plain) - {"connectorName", "paymentId", "paymentTransactionId"}
    assert {name: answer[name] for name in same} == {name: plain[name] for name in same}


async def test_iyzico_threeds_basic_hold_works_by_the_older_path(door) -> None:
    """The Python client's path makes a hold as well."""
    path = "/payment/iyziconnect/initialize3ds/preauth"
    payment_id = await door.authenticated(basic_threeds_request(), path)
    assert (await door.pay({"paymentId": payment_id}, BASIC))["phase"] == "PRE_AUTH"


async def test_iyzico_threeds_answer_has_the_shape_of_the_path_that_was_called(door) -> None:
    """A basket is completed by the basic path, and a payment without one by the others."""
    payment_id = await door.authenticated(threeds_request())
    answer = await door.pay({"paymentId": payment_id}, BASIC)
    assert "itemTransactions" not in answer
    assert answer["paymentTransactionId"] == str(int(payment_id) + 1)
    payment_id = await door.authenticated(basic_threeds_request(), f"{INITIALIZE}/basic")
    answer = await door.pay({"paymentId": payment_id}, AUTH)
    (line,) = answer["itemTransactions"]
    assert "itemId" not in line
    assert "basketId" not in answer


@pytest.mark.parametrize("path", [AUTH, V2, BASIC])
@pytest.mark.parametrize(
    ("name", "code"), [(None, "5002"), ("", "5002"), ("x", "5087"), ("-1", "5087")]
)
async def test_iyzico_threeds_auth_needs_a_payment(door, path, name, code) -> None:
    """The first complaint is about paymentId, whatever else is missing; it comes back as sent."""
    answer = await door.call(path, {"paymentId": name})
    assert answer["errorCode"] == code
    assert answer.get("paymentId") == (name or None)


@pytest.mark.parametrize("path", [AUTH, V2, BASIC])
async def test_iyzico_threeds_auth_of_nothing_is_a_failure(door, path) -> None:
    """A paymentId that the merchant does not have."""
    answer = await door.call(path, second("7"))
    assert (answer["errorCode"], answer["paymentId"]) == ("5087", "7")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("paidPrice", None, "91001"),
        ("paidPrice", "0", "92003"),
        ("paidPrice", "100000", "5008"),
        ("paidPrice", "x", "11"),
        ("basketId", "", "91043"),
        ("currency", None, "91044"),
        ("paidPrice", "1.2000001", "93005"),
        ("paidPrice", "1", "93005"),
        ("basketId", "B67833", "93005"),
        ("currency", "USD", "93005"),
    ],
)
async def test_iyzico_threeds_v2_insists_on_what_was_initialized(door, field, value, code) -> None:
    """Each of the three is mandatory and must be the same; a mistake costs nothing."""
    payment_id = await door.authenticated(threeds_request())
    answer = await door.call(V2, second(payment_id, **{field: value}))
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    # What is not readable at all is not echoed either.
    assert answer.get("paymentId") == (None if code == "11" else payment_id)
    assert not door.acquirer.asks
    assert (await door.pay(second(payment_id), V2))["status"] == "success"


async def test_iyzico_threeds_mismatch_is_told_in_both_languages(door) -> None:
    """The caller learns which three to compare."""
    payment_id = await door.authenticated(threeds_request())
    texts = [
        (await door.call(V2, second(payment_id, paidPrice="9", locale=locale)))["errorMessage"]
        for locale in ("tr", "en")
    ]
    assert texts == [
        "paidPrice, basketId veya currency ödeme başlatılırken gönderilenden farklıdır",
        "paidPrice, basketId or currency differs from what the payment was initialized with",
    ]


async def test_iyzico_threeds_without_basket_id_is_completed_by_v1_only(door) -> None:
    """v2 cannot be satisfied then, and the payment stays open for v1."""
    payment_id = await door.authenticated(without(threeds_request(), "basketId"))
    assert (await door.call(V2, second(payment_id)))["errorCode"] == "93005"
    assert (await door.pay(second(payment_id), AUTH))["status"] == "success"


@pytest.mark.parametrize("path", [AUTH, V2, BASIC])
async def test_iyzico_threeds_auth_before_the_bank_has_spoken_is_refused(door, path) -> None:
    """Error 5115 in the published words, and in English; no money moves."""
    begun = await door.begin(threeds_request())
    payment_id = str(begun["paymentId"])
    for locale, text in (("tr", UNSUITABLE), ("en", UNSUITABLE_ENGLISH)):
        answer = await door.call(path, second(payment_id, locale=locale))
        assert (answer["errorCode"], answer["errorMessage"]) == ("5115", text)
        assert answer["paymentId"] == payment_id
    assert not door.acquirer.asks


@pytest.mark.parametrize("md_status", sorted(set(MD_STATUSES) - {1}))
async def test_iyzico_threeds_auth_after_a_failure_is_refused(door, md_status) -> None:
    """Whatever the bank says but 1, the payment is over: an attempt is not enough either."""
    begun = await door.begin(threeds_request())
    await door.bring_back(begun["paymentId"], md_status)
    for _ in range(2):
        answer = await door.call(AUTH, second(str(begun["paymentId"])))
        assert answer["errorCode"] == "5115"
    assert not door.acquirer.asks


@pytest.mark.parametrize("path", [AUTH, V2, BASIC])
async def test_iyzico_threeds_auth_works_once(door, path) -> None:
    """The second time is 5115, and the bank is not asked again."""
    payment_id = await door.authenticated(threeds_request())
    assert (await door.pay(second(payment_id), path))["status"] == "success"
    for again in (AUTH, V2, BASIC):
        assert (await door.call(again, second(payment_id)))["errorCode"] == "5115"
    assert len(door.acquirer.asks) == 1


async def test_iyzico_threeds_auth_of_an_ordinary_payment_is_refused(door) -> None:
    """A payment that never went through 3-D Secure has nothing to complete."""
    paid = await door.pay(payment_request())
    assert (await door.call(AUTH, second(paid["paymentId"])))["errorCode"] == "5115"


async def test_iyzico_threeds_auth_too_late_is_refused(door) -> None:
    """After fifteen minutes it is 5115, now and later."""
    payment_id = await door.authenticated(threeds_request())
    door.clock.advance(ms=LIFE_MS)
    for _ in range(2):
        assert (await door.call(AUTH, second(payment_id)))["errorCode"] == "5115"
    detail = await door.call("/payment/detail", {"paymentId": payment_id, "locale": "en"})
    assert (detail["errorCode"], detail["paymentStatus"]) == ("93008", "FAILURE")
    assert detail["errorMessage"] == "The time for the 3dsecure step is over"


async def test_iyzico_threeds_auth_says_when_the_card_is_no_longer_held(door) -> None:
    """A restart loses the card: an error of its own, in both languages, and no charge."""
    payment_id = await door.authenticated(threeds_request())
    await door.vault.drop_held(door.merchants.record.id, int(payment_id))
    for locale, text in (
        (
            "tr",
            (
                "Kart bilgileri artık bellekte değildir (süre doldu veya sunucu yeniden başladı),"
                " ödemeyi yeniden başlatınız"
            ),
        ),
        (
            "en",
            (
                "The card is no longer held (its time is over or the server was restarted),"
                " start the payment again"
            ),
        ),
    ):
        answer = await door.call(AUTH, second(payment_id, locale=locale))
        assert (answer["errorCode"], answer["errorMessage"]) == ("93006", text)
    assert not door.acquirer.asks
    detail = await door.call("/payment/detail", {"paymentId": payment_id})
    assert (detail["errorCode"], detail["paymentStatus"]) == ("93006", "FAILURE")


@pytest.mark.parametrize("path", [AUTH, BASIC])
async def test_iyzico_threeds_payments_are_declined_like_others(door, path) -> None:
    """The bank's code and group at the second call and in the detail."""
    payment_id = await door.authenticated(threeds_request())
    door.acquirer.script(Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51"))
    answer = await door.call(path, second(payment_id))
    assert (answer["errorCode"], answer["errorGroup"]) == ("10051", "NOT_SUFFICIENT_FUNDS")
    assert answer["paymentId"] == payment_id
    assert "authCode" not in answer
    detail = await door.call("/payment/detail", {"paymentId": payment_id})
    assert (detail["errorCode"], detail["paymentStatus"]) == ("10051", "FAILURE")
    assert (await door.call(AUTH, second(payment_id)))["errorCode"] == "5115"


async def test_iyzico_threeds_silence_of_the_bank_is_no_success(door) -> None:
    """10219 with the paymentId; a second try does not charge again."""
    payment_id = await door.authenticated(threeds_request())
    door.acquirer.script(Unknown(why="no answer"))
    answer = await door.call(AUTH, second(payment_id))
    assert (answer["errorCode"], answer["paymentId"]) == ("10219", payment_id)
    assert (await door.call(AUTH, second(payment_id)))["errorCode"] == "5115"
    detail = await door.call("/payment/detail", {"paymentId": payment_id})
    assert detail["errorCode"] == "10219"
    assert "paymentStatus" not in detail


@pytest.mark.parametrize("path", [AUTH, BASIC])
async def test_iyzico_threeds_payment_that_the_fraud_filter_rejects(door, path) -> None:
    """6001 with all fields, as without 3-D Secure."""
    payment_id = await door.authenticated(threeds_request())
    rejected = Approved(auth_code="123456", reference="r", risk=Risk.REJECTED)
    door.acquirer.script(rejected, APPROVED)
    answer = await door.call(path, second(payment_id))
    assert (answer["status"], answer["errorCode"]) == ("failure", "6001")
    assert (answer["paymentId"], answer["mdStatus"]) == (payment_id, 1)


async def test_iyzico_threeds_payment_under_review_is_a_success(door) -> None:
    """fraudStatus 0 waits for a decision, and the merchant is told."""
    payment_id = await door.authenticated(threeds_request())
    door.acquirer.script(Approved(auth_code="123456", reference="r", risk=Risk.REVIEW))
    answer = await door.call(AUTH, second(payment_id))
    assert (answer["status"], answer["fraudStatus"]) == ("success", 0)


async def test_iyzico_threeds_needs_no_number_at_the_second_call(door) -> None:
    """No body of the second call has card fields, and no answer shows the number."""
    payment_id = await door.authenticated(threeds_request())
    door.acquirer.script(APPROVED)
    response = await door.send(AUTH, json.dumps(second(payment_id)).encode())
    assert PAN.encode() not in response.body
    (payment,) = door.books.payments.values()
    assert payment.state is PaymentState.CAPTURED
    assert PAN not in repr(payment)


@pytest.mark.parametrize("data", ["", None, "opaque", 5])
async def test_iyzico_threeds_conversation_data_is_taken_and_not_needed(door, data) -> None:
    """Whatever a client sends back in it."""
    payment_id = await door.authenticated(threeds_request())
    answer = await door.pay(second(payment_id, conversationData=data), AUTH)
    assert answer["status"] == "success"
