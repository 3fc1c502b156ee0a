"""Amounts as the iyzico door writes and reads them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import decimal_from_e8
from vezne.core.money import AMOUNT_MAX_E8, UNIT
from vezne.dialects.iyzico.decimals import (
    TEXTS_MAX,
    Scale8,
    Stripped,
    Texts,
    scale8_text,
    stripped_text,
)
from vezne.dialects.iyzico.shapes import Amount

AMOUNTS = st.integers(min_value=-AMOUNT_MAX_E8, max_value=AMOUNT_MAX_E8)


@pytest.mark.parametrize(
    ("amount_e8", "text"),
    [
        (0, "0"),
        (1, "0.00000001"),
        (3_150_000, "0.0315"),
        (120_000_000, "1.2"),
        (20 * UNIT, "20"),
        (-25_000_000, "-0.25"),
        (100_000 * UNIT, "100000"),
    ],
)
def test_iyzico_stripped_amounts_have_no_trailing_zeros(amount_e8, text) -> None:
    """The notation of the published samples."""
    assert stripped_text(amount_e8) == text
    assert Stripped().amount(amount_e8) == text
    assert Stripped().constant(amount_e8) == text


@pytest.mark.parametrize(
    ("amount_e8", "text"),
    [
        (0, "0E-8"),
        (1, "0.00000001"),
        (2_887_500, "0.02887500"),
        (20 * UNIT, "20.00000000"),
        (-25_000_000, "-0.25000000"),
    ],
)
def test_iyzico_scale8_amounts_have_eight_decimals(amount_e8, text) -> None:
    """The notation of the live service: an exponent for zero, and never else."""
    assert scale8_text(amount_e8) == text
    assert Scale8().amount(amount_e8) == text


def test_iyzico_scale8_constants_are_bare_zeros() -> None:
    """A sub-merchant's figures of a merchant without sub-merchants are `0`, not `0E-8`."""
    assert Scale8().constant(0) == "0"
    assert Scale8().constant(UNIT) == "1.00000000"


def test_iyzico_amounts_are_kept_within_a_bound() -> None:
    """One that comes again is not written again; when there is no room, all are."""
    written = []

    def write(amount_e8: int) -> str:
        written.append(amount_e8)
        return str(amount_e8)

    texts = Texts(write)
    for amount_e8 in (0, 0, *range(TEXTS_MAX)):
        assert texts[amount_e8] == str(amount_e8)
    assert written == list(range(TEXTS_MAX)) == list(texts)
    assert texts[TEXTS_MAX] == str(TEXTS_MAX)
    assert list(texts) == [TEXTS_MAX]


@given(AMOUNTS)
def test_iyzico_both_notations_write_the_exact_number(amount_e8) -> None:
    """Whatever the notation, a JSON reader gets the same number."""
    for text in (stripped_text(amount_e8), scale8_text(amount_e8)):
        assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == decimal_from_e8(
            amount_e8
        )


@pytest.mark.parametrize("text", ["1", "1.0", "1.20", "0.10", "10.209999999999999"])
def test_iyzico_echoed_amounts_keep_the_scale_they_were_sent_with(text) -> None:
    """Clients compare what they sent with what comes back, zeros included."""
    amount = Amount(text)
    assert Scale8().echo(amount.e8, amount) == text


def test_iyzico_markup_has_the_scale_of_its_finer_term() -> None:
    """Price 1 and paidPrice 1.10 differ by 0.10."""
    paid, price = Amount("1.10"), Amount(Decimal(1))
    assert Scale8().difference(10_000_000, paid, price) == "0.10"
    assert Scale8().difference(0, None, None) == "0E-8"
    assert Stripped().difference(10_000_000, paid, price) == "0.1"


@pytest.mark.parametrize(
    ("value", "amount_e8"),
    [
        ("1", UNIT),
        ("1.20", 120_000_000),
        (1, UNIT),
        (Decimal("1.2"), 120_000_000),
        ("-1", -UNIT),
        (".5", UNIT // 2),
        ("0.000000005", 1),
        ("999999999999999", AMOUNT_MAX_E8),
    ],
)
def test_iyzico_amounts_are_read_from_numbers_and_texts(value, amount_e8) -> None:
    """JAVA sends numbers, the other clients texts. The ninth decimal is rounded half up."""
    assert Amount(value).e8 == amount_e8


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1,2",
        "1_0",
        " 1",
        "1e3",
        "NaN",
        "Infinity",
        "١",
        "--1",
        ".",
        True,
        None,
        [],
        {},
        10**16,
        Decimal("1E+30"),
        Decimal("1E-21"),
        Decimal("Infinity"),
        "1" * 200,
    ],
)
def test_iyzico_what_is_no_amount_is_not_read_as_one(value) -> None:
    """Python's own decimal syntax is wider than that of money; it must not get through."""
    with pytest.raises(ValueError, match="amount"):
        Amount(value)
