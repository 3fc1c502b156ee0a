"""How leniently single values are read, alike from JSON, forms and XML.

Clients drop what is false, zero or empty, send numbers as texts and texts as numbers, so an absent
field, null and an empty text are all the default (Paynet's PHP sample does each of these).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NewType

from vezne.core.card import holds_card_number, holds_pan
from vezne.dialects.paynet.amounts import KurusAmount, LiraAmount, kurus_amount, lira_amount

TEXT_LENGTH_MAX: Final = 1000
_DIGITS_MAX: Final = 18
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


# A text that people fill in, in which they could leave a card number by mistake.
Prose = NewType("Prose", str)


def text(value: object) -> str:
    """A text, or a number as one. Raises ValueError.

    No database has to store a NUL, which is an error in PostgreSQL, or half of a surrogate pair,
    which no encoding has.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX or "\x00" in value:
        raise ValueError("not a text")
    # Raises UnicodeEncodeError, which is a ValueError.
    value.encode()
    return value.strip()


def prose(value: object) -> Prose:
    """A text that holds no card number. Raises ValueError."""
    words = Prose(text(value))
    if holds_pan(words):
        raise ValueError("a card number")
    return words


def identifier(value: object) -> str:
    """A text that names something and is kept as it is. Raises ValueError for a card number."""
    name = text(value)
    if holds_card_number(name):
        raise ValueError("a card number")
    return name


def flag(value: object) -> bool:
    """True or false, also as 1 or 0 and as a text of any case. Raises ValueError."""
    if isinstance(value, bool):
        return value
    try:
        return _FLAGS[text(value).lower()]
    except KeyError:
        raise ValueError("neither true nor false") from None


def whole(value: object) -> int:
    """A whole number, also as a text with leading zeros. Raises ValueError."""
    digits = text(value)
    bare = digits.removeprefix("-")
    if len(bare) > _DIGITS_MAX or not (bare.isascii() and bare.isdigit()):
        raise ValueError("not a whole number")
    return int(digits)


READERS: Final[Mapping[object, Callable[[object], object]]] = {
    str: identifier,
    Prose: prose,
    bool: flag,
    int: whole,
    KurusAmount: kurus_amount,
    LiraAmount: lira_amount,
}
