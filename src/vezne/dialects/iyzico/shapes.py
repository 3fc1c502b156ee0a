"""The requests of this door as records, and how leniently they are read.

Card numbers and security codes are not in them: the vault took them out and left a mark.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from vezne.core.body import LiftedCode, LiftedNumber, SealedBody
from vezne.core.card import CardSlot
from vezne.core.money import AMOUNT_MAX_E8, SCALE, e8_from_decimal
from vezne.dialects.iyzico import errors
from vezne.dialects.iyzico.errors import Failure

# No merchant's arithmetic leaves more digits than these; what does is no amount.
_WHOLE_DIGITS_MAX: Final = 15
_DECIMALS_MAX: Final = 20
_COUNT_DIGITS_MAX: Final = 9


class Amount:
    """An amount of a request: in 1e-8, and as sent, for answers that keep its scale.

    Raises ValueError for what is no plain decimal. An amount beyond the house's largest counts as
    the largest, which every limit refuses.
    """

    __slots__ = ("_value", "e8")

    def __init__(self, value: object) -> None:
        self._value = value
        if isinstance(value, str):
            whole, _, fraction = value.partition(".")
            if len(whole) <= _WHOLE_DIGITS_MAX and len(fraction) <= SCALE:
                digits = whole + fraction
                if digits.isdecimal() and digits.isascii() and whole:
                    self.e8 = min(int(digits.ljust(len(whole) + SCALE, "0")), AMOUNT_MAX_E8)
                    return
        self.e8 = _e8_of(_plain_decimal(value))

    @property
    def sent(self) -> Decimal:
        """The amount as sent, scale included."""
        return _plain_decimal(self._value)


def _e8_of(value: Decimal) -> int:
    """The long way, for numbers and for texts that are not as clients usually write them."""
    if value.adjusted() + 1 > _WHOLE_DIGITS_MAX or _decimals(value) > _DECIMALS_MAX:
        raise ValueError("more digits than an amount has")
    try:
        return e8_from_decimal(value)
    except ValueError:
        return AMOUNT_MAX_E8


def _plain_decimal(value: object) -> Decimal:
    """JSON numbers as they are; texts only in the form of a JSON number without exponent."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        digits = value.removeprefix("-").replace(".", "", 1)
        if digits.isascii() and digits.isdigit():
            return Decimal(value)
    raise ValueError("not an amount")


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else _DECIMALS_MAX + 1


class Count(int):
    """A count of a request, which official clients send as a number or as a text."""

    __slots__ = ()


class Basic(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What every request may carry."""

    locale: str | None = None
    conversation_id: str | None = None


class NewCardFields(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A card to store. The documentation's table spells the holder's field in two ways."""

    card_number: LiftedNumber | None = None
    card_alias: str | None = None
    card_holder_name: str | None = None
    card_holdername: str | None = None
    expire_month: str | None = None
    expire_year: str | None = None
    metadata: dict[str, str] | None = None


class CreateCard(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /cardstorage/card."""

    external_id: str | None = None
    email: str | None = None
    card_user_key: str | None = None
    card: NewCardFields | None = None


class CardOwner(Basic, frozen=True, rename="camel", kw_only=True):
    """Whose cards."""

    card_user_key: str | None = None


class ListedOwner(CardOwner, frozen=True, rename="camel", kw_only=True):
    """POST /cardstorage/cards. `externalId` instead of the key is an addition of ours."""

    external_id: str | None = None


class StoredCardName(CardOwner, frozen=True, rename="camel", kw_only=True):
    """DELETE /cardstorage/card, and the blocklist."""

    card_token: str | None = None


class BlockedNumber(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /cardstorage/blacklist/card/retrieve."""

    card_number: LiftedNumber | None = None


class PaymentCard(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The card of a payment: a new one, or the names of a stored one."""

    card_number: LiftedNumber | None = None
    cvc: LiftedCode | None = None
    card_holder_name: str | None = None
    expire_month: str | None = None
    expire_year: str | None = None
    register_card: Count | None = None
    card_alias: str | None = None
    card_token: str | None = None
    card_user_key: str | None = None


class Buyer(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Who buys."""

    id: str | None = None
    name: str | None = None
    surname: str | None = None
    identity_number: str | None = None
    email: str | None = None
    gsm_number: str | None = None
    registration_date: str | None = None
    last_login_date: str | None = None
    registration_address: str | None = None
    city: str | None = None
    country: str | None = None
    zip_code: str | None = None
    ip: str | None = None


class Address(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Where to send the bill or the goods."""

    contact_name: str | None = None
    city: str | None = None
    country: str | None = None
    address: str | None = None
    zip_code: str | None = None


class BasketItem(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of the basket."""

    id: str | None = None
    item_type: str | None = None
    name: str | None = None
    category1: str | None = None
    category2: str | None = None
    price: Amount | None = None
    sub_merchant_key: str | None = None
    sub_merchant_price: Amount | None = None


class Charge(Basic, frozen=True, rename="camel", kw_only=True):
    """What a payment with a basket and one without have in common."""

    price: Amount | None = None
    paid_price: Amount | None = None
    currency: str | None = None
    installment: Count | None = None
    payment_card: PaymentCard | None = None


class Payment(Charge, frozen=True, rename="camel", kw_only=True):
    """POST /payment/auth and /payment/preauth."""

    basket_id: str | None = None
    payment_channel: str | None = None
    payment_group: str | None = None
    buyer: Buyer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    basket_items: Sequence[BasketItem] | None = None


class BasicPayment(Charge, frozen=True, rename="camel", kw_only=True):
    """POST /payment/auth/basic and /payment/preauth/basic."""

    buyer_id: str | None = None
    buyer_email: str | None = None
    buyer_ip: str | None = None
    connector_name: str | None = None


class ThreedsPayment(Payment, frozen=True, rename="camel", kw_only=True):
    """POST /payment/3dsecure/initialize and /payment/3dsecure/initialize/preauth."""

    callback_url: str | None = None


class BasicThreedsPayment(BasicPayment, frozen=True, rename="camel", kw_only=True):
    """POST /payment/3dsecure/initialize/basic and /payment/3dsecure/initialize/preauth/basic."""

    callback_url: str | None = None


class ThreedsAuth(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/3dsecure/auth and /payment/3dsecure/auth/basic."""

    payment_id: str | None = None
    conversation_data: str | None = None


class ThreedsAuthV2(ThreedsAuth, frozen=True, rename="camel", kw_only=True):
    """POST /payment/v2/3dsecure/auth."""

    paid_price: Amount | None = None
    basket_id: str | None = None
    currency: str | None = None


class PostAuth(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/postauth and /payment/postauth/basic."""

    payment_id: str | None = None
    paid_price: Amount | None = None
    currency: str | None = None
    ip: str | None = None


class Detail(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/detail."""

    payment_id: str | None = None
    payment_conversation_id: str | None = None


class Cancel(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/cancel."""

    payment_id: str | None = None
    ip: str | None = None
    reason: str | None = None


class Refund(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /v2/payment/refund."""

    payment_id: str | None = None
    price: Amount | None = None
    currency: str | None = None
    ip: str | None = None
    reason: str | None = None


class RefundOfLine(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/refund."""

    payment_transaction_id: str | None = None
    price: Amount | None = None
    currency: str | None = None
    ip: str | None = None
    reason: str | None = None


class BinCheck(Basic, frozen=True, rename="camel", kw_only=True):
    """POST /payment/bin/check."""

    bin_number: str | None = None


class Installments(BinCheck, frozen=True, rename="camel", kw_only=True):
    """POST /payment/iyzipos/installment."""

    price: Amount | None = None
    currency: str | None = None


Shape = TypeVar("Shape", bound=Basic)


def read(shape: type[Shape], body: SealedBody) -> Shape:
    """A body as a record of the given shape. Unknown fields are ignored.

    A text may be sent as a number, an amount or a count as a text, and an empty text counts as
    missing. Raises Failure: BODY_MISSING, INVALID_REQUEST.
    """
    if isinstance(body.record, shape):
        return body.record
    if body.payload is None or body.is_empty:
        raise Failure(errors.BODY_MISSING)
    # Most bodies need no leniency; they came as a record.
    try:
        return msgspec.convert(_as_texts(body.payload), shape, strict=False, dec_hook=_lenient)
    except msgspec.ValidationError:
        raise Failure(errors.INVALID_REQUEST) from None


def text_of(value: object) -> str | None:
    """A scalar of a body as a text; None for what is missing or no scalar."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def make(kind: type, value: object) -> Amount | Count:
    """A number of a body as the record wants it. Raises ValueError."""
    return Amount(value) if kind is Amount else _count(value)


def _lenient(kind: type, value: object) -> object:
    """As `make`; where the card's fields were, the vault left a slot."""
    return kind() if isinstance(value, CardSlot) else make(kind, value)


def _count(value: object) -> Count:
    """A whole number, or a text that writes one. Raises ValueError for anything else."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    text = value if isinstance(value, str) else str(value) if is_whole else ""
    if len(text) > _COUNT_DIGITS_MAX or not text.removeprefix("-").isdecimal():
        raise ValueError("not a count")
    return Count(text)


def _as_texts(value: object) -> object:
    """Every number as a text, every empty text as missing."""
    if isinstance(value, dict):
        return {key: _as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_texts(item) for item in value]
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        return text_of(value)
    return value
