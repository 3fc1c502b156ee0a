"""Cards between this door and the house: what was sent, whose they are, how they are masked."""

import json
from typing import Final

import msgspec

from vezne.core.body import FieldState, LiftedCard
from vezne.core.card import Brand, Expiry, SealedCard, StoredCard, holds_card_number, holds_pan
from vezne.core.merchant import Merchant
from vezne.dialects.paywall import errors
from vezne.dialects.paywall.endpoint import Desk
from vezne.dialects.paywall.enums import brand_of
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.shapes import Relation
from vezne.dialects.paywall.unique_code import CardName, UnusableCode, card_named, unique_code

RELATION_LENGTH_MAX: Final = 250
NICKNAME_LENGTH_MAX: Final = 250
HOLDER_LENGTH_MAX: Final = 150

# A number by itself, as the blocklist has them, has no expiry.
_NO_EXPIRY: Final = Expiry(9999, 12)

_MONTHS: Final = range(1, 13)
_MONTH_DIGITS_MAX: Final = 2
_YEAR_DIGITS: Final = 4
_SHOWN_DIGITS: Final = 6
_SHOWN_ENDS: Final = 3
_HIDDEN: Final = 6
_HIDDEN_OF_AMEX: Final = 5
# An id that begins like the text for several would read as one.
_SEVERAL: Final = "["
_ID_COUNT: Final = 3


def external_id_of(id1: str, id2: str, id3: str) -> str:
    """The house's one name for the customer that three relational ids name together.

    The first by itself is that name, the same as through every other door; with a second or third
    it is a JSON array of all three. Space around an id says nothing, and an absent id is an empty
    one.
    """
    ids = [id1.strip(), id2.strip(), id3.strip()]
    if not any(ids[1:]) and not ids[0].startswith(_SEVERAL):
        return ids[0]
    return json.dumps(ids, ensure_ascii=False, separators=(",", ":"))


def relational_ids_of(external_id: str) -> list[str]:
    """Its inverse: the three ids, absent ones empty; none for a name that no ids make."""
    ids = [external_id, "", ""]
    if external_id.startswith(_SEVERAL):
        try:
            ids = msgspec.json.decode(external_id, type=list[str])
        except msgspec.DecodeError:
            return []
    return ids if len(ids) == _ID_COUNT and external_id_of(*ids) == external_id else []


def relation_of(body: Relation) -> str:
    """Whose card a request is about, as the house names the customer. Raises Failure."""
    if body.partner_based:
        raise Failure(errors.PARTNER_NOT_FOUND)
    checked_text(body.relational_id1, "RelationalId1", RELATION_LENGTH_MAX)
    for name, value in (
        ("RelationalId2", body.relational_id2),
        ("RelationalId3", body.relational_id3),
    ):
        _check_text(value, name, RELATION_LENGTH_MAX)
    return external_id_of(body.relational_id1, body.relational_id2, body.relational_id3)


def checked_text(value: str, name: str, length_max: int, missing: Error | None = None) -> str:
    """A mandatory text without the space around it. Raises Failure."""
    text = value.strip()
    if not text:
        raise Failure(missing or errors.INVALID_DATA, name)
    _check_text(text, name, length_max)
    return text


def checked_nickname(value: str) -> str:
    """The mandatory name that a customer gave a card. Raises Failure."""
    return _prose(checked_text(value, "Nickname", NICKNAME_LENGTH_MAX))


def checked_holder(value: str) -> str:
    """The mandatory name on a card. Raises Failure."""
    text = checked_text(value, "HolderName", HOLDER_LENGTH_MAX, errors.HOLDER_INVALID)
    return _prose(text)


def _check_text(text: str, name: str, length_max: int) -> None:
    # PostgreSQL keeps no NUL in a text.
    if len(text) > length_max or "\0" in text:
        raise Failure(errors.INVALID_DATA, name)
    if holds_card_number(text):
        raise Failure(errors.CARD_NUMBER_ASTRAY)


def _prose(text: str) -> str:
    """A text that people fill in, who put card numbers into such fields."""
    if holds_pan(text):
        raise Failure(errors.CARD_NUMBER_ASTRAY)
    return text


def expiry_of(month: str, year: str) -> Expiry:
    """The last month in which a card is good. Raises Failure for month or year."""
    good_in = _digits(month, 1, _MONTH_DIGITS_MAX)
    if good_in is None or good_in not in _MONTHS:
        raise Failure(errors.MONTH_INVALID)
    good_until = _digits(year, _YEAR_DIGITS, _YEAR_DIGITS)
    if good_until is None:
        raise Failure(errors.YEAR_INVALID)
    return Expiry(year=good_until, month=good_in)


def _digits(text: str, length_min: int, length_max: int) -> int | None:
    digits = text.strip()
    if length_min <= len(digits) <= length_max and digits.isascii() and digits.isdigit():
        return int(digits)
    return None


def sealed_card(lifted: LiftedCard, month: str, year: str) -> SealedCard:
    """The new card of a request. Raises Failure for its number, month or year."""
    number = sealed_number(lifted)
    return msgspec.structs.replace(number, expiry=expiry_of(month, year))


def sealed_number(lifted: LiftedCard) -> SealedCard:
    """A number that a request is about. Raises Failure."""
    if lifted.number is not FieldState.VALID:
        raise Failure(errors.CARD_NUMBER_INVALID)
    return SealedCard(
        bin=lifted.bin, last4=lifted.last4, expiry=_NO_EXPIRY, transit_id=lifted.transit_id
    )


def code_of(card: StoredCard, desk: Desk) -> str:
    """The UniqueCode of a card, now."""
    return unique_code(card, desk.names, desk.rotation, desk.ports.clock.now_ms())


def named_card(desk: Desk, merchant: Merchant, code: str) -> CardName:
    """The card that a UniqueCode names. Raises Failure."""
    now_ms = desk.ports.clock.now_ms()
    try:
        return card_named(code.strip(), merchant.id, desk.names, desk.rotation, now_ms)
    except UnusableCode as problem:
        is_expired = problem.is_expired
    raise Failure(errors.UNIQUE_CODE_EXPIRED if is_expired else errors.UNIQUE_CODE_INVALID)


def masked_number(card: StoredCard) -> str:
    """The number with an asterisk for every hidden digit; six where the length is not known."""
    hidden = _HIDDEN_OF_AMEX if brand_of(card.bin) is Brand.AMEX else _HIDDEN
    return f"{card.bin[:_SHOWN_DIGITS]}{'*' * hidden}{card.last4}"


def masked_name(name: str) -> str:
    """A name with every second letter of each word hidden: `E*i* S*l*m T*t*n*ü`."""
    return " ".join(_masked_word(word) for word in name.split(" "))


def _masked_word(word: str) -> str:
    return "".join("*" if place % 2 else letter for place, letter in enumerate(word))


def masked_identity(identity: str) -> str:
    """An identity number with only its first and last three digits."""
    hidden = "*" * (len(identity) - 2 * _SHOWN_ENDS)
    return f"{identity[:_SHOWN_ENDS]}{hidden}{identity[-_SHOWN_ENDS:]}"
