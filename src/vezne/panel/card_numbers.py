"""Card numbers that somebody types where they have no place: none is shown again."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote_plus

from vezne.core.card import holds_card_number, is_luhn_valid
from vezne.scanner.numbers import candidates
from vezne.scanner.numbers import is_card_number as has_card_form

_SEPARATORS: Final = re.compile(r"[\s.\-]")
_BLANKS: Final = re.compile(r"\s+")
# ISO/IEC 7812-1 gives banks 3 to 6 as first digits, Mastercard has some that begin with 2.
_CARD_DIGITS: Final = re.compile(r"[2-6][0-9]{12,18}", re.ASCII)
# Nobody sees what is typed there, and it is kept as a digest.
_UNSEEN: Final = "password"


def plain_digits(text: str) -> str:
    """A text in the letters and digits that its look-alikes stand for (Unicode's NFKC)."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(
        char if char.isascii() else str(unicodedata.digit(char, char)) for char in normal
    )


def is_card_number(text: str) -> bool:
    """Whether a text is or holds what may be a whole card number, however its digits are grouped.

    The house's own numbers and times in milliseconds begin with 1 or are shorter.
    """
    plain = plain_digits(text)
    bare = _SEPARATORS.sub("", plain)
    is_number = _CARD_DIGITS.fullmatch(bare) is not None and is_luhn_valid(bare)
    if is_number or holds_card_number(bare):
        return True
    found = candidates(_BLANKS.sub(" ", plain).upper().encode("utf-8", "replace"))
    return any(has_card_form(candidate.digits) for candidate in found)


def is_in_address(address: str) -> bool:
    """Whether one stands in an address, in whatever way it is encoded."""
    return any(map(is_card_number, re.split("[/?&=]", unquote_plus(address))))


def are_among(fields: Iterable[tuple[str, str]]) -> bool:
    """Whether one stands in a field of a form or of an address; passwords are nobody's business."""
    return any(_UNSEEN not in name and is_card_number(text) for name, text in fields)


def echo(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed into a form, to be shown again with what is wrong with it."""
    return {name: "" if is_card_number(text) else text for name, text in typed.items()}
