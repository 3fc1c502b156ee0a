"""Records that skip nothing: a body that fits one needs no second look."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import SAMPLE_TIME_MS
from fakes.vault import CARD_FIELDS
from fakes.world import FixedClock
from vezne.core.body import BodyShape, LiftedCode, LiftedNumber, MalformedBody
from vezne.vault.closed_records import closed_record
from vezne.vault.intake import VaultIntake
from vezne.vault.reading import OPEN_BODIES, RecordReader
from vezne.vault.transit import Transit

PAN = "5528790000000008"


class Item(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    item_name: str
    price: complex | None = None


class Card(msgspec.Struct, rename="camel", frozen=True):
    card_number: LiftedNumber | None = None
    cvc: LiftedCode | None = None
    metadata: dict[str, str] | None = None


class Basket(msgspec.Struct, rename="camel", frozen=True):
    payment_card: Card | None = None
    kind: Literal["a", "b"] | None = None
    basket_items: Annotated[list[Item], msgspec.Meta(max_length=2)] | None = None
    more_items: Sequence[Item] | None = None
    odd: Item | None = msgspec.field(default=None, name="ODD")


def make_complex(kind, value):
    """A number that the dialect takes from a text, or from a number of any kind."""
    if kind is not complex or isinstance(value, list | dict | bool):
        raise ValueError(kind, value)
    return complex(value)


SHAPE = BodyShape(Basket, make_complex)
ITEM = {"itemName": "x", "price": "1"}
CARD = {"cardNumber": PAN, "cvc": "123", "metadata": {"a": "b"}}


def lift(raw, shape):
    intake = VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS)))
    try:
        return intake.lift(raw, CARD_FIELDS, shape)
    except MalformedBody as refused:
        return str(refused)


def read(body):
    return RecordReader(SHAPE, CARD_FIELDS).read(json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"paymentCard": CARD, "kind": "a"},
        {"basketItems": [ITEM, ITEM], "moreItems": [ITEM], "ODD": ITEM},
        {"kind": "b", "basketItems": None, "moreItems": []},
        {"basketItems": [ITEM | {"price": 1.5}], "paymentCard": {"cvc": 123}},
    ],
)
def test_a_body_without_other_fields_is_whole(body):
    """Its record is one of the shape's own type."""
    whole = read(body)
    assert whole.is_whole
    assert isinstance(whole.record, Basket)
    assert [item.price for item in whole.record.basket_items or ()] == [
        complex(item["price"]) for item in body.get("basketItems") or ()
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"more": 1},
        {"paymentCard": CARD | {"more": 1}},
        {"basketItems": [ITEM, ITEM | {"more": 1}]},
        {"moreItems": [ITEM | {"more": 1}]},
        {"odd": ITEM},
        {"ODD": ITEM | {"more": 1}},
        {"basketItems": [ITEM | {"price": 10**19}]},
        {"paymentCard": {"cvc": True}},
        {"paymentCard": {"cardNumber": [PAN]}},
    ],
)
def test_a_body_with_more_in_it_is_not_whole(body):
    """Fields that the record does not know, or values out of bounds. It is a record still."""
    reading = read(body)
    assert isinstance(reading.record, Basket)
    assert not reading.is_whole


def test_who_sends_more_is_not_read_twice_every_time():
    """After a body with more in it others are taken for such ones for a while; garbage is not."""
    reader = RecordReader(SHAPE, CARD_FIELDS)

    def is_whole(body):
        reading = reader.read(json.dumps(body).encode())
        return reading is not None and reading.is_whole

    assert not is_whole({"more": 1})
    assert [is_whole({"kind": "a"}) for _ in range(OPEN_BODIES)] == [False] * OPEN_BODIES
    assert is_whole({"kind": "a"})
    assert not is_whole({"kind": "c"})
    assert is_whole({"kind": "a"})


@pytest.mark.parametrize("body", [{"basketItems": [ITEM] * 3}, {"ODD": {}}, {"kind": "c"}, []])
def test_what_does_not_fit_the_shape_is_no_record(body):
    """A closed record asks for all that the open one does."""
    assert read(body) is None


@pytest.mark.parametrize(
    "kind", [int, float, Decimal, msgspec.Raw, dict[str, int], dict[int, str], tuple[Item, ...]]
)
def test_fields_of_any_size_keep_a_record_open(kind):
    """Numbers, and whatever may hold values of every kind."""
    assert closed_record(msgspec.defstruct("Wide", [("field", kind)])) is None
    assert closed_record(msgspec.defstruct("Wide", [("field", list[kind] | None)])) is None


DIGITS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,21})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
WORDS = st.sampled_from(
    [
        b'"1"',
        b'"a"',
        b'"%b"' % PAN.encode(),
        b'"9%b"' % (b"0" * 24),
        b'"\xff"',
        b'"\\ud800"',
        b"null",
    ]
)
ODDITIES = st.tuples(st.integers(0, 40), WORDS | DIGITS.map(str.encode)).map(
    lambda parts: b"[" * parts[0] + parts[1] + b"]" * parts[0]
)
NAMES = ["kind", "itemName", "price", "cardNumber", "cvc", "metadata", "more", "ODD"]
MEMBERS = st.lists(
    st.tuples(st.sampled_from(NAMES), WORDS | ODDITIES).map(
        lambda member: b'"%b": %b' % (member[0].encode(), member[1])
    ),
    max_size=3,
).map(lambda members: b"{%b}" % b", ".join(members))
BODIES = st.tuples(
    MEMBERS, st.sampled_from([b"paymentCard", b"basketItems", b"moreItems", b"ODD"]), MEMBERS
).map(
    lambda parts: (
        b'%b, "%b": %b}'
        % (
            parts[0][:-1] if parts[0] != b"{}" else b'{"kind": null',
            parts[1],
            b"[%b]" % parts[2] if parts[1].endswith(b"Items") else parts[2],
        )
    )
)


@settings(max_examples=600)
@given(BODIES)
def test_a_body_says_the_same_and_is_refused_for_the_same_either_way(raw):
    """Whatever is odd in it, and wherever that stands."""
    plain, quick = lift(raw, None), lift(raw, SHAPE)
    if isinstance(plain, str):
        assert quick == plain
    else:
        assert (quick.card, quick.payload) == (plain.card, plain.payload)
