from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.card import CardSlot
from vezne.link.codec import decode, encoder, to_sendable

numbers = st.integers(-(10**19), 10**19) | st.decimals(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers | st.sampled_from(CardSlot),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def same(left, right):
    """Equal, and of the same types: 1 is not 1.0 on the wire of a merchant."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right and str(left) == str(right)


@given(values)
def test_a_body_arrives_as_it_left(value):
    """Exact numbers, their trailing zeros, long integers, slots."""
    assert same(decode(encoder.encode(to_sendable(value)), object), value)


@pytest.mark.parametrize("value", [Decimal("1.20"), Decimal("1E+3"), 10**18, -(10**18) - 1])
def test_the_form_of_a_number_is_kept(value):
    """A signature may be computed over the digits as they were sent."""
    assert same(decode(encoder.encode(to_sendable([value])), object), [value])


@pytest.mark.parametrize(("code", "data"), [(9, b""), (1, b"x"), (2, b"1.5"), (3, b"pin")])
def test_what_nobody_sends_is_refused(code, data):
    """An extension of another kind, or one with something else in it."""
    raw = encoder.encode(msgspec.msgpack.Ext(code, data))
    with pytest.raises((ValueError, ArithmeticError)):
        decode(raw, object)
