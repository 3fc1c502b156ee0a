"""Amounts as people type them."""

import re
from decimal import Decimal
from typing import Final

from vezne.core.money import SCALE, e8_from_decimal
from vezne.panel.formats import SIGNS

_LENGTH_MAX: Final = 40
# One sign, before or after.
_SIGNED: Final = {
    currency: re.compile(rf"(?:{sign}\s?(?P<after>.*)|(?P<before>.*?)\s?{sign})")
    for currency, sign in zip(SIGNS, map(re.escape, SIGNS.values()), strict=True)
}
_MARKS: Final = {"tr": (".", ","), "en": (",", ".")}
_TOO_LARGE: Final = re.compile(r"[1-9][0-9]{12,}(\.[0-9]*)?", re.ASCII)
_DECIMAL: Final = re.compile(rf"[0-9]{{1,12}}(\.[0-9]{{1,{SCALE}}})?", re.ASCII)


class MistypedAmount(ValueError):
    """The text is no amount greater than 0."""


class TooLargeAmount(MistypedAmount):
    """It is a greater one than any payment's."""


def amount_from_text(text: str, language: str, currency: str = "") -> int:
    """The amount that a text means to people of a language, in 1e-8.

    The sign of its currency may stand beside it, no other's.

    `1.234,50` and `1234,5` in Turkish, `1,234.50` and `1234.5` in English. Marks of the other
    language are understood where they cannot mean thousands: `12.5` in Turkish too. Raises
    MistypedAmount, and TooLargeAmount of it.
    """
    bare = text.strip()
    if len(bare) > _LENGTH_MAX:
        raise MistypedAmount("too long")
    if currency in _SIGNED and (signed := _SIGNED[currency].fullmatch(bare)):
        bare = signed["after"] or signed["before"] or ""
    thousands, point = _MARKS[language]
    mark = re.escape(thousands)
    digits = rf"[1-9][0-9]{{0,2}}({mark}[0-9]{{3}})+({re.escape(point)}[0-9]+)?"
    if re.fullmatch(digits, bare):
        bare = bare.replace(thousands, "")
    plain = bare.replace(",", ".")
    if _TOO_LARGE.fullmatch(plain):
        raise TooLargeAmount("too large")
    if not _DECIMAL.fullmatch(plain):
        raise MistypedAmount("no amount")
    try:
        amount_e8 = e8_from_decimal(Decimal(plain))
    except ValueError:
        raise TooLargeAmount("too large") from None
    if not amount_e8:
        raise MistypedAmount("nothing")
    return amount_e8
