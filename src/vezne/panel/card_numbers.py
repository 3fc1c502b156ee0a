"""Card numbers that somebody types where they have no place: none is shown again."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from vezne.core.card import holds_card_number, is_luhn_valid

_SEPARATORS: Final = re.compile(r"[\s.\-]")
# ISO/IEC 7812-1 gives banks 3 to 6 as first digits, Mastercard has some that begin with 2.
_CARD_DIGITS: Final = re.compile(r"[2-6][0-9]{12,18}", re.ASCII)


def is_card_number(text: str) -> bool:
    """Whether a text is or holds what may be a whole card number, however its digits are grouped.

    The house's own numbers and times in milliseconds begin with 1 or are shorter.
    """
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    is_number = _CARD_DIGITS.fullmatch(bare) is not None and is_luhn_valid(bare)
    return is_number or holds_card_number(bare)


def is_in_address(address: str) -> bool:
    """Whether one stands in an address, in whatever way it is encoded.

    Of 15 or 16 digits: the numbers of logged calls, which are in addresses too, have 18.
    """
    parts = re.split("[/?&=]", unquote_plus(address))
    return any(holds_card_number(_SEPARATORS.sub("", part)) for part in parts)


def echo(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed into a form, to be shown again with what is wrong with it."""
    return {name: "" if is_card_number(text) else text for name, text in typed.items()}
