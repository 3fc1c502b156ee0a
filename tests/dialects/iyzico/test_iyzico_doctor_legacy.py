"""The doctor of the iyzico door finds what was signed wrongly with the older scheme."""

import base64
import hashlib
import json

import pytest

from fakes.iyzico_caller import (
    KEY,
    PAYMENT,
    PAYMENT_CARD,
    PAYMENT_TEXT,
    RANDOM_KEY,
    SECRET,
    legacy_headers,
    request_of,
)
from fakes.key_register import Register
from vezne.core.diagnosis import Cause, Certainty, Diagnosis, Part
from vezne.dialects.iyzico.doctor import Practice, doctor
from vezne.edge.messages import Request

PATH = "/payment/auth"
RAW = json.dumps(PAYMENT).encode()


@pytest.fixture
def register() -> Register:
    register = Register()
    register.add(register.shop, "iyzico", KEY, SECRET)
    register.add(register.shop, "iyzico", "older-api-key", "older-secret", is_revoked=True)
    return register


async def diagnose(
    register: Register, request: Request, *, refuses_repeats: bool = False
) -> Diagnosis:
    practice = Practice(register=register, paths=(PATH,), refuses_repeats=refuses_repeats)
    found = await doctor(practice)(request)
    assert found is not None
    for secret in (SECRET, "older-secret", "5528790000000008", "cvc=123"):
        assert secret not in repr(found)
    return found


def payment(headers: dict[str, str], body: dict[str, object] | None = None) -> Request:
    raw = RAW if body is None else json.dumps(body).encode()
    return request_of(raw, headers, PATH, PAYMENT_CARD)


def headers_of(text: str = PAYMENT_TEXT, secret: str = SECRET) -> dict[str, str]:
    digest = hashlib.sha1(f"{KEY}{RANDOM_KEY}{secret}{text}".encode()).digest()  # noqa: S324
    signature = base64.b64encode(digest).decode()
    return {"authorization": f"IYZWS {KEY}:{signature}", "x-iyzi-rnd": RANDOM_KEY}


async def test_the_text_is_shown_without_secret_and_card(register):
    found = await diagnose(register, payment(headers_of(secret="wrong")))
    assert [segment.part for segment in found.signed] == [
        Part.KEY,
        Part.RANDOM_KEY,
        Part.SECRET,
        Part.FIELDS,
    ]
    assert found.signed[2].text == "***"
    assert "cardNumber=552879******0008" in found.signed[3].text
    assert "cvc=***" in found.signed[3].text
    assert [finding.cause for finding in found.findings] == [
        Cause.SECRET_WRONG,
        Cause.SIGNED_OTHERWISE,
    ]


@pytest.mark.parametrize(
    ("secret", "cause"),
    [
        (KEY, Cause.SECRET_IS_KEY),
        ("older-secret", Cause.SECRET_OF_OTHER_KEY),
        (f"{SECRET}\n", Cause.SECRET_WITH_SPACE),
    ],
)
async def test_another_secret_is_recognized(register, secret, cause):
    found = await diagnose(register, payment(headers_of(secret=secret)))
    assert [finding.cause for finding in found.findings] == [cause]
    assert found.difference is None


TEXTS = {
    "amounts as they came": (
        PAYMENT_TEXT.replace("price=1.0,", "price=1,"),
        PAYMENT,
        Cause.FIELDS_NUMBERS_AS_SENT,
    ),
    "no language": (
        PAYMENT_TEXT.replace("locale=tr,", ""),
        PAYMENT,
        Cause.FIELDS_LOCALE_MISSING,
    ),
    "no reference": (
        PAYMENT_TEXT.replace("conversationId=123456789,", ""),
        PAYMENT,
        Cause.FIELDS_CONVERSATION_MISSING,
    ),
    "a null": (
        PAYMENT_TEXT.replace("basketId=B67832", "basketId=null"),
        PAYMENT | {"basketId": None},
        Cause.FIELDS_NULLS_KEPT,
    ),
    "an empty field left out, and zeros not": (
        PAYMENT_TEXT.replace("basketId=B67832,", "").replace("installment=1", "installment=0"),
        PAYMENT | {"basketId": "", "installment": 0},
        Cause.FIELDS_EMPTY_DROPPED,
    ),
}


@pytest.mark.parametrize("name", TEXTS)
async def test_another_text_is_recognized(register, name):
    """With the first difference in the fields."""
    text, body, cause = TEXTS[name]
    found = await diagnose(register, payment(headers_of(text), body))
    assert [finding.cause for finding in found.findings] == [cause]
    assert found.difference is not None
    assert found.signed[found.difference.segment].part is Part.FIELDS


async def test_the_order_of_the_body_with_spelled_amounts_is_recognized(register):
    """A client that walks through its own fields, instead of those of the protocol's order."""
    body = {"conversationId": "1", "locale": "tr", "binNumber": "554960", "price": "100"}
    path = "/payment/iyzipos/installment"
    headers = headers_of("[conversationId=1,locale=tr,binNumber=554960,price=100.0]")
    found = await diagnose(register, request_of(json.dumps(body).encode(), headers, path))
    assert [finding.cause for finding in found.findings] == [Cause.FIELDS_IN_BODY_ORDER]


async def test_a_signature_in_hex_is_recognized(register):
    text = f"{KEY}{RANDOM_KEY}{SECRET}{PAYMENT_TEXT}"
    digits = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324
    headers = {"authorization": f"IYZWS {KEY}:{digits}", "x-iyzi-rnd": RANDOM_KEY}
    found = await diagnose(register, payment(headers))
    assert [finding.cause for finding in found.findings] == [Cause.SIGNATURE_IN_HEX]


async def test_a_form_of_a_signature_is_no_proof_while_it_is_another(register):
    headers = headers_of()
    headers["authorization"] = f"IYZWS {KEY}:{'ab' * 20}"
    found = await diagnose(register, payment(headers))
    assert [finding.cause for finding in found.findings] == [
        Cause.SIGNATURE_BROKEN,
        Cause.SECRET_WRONG,
        Cause.SIGNED_OTHERWISE,
    ]
    headers["authorization"] = f"IYZWS {KEY}:{'ab' * 21}"
    assert (await diagnose(register, payment(headers))).findings[-1].cause is Cause.SIGNED_OTHERWISE


async def test_an_unpadded_signature_is_recognized(register):
    headers = headers_of()
    headers["authorization"] = headers["authorization"].rstrip("=")
    found = await diagnose(register, payment(headers))
    assert [finding.cause for finding in found.findings] == [Cause.SIGNATURE_URL_SAFE]


async def test_a_signature_of_another_length_is_a_hint(register):
    headers = headers_of()
    headers["authorization"] = f"IYZWS {KEY}:abcd"
    found = await diagnose(register, payment(headers))
    assert found.findings[0].cause is Cause.SIGNATURE_BROKEN
    assert found.findings[0].certainty is Certainty.LIKELY


async def test_a_random_key_without_its_header_is_recognized(register):
    headers = headers_of()
    del headers["x-iyzi-rnd"]
    found = await diagnose(register, payment(headers))
    assert [finding.cause for finding in found.findings] == [Cause.RANDOM_KEY_MISSING]


async def test_a_body_that_is_no_object_has_no_fields(register):
    request = request_of(b"[1]", headers_of(), PATH, PAYMENT_CARD)
    found = await diagnose(register, request)
    assert found.signed[3].text == ""
    assert found.findings[0].cause is Cause.SECRET_WRONG


async def test_a_repeated_random_key_is_the_cause_when_all_else_is_right(register):
    found = await diagnose(register, payment(legacy_headers(PAYMENT_TEXT)), refuses_repeats=True)
    assert [finding.cause for finding in found.findings] == [Cause.RANDOM_KEY_REPEATED]


async def test_a_request_that_is_right_by_now_has_no_diagnosis(register):
    practice = Practice(register=register, paths=(PATH,), refuses_repeats=False)
    assert await doctor(practice)(payment(legacy_headers(PAYMENT_TEXT))) is None
