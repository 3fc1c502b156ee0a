"""Cards between this door and the house: what was sent, how they are named, what a BIN says."""

import binascii
from typing import Final

import msgspec

from vezne.core.body import FieldState, LiftedCard
from vezne.core.card import BinRecord, Brand, Expiry, Issuer, Product, SealedCard
from vezne.core.ids import TOKEN_BYTES
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico import checks, errors
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.shapes import PaymentCard
from vezne.dialects.iyzico.switches import Switches
from vezne.flows.pay import CardOnFile, NewCard

ASSOCIATIONS: Final = {
    Brand.VISA: "VISA",
    Brand.MASTERCARD: "MASTER_CARD",
    Brand.AMEX: "AMERICAN_EXPRESS",
    Brand.TROY: "TROY",
}
CARD_TYPES: Final = {
    Product.CREDIT: "CREDIT_CARD",
    Product.DEBIT: "DEBIT_CARD",
    Product.PREPAID: "PREPAID_CARD",
}
PAYMENT_BIN_DIGITS: Final = 6

_HALKBANK_CODE: Final = 12
# A month in one or two digits, a year of this century in two or four.
_MONTHS: Final = {f"{month:0{width}d}": month for month in range(1, 13) for width in (1, 2)}
_YEARS: Final = {str(year)[cut:]: year for year in range(2000, 2100) for cut in (0, 2)}
# What every card passes by; see `core/payment.py` on names for members.
_ABSENT: Final = FieldState.ABSENT
_INVALID: Final = FieldState.INVALID
_VALID: Final = FieldState.VALID
_NO_OWNER: Final = Reason.OWNER_NOT_FOUND
_NO_CARD: Final = Reason.CARD_NOT_FOUND
_REGISTERS: Final = frozenset({0, 1})

_ALIAS: Final = checks.TextRule(
    "card_alias",
    "cardAlias",
    checks.ALIAS_LENGTH_MAX,
    is_prose=True,
    too_long=errors.ALIAS_TOO_LONG,
)
_HOLDER: Final = checks.TextRule(
    "card_holder_name",
    "cardHolderName",
    checks.HOLDER_LENGTH_MAX,
    errors.HOLDER_MISSING,
    is_prose=True,
    too_long=errors.HOLDER_TOO_LONG,
)


class CardFacts(msgspec.Struct, frozen=True):
    """What a BIN says of a local card, in this door's words; nothing of a foreign one."""

    type: str | msgspec.UnsetType = msgspec.UNSET
    association: str | msgspec.UnsetType = msgspec.UNSET
    family: str | msgspec.UnsetType = msgspec.UNSET
    bank_code: int | msgspec.UnsetType = msgspec.UNSET
    bank_name: str | msgspec.UnsetType = msgspec.UNSET
    commercial: int | msgspec.UnsetType = msgspec.UNSET


_FOREIGN: Final = CardFacts()


def card_facts(record: BinRecord | None, switches: Switches) -> CardFacts:
    """The facts of a BIN record."""
    if record is None:
        return _FOREIGN
    return CardFacts(
        type=CARD_TYPES[record.product],
        association=ASSOCIATIONS[record.brand],
        family=record.family,
        bank_code=record.issuer.code,
        bank_name=bank_name(record.issuer, switches),
        commercial=int(record.is_commercial),
    )


def bank_name(issuer: Issuer, switches: Switches) -> str:
    """The name of a bank; one bank has two."""
    return switches.halkbank_name if issuer.code == _HALKBANK_CODE else issuer.name


def token_text(token: bytes) -> str:
    """A cardUserKey or cardToken as it is printed."""
    return binascii.b2a_base64(token, newline=False).decode()


def token_from_text(text: str, reason: Reason) -> bytes:
    """Its inverse. Raises Refusal(reason) for a text that names nothing."""
    try:
        token = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Refusal(reason) from None
    if len(token) != TOKEN_BYTES:
        raise Refusal(reason)
    return token


def owner_key_from_text(text: str | None) -> bytes:
    """The owner that a mandatory cardUserKey names.

    Raises Failure(USER_KEY_MISSING), Refusal(OWNER_NOT_FOUND).
    """
    if not text:
        raise Failure(errors.USER_KEY_MISSING)
    return token_from_text(text, _NO_OWNER)


def sealed_card(lifted: LiftedCard, month: str | None, year: str | None) -> SealedCard:
    """The new card of a request. Raises Failure for its number, month or year."""
    if lifted.number is not _VALID:
        raise Failure(errors.CARD_NUMBER_INVALID)
    last_month = _MONTHS.get(month or "")
    if last_month is None:
        raise Failure(errors.MONTH_INVALID)
    last_year = _YEARS.get(year or "")
    if last_year is None:
        raise Failure(errors.YEAR_INVALID)
    return SealedCard(
        bin=lifted.bin,
        last4=lifted.last4,
        expiry=Expiry(year=last_year, month=last_month),
        transit_id=lifted.transit_id,
        has_cvv=lifted.cvv is _VALID,
    )


def checked_holder(name: str | None) -> str:
    """The mandatory name on a card."""
    checks.check_text(name, _HOLDER)
    return name or ""


def checked_alias(alias: str | None) -> str:
    """The name that a customer gave a card; empty when none was given."""
    checks.check_text(alias, _ALIAS)
    return alias or ""


def payment_card(
    card: PaymentCard | None, lifted: LiftedCard, email: str | None
) -> NewCard | CardOnFile:
    """The card of a payment; a new one that is registered belongs to the owner of `email`.

    Raises Failure; Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    if card is None:
        raise Failure(errors.PAYMENT_CARD_MISSING)
    if card.card_token:
        return _card_on_file(card, lifted)
    sealed = sealed_card(lifted, card.expire_month, card.expire_year)
    if not sealed.has_cvv:
        raise Failure(errors.CVC_INVALID)
    holder = checked_holder(card.card_holder_name)
    checks.check_member(card.register_card, _REGISTERS, "registerCard")
    if not card.register_card:
        return NewCard(card=sealed, holder=holder)
    user_key = card.card_user_key
    return NewCard(
        card=sealed,
        holder=holder,
        register=True,
        owner_key=token_from_text(user_key, _NO_OWNER) if user_key else None,
        email=email or "",
        alias=checked_alias(card.card_alias),
    )


def _card_on_file(card: PaymentCard, lifted: LiftedCard) -> CardOnFile:
    """A stored card, with the security code that came along, if any.

    A number beside a token would leave open which card pays, so it is refused.
    """
    if not card.card_user_key:
        raise Failure(errors.USER_KEY_NEEDED)
    if lifted.number is not _ABSENT:
        raise Failure(errors.INVALID_REQUEST)
    if lifted.cvv is _INVALID:
        raise Failure(errors.CVC_INVALID)
    return CardOnFile(
        owner_key=token_from_text(card.card_user_key, _NO_OWNER),
        token=token_from_text(card.card_token or "", _NO_CARD),
        transit_id=lifted.transit_id if lifted.cvv is _VALID else None,
    )
