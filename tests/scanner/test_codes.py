"""Security codes are found beside their names, and nowhere else."""

import pytest

from vezne.scanner.codes import code_offsets


@pytest.mark.parametrize(
    "text",
    [
        "cvv=123",
        "CVC: 123",
        '"cvc": "123"',
        "'cvv': '1234'",
        '{\\"cvc\\": \\"123\\"}',
        "<cvc2>123</cvc2>",
        "<cvc2>404</cvc2>",
        'CardCvv="123"',
        "card_cvc_no=123",
        "cvvCode=123",
        "cvv2 is 123",
        "CVV 847 mismatch",
        "CVV (847)",
        "cvc => 123",
        "security_code=1234",
        "Card Security Code: 123",
        "card verification value: 123",
        "güvenlik kodu: 123",
        "g\\u00fcvenlik kodu: 123",
        "guvenlik_kodu=123",
        "csc=123",
        "cvv,123,12/30",
        "CVV numarası: 123",
        "cvv NUMARASI: 123",
        "cvv numara 123",
        "GÜVENLİK KODU: 123",
        "Güvenlik numarası: 123",
        "G\\u00dcVENL\\u0130K KODU: 123",
        "cvv değeri: 123",
        "CVV DEĞERİ=123",
        "cvv degeri 123",
        "cvv -> 123",
        "CVV2 - 123",
        "CVV2 – 123",
        "Card Verification Code (CVC): 123",
        "card security code [cvv]=123",
        "cvc2|123",
        "cvc2|123|12/30",
    ],
)
def test_a_code_beside_its_name(text):
    """In JSON, XML, forms, logs and prose, in English and Turkish."""
    raw = text.encode()
    (offset,) = code_offsets(raw)
    assert raw[offset : offset + 3].isdigit()


@pytest.mark.parametrize(
    "text",
    [
        "code=123",
        "cvv=12",
        "cvv=12345",
        "cvv=***",
        "cvv=12.50",
        "cvv: 123abc",
        "invalid cvv 400",
        "cvc check failed with 422",
        "cvv_length=3",
        "cvcResult=1",
        "cvv_present=true status=200",
        "cvc\n2026-11-22",
        "cvv 2026-11-22",
        "security=123",
        "csc.init:118",
        "/+abcvv=123",
        "invalid (cvv): 400",
        "cvv -> 422",
        "cvv - 400 bad request",
        "cvv – 400",
        "cvc-123",
        "cvv - 2026-11-22",
        "cvv değerlendirme: 123",
        "cvc2|12",
    ],
)
def test_other_digits_are_none(text):
    """Other lengths, statuses, dates, lines of code."""
    assert list(code_offsets(text.encode())) == []


@pytest.mark.parametrize("text", ["GÜVENLİK KODU: 123", "cvv numarası: 123", "CVV DEĞERİ: 123"])
def test_turkish_with_a_byte_for_each_letter(text):
    """As older systems write it (ISO 8859-9)."""
    assert list(code_offsets(text.encode("iso8859-9"))) == [len(text) - 3]
