"""Amounts of this door: kuruş in some requests, lira in others and in every answer."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final, NewType

from vezne.core.money import SCALE, UNIT, divide_half_up, e8_from_decimal

KURUS_E8: Final = UNIT // 100

# What binary fractions leave behind is far less than this part of a kuruş, and nobody means more.
_NOISE_KURUS: Final = Decimal("0.01")
_DECIMALS_MAX: Final = 2
# No merchant's arithmetic leaves more digits than these; what does is no amount.
_LENGTH_MAX: Final = 40


# An amount that a request gives in kuruş, in 1e-8 of a lira.
KurusAmount = NewType("KurusAmount", int)
# The same for one that a request gives in lira.
LiraAmount = NewType("LiraAmount", int)


def kurus_amount(value: object) -> KurusAmount:
    """Kuruş as a number or a text, without the noise of JavaScript's 10055.000000000002.

    Raises ValueError, also for parts of a kuruş.
    """
    return KurusAmount(_whole_e8(_plain_decimal(value)))


def lira_amount(value: object) -> LiraAmount:
    """Lira as a number, or as a text with a decimal comma or point.

    Raises ValueError, also for a text with more than two decimals: it may mean thousands.
    """
    if isinstance(value, str):
        value = value.strip().replace(",", ".", 1)
        if len(value.partition(".")[2]) > _DECIMALS_MAX:
            raise ValueError("more than two decimals")
    return LiraAmount(_whole_e8(_plain_decimal(value).scaleb(2)))


def rounded(amount_e8: int) -> int:
    """An amount rounded half up to the kuruş."""
    return divide_half_up(amount_e8, KURUS_E8) * KURUS_E8


def lira(amount_e8: int) -> Decimal:
    """An amount as answers write it: lira with two decimals."""
    return Decimal(divide_half_up(amount_e8, KURUS_E8)).scaleb(-2)


def fraction(rate_e8: int) -> Decimal:
    """A rate as answers write it: a fraction of 1, without trailing zeros."""
    if not rate_e8:
        return Decimal(0)
    text = f"{Decimal(rate_e8).scaleb(-SCALE):f}"
    return Decimal(text.rstrip("0").rstrip("."))


def lira_text(amount_e8: int) -> str:
    """An amount as people in Turkey write it: 10,37."""
    return str(lira(amount_e8)).replace(".", ",")


def _whole_e8(kurus: Decimal) -> int:
    """A whole number of kuruş as an amount; what is next to nothing is not 0. Raises ValueError."""
    whole = kurus.to_integral_value(ROUND_HALF_UP)
    if abs(kurus - whole) > _NOISE_KURUS or (kurus and not whole):
        raise ValueError("parts of a kuruş")
    return e8_from_decimal(whole.scaleb(-2))


def _plain_decimal(value: object) -> Decimal:
    """A number, or a text that writes one without an exponent. Raises ValueError."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not (is_number or isinstance(value, str)):
        raise ValueError("not an amount")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value).strip()
    digits = text.removeprefix("-").replace(".", "", 1)
    if len(text) > _LENGTH_MAX or not (digits.isascii() and digits.isdigit()):
        raise ValueError("not an amount")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("not an amount") from None
