"""A request body as a developer may see it: with its card masked."""

import re
from typing import Final

import msgspec

from vezne.core.body import LiftedCard, MaskedBody
from vezne.core.card import CardSlot

MASKED_CODE: Final = "***"
# For numbers of which nothing may be said: they are none, or too short to leave anything out.
MASKED_WHOLE: Final = "****"
BIN_DIGITS: Final = 6
LAST_DIGITS: Final = 4
# How the names of security codes end. Callers put cards where no card belongs, too.
# In a form that is quick to search for.
CODE_ENDING: Final = "[cCsS](?:[vV][cCvV2]|(?i:ecurity_?code))[0-9]?"

_HIDDEN: Final = "******"
_code_name: Final = re.compile(f".*{CODE_ENDING}", re.DOTALL)
_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def rebuilt(payload: object, card: LiftedCard | None) -> MaskedBody:
    """The masked body of a clean payload, in which slots stand for its card."""
    if payload is None:
        return MaskedBody(b"", is_as_sent=True)
    return MaskedBody(_encoder.encode(_shown(payload, masked_number(card))), is_as_sent=False)


def masked_number(card: LiftedCard | None) -> str:
    """What may be shown of a card's number (PCI DSS v4.0.1 3.4.1)."""
    if card is None or not card.bin:
        return MASKED_WHOLE
    return card.bin[:BIN_DIGITS] + _HIDDEN + card.last4


def _shown(value: object, number: str) -> object:
    if isinstance(value, dict):
        return {
            key: MASKED_CODE if item and _code_name.fullmatch(key) else _shown(item, number)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_shown(item, number) for item in value]
    if isinstance(value, CardSlot):
        return number if value is CardSlot.PAN else MASKED_CODE
    return value
