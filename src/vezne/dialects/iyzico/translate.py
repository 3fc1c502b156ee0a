"""From the request of a payment to the command of the house.

Fields are checked in the order in which the live service complains: amounts, card, buyer,
addresses, basket. Of a sound payment the order does not matter, as none of them is at fault.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from vezne.core.payment import BasketLine, PaymentKind
from vezne.dialects.iyzico import checks, errors, payment_rules
from vezne.dialects.iyzico.cards import payment_card
from vezne.dialects.iyzico.checks import TextRule
from vezne.dialects.iyzico.endpoint import DOOR, Call
from vezne.dialects.iyzico.payment_rules import DEFAULT_CURRENCY, DEFAULT_GROUP, LINE_KINDS
from vezne.dialects.iyzico.sellers import sub_merchant_prices
from vezne.dialects.iyzico.shapes import Address, BasicPayment, Buyer, Payment
from vezne.dialects.iyzico.sound import SoundItem, SoundPayment, is_sound, may_have_empty_texts
from vezne.flows.pay import CardOnFile, NewCard, Pay

_BASIC_BUYER_ID: Final = TextRule("buyer_id", "buyerId", missing=errors.BUYER_ID_MISSING)
_CONNECTOR: Final = TextRule(
    "connector_name", "connectorName", checks.SHORT_LENGTH_MAX, is_prose=True
)


class _Parties(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who a payment names."""

    buyer: Buyer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None


def payment_command(call: Call[Payment], kind: PaymentKind) -> Pay:
    """The command behind a payment with a basket.

    Raises Failure; Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    body, switches = call.body, call.desk.switches
    parties = _parties(body)
    if is_sound(body, call.card, switches.installment_counts):
        sound = body
        card = payment_card(body.payment_card, call.card, body.buyer.email)
        prices_e8 = _sub_merchant_prices(call)
    else:
        card, prices_e8 = _looked_at(call)
        # It has all that a sound one has.
        sound = cast("SoundPayment", body)
    # Python makes a dictionary of more than fifteen names, which costs more than the command.
    return Pay(
        call.merchant,
        DOOR,
        kind,
        card,
        price_e8=sound.price.e8,
        paid_e8=sound.paid_price.e8,
        currency=sound.currency or DEFAULT_CURRENCY,
        installments=int(sound.installment or 1),
        lines=_lines(sound.basket_items),
        line_split=switches.line_split,
        blockage_release=switches.blockage_release,
        conversation_id=call.conversation_id,
        basket_id=sound.basket_id or None,
        channel=sound.payment_channel or None,
        group=sound.payment_group or DEFAULT_GROUP,
        parties=parties,
        sub_merchant_prices_e8=prices_e8,
    )


def basic_payment_command(call: Call[BasicPayment], kind: PaymentKind) -> Pay:
    """The command behind a payment without a basket.

    Raises Failure; Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    body, switches = call.body, call.desk.switches
    price, paid = payment_rules.checked_terms(body, switches.installment_counts)
    card = payment_card(body.payment_card, call.card, body.buyer_email)
    checks.check_text(body.buyer_id, _BASIC_BUYER_ID)
    checks.check_email(body.buyer_email)
    checks.check_ip(body.buyer_ip, errors.BUYER_IP_MISSING)
    checks.check_text(body.connector_name, _CONNECTOR)
    buyer = {"id": body.buyer_id, "email": body.buyer_email, "ip": body.buyer_ip}
    return Pay(
        merchant=call.merchant,
        door=DOOR,
        kind=kind,
        card=card,
        price_e8=price.e8,
        paid_e8=paid.e8,
        currency=body.currency or DEFAULT_CURRENCY,
        installments=int(body.installment or 1),
        lines=(),
        line_split=switches.line_split,
        blockage_release=switches.blockage_release,
        conversation_id=call.conversation_id,
        parties={"buyer": {name: value for name, value in buyer.items() if value}},
    )


def _looked_at(call: Call[Payment]) -> tuple[NewCard | CardOnFile, tuple[int, ...]]:
    """The card of a payment and what of its lines is their sellers'.

    Every rule is looked at, in the documented order. Raises Failure; Refusal: OWNER_NOT_FOUND,
    CARD_NOT_FOUND.
    """
    body = call.body
    payment_rules.checked_terms(body, call.desk.switches.installment_counts)
    payment_rules.check_circumstances(body)
    card = payment_card(body.payment_card, call.card, body.buyer.email if body.buyer else None)
    payment_rules.check_buyer(body.buyer)
    payment_rules.check_billing(body.billing_address)
    payment_rules.check_basket(body.basket_items)
    prices_e8 = _sub_merchant_prices(call)
    payment_rules.check_shipping(body)
    return card, prices_e8


def _sub_merchant_prices(call: Call[Payment]) -> tuple[int, ...]:
    body = call.body
    group = body.payment_group or DEFAULT_GROUP
    marketplace = call.merchant.settings.marketplace
    return sub_merchant_prices(body.basket_items or (), group, marketplace)


def _parties(body: Payment) -> dict[str, dict[str, str]]:
    """Buyer and addresses as kept beside the payment: by their names on the wire."""
    named = _Parties(body.buyer, body.billing_address, body.shipping_address)
    parties: dict[str, dict[str, str]] = msgspec.to_builtins(named)
    if may_have_empty_texts(body):
        for party, fields in parties.items():
            parties[party] = {name: value for name, value in fields.items() if value}
    return parties


def _lines(items: Sequence[SoundItem]) -> tuple[BasketLine, ...]:
    return tuple(
        [
            BasketLine(
                item_id=item.id,
                name=item.name,
                category=item.category1,
                kind=LINE_KINDS[item.item_type],
                price_e8=item.price.e8,
                subcategory=item.category2 or None,
                sub_merchant=item.sub_merchant_key or None,
            )
            for item in items
        ]
    )
