"""A key's two times."""

import pytest

from fakes.once_books import once_key
from fakes.records import AT_MS


def test_a_key_is_over_after_its_time() -> None:
    """From that moment on it may be used for another request."""
    key = once_key(expires_ms=AT_MS)
    assert not key.is_over(AT_MS - 1)
    assert key.is_over(AT_MS)


@pytest.mark.parametrize(
    ("lease_ms", "expected"), [(None, False), (AT_MS, False), (AT_MS + 1, True)]
)
def test_a_key_is_worked_on_during_its_lease(lease_ms, expected) -> None:
    """Somebody is believed to be at it until the lease is over; nobody once it is done."""
    assert once_key(lease_ms=lease_ms).is_worked_on(AT_MS) is expected
