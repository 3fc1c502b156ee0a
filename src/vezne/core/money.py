"""Exact amounts: integers of 1e-8 of a currency unit, so that no float is ever near money.

Amounts travel on the wires with up to eight decimals (a line's share of a commission, say), so the
house counts in hundred-millionths everywhere. A name ending in `_e8` holds such an integer. Rates
use the same scale: 1.0 is `UNIT`, so 2.625 % is 2_625_000.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SCALE = 8
UNIT: int = 10**SCALE
_HALF = UNIT // 2

# Far above any real payment, far below what a 64-bit column holds.
AMOUNT_MAX_E8 = 10**9 * UNIT
_SMALLEST = Decimal(1).scaleb(-SCALE)


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero; the denominator is positive."""
    if numerator < 0:
        return -((denominator - 2 * numerator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def apply_rate(amount_e8: int, rate_e8: int) -> int:
    """The part of an amount that a rate takes, rounded half up to 1e-8. Neither is negative."""
    return (amount_e8 * rate_e8 + _HALF) // UNIT


def share(total_e8: int, part: int, whole: int) -> int:
    """`total × part ÷ whole`, rounded half up to 1e-8."""
    return divide_half_up(total_e8 * part, whole)


def shares(total_e8: int, parts: Sequence[int], whole: int) -> list[int]:
    """The `share` of each part, rounded on its own. None of the numbers is negative."""
    double = 2 * whole
    # divide_half_up, for what is known not to be negative.
    return [(2 * total_e8 * part + whole) // double for part in parts]


def split(total_e8: int, weights: Sequence[int]) -> list[int]:
    """Divide a total by weights into parts that sum to it exactly.

    Each part is the difference of two rounded running totals, so it is within one unit of its
    exact share and never negative. Weights are not negative and their sum is positive.
    """
    if total_e8 < 0:
        return [-part for part in split(-total_e8, weights)]
    whole = sum(weights)
    parts: list[int] = []
    weight_so_far = given_so_far = 0
    for weight in weights:
        weight_so_far += weight
        given = (2 * total_e8 * weight_so_far + whole) // (2 * whole)
        parts.append(given - given_so_far)
        given_so_far = given
    return parts


def plain_text(amount_e8: int) -> str:
    """An amount as people write it, with two decimals or as many more as it has."""
    text = f"{Decimal(amount_e8).scaleb(-SCALE):f}"
    return text[: -(SCALE - 2)] + text[-(SCALE - 2) :].rstrip("0")


def e8_from_decimal(value: Decimal) -> int:
    """A decimal as an integer of 1e-8, rounded half up beyond the eighth place.

    Raises ValueError for NaN, infinity and amounts beyond `AMOUNT_MAX_E8`.
    """
    if not value.is_finite():
        raise ValueError("not a usable amount")
    try:
        units = int(value.quantize(_SMALLEST, rounding=ROUND_HALF_UP).scaleb(SCALE))
    except InvalidOperation as error:
        raise ValueError("amount out of range") from error
    if abs(units) > AMOUNT_MAX_E8:
        raise ValueError("amount out of range")
    return units
