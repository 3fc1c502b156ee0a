"""The answers of the reporting endpoints, in the order of the wire.

Those below /v2 write ids as numbers, and times of Istanbul as if they were those of Greenwich.
"""

import msgspec
from msgspec import UNSET, Raw, UnsetType

from vezne.dialects.iyzico.answers import Answer, Number, OptionalCount, OptionalText


class PaidLine(Answer, frozen=True, rename="camel", kw_only=True):
    """A line whose money was paid out."""

    payment_transaction_id: str
    payout_amount: Number
    payout_type: str
    sub_merchant_key: OptionalText = UNSET
    currency: str


class PaidLines(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /reporting/settlement/payoutcompleted."""

    payout_completed_transactions: list[PaidLine]


class BouncedRow(Answer, frozen=True, rename="camel", kw_only=True):
    """A payout that came back. One of the merchant itself has no key."""

    sub_merchant_key: OptionalText = UNSET
    iban: str
    contact_name: OptionalText = UNSET
    contact_surname: OptionalText = UNSET
    legal_company_title: OptionalText = UNSET
    marketplace_submerchant_type: OptionalText = UNSET


class BouncedRows(Answer, frozen=True, rename="camel", kw_only=True):
    """POST /reporting/settlement/bounced."""

    bounced_rows: list[BouncedRow]


class ReportedCancel(Answer, frozen=True, rename="camel", kw_only=True):
    """A void of a payment."""

    refund_id: int
    cancel_conversation_id: OptionalText
    refund_price: Number
    refund_status: int = 1
    created_date: str
    currency_code: str
    auth_code: str
    host_reference: str


class ReportedRefund(Answer, frozen=True, rename="camel", kw_only=True):
    """A refund of a line."""

    refund_tx_id: int
    refund_conversation_id: OptionalText
    refund_price: Number
    refund_status: int = 1
    is_after_settlement: bool
    created_date: str
    currency_code: str
    auth_code: str
    host_reference: str
    iyzi_commission_rate_amount: Number


class ReportedPayment(Answer, frozen=True, rename="camel", kw_only=True):
    """A payment with all that became of it."""

    payment_id: int
    payment_status: int
    payment_refund_status: str
    price: Number
    paid_price: Number
    installment: int
    merchant_commission_rate: Number
    merchant_commission_rate_amount: Number
    iyzi_commission_rate_amount: Number
    iyzi_commission_fee: Number
    payment_conversation_id: OptionalText
    fraud_status: int
    card_type: OptionalText
    card_association: OptionalText
    card_family: OptionalText
    card_token: OptionalText
    card_user_key: OptionalText
    bin_number: str
    last_four_digits: str
    basket_id: OptionalText
    currency: str
    connector_name: str = "IYZI_POS"
    auth_code: OptionalText
    three_ds: bool = msgspec.field(name="threeDS")
    phase: str
    acquirer_bank_name: str = "iyziPos"
    md_status: OptionalCount
    host_reference: OptionalText
    created_date: str
    updated_date: OptionalText
    cancels: list[ReportedCancel]
    item_transactions: list[dict[str, Raw]]


class ReportedPayments(Answer, frozen=True, rename="camel", kw_only=True):
    """GET /v2/reporting/payment/details."""

    payments: list[ReportedPayment]


class ReportedOperation(Answer, frozen=True, rename="camel", kw_only=True):
    """What the bank approved, for one line."""

    transaction_type: str
    transaction_date: str
    transaction_id: int
    transaction_status: OptionalCount = UNSET
    after_settlement: OptionalCount = UNSET
    payment_tx_id: int
    payment_id: int
    conversation_id: OptionalText
    payment_phase: str
    price: Number
    paid_price: Number
    transaction_currency: str
    installment: int
    three_ds: int = msgspec.field(name="threeDS")
    iyzico_commission: Number | UnsetType = UNSET
    iyzico_fee: Number | UnsetType = UNSET
    parity: Number | UnsetType = UNSET
    iyzico_conversion_amount: OptionalCount = UNSET
    merchant_payout_amount: Number | UnsetType = UNSET
    sub_merchant_payout_amount: Number | UnsetType = UNSET
    settlement_currency: str
    connector_type: str = "IYZI_POS"
    pos_order_id: str
    auth_code: str
    host_reference: str
    basket_id: OptionalText


class ReportedOperations(Answer, frozen=True, rename="camel", kw_only=True):
    """GET /v2/reporting/payment/transactions; the scrolled ones have no pages."""

    transactions: list[ReportedOperation]
    current_page: OptionalCount = UNSET
    total_page_count: OptionalCount = UNSET
