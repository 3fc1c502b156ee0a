"""Cards as the payment services take them: a new one with its code, or a stored one by its name."""

from typing import Final

from vezne.core.body import FieldState, LiftedCard
from vezne.core.card import PAN_LENGTH_MIN, Expiry, SealedCard, holds_card_number, holds_pan
from vezne.dialects.paywall import payment_errors
from vezne.dialects.paywall.cards import (
    HOLDER_LENGTH_MAX,
    NICKNAME_LENGTH_MAX,
    RELATION_LENGTH_MAX,
    external_id_of,
)
from vezne.dialects.paywall.endpoint import Call
from vezne.dialects.paywall.errors import Error, Failure
from vezne.dialects.paywall.payment_shapes import CardSave, PaymentCard, Start
from vezne.dialects.paywall.unique_code import UnusableCode, card_named
from vezne.flows.pay import CardOnFile

_CENTURY: Final = 2000
_YEAR_DIGITS_SHORT: Final = 2
_YEAR_DIGITS: Final = 4
_MONTH_DIGITS_MAX: Final = 2
_DECEMBER: Final = 12


def new_card(lifted: LiftedCard, month: str, year: str) -> SealedCard:
    """The new card of a request, with its security code.

    Raises Failure: CARD_NUMBER_INVALID, MONTH_INVALID, YEAR_INVALID, and CARD_INVALID for the code,
    which has no error of its own.
    """
    if lifted.number is not FieldState.VALID:
        raise Failure(payment_errors.CARD_NUMBER_INVALID)
    good_until = _month(month.strip())
    expiry = Expiry(year=_year(year.strip()), month=good_until)
    if lifted.cvv is not FieldState.VALID:
        raise Failure(payment_errors.CARD_INVALID)
    return SealedCard(
        bin=lifted.bin,
        last4=lifted.last4,
        expiry=expiry,
        transit_id=lifted.transit_id,
        has_cvv=True,
    )


def _month(text: str) -> int:
    if len(text) <= _MONTH_DIGITS_MAX and text.isascii() and text.isdigit():
        month = int(text)
        if 1 <= month <= _DECEMBER:
            return month
    raise Failure(payment_errors.MONTH_INVALID)


def _year(text: str) -> int:
    """A year of this century, in two or four digits."""
    if text.isascii() and text.isdigit():
        if len(text) == _YEAR_DIGITS_SHORT:
            return _CENTURY + int(text)
        if len(text) == _YEAR_DIGITS and int(text) // 100 == _CENTURY // 100:
            return int(text)
    raise Failure(payment_errors.YEAR_INVALID)


def checked_holder(name: str) -> str:
    """The mandatory name on a card. Raises Failure(HOLDER_INVALID)."""
    name = name.strip()
    if not name:
        raise Failure(payment_errors.HOLDER_INVALID)
    check_text(name, HOLDER_LENGTH_MAX, payment_errors.HOLDER_INVALID)
    return name


def check_text(text: str, length_max: int, error: Error, *values: object) -> None:
    """Raise Failure for a text that is too long, not storable, or has a card number in it."""
    is_wrong = len(text) > length_max or "\0" in text
    if is_wrong or (len(text) > PAN_LENGTH_MIN and holds_pan(text)):
        raise Failure(error, *values)


def check_id(text: str, length_max: int, error: Error, *values: object) -> None:
    """Raise Failure for an id that is too long, not storable, or is a card number.

    Stricter about what a card number is than `check_text`: ids are full of long numbers.
    """
    if len(text) > length_max or "\0" in text or holds_card_number(text):
        raise Failure(error, *values)


def stored_card(call: Call[Start], card: PaymentCard) -> CardOnFile:
    """The stored card of a payment. Its security code counts when `ForceCvv` says so.

    Raises Failure: PARTNER_NOT_FOUND, UNIQUE_CODE_INVALID, UNIQUE_CODE_EXPIRED, CARD_INVALID for a
    code that is asked for and is none.
    """
    if card.partner is not None and card.partner.partner_based:
        raise Failure(payment_errors.PARTNER_NOT_FOUND)
    desk = call.desk
    now_ms = desk.ports.clock.now_ms()
    try:
        name = card_named(
            card.unique_code.strip(), call.merchant.id, desk.names, desk.rotation, now_ms
        )
    except UnusableCode as problem:
        is_expired = problem.is_expired
    else:
        if card.force_cvv and call.card.cvv is not FieldState.VALID:
            raise Failure(payment_errors.CARD_INVALID)
        return CardOnFile(
            owner_key=name.owner_key,
            token=name.token,
            transit_id=call.card.transit_id if card.force_cvv else None,
        )
    error = payment_errors.UNIQUE_CODE_EXPIRED if is_expired else payment_errors.UNIQUE_CODE_INVALID
    raise Failure(error)


def customer_of(wish: CardSave) -> str:
    """Whose card a new one becomes, as the house names the customer. Raises Failure.

    The service says nothing of a wish without an owner or a name; it is no valid one.
    """
    unexpected = payment_errors.UNEXPECTED_PARAMETERS
    for field, text, length_max in (
        ("CardSave.Nickname", wish.nickname, NICKNAME_LENGTH_MAX),
        ("CardSave.RelationalId1", wish.relational_id1, RELATION_LENGTH_MAX),
    ):
        if not text.strip():
            raise Failure(unexpected, field)
        check_id(text, length_max, unexpected, field)
    for field, text in (
        ("CardSave.RelationalId2", wish.relational_id2),
        ("CardSave.RelationalId3", wish.relational_id3),
    ):
        check_id(text, RELATION_LENGTH_MAX, unexpected, field)
    if holds_pan(wish.nickname):
        raise Failure(unexpected, "CardSave.Nickname")
    return external_id_of(wish.relational_id1, wish.relational_id2, wish.relational_id3)
