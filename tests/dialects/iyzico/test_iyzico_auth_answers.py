"""The signatures of the iyzico door's answers."""

import iyzipay
import pytest

from vezne.dialects.iyzico.auth import response_signature, signature_text

SECRET = "demo-secret-key"
FORM_TOKEN = "5c0a1b3e-0000-4000-8000-1234567890ab"


@pytest.mark.parametrize(
    ("values", "signature"),
    [
        (
            ["10851936", "TRY", "B67832", "123456789", "1.2", "1"],
            "181d70bde4c96dea2bea2106ba1dd1ff2e5f31ee12ad6bf181d9a572b1789488",
        ),
        (
            ["10851936", "123456789"],
            "18b44609b5fd736220c0757f5c8d662b1b28a92e7a47b3ab08dc8561471d3bb7",
        ),
        (
            ["123456789", FORM_TOKEN],
            "07de335a18977161fbaee39e3c51ed639252e696d54c8a29902046a2390037b7",
        ),
        (
            ["SUCCESS", "10851936", "TRY", "B67832", "123456789", "1.2", "1", FORM_TOKEN],
            "2a4f6b403048e8e8b3cf4a58850d206758219566ac6ba940de415e4949a88f30",
        ),
        (
            ["10851936", "0.2", "TRY", "123456789"],
            "2bbb4530e751e856c3ac9440a7c708bd09340fef868114600817089afb5a61ef",
        ),
        (
            ["", "123456789", "1", "10851936", "success"],
            "a5b7b47c2a3fef77992bab0bada88b58886118df768288f0cfa0bdc3bf467b72",
        ),
    ],
)
def test_answers_are_signed_as_published(values: list[str], signature: str):
    """Our signatures are the ones that clients compute; a missing value keeps its place."""
    assert response_signature(SECRET.encode(), values) == signature
    assert iyzipay.Payment.calculate_hmac_sha256_signature(values, SECRET) == signature


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("10.0", "10"),
        ("10.50", "10.5"),
        ("10.51050", "10.5105"),
        ("1.10000000", "1.1"),
        ("100", "100"),
        ("0.00000001", "0.00000001"),
        ("999999999.99999999", "999999999.99999999"),
    ],
)
def test_amounts_in_signatures_have_no_trailing_zeros(amount: str, text: str):
    """Zeros after the point go, zeros before it stay."""
    assert signature_text(amount) == text
