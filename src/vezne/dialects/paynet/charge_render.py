"""The answer to a charge: the payment, its figures, and the card that was saved."""

from typing import TypeVar

import msgspec

from vezne.core.payment import Payment
from vezne.dialects.paynet import enums, errors
from vezne.dialects.paynet.amounts import fraction, lira
from vezne.dialects.paynet.answers import Charged
from vezne.dialects.paynet.cards import logo_url
from vezne.dialects.paynet.endpoint import Call
from vezne.dialects.paynet.instalments import figures_of
from vezne.dialects.paynet.outcome import Outcome
from vezne.dialects.paynet.outward_ids import guid_like, transaction_name
from vezne.dialects.paynet.purchase import USER_ID
from vezne.dialects.paynet.remarks import remarks_of
from vezne.dialects.paynet.sessions import Opened

Body = TypeVar("Body", bound=msgspec.Struct)


def unbegun(call: Call[Body], opened: Opened, outcome: Outcome) -> Charged:
    """The answer for a token whose browser never went to the bank: there is no transaction."""
    return _with_outcome(
        Charged(
            transaction_type=enums.SALE,
            pos_type=opened.terms.pos_type,
            is_tds=True,
            agent_id=opened.terms.agent_id,
            user_id=USER_ID,
            amount=lira(opened.terms.amount_e8),
            currency=call.desk.switches.currency,
            reference_no=opened.terms.reference_no,
        ),
        outcome,
    )


async def charged(call: Call[Body], opened: Opened, payment: Payment, outcome: Outcome) -> Charged:
    """The answer for a payment, whatever became of it."""
    desk = call.desk
    remarks = remarks_of(payment)
    costs = figures_of(payment, call.merchant, desk.switches)
    record = desk.ports.bins.find(payment.bin)
    bank = enums.bank_of(record)
    answer = Charged(
        id=payment.number,
        xact_id=transaction_name(desk.names, call.merchant.id, payment.number),
        xact_date=enums.timestamp(payment.created_ms),
        transaction_type=enums.TYPES[payment.kind],
        pos_type=remarks.pos_type,
        is_tds=payment.authentication is not None,
        agent_id=remarks.agent_id,
        user_id=remarks.user_id,
        email=remarks.email,
        phone=remarks.phone,
        bank_id=bank.id,
        instalment=0 if payment.installments == 1 else payment.installments,
        ratio=fraction(costs.ratio_e8),
        ratio_code=remarks.ratio_code,
        card_no_masked=enums.transaction_mask(payment.bin, payment.last4),
        card_holder=remarks.holder,
        amount=lira(payment.paid_e8),
        net_amount=lira(costs.net_e8),
        comission=lira(costs.commission_e8),
        comission_tax=lira(costs.tax_e8),
        end_user_comission=lira(costs.end_user_e8),
        currency=desk.switches.currency,
        authorization_code=payment.auth_code,
        reference_code=payment.reference,
        order_id=str(payment.number),
        reference_no=payment.conversation_id or opened.terms.reference_no,
        agent_reference_no=payment.conversation_id or opened.terms.reference_no,
        card_type=enums.card_type(record),
        card_bank_id=bank.id,
        card_brand_name=enums.brand_name(record, payment.bin),
        card_logo_url=logo_url(call, bank.id),
        user_unique_id=opened.terms.user_unique_id,
    )
    return await _with_card(call, payment, _with_outcome(answer, outcome))


def _with_outcome(answer: Charged, outcome: Outcome) -> Charged:
    return msgspec.structs.replace(
        answer,
        is_succeed=outcome.is_succeed,
        paynet_error_id=outcome.paynet_error_id,
        paynet_error_message=outcome.paynet_error_message,
        bank_error_id=outcome.bank_error_id,
        bank_error_message=outcome.bank_error_message,
        bank_error_short_desc=outcome.bank_error_short_desc,
        bank_error_long_desc=outcome.bank_error_long_desc,
    )


async def _with_card(call: Call[Body], payment: Payment, answer: Charged) -> Charged:
    """The names of the card that was saved or was paid with, and of its owner."""
    remarks = remarks_of(payment)
    if payment.owner_key is None or payment.card_token is None:
        why = errors.message(errors.CARD_NOT_SAVED, call.language) if remarks.save_card else ""
        return msgspec.structs.replace(answer, save_card_result_message=why)
    books, merchant_id = call.desk.ports.books, call.merchant.id
    owner = await books.find_owner(merchant_id, payment.owner_key)
    card = await books.find_card(merchant_id, payment.owner_key, payment.card_token)
    is_saved = remarks.save_card and answer.is_succeed
    return msgspec.structs.replace(
        answer,
        is_save_card_succeed=is_saved,
        save_card_result_message=errors.message(errors.SUCCESSFUL, call.language)
        if is_saved
        else "",
        user_unique_id=(owner.external_id if owner else None) or answer.user_unique_id,
        card_owner_id=guid_like(payment.owner_key),
        card_hash=guid_like(payment.card_token),
        card_desc=card.alias if card else remarks.card_desc,
    )
