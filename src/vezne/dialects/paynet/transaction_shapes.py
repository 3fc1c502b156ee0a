"""The requests of the transaction and ratio services as records."""

import msgspec

from vezne.dialects.paynet.amounts import KurusAmount, LiraAmount
from vezne.dialects.paynet.scalars import Prose
from vezne.dialects.paynet.shapes import Asked


class TransactionName(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/check and detail; the first field that is there names the payment."""

    id: int | None = None
    xact_id: str | None = None
    xact: int | None = None
    reference_no: str | None = None


class Capture(TransactionName, frozen=True, kw_only=True):
    """POST /v1/transaction/capture. Without an amount, or with 0, all of it is captured."""

    amount: KurusAmount | None = None


class ReversedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/reversed_request. Without an amount, or with 0, all of it is undone."""

    xact_id: str | None = None
    amount: KurusAmount | None = None


class Reversal(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/preauth_reversal and capture_reversal."""

    xact_id: str | None = None


class ReversalList(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/transaction/reversal_list."""

    datab: str | None = None
    datbi: str | None = None
    agent_id: str | None = None
    bank_id: str | None = None
    limit: int | None = None
    ending_before: int | None = None
    starting_after: int | None = None


class TransactionList(ReversalList, frozen=True, kw_only=True):
    """POST /v1/transaction/list. Nothing is ever marked as transferred, so nothing is hidden."""

    user_id: str | None = None
    show_unsucceed: bool | None = None


class RatioGet(Asked, frozen=True, kw_only=True):
    """POST /v1/ratio/Get and Get_public."""

    pos_type: str | None = None
    amount: KurusAmount | None = None
    add_commission: bool | None = None
    bin: str | None = None
    agent_id: str | None = None
    ratio_code: str | None = None
    card_type: str | None = None
    session_id: str | None = None


class DirectPayment(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v2/transaction/payment. The card's number and code were taken out."""

    amount: LiraAmount | None = None
    reference_no: str | None = None
    domain: str | None = None
    card_holder: Prose | None = None
    month: int | None = None
    year: int | None = None
    card_hash: str | None = None
    card_holder_phone: Prose | None = None
    card_holder_mail: Prose | None = None
    description: Prose | None = None
    instalment: int | None = None
    agent_id: str | None = None
    company_amount: LiraAmount | None = None
    add_commission: bool | None = None
    pos_type: str | None = None
    ratio_code: str | None = None
    transaction_type: str | None = None
    save_card: bool | None = None
    card_desc: Prose | None = None
    user_unique_id: str | None = None
    card_owner_id: str | None = None
    user_id: str | None = None
    invoice_no: str | None = None
    is_escrow: bool | None = None
    ip: str | None = None
    client_id: str | None = None


class TdsInitial(DirectPayment, frozen=True, kw_only=True):
    """POST /v2/transaction/tds_initial."""

    return_url: str | None = None


class TdsCharge(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v2/transaction/tds_charge."""

    session_id: str | None = None
    token_id: str | None = None
    transaction_type: str | None = None
