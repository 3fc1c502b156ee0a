from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import decimal_from_e8
from vezne.core.money import (
    AMOUNT_MAX_E8,
    UNIT,
    apply_rate,
    divide_half_up,
    e8_from_decimal,
    plain_text,
    share,
    shares,
    split,
)

AMOUNTS = st.integers(min_value=0, max_value=AMOUNT_MAX_E8)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 1), (4, 10, 0), (-5, 10, -1), (-4, 10, 0), (15, 10, 2), (7, 1, 7)],
)
def test_halves_round_away_from_zero(numerator, denominator, rounded):
    """Rounding is half up in the commercial sense, for both signs."""
    assert divide_half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("text", "amount_e8"),
    [
        ("1", UNIT),
        ("1.20", 120_000_000),
        ("10.209999999999999", 1_021_000_000),
        ("0.000000005", 1),
        ("0.0000000049", 0),
        ("1e-400", 0),
        ("-0.5", -50_000_000),
        ("1E+2", 100 * UNIT),
    ],
)
def test_decimals_become_exact_integers(text, amount_e8):
    """Amounts are read to the eighth place, half up beyond it."""
    assert e8_from_decimal(Decimal(text)) == amount_e8


@pytest.mark.parametrize(
    "text", ["NaN", "sNaN", "Infinity", "1000000000.00000001", "1e40", "-1e10"]
)
def test_unusable_amounts_are_refused(text):
    """What is no amount, or absurdly large, raises instead of rounding."""
    with pytest.raises(ValueError, match="amount"):
        e8_from_decimal(Decimal(text))


@given(AMOUNTS)
def test_decimal_round_trip(amount_e8):
    """An amount written as a decimal reads back the same."""
    assert e8_from_decimal(decimal_from_e8(amount_e8)) == amount_e8


@given(AMOUNTS, st.lists(st.integers(min_value=1, max_value=10**13), min_size=1, max_size=40))
def test_split_parts_sum_to_the_total(total_e8, weights):
    """No part is negative, each is within a unit of its share, and they sum exactly."""
    parts = split(total_e8, weights)
    assert sum(parts) == total_e8
    assert all(part >= 0 for part in parts)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - share(total_e8, weight, sum(weights))) <= 1


@given(AMOUNTS, st.lists(AMOUNTS, max_size=5), st.integers(1, AMOUNT_MAX_E8))
def test_shares_are_rounded_each_on_its_own(total_e8, parts, whole):
    """Many at once are what one at a time is."""
    assert shares(total_e8, parts, whole) == [share(total_e8, part, whole) for part in parts]


def test_rates_are_fractions_in_the_same_scale():
    """2.625 % of 1.2 is 0.0315."""
    assert apply_rate(120_000_000, 2_625_000) == 3_150_000


def test_a_negative_total_splits_like_its_opposite():
    """Halves are rounded away from zero on both sides of it."""
    assert split(-5, [1, 1]) == [-3, -2]
    assert split(5, [1, 1]) == [3, 2]


@pytest.mark.parametrize(
    ("amount_e8", "text"),
    [
        (0, "0.00"),
        (UNIT, "1.00"),
        (120_000_000, "1.20"),
        (-123_456_789_012, "-1234.56789012"),
        (1, "0.00000001"),
        (-10_000_000, "-0.10"),
    ],
)
def test_an_amount_as_people_write_it(amount_e8, text):
    """Two decimals at least, and never one too few."""
    assert plain_text(amount_e8) == text
