"""The answer to a payment in one call: the payment, its figures, and the card that was saved."""

from typing import TypeVar

import msgspec

from vezne.core.payment import Payment
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import fraction, lira
from vezne.dialects.paynet.cards import logo_url
from vezne.dialects.paynet.endpoint import Call
from vezne.dialects.paynet.enums import (
    bank_of,
    brand_name,
    card_type,
    timestamp,
    transaction_mask,
)
from vezne.dialects.paynet.outcome import Outcome
from vezne.dialects.paynet.outward_ids import guid_like
from vezne.dialects.paynet.transaction_answers import DirectPaid
from vezne.dialects.paynet.transaction_render import (
    View,
    end_user_ratio,
    instalment,
    is_tds,
    order_number,
    said_of,
    transaction_type,
    view,
)

Body = TypeVar("Body", bound=msgspec.Struct)


class SavedCard(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the card that was saved, or was paid with, and what became of saving it."""

    is_save_card_succeed: bool = False
    save_card_result_message: str = ""
    card_owner_id: str = ""
    user_unique_id: str = ""
    card_hash: str = ""
    card_desc: str = ""


async def direct_paid(call: Call[Body], payment: Payment, outcome: Outcome) -> DirectPaid:
    """The answer for a payment, whatever became of it."""
    seen = view(call.desk, call.merchant, payment, call.language)
    remarks, figures = seen.remarks, seen.figures
    bank, ratio = bank_of(seen.record), fraction(figures.ratio_e8)
    saved = await _saved_card(call, seen, outcome)
    return DirectPaid(
        id=payment.number,
        xact_id=seen.xact_id,
        xact_date=timestamp(payment.created_ms),
        transaction_type=transaction_type(payment),
        pos_type=remarks.pos_type,
        is_tds=is_tds(payment),
        agent_id=remarks.agent_id,
        user_id=remarks.user_id,
        email=remarks.email,
        phone=remarks.phone,
        instalment=instalment(payment),
        ratio=ratio,
        card_no_masked=transaction_mask(payment.bin, payment.last4),
        card_holder=remarks.holder,
        amount=lira(figures.total_e8),
        net_amount=lira(figures.net_e8),
        comission=lira(figures.commission_e8),
        comission_tax=lira(figures.tax_e8),
        currency=seen.currency,
        bank_id=bank.id,
        bank_name=bank.name,
        bank_authorization_code=payment.auth_code,
        bank_reference_code=payment.reference,
        bank_order_id=order_number(payment),
        **said_of(outcome),
        reference_no=payment.conversation_id or "",
        agent_reference_no=payment.conversation_id or "",
        xact_transaction_id=seen.guid,
        campaign_url="",
        end_user_comission=lira(figures.end_user_e8),
        end_user_ratio=end_user_ratio(seen),
        ratio_code=remarks.ratio_code,
        ratio_code_method="",
        card_brand_name=brand_name(seen.record, payment.bin),
        card_type=card_type(seen.record),
        plus_installment=0,
        company_cost_ratio=ratio,
        company_commission=lira(figures.commission_e8),
        company_commission_with_tax=lira(figures.commission_e8 + figures.tax_e8),
        company_net_amount=lira(figures.net_e8),
        **msgspec.structs.asdict(saved),
        card_bank_id=bank.id,
        card_logo_url=logo_url(call, bank.id),
    )


async def _saved_card(call: Call[Body], seen: View, outcome: Outcome) -> SavedCard:
    payment, is_wished = seen.payment, seen.remarks.save_card
    if payment.owner_key is None or payment.card_token is None:
        why = errors.message(errors.CARD_NOT_SAVED, call.language) if is_wished else ""
        return SavedCard(save_card_result_message=why)
    books, merchant_id = call.desk.ports.books, call.merchant.id
    owner = await books.find_owner(merchant_id, payment.owner_key)
    card = await books.find_card(merchant_id, payment.owner_key, payment.card_token)
    is_saved = is_wished and outcome.is_succeed
    return SavedCard(
        is_save_card_succeed=is_saved,
        save_card_result_message=(
            errors.message(errors.SUCCESSFUL, call.language) if is_saved else ""
        ),
        card_owner_id=guid_like(payment.owner_key),
        user_unique_id=(owner.external_id if owner else None) or "",
        card_hash=guid_like(payment.card_token),
        card_desc=card.alias if card else seen.remarks.card_desc,
    )
