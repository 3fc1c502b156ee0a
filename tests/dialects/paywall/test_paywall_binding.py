"""How leniently requests are read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.dialects.paywall.binding import NotBound, bind


class Item(msgspec.Struct, rename="pascal"):
    product_id: str = ""
    product_amount: Decimal | None = None


class Order(msgspec.Struct, rename="pascal"):
    ALIASES: ClassVar[Mapping[str, str]] = {"installement": "installment"}

    name: str = ""
    installment: int = 1
    amount: Decimal | None = None
    half_3d: bool = msgspec.field(default=False, name="Half3D")
    first: Item | None = None
    products: list[Item] | None = None


@pytest.mark.parametrize("name", ["Installment", "installment", "INSTALLMENT", "Installement"])
@pytest.mark.parametrize("value", [3, "3", " 3 ", Decimal("3.0"), "03"])
def test_numbers_come_as_they_like(name, value):
    """Spelled in any case, by the older name, as a number or as a text."""
    assert bind(Order, {name: value}).installment == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [("9.85", "9.85"), (Decimal("100.50"), "100.50"), (7, "7"), (" 1 ", "1"), ("-1", "-1")],
)
def test_amounts_stay_exact(value, expected):
    """Scale included."""
    assert str(bind(Order, {"amount": value}).amount) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        ("TRUE", True),
        ("True", True),
        (1, True),
        ("1", True),
        (False, False),
        ("false", False),
        (0, False),
        ("", False),
        (None, False),
    ],
)
def test_booleans_come_in_any_spelling(value, expected):
    """An empty one is an absent one."""
    assert bind(Order, {"HALF3D": value}).half_3d is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (5, "5"), (Decimal("1.50"), "1.50"), (True, "true"), (False, "false")],
)
def test_texts_come_as_numbers(value, expected):
    """A phone number without quotes is a text all the same."""
    assert bind(Order, {"name": value}).name == expected


def test_null_is_absent_and_unknown_is_ignored():
    """Of two spellings the one that says something counts, else the last."""
    assert bind(Order, {"Name": "a", "name": None, "else": [1]}).name == "a"
    assert bind(Order, {"Name": "a", "NAME": "b"}).name == "b"
    assert bind(Order, {"Installement": "6", "Installment": None}).installment == 6
    assert bind(Order, {"Installment": "", "Amount": "", "First": "", "Products": ""}) == Order()
    assert bind(Order, {}) == Order()


def test_records_within_records_are_read_alike():
    """Lists too."""
    order = bind(
        Order,
        {"first": {"productid": 7}, "PRODUCTS": [{"productAmount": "1.0"}, {"ProductId": "x"}]},
    )
    assert order.first == Item(product_id="7")
    assert order.products == [Item(product_amount=Decimal("1.0")), Item(product_id="x")]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"installment": "x"}, "Installment"),
        ({"installment": 1.5}, "Installment"),
        ({"installment": Decimal("1.5")}, "Installment"),
        ({"installment": True}, "Installment"),
        ({"installment": "9" * 19}, "Installment"),
        ({"installment": "--1"}, "Installment"),
        ({"amount": "1,5"}, "Amount"),
        ({"amount": "1e5"}, "Amount"),
        ({"amount": "1" * 65}, "Amount"),
        ({"amount": []}, "Amount"),
        ({"half3d": "yes"}, "Half3D"),
        ({"half3d": 2}, "Half3D"),
        ({"half3d": {}}, "Half3D"),
        ({"name": {}}, "Name"),
        ({"first": []}, "First"),
        ({"first": {"productAmount": "x"}}, "First.ProductAmount"),
        ({"products": {}}, "Products"),
        ({"products": [{}, 5]}, "Products[1]"),
        ({"products": [{"productAmount": "x"}]}, "Products[0].ProductAmount"),
    ],
)
def test_what_cannot_be_read_is_named(payload, field):
    """By its path, in the documented spelling."""
    with pytest.raises(NotBound) as problem:
        bind(Order, payload)
    assert problem.value.field == field


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=30)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
)
_KEYS = st.sampled_from(
    ["Name", "installment", "INSTALLEMENT", "amount", "half3d", "First", "products"]
)


@given(st.dictionaries(_KEYS, _VALUES))
def test_nothing_else_is_raised(payload):
    """Whatever JSON comes, it is read or its field is named."""
    try:
        order = bind(Order, payload)
    except NotBound:
        return
    assert isinstance(order.name, str)
    assert isinstance(order.installment, int)
    assert isinstance(order.half_3d, bool)


@pytest.mark.parametrize("nothing", ["", None])
def test_lists_have_no_holes(nothing):
    """An item that is nothing is an error that names its place, not an item."""
    with pytest.raises(NotBound) as problem:
        bind(Order, {"Products": [{}, nothing]})
    assert problem.value.field == "Products[1]"
