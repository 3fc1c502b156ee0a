"""What is known of a merchant that was made for a test."""

from builders import merchant
from vezne.core.sandbox_merchants import NewMerchant


def test_keys_are_in_no_text():
    """A new merchant may be logged; what it calls with may not."""
    made = NewMerchant(merchant=merchant(), keys={"iyzico": {"secret_key": "sandbox-secret"}})
    assert repr(made) == "NewMerchant(7, keys=***)"
