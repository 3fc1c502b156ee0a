"""The form that a browser brings to callbackUrl."""

import pytest

from fakes.iyzico_door import (
    CALLBACK_URL,
    SECRET,
    basic_threeds_request,
    payment_request,
    threeds_request,
    without,
)
from vezne.core.authentication import LIFE_MS, MD_STATUSES
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico.auth import response_signature

NAMES = ["status", "paymentId", "conversationData", "conversationId", "mdStatus", "signature"]


async def test_iyzico_callback_has_the_documented_fields_and_signature(door) -> None:
    """Names, order and values of the documentation, signed as its example is."""
    begun = await door.begin(threeds_request())
    form = await door.bring_back(begun["paymentId"])
    assert form.action == CALLBACK_URL
    assert form.language == "tr"
    assert list(form.fields) == [
        ("status", "success"),
        ("paymentId", "10851936"),
        ("conversationData", ""),
        ("conversationId", "123456789"),
        ("mdStatus", "1"),
        ("signature", "a5b7b47c2a3fef77992bab0bada88b58886118df768288f0cfa0bdc3bf467b72"),
    ]


@pytest.mark.parametrize("md_status", MD_STATUSES)
async def test_iyzico_callback_passes_every_md_status_on(door, md_status) -> None:
    """Success only for the one with which the bank vouches; every form is signed."""
    begun = await door.begin(threeds_request(locale="en"))
    form = await door.bring_back(begun["paymentId"], md_status)
    fields = dict(form.fields)
    assert list(fields) == NAMES
    assert fields["mdStatus"] == str(md_status)
    assert fields["status"] == ("success" if md_status == 1 else "failure")
    assert fields["signature"] == response_signature(
        SECRET, ["", "123456789", str(md_status), "10851936", fields["status"]]
    )
    assert (form.action, form.language) == (CALLBACK_URL, "en")


async def test_iyzico_callback_of_a_call_without_reference_has_an_empty_one(door) -> None:
    """Missing values are present but empty, and count as empty in the signature."""
    request = without(basic_threeds_request(), "conversationId")
    begun = await door.begin(request, "/payment/3dsecure/initialize/basic")
    fields = dict((await door.bring_back(begun["paymentId"])).fields)
    assert fields["conversationId"] == ""
    assert fields["signature"] == response_signature(SECRET, ["", "", "1", "10851936", "success"])


async def test_iyzico_callback_is_the_same_when_the_bank_says_it_again(door) -> None:
    """Before the second call and after it: a browser that reloads brings the same form."""
    begun = await door.begin(threeds_request())
    form = await door.bring_back(begun["paymentId"])
    assert await door.bring_back(begun["paymentId"]) == form
    await door.pay({"paymentId": begun["paymentId"]}, "/payment/3dsecure/auth")
    assert await door.bring_back(begun["paymentId"]) == form


@pytest.mark.parametrize(("said", "told"), [(1, "7"), (0, "0"), (4, "4")])
async def test_iyzico_callback_that_comes_too_late_is_a_failure(door, said, told) -> None:
    """A yes that counts no more is a system error; the bank's own no stays as it is."""
    begun = await door.begin(threeds_request())
    door.clock.advance(ms=LIFE_MS)
    fields = dict((await door.bring_back(begun["paymentId"], said)).fields)
    assert (fields["status"], fields["mdStatus"]) == ("failure", told)
    answer = await door.call("/payment/3dsecure/auth", {"paymentId": begun["paymentId"]})
    assert answer["errorCode"] == "5115"


async def test_iyzico_callback_for_a_card_that_is_lost_is_a_failure(door) -> None:
    """After a restart the merchant is told at once, not only at the second call."""
    begun = await door.begin(threeds_request())
    await door.vault.drop_held(door.merchants.record.id, int(begun["paymentId"]))
    fields = dict((await door.bring_back(begun["paymentId"])).fields)
    assert (fields["status"], fields["mdStatus"]) == ("failure", "7")
    answer = await door.call("/payment/3dsecure/auth", {"paymentId": begun["paymentId"]})
    assert answer["errorCode"] == "93006"


async def test_iyzico_callback_after_a_revoked_key_is_not_signed(door) -> None:
    """Nobody holds the secret any more; the rest is told all the same."""
    begun = await door.begin(threeds_request())
    door.merchants.is_revoked = True
    fields = dict((await door.bring_back(begun["paymentId"])).fields)
    assert list(fields) == NAMES
    assert (fields["status"], fields["signature"]) == ("success", "")


async def test_iyzico_callback_of_an_ordinary_payment_does_not_exist(door) -> None:
    """A payment without 3-D Secure has nothing to bring to anybody."""
    await door.pay(payment_request())
    (payment,) = door.books.payments.values()
    with pytest.raises(Refusal) as caught:
        await door.door.conclude(payment)
    assert caught.value.reason is Reason.AUTHENTICATION_UNSUITABLE


async def test_iyzico_callback_signs_line_ends_as_browsers_send_them(door) -> None:
    """A form's line ends become CR LF on their way, so that is what the signature covers."""
    begun = await door.begin(threeds_request(conversationId="a\nb\rc\r\nd"))
    fields = dict((await door.bring_back(begun["paymentId"])).fields)
    assert fields["conversationId"] == "a\r\nb\r\nc\r\nd"
    assert fields["signature"] == response_signature(
        SECRET, ["", "a\r\nb\r\nc\r\nd", "1", "10851936", "success"]
    )
