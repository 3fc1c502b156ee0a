"""Amounts as people type them."""

import re
from decimal import Decimal
from typing import Final

from vezne.core.money import SCALE, e8_from_decimal

_LENGTH_MAX: Final = 40
_BLANKS: Final = re.compile(r"[\s ₺$€£]")
_MARKS: Final = {"tr": (".", ","), "en": (",", ".")}
_DECIMAL: Final = re.compile(rf"[0-9]{{1,12}}(\.[0-9]{{1,{SCALE}}})?", re.ASCII)


class MistypedAmount(ValueError):
    """The text is no amount greater than 0, or a greater one than any payment's."""


def amount_from_text(text: str, language: str) -> int:
    """The amount that a text means to people of a language, in 1e-8.

    `1.234,50` and `1234,5` in Turkish, `1,234.50` and `1234.5` in English. Marks of the other
    language are understood where they cannot mean thousands: `12.5` in Turkish too. Raises
    MistypedAmount.
    """
    bare = _BLANKS.sub("", text)
    if len(bare) > _LENGTH_MAX:
        raise MistypedAmount("too long")
    thousands, point = _MARKS[language]
    mark = re.escape(thousands)
    is_grouped = re.fullmatch(rf"[0-9]{{1,3}}({mark}[0-9]{{3}})+({re.escape(point)}[0-9]+)?", bare)
    if is_grouped:
        bare = bare.replace(thousands, "")
    plain = bare.replace(",", ".")
    if not _DECIMAL.fullmatch(plain):
        raise MistypedAmount("no amount")
    try:
        amount_e8 = e8_from_decimal(Decimal(plain))
    except ValueError:
        raise MistypedAmount("too large") from None
    if not amount_e8:
        raise MistypedAmount("nothing")
    return amount_e8
