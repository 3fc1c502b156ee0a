import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.ids import (
    ENTROPY_BYTES,
    REFERENCE_SLICE,
    TOKEN_BYTES,
    last_token_of,
    reference_slice,
    time_ordered_token,
)

TIMES = st.integers(min_value=0, max_value=2**48 - 1)
ENTROPY = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)


@given(TIMES, TIMES, ENTROPY, ENTROPY)
def test_later_tokens_sort_later(one_ms, other_ms, one, other):
    """Whatever the randomness, the time decides the order."""
    first, second = time_ordered_token(one_ms, one), time_ordered_token(other_ms, other)
    assert len(first) == TOKEN_BYTES
    if one_ms != other_ms:
        assert (first < second) == (one_ms < other_ms)


def test_short_entropy_is_refused():
    """A token is never guessable because somebody passed too little randomness."""
    with pytest.raises(ValueError, match="entropy"):
        time_ordered_token(0, b"short")


def test_reference_slices_follow_the_numbers():
    """Neighbouring numbers share a slice; a slice ends where it says."""
    assert reference_slice(REFERENCE_SLICE - 1) == 0
    assert reference_slice(REFERENCE_SLICE) == 1


def test_no_token_of_a_time_is_beyond_its_last():
    """Whoever reads up to a time misses nothing of it and gets nothing of later."""
    last = last_token_of(5)
    assert time_ordered_token(5, b"\xfe" * ENTROPY_BYTES) < last
    assert last < time_ordered_token(6, b"\0" * ENTROPY_BYTES)
