"""What a payment request may be: spellings, types, currencies, instalments."""

import json
import re
from datetime import datetime
from decimal import Decimal

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.iyzico_door import (
    FOREIGN_PAN,
    PAN,
    basic_request,
    card_fields,
    item,
    payment_request,
    replaced,
    without,
)
from vezne.core.card import holds_pan
from vezne.dialects.iyzico.checks import is_date, is_email


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 1),
        ("price", "1.00"),
        ("paidPrice", 1.2),
        ("paidPrice", "0.8"),
        ("installment", "1"),
        ("buyer.identityNumber", 74300864791),
        ("buyer.identityNumber", "12345"),
        ("buyer.gsmNumber", 905350000000),
        ("buyer.zipCode", 34732),
        ("buyer.id", 789),
        ("buyer.ip", "not an address"),
        ("basketId", 67832),
        ("paymentCard.expireMonth", 12),
        ("paymentCard.expireYear", 2030),
        ("paymentCard.expireYear", "30"),
        ("paymentCard.cardNumber", "5528 7900 0000 0008"),
        ("paymentCard.cardNumber", 5528790000000008),
        ("paymentCard.cvc", 123),
        ("basketItems.0.subMerchantPrice", "0"),
        ("basketItems.0.subMerchantKey", None),
        ("reward", {"rewardUsage": 1, "rewardAmount": "0.1"}),
        ("posOrderId", {"anything": ["at", "all"]}),
    ],
)
async def test_iyzico_payment_is_lenient_about_types(door, field, value) -> None:
    """Numbers as texts, texts as numbers, unknown fields: as the clients send them."""
    answer = await door.pay(replaced(payment_request(), field, value))
    assert answer["status"] == "success"


@pytest.mark.parametrize(("sent", "echoed"), [(123, "123"), (1.50, "1.5"), ("ş", "ş")])
async def test_iyzico_conversation_id_comes_back_as_a_text(door, sent, echoed) -> None:
    """A number that was sent as the reference is a text in the answer."""
    answer = await door.pay(payment_request(conversationId=sent))
    assert answer["conversationId"] == echoed


@pytest.mark.parametrize(
    ("sent", "echoed", "message"),
    [
        ("TR", "TR", "price gönderilmesi zorunludur"),
        ("tr", "tr", "price gönderilmesi zorunludur"),
        ("en", "en", "price is mandatory"),
        ("EN", "EN", "price is mandatory"),
        (None, "tr", "price gönderilmesi zorunludur"),
        ("de", "tr", "price gönderilmesi zorunludur"),
    ],
)
async def test_iyzico_locale_decides_the_language(door, sent, echoed, message) -> None:
    """The two locales come back as sent; any other answer is in Turkish and says so."""
    answer = await door.call("/payment/auth", payment_request(locale=sent, price=None))
    assert (answer["locale"], answer["errorMessage"]) == (echoed, message)


@pytest.mark.parametrize("installment", [1, 2, 3, 6, 9, 12])
async def test_iyzico_programme_cards_pay_in_instalments(door, installment) -> None:
    """The documented numbers of instalments with a credit card of a programme."""
    answer = await door.pay(payment_request(installment=installment))
    assert answer["installment"] == installment


async def test_iyzico_four_instalments_are_for_the_current_profile(current) -> None:
    """Newer documentation lists four as well."""
    assert (await current.pay(payment_request(installment=4)))["installment"] == 4


@pytest.mark.parametrize("currency", ["USD", "EUR", "GBP"])
async def test_iyzico_foreign_cards_pay_in_foreign_currency(door, currency) -> None:
    """The documented currencies, where the merchant has a rate."""
    door.set(exchange_rates_e8={currency: 300_000_000})
    card = card_fields(FOREIGN_PAN, cvc="123")
    answer = await door.pay(payment_request(currency=currency, paymentCard=card))
    assert answer["currency"] == currency


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("price", "5004"),
        ("paidPrice", "91001"),
        ("paymentCard", "5013"),
        ("buyerId", "91003"),
        ("buyerEmail", "3"),
        ("buyerIp", "91008"),
    ],
)
async def test_iyzico_basic_payment_insists_on_its_mandatory_fields(door, field, code) -> None:
    """The basket-less variants have the same rules for fewer fields."""
    for path in ("/payment/auth/basic", "/payment/preauth/basic"):
        answer = await door.call(path, without(basic_request(), field))
        assert answer["errorCode"] == code


async def test_iyzico_leaked_number_is_not_echoed(door) -> None:
    """The refusal of a number in a wrong field does not carry it back."""
    request = payment_request(conversationId=PAN)
    response = await door.send("/payment/auth", json.dumps(request).encode())
    assert PAN.encode() not in response.body
    assert json.loads(response.body)["errorCode"] == "11"
    assert "cardNumber" in json.loads(response.body)["errorMessage"]


async def test_iyzico_ids_that_look_like_cards_are_ids(door) -> None:
    """One long number in ten passes for a card number, so orders may be named by any."""
    order = "1470731323105"
    assert holds_pan(order)
    answer = await door.pay(payment_request(conversationId=order, basketId=order))
    assert answer["basketId"] == order


@given(
    st.lists(st.text("aZ09_+-", min_size=1, max_size=6), min_size=1, max_size=4),
    st.lists(st.text("aZ09-", min_size=1, max_size=6), min_size=1, max_size=4),
    st.sampled_from(["com", "net", "org", "tr", "com.tr", "test", "x"]),
)
def test_iyzico_addresses_are_what_the_validator_says(local, domain, top) -> None:
    """The short way to accept an e-mail address accepts none that the long way would not."""
    text = f"{'.'.join(local)}@{'.'.join(domain)}.{top}"
    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        assert not is_email(text)
    else:
        assert is_email(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("email@email.com", True),
        ("a+b@example.com", True),
        ("müşteri@örnek.com.tr", True),
        ("o'neil@example.co.uk", True),
        ("a@b", False),
        ("a@@b.com", False),
        ("a@b..com", False),
        (".a@b.com", False),
        ("a@host.local", False),
        ("a b@c.com", False),
        (f"{'a' * 64}@b.com", True),
    ],
)
def test_iyzico_email_addresses(text, expected) -> None:
    """What is and what is not an e-mail address."""
    assert is_email(text) is expected


# Signs and digits of several scripts, among them what begins a zone, a week or a fraction.
SIGNS = "0129W+-ZTt:., \0٣é"
DATE = "2016-02-29 23:59:58"


@given(st.lists(st.tuples(st.integers(0, 18), st.sampled_from(SIGNS)), max_size=4), st.text(SIGNS))
@example([(14, "Z"), (15, " ")], "")
def test_iyzico_dates_have_one_form(changes, rest) -> None:
    """Whatever else Python would read as a date is none."""
    signs = list(DATE)
    for place, sign in changes:
        signs[place] = sign
    for text in ("".join(signs), "".join(signs) + rest, rest):
        has_form = re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text, re.ASCII) is not None
        assert is_date(text) is (has_form and is_in_calendar(text))


def is_in_calendar(text: str) -> bool:
    """Whether there is such a day, and such a second of it."""
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - no zone is meant
    except ValueError:
        return False
    return True


async def test_iyzico_amounts_beyond_the_eighth_decimal_are_rounded(door) -> None:
    """Floats of PHP add up after rounding, and the classic answer shows the rounded amount."""
    items = [item("BI101", "0.1"), item("BI102", 0.1 + 0.2)]
    answer = await door.pay(
        payment_request(price=0.4, paidPrice="10.209999999999999", basketItems=items)
    )
    assert answer["paidPrice"] == Decimal("10.21")
