"""The rules of a payment with a basket, in the order in which the live service complains.

Amounts come first, then the card, which is none of this module's, then buyer, addresses, basket.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, get_args

from vezne.core.payment import LineKind
from vezne.dialects.iyzico import checks, errors
from vezne.dialects.iyzico.checks import NAME_LENGTH_MAX, PROSE_LENGTH_MAX, TextRule, TextRules
from vezne.dialects.iyzico.errors import Error, Failure
from vezne.dialects.iyzico.sellers import PRODUCT
from vezne.dialects.iyzico.shapes import Address, Amount, BasketItem, Buyer, Charge, Payment

# Those that iyzico knows; which of them a merchant may use is the merchant's setting.
Currency = Literal["TRY", "USD", "EUR", "GBP", "NOK", "CHF"]
Channel = Literal[
    "WEB",
    "MOBILE",
    "MOBILE_WEB",
    "MOBILE_IOS",
    "MOBILE_ANDROID",
    "MOBILE_WINDOWS",
    "MOBILE_TABLET",
    "MOBILE_PHONE",
]
Group = Literal["PRODUCT", "LISTING", "SUBSCRIPTION", "OTHER"]
ItemType = Literal["PHYSICAL", "VIRTUAL"]

CURRENCIES: Final = frozenset[str](get_args(Currency))
DEFAULT_CURRENCY: Final = "TRY"
CHANNELS: Final = frozenset[str](get_args(Channel))
GROUPS: Final = frozenset[str](get_args(Group))
DEFAULT_GROUP: Final = PRODUCT
LINE_KINDS: Final[dict[str, LineKind]] = {
    "PHYSICAL": LineKind.PHYSICAL,
    "VIRTUAL": LineKind.VIRTUAL,
}
# A basket that fills a body of the largest size has several thousand lines; no shop's has.
BASKET_LINES_MAX: Final = 500

BASKET_ID: Final = TextRule("basket_id", "basketId")
BUYER_RULES: Final = TextRules(
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
BILLING_RULES: Final = TextRules(
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
SHIPPING_RULES: Final = TextRules(
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
_SPARE_SHIPPING_RULES: Final = SHIPPING_RULES.without_missing()
ITEM_RULES: Final = TextRules(
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


def checked_terms(body: Charge, installment_counts: Collection[int]) -> tuple[Amount, Amount]:
    """The mandatory `price` and `paidPrice`, with how they are paid. Raises Failure."""
    price = checks.checked_price(body.price)
    paid = checks.checked_amount(body.paid_price, "paidPrice", errors.PAID_PRICE_MISSING)
    checks.check_member(body.currency, CURRENCIES, "currency")
    checks.check_member(body.installment, installment_counts, "installment")
    return price, paid


def check_circumstances(body: Payment) -> None:
    """Where the payment comes from, and what for. Raises Failure."""
    checks.check_member(body.payment_channel, CHANNELS, "paymentChannel")
    checks.check_member(body.payment_group, GROUPS, "paymentGroup")
    checks.check_text(body.basket_id, BASKET_ID)


def check_buyer(buyer: Buyer | None) -> None:
    """Who buys. Raises Failure."""
    if buyer is None:
        raise Failure(errors.BUYER_MISSING)
    BUYER_RULES.check(buyer)
    identity_number = buyer.identity_number or ""
    if len(identity_number) < checks.IDENTITY_LENGTH_MIN:
        raise Failure(errors.IDENTITY_TOO_SHORT, "identityNumber", checks.IDENTITY_LENGTH_MIN)
    checks.check_email(buyer.email)
    checks.check_ip(buyer.ip, errors.BUYER_IP_MISSING)
    checks.check_date(buyer.registration_date, "registrationDate")
    checks.check_date(buyer.last_login_date, "lastLoginDate")


def check_billing(address: Address | None) -> None:
    """Where the bill goes. Raises Failure."""
    _check_address(address, errors.BILLING_MISSING, BILLING_RULES)


def check_shipping(body: Payment) -> None:
    """Where the goods go; an address that no line needs may be incomplete. Raises Failure."""
    if needs_shipping(body.basket_items or ()):
        _check_address(body.shipping_address, errors.SHIPPING_MISSING, SHIPPING_RULES)
    elif body.shipping_address is not None:
        _SPARE_SHIPPING_RULES.check(body.shipping_address)


def needs_shipping(items: Sequence[BasketItem]) -> bool:
    """Whether any of the lines is sent to somebody."""
    return any(item.item_type == "PHYSICAL" for item in items)


def _check_address(address: Address | None, missing: Error, rules: TextRules) -> None:
    if address is None:
        raise Failure(missing)
    rules.check(address)


def check_basket(items: Sequence[BasketItem] | None) -> None:
    """What is bought. Raises Failure."""
    if not items:
        raise Failure(errors.BASKET_MISSING)
    if len(items) > BASKET_LINES_MAX:
        raise Failure(errors.TOO_MANY, "basketItems", BASKET_LINES_MAX)
    for item in items:
        ITEM_RULES.check(item)
        if item.item_type not in LINE_KINDS:
            raise Failure(errors.VALUE_UNKNOWN, "basketItemItemType")
        checks.checked_amount(item.price, "basketItemPrice", errors.ITEM_PRICE_MISSING)
