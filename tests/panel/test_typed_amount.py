"""Amounts are read as people of each language write them, and nothing else is an amount."""

import pytest

from vezne.core.money import UNIT
from vezne.panel.formats import number
from vezne.panel.typed_amount import MistypedAmount, TooLargeAmount, amount_from_text


@pytest.mark.parametrize(
    ("text", "language", "amount_e8"),
    [
        ("12", "tr", 12 * UNIT),
        ("12,5", "tr", 1_250_000_000),
        ("12.5", "tr", 1_250_000_000),
        ("1.234", "tr", 1234 * UNIT),
        ("1.234,50", "tr", 123_450_000_000),
        ("1.234.567,8", "tr", 123_456_780_000_000),
        (" 1.234,50 ₺", "tr", 123_450_000_000),
        ("1,234", "en", 1234 * UNIT),
        ("1,234.5", "en", 123_450_000_000),
        ("1.234", "en", 123_400_000),
        ("0.00000001", "en", 1),
    ],
)
def test_an_amount_is_read(text: str, language: str, amount_e8: int) -> None:
    """Marks of the other language count where they cannot mean thousands."""
    assert amount_from_text(text, language, "TRY") == amount_e8


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "0,00",
        "-1",
        "+1",
        "1e5",
        "12,5,5",
        "1.23.4",
        "NaN",
        "Infinity",
        "١٢",
        "1\x00",
        "9" * 13,
        "9" * 10000,
        "1000000000,00000001",
        "0.000000001",
        "12 TL",
        "<script>",
        "0.123.456",
        "0,123,456",
        "1 234",
        "1\u00a0234,5",
        "12 $",
        "€12",
        "₺12₺",
        "1₺2",
    ],
)
@pytest.mark.parametrize("language", ["tr", "en"])
def test_anything_else_is_no_amount(text: str, language: str) -> None:
    """Not even nothing at all, nor more than any payment."""
    with pytest.raises(MistypedAmount):
        amount_from_text(text, language, "TRY")


@pytest.mark.parametrize("text", ["9" * 13, "1000000000,00000001", "5000000000"])
def test_too_much_is_said(text: str) -> None:
    """It is an amount, of no payment."""
    with pytest.raises(TooLargeAmount):
        amount_from_text(text, "tr")


@pytest.mark.parametrize("text", ["₺12", "12 ₺", " ₺ 12 "])
def test_the_sign_is_the_payment_s_own(text: str) -> None:
    """Twelve dollars are no twelve lira."""
    assert amount_from_text(text, "tr", "TRY") == 12 * UNIT
    for currency in ("USD", ""):
        with pytest.raises(MistypedAmount):
            amount_from_text(text, "tr", currency)


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("amount_e8", [1, UNIT, 123_456_789_012_345, 10**9 * UNIT])
def test_what_the_panel_writes_it_reads(amount_e8: int, language: str) -> None:
    """A form that is sent as it was shown means the same amount."""
    assert amount_from_text(number(amount_e8, language), language) == amount_e8
