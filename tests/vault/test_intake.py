import base64
import hashlib
import hmac
import json
import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.vault import CARD_FIELDS
from fakes.world import FixedClock
from vezne.core.body import (
    CardFields,
    FieldState,
    MalformedBody,
)
from vezne.core.card import CardSlot, holds_pan
from vezne.core.ports import CardGone
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN = "5528790000000008"
SPACED = "5528 7900 0000 0008"
AMEX = "374427000000003"
ABSENT, INVALID, VALID = FieldState.ABSENT, FieldState.INVALID, FieldState.VALID


def make():
    transit = Transit(FixedClock(SAMPLE_TIME_MS))
    return VaultIntake(transit), transit


@pytest.fixture
def transit():
    return make()[1]


@pytest.fixture
def intake(transit):
    return VaultIntake(transit)


def lift(intake, payload, fields=CARD_FIELDS, *, escape=True):
    return intake.lift(json.dumps(payload, ensure_ascii=escape).encode(), fields)


def test_the_card_leaves_the_body(intake, transit):
    """The payload holds slots, the lifted card what may be known, transit the rest."""
    body = lift(intake, {"price": 1.2, "paymentCard": {"cardNumber": PAN, "cvc": "123", "x": 1}})
    assert body.payload == {
        "price": Decimal("1.2"),
        "paymentCard": {"cardNumber": CardSlot.PAN, "cvc": CardSlot.CVV, "x": 1},
    }
    card = body.card
    assert (card.number, card.cvv, card.bin, card.last4) == (VALID, VALID, "55287900", "0008")
    assert not card.leaked
    assert transit.pan(card.transit_id).reveal() == PAN.encode()
    assert transit.cvv(card.transit_id).reveal() == b"123"


@pytest.mark.parametrize(
    ("container", "number", "cvv"),
    [
        ({"cardNumber": PAN, "cvc": "123"}, VALID, VALID),
        ({"cardNumber": SPACED, "cvc": 123}, VALID, VALID),
        ({"cardNumber": int(PAN), "cvc": "0123"}, VALID, INVALID),
        ({"cardNumber": AMEX, "cvc": "1234"}, VALID, VALID),
        ({"cardNumber": AMEX, "cvc": "123"}, VALID, INVALID),
        ({"cardNumber": PAN}, VALID, ABSENT),
        ({"cardNumber": PAN, "cvc": ""}, VALID, ABSENT),
        ({"cardNumber": PAN, "cvc": None}, VALID, ABSENT),
        ({"cardNumber": "5528790000000009", "cvc": "123"}, INVALID, VALID),
        ({"cardNumber": "", "cvc": "1234"}, ABSENT, VALID),
        ({"cvc": "123"}, ABSENT, VALID),
        ({"cvc": "12"}, ABSENT, INVALID),
        ({"cardNumber": None}, ABSENT, ABSENT),
        ({}, ABSENT, ABSENT),
        ({"cardNumber": [PAN]}, INVALID, ABSENT),
        ({"cardNumber": {"a": PAN}}, INVALID, ABSENT),
        ({"cardNumber": True, "cvc": False}, INVALID, INVALID),
        ({"cardNumber": 5.5e15, "cvc": 123.0}, INVALID, INVALID),
        ({"cardNumber": -int(PAN), "cvc": -12}, INVALID, INVALID),
        ({"cardNumber": " ", "cvc": " "}, INVALID, INVALID),
        ({"cardNumber": "pan", "cvc": "cvv"}, INVALID, INVALID),
    ],
)
def test_states_of_the_fields(intake, transit, container, number, cvv):
    """Absent, invalid or valid; what is present is replaced, what is empty stays as it was."""
    body = lift(intake, {"paymentCard": dict(container)})
    assert (body.card.number, body.card.cvv) == (number, cvv)
    left = body.payload["paymentCard"]
    for name, slot in (("cardNumber", CardSlot.PAN), ("cvc", CardSlot.CVV)):
        if container.get(name) in (None, ""):
            assert left.get(name) == container.get(name)
        else:
            assert left[name] is slot
    is_held = number is VALID or (number is ABSENT and cvv is VALID)
    assert (body.card.transit_id != 0) is is_held
    assert len(transit) == is_held
    assert bool(body.card.bin) is bool(body.card.last4) is (number is VALID)


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, True, {"paymentCard": None}, {"paymentCard": []}, {"paymentCard": False}],
)
def test_a_missing_container(intake, transit, payload):
    """The route has card fields and the request has none: number and code are absent."""
    body = lift(intake, payload)
    assert body.payload == payload
    assert (body.card.number, body.card.cvv, body.card.transit_id) == (ABSENT, ABSENT, 0)
    assert len(transit) == 0


@pytest.mark.parametrize(
    ("payload", "left"),
    [
        (1, 0),
        ("text", "?"),
        ("", ""),
        ([{"paymentCard": {"cardNumber": PAN, "cvc": "123"}}], [None]),
        ({"paymentCard": [PAN]}, {"paymentCard": [None]}),
        ({"paymentCard": [{"cardNumber": PAN, "cvc": "123"}]}, {"paymentCard": [None]}),
        ({"paymentCard": PAN}, {"paymentCard": "?"}),
        ({"paymentCard": int(PAN)}, {"paymentCard": 0}),
    ],
)
def test_what_stands_in_a_container_s_place_is_emptied(intake, transit, payload, left):
    """It could be a card. It keeps its type, so that the dialect refuses it as it would have."""
    body = lift(intake, payload)
    assert body.payload == left
    assert (body.card.number, body.card.cvv, body.is_empty) == (ABSENT, ABSENT, False)
    assert len(transit) == 0


def test_fields_anywhere(intake):
    """The container may be the body itself or lie deep, and a route may have no code field."""
    top = lift(intake, {"number": PAN}, CardFields((), "number"))
    assert (top.payload, top.card.cvv) == ({"number": CardSlot.PAN}, ABSENT)
    deep = lift(intake, {"a": {"b": {"n": PAN, "c": "123"}}}, CardFields(("a", "b"), "n"))
    assert deep.payload == {"a": {"b": {"n": CardSlot.PAN, "c": "123"}}}
    cut = lift(intake, {"a": [1]}, CardFields(("a", "b"), "n"))
    assert cut.card.number is ABSENT


def test_a_route_without_card_fields(intake, transit):
    """Nothing is lifted and there is no card."""
    body = lift(intake, {"cardNumber": "x"}, None)
    assert (body.payload, body.card, len(transit)) == ({"cardNumber": "x"}, None, 0)
    body.release()


@pytest.mark.parametrize(
    ("raw", "payload", "is_empty"),
    [
        (b"", None, True),
        (b" \r\n", None, True),
        (b"[]", [], True),
        (b" [ ] ", [], True),
        (b"null", None, False),
        (b"{}", {}, False),
        (b"[1]", [1], False),
        (b'""', "", False),
    ],
)
def test_bodies_that_say_nothing(intake, raw, payload, is_empty):
    """No body and an empty array count as empty; null and an empty object do not."""
    body = intake.lift(raw, None)
    assert (body.payload, body.is_empty) == (payload, is_empty)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"01",
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'{"\xc3\x28": 1}',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'"\\ud800\\u0041"',
        b'"\\udc00"',
        b'"\x00"',
        b'"\\x41"',
        '{"a": 1}'.encode("utf-16"),
        b"[1e999999999]",
        b"[1e-999999999]",
        b"[0e999999999]",
        b"[1e99999999999999999999]",
        b"[0e-99999999999999999999]",
        b"[1e" + b"9" * 9000 + b"]",
        b"[1e33]",
        b"[0." + b"3" * 127 + b"]",
        b"[10000000000000000000]",
        b"[-10000000000000000000]",
        b"[" + b"9" * 4000 + b"]",
        b"[" + b"9" * 9000 + b"]",
        b'{"a": {"b": 100000000000000000000}}',
    ],
)
def test_what_is_no_acceptable_json(intake, transit, raw):
    """Syntax, encoding, lone surrogates, absurd numbers: refused, in words that quote nothing."""
    with pytest.raises(MalformedBody) as refused:
        intake.lift(raw, CARD_FIELDS)
    assert str(refused.value) in {"no valid JSON", "a number out of range"}
    assert refused.value.__context__ is None
    assert len(transit) == 0


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"1.20", Decimal("1.20")),
        (b"0.1", Decimal("0.1")),
        (b"1E2", Decimal("1E+2")),
        (b"1e-8", Decimal("0.00000001")),
        (b"-0.0", Decimal("-0.0")),
        (b"9999999999999999999", 9_999_999_999_999_999_999),
        (b'"TR180006200119000006672315"', "TR180006200119000006672315"),
        (b"0." + b"3" * 120, Decimal("0." + "3" * 120)),
        ('"Göztepe \U0001f4b3"'.encode(), "Göztepe \U0001f4b3"),
        (b'"\\ud83d\\udcb3"', "\U0001f4b3"),
    ],
)
def test_numbers_are_exact(intake, raw, value):
    """A fraction or exponent makes a Decimal of the very text; digits in a text are no number."""
    payload = intake.lift(raw, None).payload
    assert (payload, type(payload), str(payload)) == (value, type(value), str(value))


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting(intake, opening, closing):
    """Thirty-two levels are the limit, and no depth exhausts the stack."""
    for depth in (1, 31, 32):
        assert intake.lift(opening * depth + b"1" + closing * depth, CARD_FIELDS)
    for depth in (33, 500, 100_000):
        with pytest.raises(MalformedBody, match="nested too deeply"):
            intake.lift(opening * depth + b"1" + closing * depth, CARD_FIELDS)
    with pytest.raises(MalformedBody):
        intake.lift(opening * 100_000, CARD_FIELDS)


def test_many_brackets_are_not_deep(intake):
    """A basket of many lines and a text of brackets nest no deeper than they do."""
    lines = [{"id": "[" * 50, "price": 1}] * 500
    assert lift(intake, {"basketItems": lines}).payload == {"basketItems": lines}


def test_repeated_keys(intake):
    """The last one wins; nothing of an earlier number is left, not even in a lost container."""
    raw = (
        f'{{"paymentCard": {{"cardNumber": "{AMEX}", "cvc": "1234"}}, "paymentCard":'
        f' {{"cardNumber": "{AMEX}", "cardNumber": "{PAN}", "cvc": "9", "cvc": "123"}}}}'
    ).encode()
    body = intake.lift(raw, CARD_FIELDS)
    assert body.payload == {"paymentCard": {"cardNumber": CardSlot.PAN, "cvc": CardSlot.CVV}}
    assert (body.card.last4, body.card.cvv, body.card.leaked) == ("0008", VALID, False)


def test_the_same_number_twice_in_a_lost_key_is_no_leak(intake):
    """A second occurrence that the parser dropped is nowhere in the payload."""
    raw = f'{{"paymentCard": {{"cardNumber": "{PAN}", "cardNumber": "{PAN}"}}}}'.encode()
    assert not intake.lift(raw, CARD_FIELDS).card.leaked


@pytest.mark.parametrize("number", [PAN, SPACED, int(PAN)])
@pytest.mark.parametrize(
    "place",
    [
        {"cardAlias": PAN},
        {"cardAlias": SPACED},
        {"cardAlias": "5528-7900-0000-0008"},
        {"cardAlias": "5528\u00a07900\u20130000.0008"},
        {"cardAlias": f"my card {PAN}!"},
        {"basketItems": [{"id": 1}, {"name": f"x{PAN}"}]},
        {PAN: "key"},
        {"deep": {f"k {SPACED}": None}},
        {"amount": int(PAN)},
        {"amount": Decimal(f"{PAN}.0")},
        {"orderId": f"00{PAN}11"},
        {"orderId": f"{PAN[:6]}\t{PAN[6:]}"},
        {"orderId": f'{PAN[:6]}\n"{PAN[6:]}'},
        {"orderId": f"{PAN[:6]}\x7f\x1f{PAN[6:]}"},
    ],
)
def test_a_number_in_another_field_is_noticed(intake, number, place):
    """As text, key or number, grouped or not, escaped or not."""
    payload = {**place, "paymentCard": {"cardNumber": number, "cvc": "123"}}
    text = json.dumps(payload, default=str).replace(f'"{PAN}.0"', f"{PAN}.0")
    raw_utf8 = msgspec.json.encode(json.loads(text, parse_float=Decimal))
    escaped = text.replace(PAN, "".join(f"\\u{ord(digit):04x}" for digit in PAN))
    for raw in (text.encode(), raw_utf8, escaped.encode()):
        try:
            card = intake.lift(raw, CARD_FIELDS).card
        except MalformedBody:
            # Escapes are no digits outside of a text.
            assert raw is not text
            continue
        assert card.leaked


def test_a_number_in_another_field_does_not_get_through(intake):
    """Its digits are zeros there, of the same form; the rest of the body is as it was sent."""
    note = "my card 5528-7900-0000-0008, of 2030"
    payload = {
        "paymentCard": {"cardNumber": PAN, "cardAlias": note},
        PAN: ["", None, True, 12, 1.5, PAN],
        "sum": int(PAN),
        "fraction": 0.5528790000000008,
    }
    body = lift(intake, payload)
    assert body.card.leaked
    assert body.record is None
    assert body.payload == {
        "paymentCard": {
            "cardNumber": CardSlot.PAN,
            "cardAlias": "my card 0000-0000-0000-0000, of 0000",
        },
        "0" * 16: ["", None, True, 12, Decimal("1.5"), "0" * 16],
        "sum": 0,
        "fraction": 0,
    }
    assert holds_pan(body.payload["paymentCard"]["cardAlias"])


@pytest.mark.parametrize("escape", [True, False])
@pytest.mark.parametrize(
    "place",
    [
        {"cardAlias": "552879******0008"},
        {"cardAlias": "my card \\ öçşığü"},
        {"bin": "552879", "last4": "0000000008"},
        {"cardAlias": PAN[:-1]},
        {"cardAlias": "5528790000000016"},
    ],
)
def test_what_is_no_leak(intake, place, escape):
    """Parts of the number, its mask, other numbers, and digits split over fields."""
    payload = {**place, "paymentCard": {"cardNumber": PAN}}
    assert not lift(intake, payload, escape=escape).card.leaked


PIECES = st.sampled_from(
    [
        *(PAN[start : start + 4] for start in range(0, 16, 4)),
        PAN,
        PAN[:8],
        "\\u00a0",
        "\\u0131\\u015f",
        "\\u0041",
        "\\u0035",
        "\\u003",
        "\\\\",
        "\\\\u5528",
        "\\/",
        "\\n",
        '\\"',
        "-",
        " ",
        "ş",
        "x",
        "u",
        ",",
        "1",
    ]
)


@settings(max_examples=500)
@given(texts=st.lists(st.lists(PIECES, max_size=9).map("".join), min_size=1, max_size=3))
def test_a_leak_is_found_by_its_digits_alone(texts):
    """However it is cut and escaped: what a decoder reads decides, never how it was written."""
    members = "".join(f', "f{number}": "{text}"' for number, text in enumerate(texts))
    raw = f'{{"paymentCard": {{"cardNumber": "{PAN}"}}{members}}}'.encode()
    try:
        values = json.loads(raw)
    except ValueError:
        return
    parts = [
        "".join(char for char in part if char.isascii() and char.isalnum())
        for name, value in values.items()
        if name != "paymentCard"
        for part in re.split(r"[,:{}\[\]]", value)
    ]
    leaked = make()[0].lift(raw, CARD_FIELDS).card.leaked
    assert leaked is any(PAN in part for part in parts)


@pytest.mark.parametrize("other", ["5528790000000017", "20261122210457123456"])
def test_other_long_numbers_are_no_leak(intake, other):
    """Merchants use references as long as a card number."""
    body = lift(intake, {"paymentCard": {"cardNumber": PAN}, "conversationId": other})
    assert not body.card.leaked
    assert lift(intake, {"paymentCard": {"cardNumber": PAN}, "x": other + PAN}).card.leaked


# RFC 4231, test cases 1 to 4, 6 and 7.
HMAC_VECTORS = [
    ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe".hex(),
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("aa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        bytes(range(1, 26)).hex(),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (
        "aa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        "aa" * 131,
        (
            b"This is a test using a larger than block-size key and a larger than block-size data. "
            b"The key needs to be hashed before being used by the HMAC algorithm."
        ),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


@pytest.mark.parametrize(("key", "data", "digest"), HMAC_VECTORS)
async def test_published_hmac_vectors(intake, key, data, digest):
    """The proof over a prefix and an empty body is HMAC-SHA256 of the prefix."""
    body = intake.lift(b"", None)
    assert await body.is_hmac_sha256(digest.encode(), bytes.fromhex(key), data)
    assert not await body.is_hmac_sha256(digest.upper().encode(), bytes.fromhex(key), data)


async def test_hmac_covers_the_original_bytes(intake):
    """The signed text of the iyzico documentation's scheme, card included, byte for byte."""
    raw = b'{"locale":"tr","conversationId":"123456789","binNumber":"554960","price":"100"}'
    body = intake.lift(raw, None)
    prefix = b"Rnd4Test/payment/iyzipos/installment"
    signature = b"3a21d9e62c975dcddc511bb8cd3748da0b1abf0af1c833dc2605196bb86185fe"
    assert await body.is_hmac_sha256(signature, b"demo-secret-key", prefix)
    card = f' {{"paymentCard" : {{"cardNumber":"{PAN}"}} }}\n'.encode()
    with_card = hmac.digest(b"key", card, "sha256").hex().encode()
    assert await intake.lift(card, CARD_FIELDS).is_hmac_sha256(with_card, b"key", b"")


@pytest.mark.parametrize(
    ("container", "text"),
    [
        ({"cardNumber": PAN, "cvc": "123"}, f"<{PAN}|123>"),
        ({"cardNumber": SPACED, "cvc": 12}, f"<{SPACED}|12>"),
        ({"cardNumber": int(PAN)}, f"<{PAN}|>"),
        ({"cardNumber": "not a card"}, "<not a card|>"),
        ({"cardNumber": [1], "cvc": True}, "<|>"),
    ],
)
async def test_sha1_fills_the_slots(intake, container, text):
    """With the text that was sent, valid or not; with nothing where there was no text."""
    body = lift(intake, {"paymentCard": container})
    signature = base64.b64encode(hashlib.sha1(text.encode()).digest())  # noqa: S324
    assert await body.is_sha1(signature, ["<", CardSlot.PAN, "|", CardSlot.CVV, ">"])
    assert not await body.is_sha1(signature, [CardSlot.PAN, "|", CardSlot.CVV])


async def test_release_wipes(intake, transit):
    """After release nothing is in transit and no proof can be had; twice does no harm."""
    body = lift(intake, {"paymentCard": {"cardNumber": PAN, "cvc": "123"}})
    pan = transit.pan(body.card.transit_id)
    body.release()
    body.release()
    assert len(transit) == 0
    with pytest.raises(ValueError, match="wiped"):
        pan.reveal()
    with pytest.raises(CardGone):
        transit.pan(body.card.transit_id)
    for proof in (lambda: body.is_hmac_sha256(b"", b"", b""), lambda: body.is_sha1(b"", [])):
        with pytest.raises(ValueError, match="released"):
            await proof()


def test_a_body_does_not_show_itself(intake):
    """Its text form has neither number nor bytes."""
    body = lift(intake, {"paymentCard": {"cardNumber": PAN, "cvc": "123"}})
    for text in (repr(body), str(body), repr(body.card), repr(body.payload)):
        assert PAN not in text
        assert "123" not in text.replace(hex(id(body)), "").replace("55287900", "")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19) + 1, 10**19 - 1)
    | st.text(max_size=20)
    | st.sampled_from([PAN, SPACED, f"a{PAN}", "cardNumber"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from([PAN, "paymentCard", "cvc"]), inner)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_malformed(raw):
    """No input raises anything but MalformedBody."""
    lift_or_refuse(raw)


@given(st.text(alphabet='{}[]",:0123456789eE+-.\\u truefalsn\u00e7', max_size=60))
def test_any_almost_json_is_json_or_malformed(text):
    """Nor does what nearly is JSON."""
    lift_or_refuse(text.encode())


@given(st.from_regex(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", fullmatch=True))
def test_any_number_is_bounded_or_malformed(text):
    """Nor any number, and one that is accepted can be computed with."""
    lift_or_refuse(text.encode())
    try:
        number = make()[0].lift(text.encode(), None).payload
    except MalformedBody:
        return
    assert abs(int(number)) < 10**33
    assert abs(Decimal(number).adjusted()) <= 64


def lift_or_refuse(raw):
    intake, transit = make()
    try:
        body = intake.lift(raw, CARD_FIELDS)
    except MalformedBody:
        assert len(transit) == 0
    else:
        body.release()
        assert len(transit) == 0


@settings(max_examples=200)
@given(json_values, json_values, st.booleans())
def test_the_clean_payload_never_holds_the_number_unnoticed(value, number, escape):
    """Whatever is sent beside or in place of the number: it is replaced, and so are repeats."""
    intake, transit = make()
    payload = {"other": value, "paymentCard": {"cardNumber": number, "extra": value}}
    body = lift(intake, payload, escape=escape)
    sent, left = (
        json.dumps(values, default=str, ensure_ascii=False).replace(" ", "")
        for values in ([value], body.payload)
    )
    if body.card.number is VALID:
        digits = transit.pan(body.card.transit_id).reveal().decode()
        assert body.card.leaked is (digits in sent)
        assert digits not in left
    slot = body.payload["paymentCard"]["cardNumber"]
    assert slot is CardSlot.PAN or number in (None, "")


@given(st.text("0123456789 ", max_size=24))
def test_digits_of_any_kind_are_replaced(number):
    """Valid or not, what stands in the number field leaves the payload."""
    intake, _ = make()
    body = lift(intake, {"paymentCard": {"cardNumber": number}})
    left = body.payload["paymentCard"]["cardNumber"]
    assert left is CardSlot.PAN or (left == number == "")


@given(st.permutations(["price", "buyer", "paymentCard", "basketItems"]))
def test_bodies_of_a_whole_payment_survive(keys):
    """Everything else in the payload is what the JSON says, whatever the order of keys."""
    values = {
        "price": "1.2",
        "buyer": {"name": "Ayşe", "ids": [1, 2, 3]},
        "paymentCard": {"cardNumber": PAN, "cvc": "123", "cardHolderName": "Ayşe"},
        "basketItems": [{"id": "BI101", "price": "0.3"}],
    }
    body = lift(make()[0], {key: values[key] for key in keys})
    assert body.payload == values | {
        "paymentCard": {
            "cardNumber": CardSlot.PAN,
            "cvc": CardSlot.CVV,
            "cardHolderName": "Ayşe",
        }
    }
    assert not body.card.leaked
