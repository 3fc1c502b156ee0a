"""Amounts, times and card numbers on the bank's pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbank.acs.formats import amount_text, card_text, date_text, time_text
from simbank.acs.texts import ENGLISH, TURKISH
from vezne.core.money import UNIT

AMOUNTS = [
    (12 * UNIT // 10, "TRY", "1,20 TL", "TRY 1.20"),
    (100 * UNIT, "TRY", "100,00 TL", "TRY 100.00"),
    (1_234_567 * UNIT + UNIT // 2, "USD", "1.234.567,50 USD", "USD 1,234,567.50"),
    (999 * UNIT, "EUR", "999,00 EUR", "EUR 999.00"),
    (1_000 * UNIT, "EUR", "1.000,00 EUR", "EUR 1,000.00"),
    (1, "TRY", "0,00000001 TL", "TRY 0.00000001"),
    (30_599_401, "TRY", "0,30599401 TL", "TRY 0.30599401"),
]


@pytest.mark.parametrize(("amount_e8", "currency", "turkish", "english"), AMOUNTS)
def test_amounts(amount_e8: int, currency: str, turkish: str, english: str) -> None:
    """Separators and the place of the currency follow the language; nothing is rounded."""
    assert amount_text(amount_e8, currency, "tr") == turkish
    assert amount_text(amount_e8, currency, "en") == english


@given(st.integers(0, 10**17))
def test_amounts_are_exact(amount_e8: int) -> None:
    """The text always names exactly the amount."""
    whole, _, decimals = amount_text(amount_e8, "USD", "en")[4:].replace(",", "").partition(".")
    assert int(whole) * UNIT + int(decimals.ljust(8, "0")) == amount_e8


def test_times() -> None:
    """The clock is that of Istanbul: half past eleven at night here is the next day there."""
    at_ms = 1_767_214_859_999
    assert date_text(at_ms, "tr") == "01.01.2026 00:00"
    assert date_text(at_ms, "en") == "1 Jan 2026, 00:00"
    assert time_text(at_ms) == "00:00:59"


def test_cards() -> None:
    """Groups of four, whatever the length."""
    assert card_text("552879******0008") == "5528 79•• •••• 0008"
    assert card_text("374427*****0003") == "3744 27•• •••0 003"


def test_both_languages_take_the_same_values() -> None:
    """What is filled in in one language is filled in in the other."""
    for name in TURKISH.__struct_fields__:
        if name != "notices":
            texts = [getattr(texts, name) for texts in (TURKISH, ENGLISH)]
            assert len({text.count("{") for text in texts}) == 1
            assert all(texts)
    assert TURKISH.notices.keys() == ENGLISH.notices.keys()
    for notice, text in TURKISH.notices.items():
        assert text.count("{") == ENGLISH.notices[notice].count("{")
