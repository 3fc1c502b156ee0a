"""The fields that follow the envelope, endpoint by endpoint, in the order of the wire.

A field without a value is left out. Amounts are JSON numbers that were written already; so are the
lines of a payment, see `lines.py`.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

OptionalText = str | UnsetType
OptionalCount = int | UnsetType
Number = Annotated[Raw, Meta(extra_json_schema={"type": "number"})]


class Answer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Fields of an answer."""


class CreatedCard(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /cardstorage/card."""

    external_id: OptionalText = UNSET
    email: OptionalText = UNSET
    card_user_key: str
    card_token: str
    card_alias: OptionalText = UNSET
    bin_number: str
    last_four_digits: OptionalText = UNSET
    card_type: OptionalText
    card_association: OptionalText
    card_family: OptionalText
    card_bank_code: OptionalCount
    card_bank_name: OptionalText
    metadata: dict[str, str] | UnsetType = UNSET


class CreateCardEcho(Answer, frozen=True, rename="camel", kw_only=True):
    """What an error of POST /cardstorage/card repeats."""

    external_id: OptionalText = UNSET
    email: OptionalText = UNSET


class CardDetail(Answer, frozen=True, rename="camel", kw_only=True):
    """A card of the list."""

    card_token: str
    card_alias: OptionalText = UNSET
    bin_number: str
    last_four_digits: OptionalText = UNSET
    card_type: OptionalText
    card_association: OptionalText
    card_family: OptionalText
    card_bank_code: OptionalCount
    card_bank_name: OptionalText
    expire_month: OptionalText = UNSET
    expire_year: OptionalText = UNSET


class CardList(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /cardstorage/cards; without the cards, what its errors repeat."""

    card_user_key: OptionalText = UNSET
    card_details: list[CardDetail] | UnsetType = UNSET


class BlocklistEntry(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /cardstorage/blacklist/card/retrieve."""

    card_number: str
    blacklisted: bool


class PaymentAnswer(Answer, frozen=True, rename="camel", kw_only=True):
    """A payment with its basket, as `render.payment_answer` writes it."""

    price: Number
    paid_price: Number
    installment: int
    payment_id: str
    fraud_status: int
    merchant_commission_rate: Number
    merchant_commission_rate_amount: Number
    iyzi_commission_rate_amount: Number
    iyzi_commission_fee: Number
    card_type: OptionalText = UNSET
    card_association: OptionalText = UNSET
    card_family: OptionalText = UNSET
    card_token: OptionalText = UNSET
    card_user_key: OptionalText = UNSET
    bin_number: str
    last_four_digits: str
    basket_id: OptionalText = UNSET
    currency: str
    item_transactions: list[Raw]
    auth_code: str
    phase: str
    md_status: OptionalCount = UNSET
    host_reference: str
    signature: str
    payment_status: OptionalText = UNSET


class BasicPaymentAnswer(Answer, frozen=True, rename="camel", kw_only=True):
    """A payment without a basket."""

    price: Number
    paid_price: Number
    installment: int
    currency: str
    payment_id: str
    merchant_commission_rate: Number
    merchant_commission_rate_amount: Number
    iyzi_commission_fee: Number
    card_type: OptionalText
    card_association: OptionalText
    card_family: OptionalText
    card_token: OptionalText = UNSET
    card_user_key: OptionalText = UNSET
    bin_number: str
    payment_transaction_id: str
    auth_code: str
    connector_name: OptionalText = UNSET
    phase: str
    md_status: OptionalCount = UNSET


class PaymentEcho(Answer, frozen=True, rename="camel", kw_only=True):
    """What an error about a payment repeats."""

    payment_id: OptionalText = UNSET
    payment_status: OptionalText = UNSET


class RefundEcho(Answer, frozen=True, rename="camel", kw_only=True):
    """What an error of a refund repeats."""

    payment_id: OptionalText = UNSET
    price: Number | UnsetType = UNSET
    retryable: bool = False


class Cancelled(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /payment/cancel."""

    payment_id: str
    price: Number
    currency: str
    auth_code: str
    host_reference: str
    cancel_host_reference: str


class Refunded(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /payment/refund and /v2/payment/refund."""

    payment_id: str
    payment_transaction_id: OptionalText = UNSET
    price: Number
    currency: str
    auth_code: str
    host_reference: str
    refund_host_reference: str
    retryable: bool = False
    signature: str
    transaction_type: OptionalText = UNSET


class BinAnswer(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /payment/bin/check; the number alone is what its errors repeat."""

    bin_number: OptionalText = UNSET
    card_type: OptionalText = UNSET
    card_association: OptionalText = UNSET
    card_family: OptionalText = UNSET
    bank_name: OptionalText = UNSET
    bank_code: OptionalCount = UNSET
    commercial: OptionalCount = UNSET


class InstallmentPrice(Answer, frozen=True, rename="camel", kw_only=True):
    """One way to pay in parts."""

    installment_price: Number
    total_price: Number
    installment_number: int


class InstallmentDetail(Answer, frozen=True, rename="camel", kw_only=True):
    """A card or a programme with its instalments. Nothing is ever forced on the caller."""

    bin_number: OptionalText = UNSET
    price: Number
    card_type: OptionalText = UNSET
    card_association: OptionalText = UNSET
    card_family_name: OptionalText = UNSET
    force3ds: int = 0
    bank_code: OptionalCount = UNSET
    bank_name: OptionalText = UNSET
    force_cvc: int = 0
    commercial: OptionalCount = UNSET
    dcc_enabled: OptionalCount = UNSET
    agriculture_enabled: OptionalCount = UNSET
    installment_prices: list[InstallmentPrice]


class InstallmentInfo(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /payment/iyzipos/installment."""

    installment_details: list[InstallmentDetail]


class ThreedsInitialized(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /payment/3dsecure/initialize and its variants."""

    html_content: str = msgspec.field(name="threeDSHtmlContent")
    payment_id: str
    signature: str


class CreatedSubMerchant(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /onboarding/submerchant."""

    sub_merchant_key: str


class SubMerchantDetail(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /onboarding/submerchant/detail."""

    name: OptionalText
    email: str
    gsm_number: OptionalText
    address: str
    iban: OptionalText
    swift_code: OptionalText
    currency: str
    tax_office: OptionalText
    contact_name: OptionalText
    contact_surname: OptionalText
    legal_company_title: OptionalText
    sub_merchant_external_id: str
    identity_number: OptionalText
    tax_number: OptionalText
    sub_merchant_type: str
    sub_merchant_key: str
    settlement_description_template: OptionalText


class Blockage(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /blockage."""

    usable_blockage: Number
    total_blockage: Number
    total_balance: Number


class DecidedLine(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /payment/iyzipos/item/approve and /payment/iyzipos/item/disapprove."""

    payment_transaction_id: str
