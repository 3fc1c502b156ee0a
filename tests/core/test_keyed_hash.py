import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.keyed_hash import HASHES_MAX, KeyedHash, forget_hashes, hash_under


@given(key=st.binary(max_size=200), texts=st.lists(st.binary(max_size=300), max_size=3))
def test_a_prepared_hash_is_that_of_the_standard_library(key, texts):
    """Whatever key and texts are, and however often it is used: HMAC-SHA256 as `hmac` has it."""
    prepared = KeyedHash(key)
    for text in [*texts, b""]:
        assert prepared.of(text) == hmac.digest(key, text, "sha256")


@pytest.mark.parametrize(
    ("key", "text", "digest"),
    [
        (
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ],
)
def test_the_vectors_of_rfc_4231(key, text, digest):
    """Test cases 1, 2 and 6 of RFC 4231."""
    assert KeyedHash(key).of(text).hex() == digest


def test_what_is_kept_is_bounded_and_can_be_let_go_of():
    """As many keys as the limit says are kept, and none once keys have changed."""
    for number in range(HASHES_MAX + 1):
        hash_under(number.to_bytes(4, "big"))
    assert hash_under.cache_info().currsize == HASHES_MAX
    forget_hashes()
    assert hash_under.cache_info().currsize == 0
