"""Amounts, times and names as people of each language write them."""

from typing import Final

from vezne.core.calendar import local_time
from vezne.core.money import plain_text

_DECIMAL_MARKS: Final = {"tr": (".", ","), "en": (",", ".")}
SIGNS: Final = {"TRY": "₺", "USD": "$", "EUR": "€", "GBP": "£"}
_TIMES: Final = {"tr": "%d.%m.%Y %H:%M:%S", "en": "%Y-%m-%d %H:%M:%S"}
_DAYS: Final = {"tr": "%d.%m.%Y", "en": "%Y-%m-%d"}


def money(amount_e8: int, currency: str, language: str) -> str:
    """An amount with its currency, such as `₺1.234,50` or `₺1,234.50`."""
    return f"{SIGNS.get(currency, currency + ' ')}{number(amount_e8, language)}"


def number(amount_e8: int, language: str) -> str:
    """An amount without a currency, in two decimals or as many more as it has."""
    thousands, point = _DECIMAL_MARKS[language]
    whole, _, rest = plain_text(abs(amount_e8)).partition(".")
    sign = "−" if amount_e8 < 0 else ""
    return f"{sign}{int(whole):,}".replace(",", thousands) + point + rest


def count(value: int, language: str) -> str:
    """A count, its thousands apart."""
    return f"{value:,}".replace(",", _DECIMAL_MARKS[language][0])


def moment(at_ms: int, language: str) -> str:
    """A time of day, Istanbul's."""
    return local_time(at_ms).strftime(_TIMES[language])


def day(at_ms: int, language: str) -> str:
    """A calendar day, Istanbul's."""
    return local_time(at_ms).strftime(_DAYS[language])


def machine_time(at_ms: int) -> str:
    """A time for the `datetime` attribute."""
    return local_time(at_ms).isoformat(timespec="milliseconds")
