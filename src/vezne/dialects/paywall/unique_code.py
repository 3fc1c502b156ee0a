"""UniqueCode: the name under which merchants know a stored card, for a limited time.

Merchants are told not to keep it but to list the cards before each payment. It says which card it
names and when it was made, sealed for its merchant, so nothing has to be written or looked up when
it changes. A payment names a card by nothing else, and cards are found by their owner; hence both
names are in it, and with the time and the seal it has 60 bytes, or 80 characters. The published
samples have 40 bytes; that would take an index by a card's name alone.
"""

import base64
from typing import Final

import msgspec

from vezne.core.card import StoredCard
from vezne.core.ids import TOKEN_BYTES
from vezne.core.ports import NameBox

_PURPOSE: Final = "paywall unique code"
_TIME_BYTES: Final = 4
_NAME_BYTES: Final = 2 * TOKEN_BYTES + _TIME_BYTES
_LENGTH_MAX: Final = 128
_MS: Final = 1000


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """How long a UniqueCode is handed out, and how long it is good after that."""

    period_ms: int
    overlap_ms: int


class CardName(msgspec.Struct, frozen=True):
    """Which card a UniqueCode names."""

    owner_key: bytes
    token: bytes


class UnusableCode(Exception):
    """A text is no UniqueCode of this merchant, or `is_expired`."""

    def __init__(self, *, is_expired: bool) -> None:
        super().__init__("the code has expired" if is_expired else "no such code")
        self.is_expired = is_expired


def unique_code(card: StoredCard, names: NameBox, rotation: Rotation, now_ms: int) -> str:
    """The code of a card in the period that `now_ms` is in: 80 characters of Base64."""
    start_ms = now_ms - now_ms % rotation.period_ms
    name = card.owner_key + card.token + (start_ms // _MS).to_bytes(_TIME_BYTES, "big")
    return base64.b64encode(names.seal(card.merchant_id, _PURPOSE, name)).decode()


def card_named(
    text: str, merchant_id: int, names: NameBox, rotation: Rotation, now_ms: int
) -> CardName:
    """The card that a code names, as long as its period and the overlap after it last.

    A change of the rotation counts for codes handed out before as well. Raises UnusableCode.
    """
    name = _opened(text, merchant_id, names)
    start_ms = int.from_bytes(name[2 * TOKEN_BYTES :], "big") * _MS
    # Periods begin at any millisecond, codes tell seconds: the end is rounded up.
    if now_ms >= start_ms + rotation.period_ms + rotation.overlap_ms + _MS - 1:
        raise UnusableCode(is_expired=True)
    return CardName(name[:TOKEN_BYTES], name[TOKEN_BYTES : 2 * TOKEN_BYTES])


def _opened(text: str, merchant_id: int, names: NameBox) -> bytes:
    if len(text) <= _LENGTH_MAX:
        try:
            name = names.open(merchant_id, _PURPOSE, base64.b64decode(text, validate=True))
        except ValueError:
            pass
        else:
            if len(name) == _NAME_BYTES:
                return name
    raise UnusableCode(is_expired=False)
