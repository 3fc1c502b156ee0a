"""From the request of a payment to the command of the house.

Fields are checked in the order in which the live service complains: amounts, card, buyer,
addresses, basket.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.payment import BasketLine, LineKind, PaymentKind
from vezne.dialects.iyzico import checks, errors
from vezne.dialects.iyzico.cards import payment_card
from vezne.dialects.iyzico.checks import NAME_LENGTH_MAX, PROSE_LENGTH_MAX, TextRule, TextRules
from vezne.dialects.iyzico.endpoint import DOOR, Call
from vezne.dialects.iyzico.errors import Failure
from vezne.dialects.iyzico.render import Sent
from vezne.dialects.iyzico.sellers import PRODUCT, sub_merchant_prices
from vezne.dialects.iyzico.shapes import (
    Address,
    Amount,
    BasicPayment,
    BasketItem,
    Buyer,
    Charge,
    Payment,
)
from vezne.flows.pay import CardOnFile, NewCard, Pay

# Those that iyzico knows; which of them a merchant may use is the merchant's setting.
CURRENCIES: Final = frozenset({"TRY", "USD", "EUR", "GBP", "NOK", "CHF"})
DEFAULT_CURRENCY: Final = "TRY"
CHANNELS: Final = frozenset(
    {
        "WEB",
        "MOBILE",
        "MOBILE_WEB",
        "MOBILE_IOS",
        "MOBILE_ANDROID",
        "MOBILE_WINDOWS",
        "MOBILE_TABLET",
        "MOBILE_PHONE",
    }
)
GROUPS: Final = frozenset({"PRODUCT", "LISTING", "SUBSCRIPTION", "OTHER"})
DEFAULT_GROUP: Final = PRODUCT
# A basket that fills a body of the largest size has several thousand lines; no shop's has.
BASKET_LINES_MAX: Final = 500

_KINDS: Final = {"PHYSICAL": LineKind.PHYSICAL, "VIRTUAL": LineKind.VIRTUAL}

_BASKET_ID: Final = TextRule("basket_id", "basketId")
_BUYER_RULES: Final = TextRules(
    TextRule("id", "buyerId", missing=errors.BUYER_ID_MISSING),
    TextRule("name", "buyerName", missing=errors.BUYER_NAME_MISSING, is_prose=True),
    TextRule("surname", "buyerSurname", missing=errors.BUYER_SURNAME_MISSING, is_prose=True),
    TextRule(
        "identity_number",
        "identityNumber",
        checks.IDENTITY_LENGTH_MAX,
        errors.IDENTITY_MISSING,
        is_prose=True,
        too_long=errors.IDENTITY_TOO_LONG,
    ),
    TextRule("city", "buyerCity", missing=errors.BUYER_CITY_MISSING, is_prose=True),
    TextRule("country", "buyerCountry", missing=errors.BUYER_COUNTRY_MISSING, is_prose=True),
    TextRule(
        "registration_address",
        "buyerRegistrationAddress",
        PROSE_LENGTH_MAX,
        errors.REGISTRATION_ADDRESS_MISSING,
        is_prose=True,
    ),
    TextRule("gsm_number", "buyerGsmNumber", checks.SHORT_LENGTH_MAX, is_prose=True),
    TextRule("zip_code", "buyerZipCode", checks.SHORT_LENGTH_MAX, is_prose=True),
)
_BILLING_RULES: Final = TextRules(
    TextRule(
        "contact_name",
        "billingAddressContactName",
        missing=errors.BILLING_CONTACT_MISSING,
        is_prose=True,
    ),
    TextRule("city", "billingAddressCity", missing=errors.BILLING_CITY_MISSING, is_prose=True),
    TextRule(
        "country", "billingAddressCountry", missing=errors.BILLING_COUNTRY_MISSING, is_prose=True
    ),
    TextRule(
        "address",
        "billingAddressAddress",
        PROSE_LENGTH_MAX,
        errors.BILLING_ADDRESS_MISSING,
        is_prose=True,
    ),
    TextRule("zip_code", "billingAddressZipCode", checks.SHORT_LENGTH_MAX, is_prose=True),
)
_SHIPPING_RULES: Final = TextRules(
    TextRule(
        "contact_name",
        "shippingAddressContactName",
        missing=errors.SHIPPING_CONTACT_MISSING,
        is_prose=True,
    ),
    TextRule("city", "shippingAddressCity", missing=errors.SHIPPING_CITY_MISSING, is_prose=True),
    TextRule(
        "country", "shippingAddressCountry", missing=errors.SHIPPING_COUNTRY_MISSING, is_prose=True
    ),
    TextRule(
        "address",
        "shippingAddressAddress",
        PROSE_LENGTH_MAX,
        errors.SHIPPING_ADDRESS_MISSING,
        is_prose=True,
    ),
    TextRule("zip_code", "shippingAddressZipCode", checks.SHORT_LENGTH_MAX, is_prose=True),
)
# An address that no line needs may be incomplete.
_SPARE_SHIPPING_RULES: Final = _SHIPPING_RULES.without_missing()
_ITEM_RULES: Final = TextRules(
    TextRule("id", "basketItemId", missing=errors.ITEM_ID_MISSING),
    TextRule("item_type", "basketItemItemType", missing=errors.ITEM_TYPE_MISSING),
    TextRule("name", "basketItemName", NAME_LENGTH_MAX, errors.ITEM_NAME_MISSING, is_prose=True),
    TextRule(
        "category1",
        "basketItemCategory1",
        NAME_LENGTH_MAX,
        errors.ITEM_CATEGORY_MISSING,
        is_prose=True,
    ),
    TextRule("category2", "basketItemCategory2", NAME_LENGTH_MAX, is_prose=True),
)
_BASIC_BUYER_ID: Final = TextRule("buyer_id", "buyerId", missing=errors.BUYER_ID_MISSING)
_CONNECTOR: Final = TextRule(
    "connector_name", "connectorName", checks.SHORT_LENGTH_MAX, is_prose=True
)


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid, and how."""

    price: Amount
    paid: Amount
    currency: str
    installments: int


def payment_command(call: Call[Payment], kind: PaymentKind) -> tuple[Pay, Sent]:
    """The command behind a payment with a basket, and its amounts as sent.

    Raises Failure; Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    body = call.body
    terms = _terms(call, body)
    checks.check_member(body.payment_channel, CHANNELS, "paymentChannel")
    checks.check_member(body.payment_group, GROUPS, "paymentGroup")
    checks.check_text(body.basket_id, _BASKET_ID)
    buyer_email = body.buyer.email if body.buyer else None
    card = payment_card(body.payment_card, call.card, buyer_email)
    parties = {
        "buyer": _buyer(body.buyer),
        "billingAddress": _address(body.billing_address, errors.BILLING_MISSING, _BILLING_RULES),
    }
    group = body.payment_group or DEFAULT_GROUP
    items = body.basket_items or []
    lines = _basket(items)
    prices_e8 = sub_merchant_prices(items, group, call.merchant.settings.marketplace)
    if any(line.kind is LineKind.PHYSICAL for line in lines):
        parties["shippingAddress"] = _address(
            body.shipping_address, errors.SHIPPING_MISSING, _SHIPPING_RULES
        )
    elif body.shipping_address is not None:
        parties["shippingAddress"] = _address(
            body.shipping_address, errors.SHIPPING_MISSING, _SPARE_SHIPPING_RULES
        )
    sent = Sent(
        price=terms.price,
        paid=terms.paid,
        lines=[item.price for item in items if item.price],
    )
    command = _command(call, kind, card, terms)
    return msgspec.structs.replace(
        command,
        lines=lines,
        basket_id=body.basket_id or None,
        channel=body.payment_channel or None,
        group=group,
        parties=parties,
        sub_merchant_prices_e8=prices_e8,
    ), sent


def basic_payment_command(call: Call[BasicPayment], kind: PaymentKind) -> tuple[Pay, Sent]:
    """The command behind a payment without a basket, and its amounts as sent.

    Raises Failure; Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND.
    """
    body = call.body
    terms = _terms(call, body)
    card = payment_card(body.payment_card, call.card, body.buyer_email)
    checks.check_text(body.buyer_id, _BASIC_BUYER_ID)
    checks.check_email(body.buyer_email)
    checks.check_ip(body.buyer_ip, errors.BUYER_IP_MISSING)
    checks.check_text(body.connector_name, _CONNECTOR)
    buyer = {"id": body.buyer_id, "email": body.buyer_email, "ip": body.buyer_ip}
    command = msgspec.structs.replace(
        _command(call, kind, card, terms),
        parties={"buyer": {name: value for name, value in buyer.items() if value}},
    )
    return command, Sent(price=terms.price, paid=terms.paid)


def _terms(call: Call[Charge], body: Charge) -> _Terms:
    price = checks.checked_price(body.price)
    paid = checks.checked_amount(body.paid_price, "paidPrice", errors.PAID_PRICE_MISSING)
    checks.check_member(body.currency, CURRENCIES, "currency")
    checks.check_member(body.installment, call.desk.switches.installment_counts, "installment")
    return _Terms(
        price=price,
        paid=paid,
        currency=body.currency or DEFAULT_CURRENCY,
        installments=int(body.installment or 1),
    )


def _command(
    call: Call[Charge], kind: PaymentKind, card: NewCard | CardOnFile, terms: _Terms
) -> Pay:
    return Pay(
        merchant=call.merchant,
        door=DOOR,
        kind=kind,
        card=card,
        price_e8=terms.price.e8,
        paid_e8=terms.paid.e8,
        currency=terms.currency,
        installments=terms.installments,
        lines=(),
        line_split=call.desk.switches.line_split,
        blockage_release=call.desk.switches.blockage_release,
        conversation_id=call.conversation_id,
    )


def _buyer(buyer: Buyer | None) -> dict[str, str]:
    """The buyer as kept beside the payment."""
    if buyer is None:
        raise Failure(errors.BUYER_MISSING)
    _BUYER_RULES.check(buyer)
    identity_number = buyer.identity_number or ""
    if len(identity_number) < checks.IDENTITY_LENGTH_MIN:
        raise Failure(errors.IDENTITY_TOO_SHORT, "identityNumber", checks.IDENTITY_LENGTH_MIN)
    checks.check_email(buyer.email)
    checks.check_ip(buyer.ip, errors.BUYER_IP_MISSING)
    checks.check_date(buyer.registration_date, "registrationDate")
    checks.check_date(buyer.last_login_date, "lastLoginDate")
    return _as_sent(buyer)


def _address(address: Address | None, missing: errors.Error, rules: TextRules) -> dict[str, str]:
    """An address as kept beside the payment."""
    if address is None:
        raise Failure(missing)
    rules.check(address)
    return _as_sent(address)


def _as_sent(party: msgspec.Struct) -> dict[str, str]:
    """The fields of a buyer or an address by their names on the wire."""
    fields: dict[str, str] = msgspec.to_builtins(party)
    if all(fields.values()):
        return fields
    return {name: value for name, value in fields.items() if value}


def _basket(items: Sequence[BasketItem]) -> tuple[BasketLine, ...]:
    if not items:
        raise Failure(errors.BASKET_MISSING)
    if len(items) > BASKET_LINES_MAX:
        raise Failure(errors.TOO_MANY, "basketItems", BASKET_LINES_MAX)
    return tuple(_line(item) for item in items)


def _line(item: BasketItem) -> BasketLine:
    _ITEM_RULES.check(item)
    kind = _KINDS.get(item.item_type or "")
    if kind is None:
        raise Failure(errors.VALUE_UNKNOWN, "basketItemItemType")
    price = checks.checked_amount(item.price, "basketItemPrice", errors.ITEM_PRICE_MISSING)
    return BasketLine(
        item_id=item.id or "",
        name=item.name or "",
        category=item.category1 or "",
        kind=kind,
        price_e8=price.e8,
        subcategory=item.category2 or None,
        sub_merchant=item.sub_merchant_key or None,
    )
