"""Bodies that are read as a record: decoded once, the card caught on the way."""

import base64
import hashlib
import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.vault import CARD_FIELDS
from fakes.world import FixedClock
from vezne.core.body import (
    BodyShape,
    CardFields,
    FieldState,
    LiftedCode,
    LiftedNumber,
    MalformedBody,
)
from vezne.core.card import CardSlot
from vezne.vault.intake import VaultIntake
from vezne.vault.reading import MADE_MAX, Originals, RecordReader
from vezne.vault.transit import Transit

PAN = "5528790000000008"
SPACED = "5528 7900 0000 0008"
AMEX = "374427000000003"
VALID = FieldState.VALID


def make():
    transit = Transit(FixedClock(SAMPLE_TIME_MS))
    return VaultIntake(transit), transit


@pytest.fixture
def transit():
    return make()[1]


@pytest.fixture
def intake(transit):
    return VaultIntake(transit)


class Card(msgspec.Struct, rename="camel"):
    card_number: LiftedNumber | None = None
    cvc: LiftedCode | None = None
    alias: str | None = None


class Basket(msgspec.Struct, rename="camel"):
    payment_card: Card | None = None
    price: Decimal | None = None
    count: int | None = None


def make_nothing(kind, value):
    raise ValueError(kind, value)


SHAPE = BodyShape(Basket, make_nothing)


async def test_a_body_of_its_shape_is_a_record(intake, transit):
    """It is decoded once, the card is caught on the way; the JSON values are there when asked."""
    raw = json.dumps(
        {"paymentCard": {"cardNumber": SPACED, "cvc": 123, "alias": "ş"}, "price": 1.2, "more": []}
    ).encode()
    body = intake.lift(raw, CARD_FIELDS, SHAPE)
    assert body.record.payment_card.alias == "ş"
    assert isinstance(body.record.payment_card.card_number, LiftedNumber)
    assert (body.record.price, body.is_empty) == (Decimal("1.2"), False)
    assert transit.pan(body.card.transit_id).reveal() == PAN.encode()
    assert (body.card.number, body.card.cvv, body.card.leaked) == (VALID, VALID, False)
    assert body.payload["paymentCard"]["cvc"] is CardSlot.CVV
    assert body.payload is body.payload
    signature = base64.b64encode(hashlib.sha1(f"{SPACED}|".encode()).digest())  # noqa: S324
    assert await body.is_sha1(signature, [CardSlot.PAN, "|"])
    body.release()
    assert len(transit) == 0
    assert intake.lift(b'{"price": 2}', CARD_FIELDS, SHAPE).record.price == 2


def test_the_values_of_a_record_are_gone_with_its_body(intake):
    """Nothing is read anew after release."""
    body = intake.lift(b'{"price": 1}', CARD_FIELDS, SHAPE)
    body.release()
    with pytest.raises(ValueError, match="released"):
        _ = body.payload


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"null", b'{"count": "1"}', b'{"price": {}}', b'{"paymentCard": []}', b"{"],
)
def test_a_body_of_another_shape_is_no_record(intake, raw):
    """It is taken apart as ever; what is no JSON is refused as ever."""
    try:
        plain = intake.lift(raw, CARD_FIELDS)
    except MalformedBody:
        with pytest.raises(MalformedBody):
            intake.lift(raw, CARD_FIELDS, SHAPE)
    else:
        body = intake.lift(raw, CARD_FIELDS, SHAPE)
        assert body.record is None
        assert (body.payload, body.card, body.is_empty) == (
            plain.payload,
            plain.card,
            plain.is_empty,
        )


def test_an_excess_is_refused_in_fields_that_no_record_has(intake):
    """Numbers and nesting out of bounds are refused wherever they stand."""
    for raw in (b'{"x": %b}' % (b"9" * 20), b'{"x": %b1%b}' % (b"[" * 40, b"]" * 40)):
        with pytest.raises(MalformedBody):
            intake.lift(raw, None, SHAPE)


def test_a_shape_without_a_mark_is_refused(intake):
    """Otherwise a card would pass for absent."""
    with pytest.raises(ValueError, match="no mark for alias"):
        intake.lift(b"{}", CardFields(("paymentCard",), "alias"), SHAPE)


CARD_VALUES = st.sampled_from(
    [PAN, SPACED, AMEX, "", None, "12", int(PAN), 123, "123", "1234", True, [], {}, 1.5]
)
ALIASES = st.sampled_from(
    [
        "x",
        PAN,
        SPACED,
        "ışığ",
        f"5528\u2009{PAN[4:]}",
        f"ş{PAN}",
        f"\n{PAN}",
        f"\\u{PAN}",
        "5528\n790000000008",
        '"',
    ]
)


@settings(max_examples=300)
@given(
    cards=st.lists(
        st.fixed_dictionaries(
            {}, optional={"cardNumber": CARD_VALUES, "cvc": CARD_VALUES, "alias": ALIASES}
        ),
        max_size=2,
    ),
    reference=ALIASES,
    escape=st.booleans(),
)
async def test_a_record_hides_and_finds_what_the_plain_way_does(cards, reference, escape):
    """Card, leak and JSON values are the same both ways, repeated fields and escapes included."""
    members = [("paymentCard", card) for card in cards]
    members.append(("conversationId", reference))
    raw = ", ".join(
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=escape)}" for name, value in members
    )
    raw = f"{{{raw}}}".encode()
    plain, quick = make()[0].lift(raw, CARD_FIELDS), make()[0].lift(raw, CARD_FIELDS, SHAPE)
    assert quick.card == plain.card
    assert quick.payload == plain.payload
    assert quick._originals == plain._originals


def test_escaped_digits_are_found(intake):
    """A number whose digits are escapes is the same number."""
    hidden = "".join(f"\\u{ord(digit):04x}" for digit in PAN)
    raw = f'{{"x": "{hidden}", "paymentCard": {{"cardNumber": "{PAN}"}}}}'.encode()
    assert intake.lift(raw, CARD_FIELDS, SHAPE).card.leaked


class Sum(msgspec.Struct, rename="camel"):
    amount_due: complex | None = None
    card_number: LiftedNumber | None = None


def make_complex(kind, value):
    """Stands for a dialect's own type: a number from an integer or its text."""
    if kind is not complex or not isinstance(value, int | str):
        raise ValueError(kind, value)
    return complex(value)


@pytest.mark.parametrize(
    ("value", "read"), [("3", 3 + 0j), (3, 3 + 0j), ([], None), ("x", None), (None, None)]
)
def test_a_dialect_s_own_types(intake, value, read):
    """Its `make` turns values into them; a value that is none leaves no record."""
    raw = json.dumps({"amountDue": value, "cardNumber": PAN}).encode()
    body = intake.lift(raw, CardFields((), "cardNumber"), BodyShape(Sum, make_complex))
    is_record = read is not None or value is None
    assert (body.record is not None) is is_record
    assert body.record is None or body.record.amount_due == read
    assert (body.card.number, body.card.cvv) == (VALID, FieldState.ABSENT)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"x": 1e999}',
        b'{"x": [1, -1.5E99999]}',
        b'{"x":0e-999}',
        b'{"x": "\xff"}',
        b'{"\xc3": 1}',
    ],
)
def test_what_a_record_skips_is_checked_too(intake, raw):
    """Numbers out of range and bytes that are no UTF-8 are refused wherever they stand."""
    with pytest.raises(MalformedBody):
        intake.lift(raw, CARD_FIELDS, SHAPE)


@pytest.mark.parametrize("text", ["5e1f-0E", "1e5", "ş 2e3"])
def test_texts_that_look_like_exponents_are_read(intake, text):
    """Ids often have a digit before an e."""
    raw = json.dumps({"paymentCard": {"alias": text}}, ensure_ascii=False).encode()
    assert intake.lift(raw, CARD_FIELDS, SHAPE).record.payment_card.alias == text


NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,21})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?", fullmatch=True
)


@settings(max_examples=300)
@given(number=NUMBERS, depth=st.integers(0, 40), blanks=st.sampled_from(["", " ", "\n\t"]))
def test_any_number_at_any_depth_is_refused_as_the_plain_way_does(number, depth, blanks):
    """What a record skips is bounded by the outline of the body alone."""
    nested = "[" * depth + blanks + number + blanks + "]" * depth
    raw = f'{{"x":{blanks}{nested}, "price": 1}}'.encode()
    try:
        plain = make()[0].lift(raw, CARD_FIELDS)
    except MalformedBody as refused:
        with pytest.raises(MalformedBody, match=str(refused)):
            make()[0].lift(raw, CARD_FIELDS, SHAPE)
    else:
        assert make()[0].lift(raw, CARD_FIELDS, SHAPE).payload == plain.payload


def test_what_was_caught_is_forgotten_with_the_request(intake):
    """Nobody keeps the texts of a card that was answered for, or of one in a refused body."""
    card = {"cardNumber": PAN, "cvc": "123"}
    reader = RecordReader(SHAPE, CARD_FIELDS)
    assert reader.read(json.dumps({"paymentCard": card}).encode()).originals == Originals(
        PAN, "123"
    )
    assert reader.read(json.dumps({"paymentCard": card, "count": "x"}).encode()) is None
    assert reader._caught == Originals()
    body = intake.lift(json.dumps({"paymentCard": card}).encode(), CARD_FIELDS, SHAPE)
    (kept,) = intake._readers.values()
    assert kept._caught is body._originals
    body.release()
    assert kept._caught == Originals()
    excess = json.dumps({"paymentCard": card, "x": 10**20}).encode()
    with pytest.raises(MalformedBody):
        intake.lift(excess, CARD_FIELDS, SHAPE)
    assert kept._caught == Originals()


def test_short_texts_are_made_once():
    """A price that comes again is the same; nothing that could hold a card number is kept."""
    reader = RecordReader(BodyShape(Sum, make_complex), CardFields((), "cardNumber"))

    def read(value):
        raw = json.dumps({"amountDue": value, "cardNumber": "123"}).encode()
        return reader.read(raw).record.amount_due

    assert read("1.20") is read("1.20")
    for value in (12, "374427000000003", "055287900000"):
        assert read(value) is not read(value)
    assert list(reader._made[complex]) == ["1.20"]
    for number in range(MADE_MAX + 10):
        assert read(str(number)) == number
        assert len(reader._made[complex]) <= MADE_MAX
    assert {kind for kind, kept in reader._made.items() if kept} == {complex}


@pytest.mark.parametrize("last", ["null", '{"cvc": null}', '{"cardNumber": ""}'])
def test_a_card_that_a_later_one_replaced_is_none(intake, transit, last):
    """Of fields of one name the last counts, and nothing of the others is held."""
    first = json.dumps({"cardNumber": PAN, "cvc": "123"})
    raw = f'{{"paymentCard": {first}, "paymentCard": {last}}}'.encode()
    body = intake.lift(raw, CARD_FIELDS, SHAPE)
    assert (body.card.number, body.card.cvv) == (FieldState.ABSENT, FieldState.ABSENT)
    assert (body._originals, len(transit)) == (Originals(), 0)
