from builders import merchant
from vezne.core.merchant import Credential


def test_a_credential_does_not_print_its_secret():
    """A secret that ends up in a log line by way of a record shows nothing."""
    credential = Credential(merchant=merchant(), door="iyzico", key="key", secret=b"hush")
    assert "hush" not in repr(credential)
    assert "hush" not in f"{credential}"
    assert "key" in repr(credential)
