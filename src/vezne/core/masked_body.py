"""A request body as a developer may see it: with its card masked."""

import re
from typing import Final

import msgspec

from vezne.core.body import LiftedCard, MaskedBody
from vezne.core.card import CardSlot

MASKED_CODE: Final = "***"
# For numbers of which nothing may be said: they are none, or too short to leave anything out.
MASKED_WHOLE: Final = "****"
# More of a body is not masked, and so is not shown.
BODY_BYTES_MAX: Final = 64 * 1024
BIN_DIGITS: Final = 6
LAST_DIGITS: Final = 4
# What the names of security codes have in them, in any case. Callers put cards where no card
# belongs, too. In a form that is quick to search for, of which nothing is tried twice.
CODE_NAME: Final = (
    "[cCgGsSvV](?:(?<=[cC])[_-]?(?:[vV][_-]?[vVcCnNdD2]|[aA][_-]?[vV][_-]?2|[sS][_-]?[cC]"
    "|[cC][_-]?[vV])|(?<=[sSvV])(?i:ecurity|erification)[ _-]{0,2}(?i:code|value|number)"
    "|(?<=[gG])(?i:.{1,2}venl.{1,2}k))"
)

_HIDDEN: Final = "******"
_code_name: Final = re.compile(CODE_NAME)
_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def is_code_name(name: str) -> bool:
    """Whether a field of this name may hold a security code."""
    return _code_name.search(name) is not None


def rebuilt(payload: object, card: LiftedCard | None) -> MaskedBody:
    """The masked body of a clean payload, in which slots stand for its card.

    A long one is left out: to mask it would take time, and nobody reads so much.
    """
    if payload is None:
        return MaskedBody(b"", is_as_sent=True)
    text = _encoder.encode(_shown(payload, masked_number(card)))
    if len(text) > BODY_BYTES_MAX:
        return MaskedBody(b"", is_as_sent=False, left_out_bytes=len(text))
    return MaskedBody(text, is_as_sent=False)


def without_codes(value: object) -> object:
    """Values, with the security codes masked that stand under names for them; slots stay."""
    if isinstance(value, dict):
        return {
            key: MASKED_CODE if _is_open_code(key, item) else without_codes(item)
            for key, item in value.items()
        }
    return [without_codes(item) for item in value] if isinstance(value, list) else value


def _is_open_code(key: str, item: object) -> bool:
    return bool(item) and not isinstance(item, CardSlot) and is_code_name(key)


def masked_number(card: LiftedCard | None) -> str:
    """What may be shown of a card's number (PCI DSS v4.0.1 3.4.1)."""
    if card is None or not card.bin:
        return MASKED_WHOLE
    return card.bin[:BIN_DIGITS] + _HIDDEN + card.last4


def _shown(value: object, number: str) -> object:
    if isinstance(value, dict):
        return {
            key: MASKED_CODE if item and is_code_name(key) else _shown(item, number)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_shown(item, number) for item in value]
    if isinstance(value, CardSlot):
        return number if value is CardSlot.PAN else MASKED_CODE
    return value
