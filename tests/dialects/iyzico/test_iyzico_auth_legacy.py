"""The older request scheme of the iyzico door: SHA-1 over the fields in a fixed order."""

import copy
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.iyzico_caller import (
    KEY,
    PAYMENT,
    PAYMENT_CARD,
    PAYMENT_TEXT,
    RANDOM_KEY,
    SECRET,
    STORED_CARD,
    OneCaller,
    legacy_headers,
    problem_of,
    request_of,
)
from vezne.core.body import CardFields
from vezne.dialects.iyzico.auth import AuthProblem
from vezne.edge.messages import Request

Fields = dict[str, object]

BIN_CHECK = {"locale": "tr", "conversationId": "123456789", "binNumber": "554960"}


def asking(
    fields: object,
    text: str,
    route: str = "POST /payment/auth",
    card: CardFields | None = PAYMENT_CARD,
) -> Request:
    """A request with a body of these fields, signed over the text."""
    method, target = route.split(" ")
    raw = json.dumps(fields).encode()
    return request_of(raw, legacy_headers(text), target, card, method=method)


@pytest.mark.parametrize(
    ("route", "fields", "signature"),
    [
        ("/payment/bin/check", BIN_CHECK, "re24m83g17dKIMcePT2lghaQIb0="),
        (
            "/payment/iyzipos/installment",
            {**BIN_CHECK, "price": "100"},
            "PYG/NdNHnAR0p3IgS2OExZ6eXMM=",
        ),
        ("/payment/auth", PAYMENT, "NvT4YHtRnySbNWk4/RvcgPk+Zj8="),
        ("/payment/preauth", PAYMENT, "NvT4YHtRnySbNWk4/RvcgPk+Zj8="),
    ],
)
async def test_signatures_of_the_python_client_are_accepted(
    route: str, fields: Fields, signature: str
):
    """What the client's own functions sign is accepted, the card's number in the vault or not."""
    headers = {"authorization": f"IYZWS {KEY}:{signature}", "x-iyzi-rnd": RANDOM_KEY}
    raw = json.dumps(fields).encode()
    assert await problem_of(request_of(raw, headers, route, PAYMENT_CARD)) is None
    headers["x-iyzi-rnd"] = "Rnd4Tesu"
    refused = request_of(raw, headers, route, PAYMENT_CARD)
    assert await problem_of(refused) is AuthProblem.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("raw", "signature"),
    [(b'{"data":"value"}', "Cy84UuLZpfGhI7oaPD0Ckx1M0mo="), (b"", "cAbftoEp6S6eAJjNwFUmY87IdkQ=")],
)
async def test_unit_test_vectors_of_the_java_client_are_accepted(raw: bytes, signature: str):
    """One field, and the text "null" of a request without parameters."""
    headers = {"authorization": f"IYZWS apiKey:{signature}", "x-iyzi-rnd": "random"}
    request = request_of(raw, headers, "/payment/test")
    assert await problem_of(request, OneCaller("apiKey", "secretKey")) is None


def plain_text(fields: Fields, order: str, spell: Callable[[str, str], str]) -> str:
    """The text of flat fields in the order of a client's source, built the simplest way."""
    names = [name for name in order.split() if name in fields]
    return "[" + ",".join(f"{name}={spell(name, str(fields[name]))}" for name in names) + "]"


def as_sent(name: str, value: str) -> str:
    return f"{value}.0" if name in {"price", "paidPrice", "blockageAmount"} else value


@pytest.mark.parametrize(
    ("route", "order"),
    [
        ("POST /payment/postauth", "paymentId ip paidPrice currency"),
        ("POST /payment/postauth/basic", "paymentId ip paidPrice currency"),
        (
            "POST /payment/auth/basic",
            "price paidPrice installment buyerEmail buyerId buyerIp currency callbackUrl",
        ),
        ("POST /payment/preauth/basic", "price paidPrice installment buyerEmail currency"),
        (
            "POST /payment/3dsecure/initialize",
            (
                "price paidPrice installment paymentChannel basketId paymentGroup paymentSource"
                " currency posOrderId connectorName callbackUrl gsmNumber"
            ),
        ),
        ("POST /payment/3dsecure/initialize/preauth", "price paidPrice currency callbackUrl"),
        (
            "POST /payment/3dsecure/initialize/basic",
            (
                "price paidPrice installment buyerEmail buyerId buyerIp posOrderId currency"
                " connectorName callbackUrl"
            ),
        ),
        ("POST /payment/3dsecure/initialize/preauth/basic", "price buyerEmail callbackUrl"),
        ("POST /payment/iyziconnect/initialize3ds/preauth", "price buyerEmail callbackUrl"),
        ("POST /payment/3dsecure/auth", "paymentId conversationData"),
        ("POST /payment/3dsecure/auth/basic", "paymentId conversationData"),
        (
            "POST /payment/v2/3dsecure/auth",
            "paymentId conversationData basketId paidPrice currency",
        ),
        ("POST /payment/cancel", "paymentId ip reason description"),
        ("POST /payment/refund", "paymentTransactionId price ip currency reason description"),
        ("POST /v2/payment/refund", "paymentId price ip"),
        ("POST /payment/detail", "paymentId paymentConversationId"),
        ("POST /payment/bin/check", "binNumber"),
        ("POST /payment/iyzipos/installment", "binNumber price currency"),
        ("POST /cardstorage/card", "externalId email cardUserKey"),
        ("DELETE /cardstorage/card", "cardUserKey cardToken"),
        ("POST /cardstorage/cards", "cardUserKey"),
        ("POST /cardstorage/blacklist/card", "cardToken cardUserKey"),
        ("POST /cardstorage/blacklist/card/inactive", "cardToken cardUserKey"),
        ("POST /cardstorage/blacklist/card/retrieve", "cardNumber"),
        (
            "POST /onboarding/submerchant",
            (
                "name email gsmNumber address iban taxOffice contactName contactSurname"
                " legalCompanyTitle swiftCode currency settlementDescriptionTemplate"
                " subMerchantExternalId identityNumber taxNumber subMerchantType blockageAmount"
            ),
        ),
        (
            "PUT /onboarding/submerchant",
            (
                "name email gsmNumber address iban taxOffice contactName contactSurname"
                " legalCompanyTitle swiftCode currency settlementDescriptionTemplate"
                " subMerchantKey identityNumber taxNumber blockageAmount"
            ),
        ),
        ("POST /onboarding/submerchant/detail", "subMerchantExternalId"),
        ("POST /blockage", "subMerchantKey"),
        ("POST /payment/iyzipos/item/approve", "paymentTransactionId"),
        ("POST /payment/iyzipos/item/disapprove", "paymentTransactionId"),
        ("POST /crossbooking/send", "subMerchantKey price reason currency"),
        ("POST /crossbooking/receive", "subMerchantKey price reason currency"),
    ],
)
async def test_every_endpoint_has_its_own_order(route: str, order: str):
    """The order of the fields in the body does not matter, the order in the text does."""
    full = f"locale conversationId {order}"
    fields: Fields = {name: str(100 + place) for place, name in enumerate(full.split())}
    shuffled = {name: fields[name] for name in sorted(fields, reverse=True)} | {"unsigned": "x"}
    text = plain_text(fields, full, as_sent)
    assert await problem_of(asking(shuffled, text, route)) is None
    reordered = plain_text(fields, " ".join(sorted(full.split())), as_sent)
    assert await problem_of(asking(shuffled, reordered, route)) is AuthProblem.BAD_SIGNATURE
    without_last = {name: fields[name] for name in list(fields)[:-1]}
    assert await problem_of(asking(without_last, text, route)) is AuthProblem.BAD_SIGNATURE


async def test_a_card_to_store_is_signed_with_its_number():
    """The number that only the vault knows is part of the text; another number refuses."""
    fields: Fields = {
        "locale": "tr",
        "email": "email@email.com",
        "card": {
            "cardNumber": "5528790000000008",
            "cardHolderName": "John Doe",
            "expireMonth": "12",
            "expireYear": "2030",
            "metadata": {"b": "2", "a": "1"},
            "cardAlias": "",
        },
    }
    text = (
        "[locale=tr,email=email@email.com,card=[cardAlias=,cardNumber=5528790000000008,"
        "expireYear=2030,expireMonth=12,cardHolderName=John Doe,metadata={b=2, a=1}]]"
    )
    request = asking(fields, text, "POST /cardstorage/card", STORED_CARD)
    assert "5528790000000008" not in str(request.body.payload)
    assert await problem_of(request) is None
    assert await problem_of(asking(fields, text, "POST /cardstorage/card", None)) is None
    other = text.replace("5528790000000008", "5528790000000016")
    request = asking(fields, other, "POST /cardstorage/card", STORED_CARD)
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE


async def test_the_java_client_signs_false_and_sends_numbers():
    """Amounts as JSON numbers, integers, and a flag that is false but signed all the same."""
    raw = (
        b'{"price":1,"paidPrice":1.20,"installment":1,"paymentCard":{"cardToken":"t",'
        b'"cardUserKey":"k","registerCard":0,"registerConsumerCard":false},"basketItems":['
        b'{"id":"a","price":23.00450067,"subMerchantPrice":15.340000,"subMerchantKey":null}]}'
    )
    text = (
        "[price=1.0,paidPrice=1.2,installment=1,paymentCard=[registerCard=0,cardToken=t,"
        "cardUserKey=k,registerConsumerCard=false],basketItems=[[id=a,price=23.00450067,"
        "subMerchantPrice=15.34]]]"
    )
    request = request_of(raw, legacy_headers(text), "/payment/auth", PAYMENT_CARD)
    assert await problem_of(request) is None


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("1", "1.0"),
        ("1.0", "1.0"),
        ("1.20", "1.2"),
        ("22.00", "22.0"),
        ("15.340000", "15.34"),
        ("23.00450067", "23.00450067"),
        ("0", "0.0"),
        ("", ".0"),
        ("abc", "abc.0"),
    ],
)
async def test_amounts_are_spelled_as_the_clients_do(price: str, text: str):
    """At least one decimal and no trailing zeros beyond it, as published."""
    fields = {"binNumber": "554960", "price": price}
    signed = f"[binNumber=554960,price={text}]"
    request = asking(fields, signed, "POST /payment/iyzipos/installment")
    assert await problem_of(request) is None


async def test_the_python_client_rounds_and_leaves_out():
    """It signs two decimals at most, and nothing of what counts as false."""
    item = {"id": "a", "price": "10.209999999999999", "name": "", "category1": None}
    fields: Fields = {
        "locale": "tr",
        "conversationId": "",
        "price": "10.209999999999999",
        "paidPrice": 0,
        "installment": 0,
        "paymentCard": {},
        "buyer": {"id": "b", "ip": ""},
        "basketItems": [item],
        "currency": "TRY",
    }
    text = (
        "[locale=tr,price=10.21,paidPrice=0.0,paymentCard=[],buyer=[id=b],"
        "basketItems=[[id=a,price=10.21]],currency=TRY]"
    )
    assert await problem_of(asking(fields, text)) is None
    fields["basketItems"] = []
    text = "[locale=tr,price=10.21,paidPrice=0.0,paymentCard=[],buyer=[id=b],currency=TRY]"
    assert await problem_of(asking(fields, text)) is None
    fields |= {"price": "", "paidPrice": "1234567890.005000000000000000000000000000001"}
    text = "[locale=tr,paidPrice=1234567890.01,paymentCard=[],buyer=[id=b],currency=TRY]"
    assert await problem_of(asking(fields, text)) is None


@pytest.mark.parametrize("price", [" .2", "0.2 ", ".2", "2e-1", "0_0.2", "\uff10.2", "0,2", "NaN"])
async def test_rounding_makes_nothing_of_another_spelling(price: str):
    """Only a plain amount with more than two decimals is rounded; no other text passes for it."""
    fields = {"binNumber": "554960", "price": price}
    request = asking(fields, "[binNumber=554960,price=0.2]", "POST /payment/iyzipos/installment")
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE


async def test_java_and_php_keep_what_is_empty():
    """Empty texts, lists and objects stand in the text; only null is left out."""
    fields: Fields = {
        "conversationId": "",
        "basketId": None,
        "paymentCard": {"cardNumber": "", "cvc": None},
        "buyer": {},
        "basketItems": [],
    }
    text = "[conversationId=,paymentCard=[cardNumber=],buyer=[],basketItems=[]]"
    assert await problem_of(asking(fields, text)) is None


async def test_the_node_client_signs_the_order_of_its_body():
    """Every field as it comes, with the builder's broken text of what is empty."""
    fields: Fields = {
        "price": "1.0",
        "locale": "tr",
        "paymentCard": {"cvc": "123", "cardNumber": "5528790000000008", "registerCard": 0},
        "basketItems": [{"withholdingTax": "0.1"}, {"id": True}],
        "paymentSource": None,
        "reward": {},
        "list": [],
    }
    text = (
        "[price=1.0,locale=tr,paymentCard=[cvc=123,cardNumber=5528790000000008,registerCard=0],"
        "basketItems=[[withholdingTax=0.1], [id=true]],paymentSource=],reward=],list=]]"
    )
    assert await problem_of(asking(fields, text)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"buyer": "text", "basketItems": "text", "paymentCard": ["text", None, 1.5]},
        {"buyer": [[{"id": {"a": [1]}}]], "price": {"a": 1}, "paidPrice": ["1", {}, True]},
        {"paymentCard": {"metadata": {"a": {"b": None}}, "cardNumber": {"a": 1}, "cvc": [1]}},
        ["text"],
        "text",
        7,
    ],
)
async def test_a_body_of_another_shape_is_only_badly_signed(fields: object):
    """Nonsense where an object or a list belongs never breaks the check."""
    assert await problem_of(asking(fields, "[]")) is AuthProblem.BAD_SIGNATURE


@pytest.mark.parametrize("signature", ["", "ş", "AAAA", "re24m83g17dKIMcePT2lghaQIb0"])
async def test_another_signature_is_refused(signature: str):
    """Not base64, not ASCII, not whole: all the same bad signature."""
    headers = {"authorization": f"IYZWS {KEY}:{signature}", "x-iyzi-rnd": RANDOM_KEY}
    request = request_of(json.dumps(BIN_CHECK).encode(), headers, "/payment/bin/check")
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE


async def test_without_the_random_header_nothing_is_signed():
    """The random key is part of the text, so a request without it cannot be checked."""
    headers = legacy_headers("[binNumber=554960]")
    del headers["x-iyzi-rnd"]
    request = request_of(b'{"binNumber":"554960"}', headers, "/payment/bin/check")
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE


async def test_a_key_of_nobody_is_unknown():
    """The key before the last colon is looked up before anything is hashed."""
    callers = OneCaller()
    request = request_of(b"{}", {"authorization": "IYZWS some:one:c2ln"}, "/payment/bin/check")
    assert await problem_of(request, callers) is AuthProblem.UNKNOWN_KEY
    assert callers.asked == ["some:one"]


def leaves(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The places of all values that are no containers."""
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in leaves(item, (*path, name))]
    if isinstance(value, list):
        return [leaf for place, item in enumerate(value) for leaf in leaves(item, (*path, place))]
    return [path]


@given(place=st.sampled_from(leaves(PAYMENT)), at=st.integers(0, 99), bit=st.integers(0, 6))
async def test_any_flipped_bit_of_a_field_refuses(place: tuple[object, ...], at: int, bit: int):
    """Every field of a payment is bound, the card's number and code and each line's price too."""
    tampered = copy.deepcopy(PAYMENT)
    container = tampered
    for key in place[:-1]:
        container = container[key]
    value = container[place[-1]]
    at %= len(value)
    container[place[-1]] = value[:at] + chr(ord(value[at]) ^ (1 << bit)) + value[at + 1 :]
    request = asking(tampered, PAYMENT_TEXT)
    assert await problem_of(request) is AuthProblem.BAD_SIGNATURE
    assert await problem_of(asking(PAYMENT, PAYMENT_TEXT)) is None


@given(
    part=st.sampled_from(["key", "random", "secret", "signature"]),
    at=st.integers(0, 99),
    bit=st.integers(0, 6),
)
async def test_any_flipped_bit_around_the_fields_refuses(part: str, at: int, bit: int):
    """Key, random key, secret and signature are bound as well."""
    headers = legacy_headers(PAYMENT_TEXT)
    values = {
        "key": KEY,
        "random": RANDOM_KEY,
        "secret": SECRET,
        "signature": headers["authorization"].rpartition(":")[2],
    }
    value = values[part]
    at %= len(value)
    values[part] = value[:at] + chr(ord(value[at]) ^ (1 << bit)) + value[at + 1 :]
    headers = {
        "authorization": f"IYZWS {values['key']}:{values['signature']}",
        "x-iyzi-rnd": values["random"],
    }
    raw = json.dumps(PAYMENT).encode()
    request = request_of(raw, headers, "/payment/auth", PAYMENT_CARD)
    assert await problem_of(request, OneCaller(secret=values["secret"])) in AuthProblem
