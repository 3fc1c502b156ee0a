"""The requests of the payment services as records.

Card numbers and security codes are not in them: the vault took them out. Names are matched in any
case; every field has a default, and what has to be there is checked where it is used.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import msgspec


class MarketPlace(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What only marketplaces send."""

    basket_amount: Decimal | None = None


class PaymentDetail(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """What is paid, and how. Older clients misspell the instalments."""

    ALIASES: ClassVar[Mapping[str, str]] = {"installement": "installment"}

    amount: Decimal | None = None
    merchant_unique_code: str = ""
    tracking_code: str = ""
    merchant_success_back_url: str = ""
    merchant_fail_back_url: str = ""
    currency_id: int | None = None
    installment: int = 0
    client_ip: str = msgspec.field(default="", name="ClientIP")
    half_2d: bool = msgspec.field(default=False, name="Half2D")
    half_3d: bool = msgspec.field(default=False, name="Half3D")
    tag_id: int = 0
    channel_id: int = 0
    region_id: int | None = None
    provider_based: bool = False
    provider_key: str = ""
    pos_based: bool = False
    pos_id: int | None = None
    pay_route_by_pass: bool = False
    pay_route_type: int | None = None
    route_group_key: str = ""
    market_place: MarketPlace | None = None


class CardSave(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The wish to store the card once the payment is approved."""

    save: bool = False
    nickname: str = ""
    relational_id1: str = ""
    relational_id2: str = ""
    relational_id3: str = ""


class Partner(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """Whose pool a stored card is in."""

    partner_based: bool = False
    partner_identity: str = ""


class PaymentCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """The card of a payment: a stored one, a temporary one, or a new one."""

    owner_name: str = ""
    expire_month: str = ""
    expire_year: str = ""
    force_cvv: bool = False
    unique_code: str = ""
    temp_card_token: str = ""
    partner: Partner | None = None
    card_save: CardSave | None = None


class Customer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True, omit_defaults=True):
    """Who buys."""

    full_name: str = ""
    phone: str = ""
    email: str = ""
    country: str = ""
    city: str = ""
    address: str = ""
    identity_number: str = ""
    tax_number: str = ""


class Product(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """One line of the basket."""

    product_id: str = ""
    product_name: str = ""
    product_category: str = ""
    product_description: str = ""
    product_amount: Decimal | None = None
    member_id: int = 0


class Start(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """POST payment/startdirect and payment/start3d."""

    payment_detail: PaymentDetail | None = None
    card: PaymentCard | None = None
    customer: Customer | None = None
    products: list[Product] | None = None


class MerchantCode(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """A payment by the merchant's own code: end3d, provision/cancel, cancel."""

    merchant_unique_code: str = ""
    market_place: MarketPlace | None = None


class Provision(MerchantCode, frozen=True, rename="pascal", kw_only=True):
    """POST payment/provision. No amount, or 0, means all that is held."""

    provision_amount: Decimal | None = None


class Refund(MerchantCode, frozen=True, rename="pascal", kw_only=True):
    """POST private/refund."""

    complete_partial_refund: bool = False


class PartialRefund(MerchantCode, frozen=True, rename="pascal", kw_only=True):
    """POST private/refund/partial."""

    amount: Decimal | None = None


class Revert(PartialRefund, frozen=True, rename="pascal", kw_only=True):
    """POST private/revert. No amount, or 0, means all of it."""

    unique_code: str = ""


class QueryByMerchantCode(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """GET private/query."""

    merchant_unique_code: str = ""


class QueryByUniqueCode(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """GET private/query/by/uniquecode."""

    unique_code: str = ""


class QueryByPaymentId(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """GET private/query/by/paymentid."""

    payment_id: int | None = None


class BinInquiry(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """GET bin/inquiry."""

    bin_number: str = ""


class Installments(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """GET installment."""

    currency_id: int | None = None
    amount: Decimal | None = None
    bin_number: str = ""
    distinct_duplicates: bool = False


class TempToken(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """POST temptoken."""

    client_card_save: bool = False
    three_d_session: bool = msgspec.field(default=False, name="ThreeDSession")
    expiry_min: int = 0
    client_sdk: bool = False


class TempCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """POST tempcard."""

    card_type: int = 1
    card_owner_name: str = ""
    card_expiry_month: str = ""
    card_expiry_year: str = ""
    expiry_min: int = 0


class Nothing(msgspec.Struct, frozen=True):
    """A request whose body says nothing."""
