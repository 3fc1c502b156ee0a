"""What 3-D Secure means for the calls that read a payment or follow it."""

import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import threeds_request
from vezne.core.authentication import LIFE_MS

TEXTS = [
    ("tr", "Bu ödemenin durumu 3dsecure için geçerli değil"),
    ("en", "The state of this payment is not valid for 3dsecure"),
]


async def test_iyzico_detail_follows_a_threeds_payment(door) -> None:
    """INIT_THREEDS, CALLBACK_THREEDS, SUCCESS; a success only once the money was taken."""
    begun = await door.begin(threeds_request())
    name = {"paymentId": begun["paymentId"]}
    for status in ("INIT_THREEDS", "CALLBACK_THREEDS"):
        for locale, text in TEXTS:
            detail = await door.call("/payment/detail", {**name, "locale": locale})
            assert detail == {
                "status": "failure",
                "errorCode": "5115",
                "errorMessage": text,
                "locale": locale,
                "systemTime": SAMPLE_TIME_MS,
                "paymentId": begun["paymentId"],
                "paymentStatus": status,
            }
        if status == "INIT_THREEDS":
            await door.bring_back(begun["paymentId"])
    await door.pay({"paymentId": begun["paymentId"]}, "/payment/3dsecure/auth")
    detail = await door.call("/payment/detail", name)
    assert (detail["status"], detail["paymentStatus"]) == ("success", "SUCCESS")
    assert detail["mdStatus"] == 1


@pytest.mark.parametrize("md_status", [0, 4])
async def test_iyzico_detail_of_a_holder_who_was_not_authenticated(door, md_status) -> None:
    """A failure with an error of its own, in both languages."""
    begun = await door.begin(threeds_request())
    await door.bring_back(begun["paymentId"], md_status)
    for locale, text in (
        ("tr", "Kart sahibi 3dsecure ile doğrulanamadı"),
        ("en", "The cardholder was not authenticated by 3dsecure"),
    ):
        detail = await door.call("/payment/detail", {**begun, "locale": locale})
        assert (detail["status"], detail["errorCode"]) == ("failure", "93007")
        assert (detail["errorMessage"], detail["paymentStatus"]) == (text, "FAILURE")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/payment/cancel", "8514"),
        ("/payment/refund", "8514"),
        ("/v2/payment/refund", "8514"),
        ("/payment/postauth", "5082"),
    ],
)
@pytest.mark.parametrize("md_status", [None, 1, 0])
async def test_iyzico_nothing_follows_a_payment_that_took_no_money(
    door, path, code, md_status
) -> None:
    """Neither before the bank's word nor after it, whatever it was."""
    begun = await door.begin(threeds_request(), "/payment/3dsecure/initialize/preauth")
    if md_status is not None:
        await door.bring_back(begun["paymentId"], md_status)
    line = str(int(str(begun["paymentId"])) + 1)
    body = {"paymentId": begun["paymentId"], "paymentTransactionId": line, "price": "0.1"}
    answer = await door.call(path, body)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert not door.acquirer.asks


@pytest.mark.parametrize("is_back", [True, False])
async def test_iyzico_detail_knows_what_nobody_recorded_yet(door, is_back) -> None:
    """A payment whose time ran out, or whose card a restart lost, is a failure at once."""
    begun = await door.begin(threeds_request())
    if is_back:
        await door.bring_back(begun["paymentId"])
    door.vault.held.clear()
    lost = await door.call("/payment/detail", {"paymentId": begun["paymentId"]})
    assert (lost["errorCode"], lost["paymentStatus"]) == ("93006", "FAILURE")
    door.clock.advance(ms=LIFE_MS)
    late = await door.call("/payment/detail", {"paymentId": begun["paymentId"]})
    assert (late["errorCode"], late["paymentStatus"]) == ("93008", "FAILURE")
