"""Payments in one call, without 3-D Secure, and what they share with those that begin with it."""

from typing import Final, TypeVar

import msgspec

from vezne.core.body import FieldState
from vezne.core.payment import Payment
from vezne.core.pricing import LineSplit
from vezne.dialects.paynet import enums, errors
from vezne.dialects.paynet.amounts import LiraAmount
from vezne.dialects.paynet.cards import (
    DESCRIPTION_LENGTH_MAX,
    UNIQUE_ID_LENGTH_MAX,
    check_length,
    checked_holder,
    find_customer,
    new_card,
    owner_key_from_text,
)
from vezne.dialects.paynet.charge import REFERENCE_LENGTH_MAX, kind_of
from vezne.dialects.paynet.direct_render import direct_paid
from vezne.dialects.paynet.endpoint import DOOR, Call
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.instalments import Row, find_row, payable_record, rows_for_card
from vezne.dialects.paynet.outcome import outcome_of
from vezne.dialects.paynet.purchase import BLOCKAGE_RELEASE
from vezne.dialects.paynet.remarks import Remarks, parties_of
from vezne.dialects.paynet.transaction_shapes import DirectPayment
from vezne.flows.inquire import check_reference_free
from vezne.flows.pay import CardOnFile, NewCard, Pay, pay
from vezne.flows.store_card import check_not_expired, sealed_from_stored

_DOMAIN_LENGTH_MAX: Final = 256
_MAIL_LENGTH_MAX: Final = 60
_PHONE_LENGTH_MAX: Final = 20
_CODE_LENGTH_MAX: Final = 10
_CLIENT_LENGTH_MAX: Final = 256

Body = TypeVar("Body", bound=DirectPayment)


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The card that pays, its BIN, and its holder's name."""

    card: NewCard | CardOnFile
    bin: str
    holder: str


async def take_payment(call: Call[DirectPayment]) -> Answer:
    """POST /v2/transaction/payment."""
    command = await pay_command(call)
    payment = await pay(command, call.desk.ports)
    return await answer_of(call, payment)


async def answer_of(
    call: Call[msgspec.Struct], payment: Payment, *, is_repeat: bool = False
) -> Answer:
    """The answer about a payment. Raises Failure(TIMED_OUT) where the bank has not said."""
    outcome = outcome_of(payment, call.language, is_repeat=is_repeat)
    return Answer(fields=await direct_paid(call, payment, outcome), result=outcome.result)


async def pay_command(call: Call[Body], session_key: bytes = b"") -> Pay:
    """The payment that a request asks for, in the session of that key if there is one.

    Raises Failure; Refusal: OWNER_NOT_FOUND, CARD_NOT_FOUND, CARD_EXPIRED, REFERENCE_TAKEN.
    """
    body = call.body
    amount_e8 = _checked_amount(body)
    reference = _checked_reference(body)
    _check_terms(body)
    kind = kind_of(body.transaction_type)
    chosen = await _choose_card(call)
    row = _chosen_row(call, chosen, amount_e8)
    await check_reference_free(call.merchant, reference, call.desk.ports)
    return Pay(
        merchant=call.merchant,
        door=DOOR,
        kind=kind,
        card=chosen.card,
        price_e8=amount_e8,
        paid_e8=row.figures.total_e8,
        currency=enums.CURRENCY,
        installments=max(row.count, 1),
        lines=(),
        line_split=LineSplit.EXACT,
        blockage_release=BLOCKAGE_RELEASE,
        conversation_id=reference,
        claims_reference=True,
        parties=parties_of(_remarks(call, chosen, row, session_key)),
    )


def _checked_amount(body: DirectPayment) -> LiraAmount:
    if body.amount is None:
        raise Failure(errors.MISSING, "amount")
    if body.amount <= 0:
        raise Failure(errors.MALFORMED, "amount")
    return body.amount


def _checked_reference(body: DirectPayment) -> str:
    if not body.reference_no:
        raise Failure(errors.MISSING, "reference_no")
    check_length(body.reference_no, "reference_no", REFERENCE_LENGTH_MAX)
    return body.reference_no


def _check_terms(body: DirectPayment) -> None:
    """Check what else is agreed on. A part for a dealer is not dropped silently."""
    if not body.domain:
        raise Failure(errors.MISSING, "domain")
    check_length(body.domain, "domain", _DOMAIN_LENGTH_MAX)
    if (body.pos_type or "") not in enums.POS_TYPES:
        raise Failure(errors.WRONG_POS)
    if body.ratio_code:
        raise Failure(errors.RATIO_CODE_NOT_FOUND)
    if body.invoice_no:
        raise Failure(errors.INVOICE_NOT_FOUND)
    if body.is_escrow or body.company_amount not in {None, body.amount}:
        raise Failure(errors.NOT_IMPLEMENTED)
    check_length(body.description, "description", DESCRIPTION_LENGTH_MAX)
    check_length(body.card_holder_mail, "card_holder_mail", _MAIL_LENGTH_MAX)
    check_length(body.card_holder_phone, "card_holder_phone", _PHONE_LENGTH_MAX)
    check_length(body.agent_id, "agent_id", _CODE_LENGTH_MAX)
    check_length(body.user_id, "user_id", _CODE_LENGTH_MAX)
    check_length(body.ip, "ip", _CLIENT_LENGTH_MAX)
    check_length(body.client_id, "client_id", _CLIENT_LENGTH_MAX)


async def _choose_card(call: Call[Body]) -> Chosen:
    """The card that came with the request, or the stored one that it names."""
    if call.body.card_hash:
        return await _stored_card(call, call.body.card_hash)
    body = call.body
    holder = checked_holder(body.card_holder)
    card = new_card(call.card, body.month, body.year)
    if not card.has_cvv:
        raise Failure(errors.CVC_MISSING)
    check_not_expired(card, call.desk.ports)
    is_kept = bool(body.save_card)
    if is_kept:
        _check_savable(body)
    owner_id = body.card_owner_id if is_kept else None
    new = NewCard(
        card=card,
        holder=holder,
        register=is_kept,
        owner_key=owner_key_from_text(owner_id) if owner_id else None,
        email=body.card_holder_mail or "",
        alias=body.card_desc or "",
        external_id=body.user_unique_id,
    )
    return Chosen(card=new, bin=card.bin, holder=holder)


def _check_savable(body: DirectPayment) -> None:
    """A card is saved under a description, for somebody. Raises Failure."""
    if not body.card_desc:
        raise Failure(errors.MISSING, "card_desc")
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    if not (body.user_unique_id or body.card_owner_id):
        raise Failure(errors.MISSING, "user_unique_id")
    check_length(body.user_unique_id, "user_unique_id", UNIQUE_ID_LENGTH_MAX)


async def _stored_card(call: Call[Body], card_hash: str) -> Chosen:
    """A stored card with the code that came along, if any.

    A number beside it would leave open which card pays.
    """
    body, lifted = call.body, call.card
    if lifted.number is not FieldState.ABSENT:
        raise Failure(errors.MALFORMED, "pan")
    if lifted.cvv is FieldState.INVALID:
        raise Failure(errors.CVC_WRONG)
    customer = await find_customer(call, body.card_owner_id, body.user_unique_id)
    stored = customer.find_card(card_hash)
    check_not_expired(sealed_from_stored(stored), call.desk.ports)
    return Chosen(
        card=CardOnFile(
            owner_key=stored.owner_key,
            token=stored.token,
            transit_id=lifted.transit_id if lifted.cvv is FieldState.VALID else None,
        ),
        bin=stored.bin,
        holder=body.card_holder
        or await call.desk.ports.vault.holder_of(call.merchant.id, stored.token),
    )


def _chosen_row(call: Call[Body], chosen: Chosen, amount_e8: int) -> Row:
    """The way to pay that the request names by its number of instalments. Raises Failure."""
    body, switches = call.body, call.desk.switches
    record = payable_record(chosen.bin, call.desk.ports.bins, switches)
    rows = rows_for_card(
        call.merchant, record, amount_e8, switches, add_commission=bool(body.add_commission)
    )
    row = find_row(rows, body.instalment or 0)
    if row is None:
        raise Failure(errors.WRONG_RATIO)
    return row


def _remarks(call: Call[Body], chosen: Chosen, row: Row, session_key: bytes) -> Remarks:
    body = call.body
    return Remarks(
        session=session_key.hex(),
        user_id=body.user_id or "",
        agent_id=body.agent_id or "",
        pos_type=body.pos_type or enums.PAYNET_POS,
        ratio_e8=row.figures.ratio_e8,
        tax_e8=call.desk.switches.commission_tax,
        add_commission=bool(body.add_commission),
        holder=chosen.holder,
        phone=body.card_holder_phone or "",
        email=body.card_holder_mail or "",
        ip=body.ip or "",
        client_id=body.client_id or "",
        description=body.description or "",
        card_desc=body.card_desc or "",
        save_card=bool(body.save_card) and isinstance(chosen.card, NewCard),
    )
