"""Amounts, times and card numbers as people read them in Turkish and in English."""

from datetime import datetime, timedelta, timezone
from typing import Final

from simbank.acs.transactions import Language

# Turkey has kept UTC+3 all year since September 2016.
_ISTANBUL: Final = timezone(timedelta(hours=3))
_UNIT: Final = 10**8
_DECIMALS_MIN: Final = 2
_GROUP: Final = 4
_TO_TURKISH: Final = str.maketrans(",.", ".,")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def amount_text(amount_e8: int, currency: str, language: Language) -> str:
    """An amount with its currency: `1.234,50 TL` or `TRY 1,234.50`.

    Two decimals at least, and more where there are more.
    """
    whole, fraction = divmod(amount_e8, _UNIT)
    decimals = f"{fraction:08d}".rstrip("0").ljust(_DECIMALS_MIN, "0")
    number = f"{whole:,}.{decimals}"
    if language == "en":
        return f"{currency} {number}"
    return f"{number.translate(_TO_TURKISH)} {'TL' if currency == 'TRY' else currency}"


def date_text(at_ms: int, language: Language) -> str:
    """An epoch time in milliseconds as date and time in Istanbul."""
    at = _local(at_ms)
    if language == "en":
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"
    return f"{at:%d.%m.%Y %H:%M}"


def time_text(at_ms: int) -> str:
    """An epoch time in milliseconds as the time of day in Istanbul, to the second."""
    return f"{_local(at_ms):%H:%M:%S}"


def card_text(mask: str) -> str:
    """A masked card number in groups of four."""
    groups = [mask[start : start + _GROUP] for start in range(0, len(mask), _GROUP)]
    return " ".join(groups).replace("*", "•")


def _local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, _ISTANBUL)
