"""What the transaction services answer, field by field.

Amounts are lira with two decimals. Spellings are those of the documentation's tables, which have a
net amount under two and a commission under three.
"""

from decimal import Decimal

import msgspec


class CheckItem(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction in the answer of check. The net amount stands there under both spellings."""

    id: int
    xact_id: str
    xact_date: str
    transaction_type: str
    pos_type: str
    is_tds: bool
    agent_id: str
    note: str
    ratio: Decimal
    ratio_code: str
    agent_reference: str
    reference_no: str
    bank_id: str
    instalment: int
    card_type: str
    card_no: str
    card_holder: str
    amount: Decimal
    net_amount_camel: Decimal = msgspec.field(name="netAmount")
    net_amount: Decimal
    comission: Decimal
    comission_tax: Decimal
    end_user_comission: Decimal
    currency: str
    authorization_code: str
    reference_code: str
    order_id: str
    is_succeed: bool
    xact_transaction_id: str
    email: str
    phone: str
    object_name: str
    code: int
    message: str


class DetailItem(msgspec.Struct, frozen=True, kw_only=True):
    """What detail says of a transaction beyond check.

    Without dealers all of it belongs to the company, and the dealer's figures are zero.
    """

    xact_type_desc: str
    channel_id: str
    pos_type_desc: str
    agent_name: str
    company_name: str
    company_code: str
    user_id: str
    user_name: str
    ratio_code_method: str
    end_user_ratio: Decimal
    bank_name: str
    reversed: bool
    reversed_xact_id: str
    company_amount: Decimal
    company_commission: Decimal
    company_commission_with_tax: Decimal
    company_net_amount: Decimal
    agent_amount: Decimal
    agent_commission: Decimal
    agent_commission_with_tax: Decimal
    agent_net_amount: Decimal
    company_cost_ratio: Decimal
    company_pay_ratio: Decimal
    payment_string: str
    instalment_text: str
    ipaddress: str
    client_id: str


class Transactions(msgspec.Struct, frozen=True, kw_only=True):
    """The transactions that an answer lists."""

    rows: list[dict[str, object]] = msgspec.field(name="Data")


class ListItem(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list. Without dealers the parent company has all and the dealer nothing."""

    company_code: str = msgspec.field(name="companyCode")
    company_name: str = msgspec.field(name="companyName")
    agent_id: str
    agent_reference: str = msgspec.field(name="agent_referans_no")
    agent_name: str
    xact_id: str
    xact_date: str
    xact_time: str
    is_tds: bool
    bank_id: str
    bank_name: str
    card_no: str
    card_holder: str
    card_type: str
    card_type_name: str
    authorization_code: str
    reference_code: str
    order_id: str
    pos_type: str
    pos_text: str = msgspec.field(name="postype_desc")
    xact_type: str
    xact_text: str = msgspec.field(name="xacttype_desc")
    fiscal_period_id: str
    sector_id: str
    sector_text: str = msgspec.field(name="sectorid_desc")
    merchant_id: str
    terminal_id: str
    channel_id: str
    channel_name: str
    ipaddress: str
    client_id: str
    xact_transaction_id: str
    is_succeed: bool
    reversed: bool
    is_reconcile: bool
    is_payup: bool
    is_onchargeback: bool
    is_transferred: bool
    reversed_xact_id: str
    instalment: int
    amount: Decimal
    net_amount: Decimal
    comission: Decimal
    comission_tax: Decimal
    currency: str
    ratio: Decimal
    end_user_comission: Decimal
    user_id: str
    note: str = msgspec.field(name="xact_note")
    reference: str = msgspec.field(name="xact_agent_reference")
    company_pay_ratio: Decimal
    company_cost_ratio: Decimal
    company_gross: Decimal = msgspec.field(name="ana_firma_brut_alacak")
    company_commission: Decimal = msgspec.field(name="ana_firma_komisyonu")
    company_commission_taxed: Decimal = msgspec.field(name="ana_firma_komisyonu_kdv_dahil")
    company_net: Decimal = msgspec.field(name="ana_firma_odenecek_net_tutar")
    agent_gross: Decimal = msgspec.field(name="bayi_brut_alacak")
    agent_commission: Decimal = msgspec.field(name="bayi_komisyonu")
    agent_commission_taxed: Decimal = msgspec.field(name="bayi_komisyonu_kdv_dahil")
    agent_net: Decimal = msgspec.field(name="bayiye_odenecek_net_tutar")
    company_value_date: str = msgspec.field(name="cp_mfi_vdate")
    company_value_days: int = msgspec.field(name="cp_mfi_vdate_day")
    agent_value_date: str = msgspec.field(name="ap_mfi_vdate")
    agent_value_days: int = msgspec.field(name="ap_mfi_vdate_day")


class ReversalItem(msgspec.Struct, frozen=True, kw_only=True):
    """One void or refund. `xact_id` is that of the transaction which it undoes."""

    id: int
    xact_date: str
    company_code: str
    entry_date: str
    agent_id: str
    user_id: str
    company_name: str
    agent_name: str
    xact_id: str
    reversed_xact_id: str
    reference_no: str
    xact_type: str
    xact_text: str = msgspec.field(name="xacttype_desc")
    bank_id: str
    bank_name: str
    card_no: str
    card_holder: str
    amount: Decimal
    currency: str
    reference_code: str
    authorization_code: str
    is_succeed: bool


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list, and what the whole of it sums to."""

    company_code: str = msgspec.field(name="companyCode")
    company_name: str = msgspec.field(name="companyName")
    total: int
    total_count: int
    total_amount: Decimal
    limit: int
    ending_before: int
    starting_after: int
    has_more: bool
    rows: list[ListItem] | list[ReversalItem] = msgspec.field(name="Data")


class RatioRow(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay in a table of ratios. Campaigns are not known here."""

    ratio: Decimal
    instalment_key: str
    instalment: int
    instalment_amount: Decimal
    total_net_amount: Decimal
    total_amount: Decimal
    commision: Decimal
    commision_tax: Decimal
    desc: str
    ratio_code: str
    is_has_campaign: bool
    plus_installment: int
    post_pone: int
    campaign_note: str


class BankRatios(msgspec.Struct, frozen=True, kw_only=True):
    """The ratios of one bank's cards."""

    bank_id: str
    bank_logo: str
    bank_name: str
    card_type: str
    tds_required: bool
    ratio: list[RatioRow]


class Ratios(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/ratio/Get and /v1/ratio/Get_public."""

    tds_required: bool
    data: list[BankRatios]


class DirectPaid(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v2/transaction/payment and /v2/transaction/tds_charge.

    `bank_id` is the bank that took the payment, `card_bank_id` the one that gave the card.
    """

    id: int
    xact_id: str
    xact_date: str
    transaction_type: str
    pos_type: str
    is_tds: bool
    agent_id: str
    user_id: str
    email: str
    phone: str
    instalment: int
    ratio: Decimal
    card_no_masked: str
    card_holder: str
    amount: Decimal
    net_amount: Decimal
    comission: Decimal
    comission_tax: Decimal
    currency: str
    bank_id: str
    bank_name: str
    bank_authorization_code: str
    bank_reference_code: str
    bank_order_id: str
    is_succeed: bool
    paynet_error_id: str
    paynet_error_message: str
    bank_error_id: str
    bank_error_message: str
    bank_error_short_desc: str
    bank_error_long_desc: str
    reference_no: str
    agent_reference_no: str
    xact_transaction_id: str
    campaign_url: str
    end_user_comission: Decimal
    end_user_ratio: Decimal
    ratio_code: str
    ratio_code_method: str
    card_brand_name: str
    card_type: str
    plus_installment: int
    company_cost_ratio: Decimal
    company_commission: Decimal
    company_commission_with_tax: Decimal
    company_net_amount: Decimal
    is_save_card_succeed: bool
    save_card_result_message: str
    card_owner_id: str
    user_unique_id: str
    card_hash: str
    card_desc: str
    card_bank_id: str
    card_logo_url: str


class TdsBegun(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v2/transaction/tds_initial."""

    session_id: str
    token_id: str
    post_url: str
    html_content: str
