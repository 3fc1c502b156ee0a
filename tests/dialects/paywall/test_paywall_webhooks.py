"""PayWall's general communication."""

import hashlib
import json
from decimal import Decimal

import pytest

from builders import authentication, merchant
from fakes.outbox import notice
from fakes.records import payment
from vezne.core.money import UNIT
from vezne.core.notice import NoticeKind
from vezne.core.payment import PaymentKind
from vezne.core.webhook import Telling
from vezne.dialects.paywall.webhooks import webhook_door

URL = "https://shop.example/webhooks"
KEY = b"cHVibGljIGtleQ=="


def rendered(about=None, **changes):
    told = Telling(
        merchant=merchant(),
        payment=about or payment(price_e8=120 * UNIT, door="paywall"),
        notice=notice(**changes),
        secret=KEY,
        url=URL,
    )
    door = webhook_door()
    assert door.signs_with == "paywall.public"
    return door.render(told)


def fields_of(message):
    return json.loads(message.body, parse_float=Decimal)


def test_the_general_message() -> None:
    """The documentation's fields in its order, amounts with two decimals, Istanbul's time."""
    about = payment(
        door="paywall",
        price_e8=120 * UNIT,
        installments=3,
        channel="2",
        group="77",
        parties={"buyer": {"ip": "85.34.78.112"}},
    )
    message = rendered(about)
    assert message.url == URL
    assert b'"Amount":120.00,"OperationAmount":120.00,' in message.body
    text = f"{KEY.decode()}###10000000###123456789###120.00###3"
    assert list(fields_of(message).items()) == [
        ("Type", 1),
        ("PaymentId", 10_000_000),
        ("Amount", Decimal("120.00")),
        ("OperationAmount", Decimal("120.00")),
        ("IP", "85.34.78.112"),
        ("UniqueCode", "123456789"),
        ("CurrencyId", 1),
        ("PaymentMethodId", 2),
        ("Installment", 3),
        ("ChannelId", 2),
        ("TagId", 77),
        ("DateTime", "2018-06-06T13:52:22.3930000"),
        ("Hash", hashlib.sha256(text.encode()).hexdigest()),
        ("HashFormat", "Payment"),
        ("HashKeyType", 4),
    ]


def test_what_the_caller_left_out() -> None:
    """Empty, or the number for what is not specified."""
    fields = fields_of(rendered(payment(conversation_id=None, parties={})))
    assert (fields["UniqueCode"], fields["IP"]) == ("", "")
    assert (fields["ChannelId"], fields["TagId"]) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (NoticeKind.SALE_APPROVED, 1),
        (NoticeKind.CAPTURE_APPROVED, 1),
        (NoticeKind.AUTHENTICATION_FAILED, 2),
        (NoticeKind.AUTHORIZATION_DECLINED, 2),
        (NoticeKind.VOID_APPROVED, 5),
    ],
)
def test_types(kind, number) -> None:
    """Successful, failed, cancelled; whenever the bank said it."""
    assert fields_of(rendered(kind=kind))["Type"] == number
    assert fields_of(rendered(kind=kind, is_late=True))["Type"] == number


@pytest.mark.parametrize(("amount_e8", "number"), [(120 * UNIT, 3), (119 * UNIT, 4)])
def test_refunds_are_whole_or_partial(amount_e8, number) -> None:
    """The operation's amount beside the payment's."""
    fields = fields_of(rendered(kind=NoticeKind.REFUND_APPROVED, amount_e8=amount_e8))
    assert fields["Type"] == number
    assert fields["OperationAmount"] == Decimal(amount_e8 // UNIT)
    assert fields["Amount"] == 120


def test_a_pre_authorization_is_successful_once_it_is_captured() -> None:
    """Unless whoever asked for it has not heard of its approval."""
    assert rendered(kind=NoticeKind.HOLD_APPROVED) is None
    assert fields_of(rendered(kind=NoticeKind.HOLD_APPROVED, is_late=True))["Type"] == 1


@pytest.mark.parametrize(
    "kind",
    [
        NoticeKind.AUTHENTICATION_PASSED,
        NoticeKind.CAPTURE_FAILED,
        NoticeKind.VOID_FAILED,
        NoticeKind.REFUND_FAILED,
    ],
)
def test_what_has_no_type_is_not_told(kind) -> None:
    """The documentation knows no message for a step, nor for an operation that was not done."""
    assert rendered(kind=kind, is_late=True) is None


def test_methods() -> None:
    """With 3-D Secure or without, a sale or a pre-authorization."""
    secured = authentication()
    numbers = [
        fields_of(rendered(payment(kind=kind, authentication=proof)))["PaymentMethodId"]
        for proof in (secured, None)
        for kind in (PaymentKind.SALE, PaymentKind.HOLD)
    ]
    assert numbers == [1, 3, 2, 4]
