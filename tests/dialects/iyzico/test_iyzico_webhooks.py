"""iyzico's webhooks: the documentation's direct format, signed in both ways."""

import base64
import hashlib
import hmac
import json

import msgspec
import pytest

from builders import authentication, merchant
from fakes.outbox import notice
from fakes.records import payment
from vezne.core.notice import NoticeKind
from vezne.core.webhook import Telling
from vezne.dialects.iyzico.switches import switches_for
from vezne.dialects.iyzico.webhooks import DirectMessage, signature_v3, webhook_door

URL = "https://shop.example/webhooks"
SECRET = b"demo-secret-key"
CLASSIC = switches_for("classic", {})

LATE_ONLY = [
    (NoticeKind.CAPTURE_APPROVED, "PAYMENT_API", "SUCCESS"),
    (NoticeKind.CAPTURE_FAILED, "PAYMENT_API", "FAILURE"),
    (NoticeKind.VOID_APPROVED, "PAYMENT_API", "SUCCESS"),
    (NoticeKind.VOID_FAILED, "PAYMENT_API", "FAILURE"),
    (NoticeKind.REFUND_APPROVED, "REFUND_RETRY_SUCCESS", "SUCCESS"),
    (NoticeKind.REFUND_FAILED, "REFUND_RETRY_FAILURE", "FAILURE"),
]


def rendered(switches=CLASSIC, about=None, **changes):
    told = Telling(
        merchant=merchant(),
        payment=about or payment(number=10_851_936),
        notice=notice(payment_number=10_851_936, **changes),
        secret=SECRET,
        url=URL,
    )
    return webhook_door(switches).render(told)


def test_the_direct_format() -> None:
    """The documentation's fields in its order; ids are numbers, the time is in milliseconds."""
    message = rendered(at_ms=1_753_043_065_238)
    assert message.url == URL
    assert list(json.loads(message.body).items()) == [
        ("paymentConversationId", "123456789"),
        ("merchantId", 1),
        ("paymentId", 10_851_936),
        ("status", "SUCCESS"),
        ("iyziReferenceCode", json.loads(message.body)["iyziReferenceCode"]),
        ("iyziEventType", "API_AUTH"),
        ("iyziEventTime", 1_753_043_065_238),
        ("iyziPaymentId", 10_851_936),
    ]


def test_the_published_signature_recipe() -> None:
    """HMAC-SHA256 over the secret and four values; a vector that was computed elsewhere."""
    headers = dict(rendered().headers)
    expected = "f11900622ab6c092aa348b32d5ece3b52a2a9029b7345663538485190a716cbf"
    assert headers["X-IYZ-SIGNATURE-V3"] == expected
    text = b"demo-secret-keyAPI_AUTH10851936123456789SUCCESS"
    assert expected == hmac.new(SECRET, text, hashlib.sha256).hexdigest()


def test_text_is_signed_as_utf_8() -> None:
    """Turkish letters in the merchant's reference; an absent reference is empty."""
    body = json.loads(rendered(about=payment(conversation_id="sipariş-ğ")).body)
    assert body["paymentConversationId"] == "sipariş-ğ"
    message = rendered(about=payment(conversation_id=None))
    fields = json.loads(message.body)
    assert fields["paymentConversationId"] == ""
    signed = msgspec.convert(fields, DirectMessage)
    assert dict(message.headers)["X-IYZ-SIGNATURE-V3"] == signature_v3(SECRET, signed)


def test_the_older_signature_is_a_switch() -> None:
    """Classic merchants find it where their shop plugin looks; current ones do not get it."""
    headers = dict(rendered().headers)
    digest = hashlib.sha1(b"demo-secret-keyAPI_AUTH10851936").digest()  # noqa: S324
    assert headers["X-IYZ-SIGNATURE"] == base64.b64encode(digest).decode()
    current = dict(rendered(switches_for("current", {})).headers)
    assert set(current) == {"X-IYZ-SIGNATURE-V3"}


def test_a_reference_code_names_one_message() -> None:
    """The same on every try, another one for another version, payment or merchant."""
    changes = ({}, {"tries": 3}, {"version": 4}, {"payment_number": 5}, {"merchant_id": 2})
    codes = []
    for change in changes:
        told = msgspec.structs.replace(notice(), **change)
        telling = Telling(
            merchant=merchant(), payment=payment(), notice=told, secret=SECRET, url=URL
        )
        message = webhook_door(CLASSIC).render(telling)
        codes.append(json.loads(message.body)["iyziReferenceCode"])
    assert codes[0] == codes[1]
    assert len(set(codes)) == len(changes) - 1


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NoticeKind.SALE_APPROVED, "SUCCESS"),
        (NoticeKind.HOLD_APPROVED, "SUCCESS"),
        (NoticeKind.AUTHORIZATION_DECLINED, "FAILURE"),
    ],
)
def test_authorizations(kind, status, is_late) -> None:
    """Told whenever the bank said it; 3-D Secure has an event type of its own."""
    secured = payment(authentication=authentication())
    for about, event_type in ((payment(), "API_AUTH"), (secured, "THREE_DS_AUTH")):
        fields = json.loads(rendered(about=about, kind=kind, is_late=is_late).body)
        assert (fields["iyziEventType"], fields["status"]) == (event_type, status)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NoticeKind.AUTHENTICATION_PASSED, "CALLBACK_THREEDS"),
        (NoticeKind.AUTHENTICATION_FAILED, "FAILURE"),
    ],
)
def test_the_cardholder_s_return(kind, status) -> None:
    """Before the second call: nothing is charged yet."""
    fields = json.loads(rendered(about=payment(authentication=authentication()), kind=kind).body)
    assert (fields["iyziEventType"], fields["status"]) == ("THREE_DS_CALLBACK", status)


@pytest.mark.parametrize(("kind", "event_type", "status"), LATE_ONLY)
def test_follow_ups_are_told_when_they_come_late(kind, event_type, status) -> None:
    """Who asked and was answered is not told again."""
    assert rendered(kind=kind) is None
    fields = json.loads(rendered(kind=kind, is_late=True).body)
    assert (fields["iyziEventType"], fields["status"]) == (event_type, status)


def test_every_kind_of_notice_is_thought_of() -> None:
    """Each has words at least when it comes late."""
    for kind in NoticeKind:
        assert rendered(kind=kind, is_late=True) is not None
