"""Payments of which the decoder itself has seen that they are complete and within bounds.

Most are. Every other one is read as its ordinary shape, whose rules are looked at one by one, so
that the first that is broken in the documented order is the one that is named.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Final, TypeGuard

import msgspec
from msgspec import Meta

from vezne.core.body import LiftedCard
from vezne.core.card import holds_pan
from vezne.dialects.iyzico.checks import (
    EMAIL_LENGTH_MAX,
    ID_LENGTH_MAX,
    IDENTITY_LENGTH_MAX,
    IDENTITY_LENGTH_MIN,
    NAME_LENGTH_MAX,
    PRICE_LIMIT_E8,
    PROSE_LENGTH_MAX,
    SHORT_LENGTH_MAX,
    is_date,
    is_email,
)
from vezne.dialects.iyzico.payment_rules import (
    BASKET_LINES_MAX,
    Channel,
    Currency,
    Group,
    ItemType,
    needs_shipping,
)
from vezne.dialects.iyzico.shapes import (
    Address,
    Amount,
    Basic,
    BasketItem,
    Buyer,
    Payment,
    ThreedsPayment,
)

_Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH_MAX)]
_Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
_Prose = Annotated[str, Meta(min_length=1, max_length=PROSE_LENGTH_MAX)]
_Ip = Annotated[str, Meta(min_length=1, max_length=SHORT_LENGTH_MAX)]
_Email = Annotated[str, Meta(min_length=1, max_length=EMAIL_LENGTH_MAX)]
_IdentityNumber = Annotated[
    str, Meta(min_length=IDENTITY_LENGTH_MIN, max_length=IDENTITY_LENGTH_MAX)
]
_OptionalId = Annotated[str, Meta(max_length=ID_LENGTH_MAX)] | None
_OptionalName = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] | None
_OptionalShort = Annotated[str, Meta(max_length=SHORT_LENGTH_MAX)] | None


class SoundBuyer(Buyer, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Who buys."""

    id: _Id
    name: _Id
    surname: _Id
    identity_number: _IdentityNumber
    email: _Email
    gsm_number: _OptionalShort = None
    registration_address: _Prose
    city: _Id
    country: _Id
    zip_code: _OptionalShort = None
    ip: _Ip


class SoundAddress(Address, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Where to send the bill or the goods."""

    contact_name: _Id
    city: _Id
    country: _Id
    address: _Prose
    zip_code: _OptionalShort = None


class SoundItem(BasketItem, frozen=True, rename="camel", kw_only=True):
    """One line of the basket."""

    id: _Id
    item_type: ItemType
    name: _Name
    category1: _Name
    category2: _OptionalName = None
    price: Amount


class SoundPayment(Payment, frozen=True, rename="camel", kw_only=True):
    """POST /payment/auth and /payment/preauth."""

    price: Amount
    paid_price: Amount
    currency: Currency | None = None
    basket_id: _OptionalId = None
    payment_channel: Channel | None = None
    payment_group: Group | None = None
    buyer: SoundBuyer
    shipping_address: SoundAddress | None = None
    billing_address: SoundAddress
    basket_items: Annotated[list[SoundItem], Meta(min_length=1, max_length=BASKET_LINES_MAX)]


class SoundThreedsPayment(SoundPayment, ThreedsPayment, frozen=True, rename="camel", kw_only=True):
    """POST /payment/3dsecure/initialize and /payment/3dsecure/initialize/preauth."""


# As what the bodies of a shape are read at first.
SOUND_SHAPES: Final[Mapping[type[Basic], type[Basic]]] = {
    Payment: SoundPayment,
    ThreedsPayment: SoundThreedsPayment,
}


def is_sound(
    body: Payment, card: LiftedCard, installment_counts: Collection[int]
) -> TypeGuard[SoundPayment]:
    """Whether a payment keeps all rules but those for its card and its lines' sellers.

    `card` is what the vault says of the request's.
    """
    if not isinstance(body, SoundPayment):
        return False
    buyer, items = body.buyer, body.basket_items
    for item in items:
        if not 0 < item.price.e8 < PRICE_LIMIT_E8:
            return False
    return (
        0 < body.price.e8 < PRICE_LIMIT_E8
        and 0 < body.paid_price.e8 < PRICE_LIMIT_E8
        and (body.installment is None or body.installment in installment_counts)
        and (body.shipping_address is not None or not needs_shipping(items))
        and (card.stands_alone or _has_sound_texts(body))
        and is_email(buyer.email)
        and (not buyer.registration_date or is_date(buyer.registration_date))
        and (not buyer.last_login_date or is_date(buyer.last_login_date))
    )


def may_have_empty_texts(body: Payment) -> bool:
    """Whether a text of the buyer or an address is empty, or could be."""
    if not isinstance(body, SoundPayment):
        return True
    buyer, billing, shipping = body.buyer, body.billing_address, body.shipping_address
    # The decoder has seen that the others are not.
    return "" in (
        buyer.gsm_number,
        buyer.registration_date,
        buyer.last_login_date,
        buyer.zip_code,
        billing.zip_code,
        None if shipping is None else shipping.zip_code,
    )


def _has_sound_texts(body: SoundPayment) -> bool:
    """Whether no text holds a card number or a NUL.

    They are looked at together: one search for a number finds what a search in each would, and
    what stands in an id besides.
    """
    texts = [body.basket_id or ""]
    for item in body.basket_items:
        texts += (item.id, item.name, item.category1, item.category2 or "")
    for party in (body.buyer, body.billing_address, body.shipping_address):
        texts += filter(None, () if party is None else msgspec.structs.astuple(party))
    text = "\n".join(texts)
    return "\0" not in text and not holds_pan(text)
