"""What the endpoints of PaynetJ, charge and saved cards answer, field by field.

Amounts are lira with two decimals. Spellings are those of the documentation's tables.
"""

from decimal import Decimal
from typing import Final

import msgspec

_NOTHING: Final = Decimal("0.00")


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/paynetj/auth."""

    session_id: str
    expire_date: str
    name: str
    tds_required: bool


class SessionNamed(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/paynetj/save_card and /v1/paynetj/auth_update."""

    session_id: str


class BinRow(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay."""

    instalment_key: str
    instalment: int
    instalment_amount: Decimal
    total_amount: Decimal
    commision: Decimal
    desc: str


class BinChecked(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/paynetj/check_bin and /v1/paynetj/check_card_bin."""

    bank_id: str
    bank_logo: str
    bank_name: str
    card_type: str
    tds_enable: bool
    data: list[BinRow]


class TokenCreated(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/paynetj/create_token and /v1/paynetj/create_card_token."""

    token_id: str
    post_url: str
    is_tds: bool


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/charge. Most of it is unknown of a payment that never began."""

    id: int = 0
    xact_id: str = ""
    xact_date: str = ""
    transaction_type: str = ""
    pos_type: str = ""
    is_tds: bool = False
    agent_id: str = ""
    user_id: str = ""
    email: str = ""
    phone: str = ""
    bank_id: str = ""
    instalment: int = 0
    ratio: Decimal = _NOTHING
    ratio_code: str = ""
    card_no_masked: str = ""
    card_holder: str = ""
    amount: Decimal = _NOTHING
    net_amount: Decimal = _NOTHING
    comission: Decimal = _NOTHING
    comission_tax: Decimal = _NOTHING
    end_user_comission: Decimal = _NOTHING
    currency: str = ""
    authorization_code: str = ""
    reference_code: str = ""
    order_id: str = ""
    reference_no: str = ""
    agent_reference_no: str = ""
    is_succeed: bool = False
    paynet_error_id: str = ""
    paynet_error_message: str = ""
    bank_error_id: str = ""
    bank_error_message: str = ""
    bank_error_short_desc: str = ""
    bank_error_long_desc: str = ""
    is_save_card_succeed: bool = False
    save_card_result_message: str = ""
    user_unique_id: str = ""
    card_owner_id: str = ""
    card_hash: str = ""
    card_desc: str = ""
    card_type: str = ""
    card_bank_id: str = ""
    card_brand_name: str = ""
    card_logo_url: str = ""


class CardSaved(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/card/save."""

    card_owner_id: str
    user_unique_id: str
    card_desc: str
    card_hash: str
    card_no: str
    card_bin: str
    card_type: str
    card_bank_id: str
    card_bank_name: str
    card_logo_url: str
    card_brand_name: str


class ListedCard(msgspec.Struct, frozen=True, kw_only=True):
    """One card of a list, under the names of both generations of the documentation."""

    company_code: str
    agent_id: str
    user_unique_id: str
    card_owner_id: str
    card_hash: str
    card_desc: str
    card_holder: str
    card_no: str
    card_no_masked: str
    card_bin: str
    card_bin_no: str
    card_type: str
    card_bank_id: str
    card_bank_name: str
    card_logo_url: str
    card_brand_name: str
    expire_month: int
    expire_year: int


class CardsListed(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/card/list."""

    total: int
    total_count: int
    limit: int
    ending_before: int
    starting_after: int
    has_more: bool
    data: list[ListedCard] = msgspec.field(name="Data")
