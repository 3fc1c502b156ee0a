"""PaynetJ up to the card: open a session, change it, and see what a BIN may pay."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from vezne.core.card import BinRecord
from vezne.dialects.paynet import enums, errors, shapes
from vezne.dialects.paynet.amounts import lira
from vezne.dialects.paynet.answers import BinChecked, BinRow, SessionNamed, SessionOpened
from vezne.dialects.paynet.cards import (
    DESCRIPTION_LENGTH_MAX,
    UNIQUE_ID_LENGTH_MAX,
    check_length,
    find_customer,
    find_customer_of_session,
    logo_url,
)
from vezne.dialects.paynet.endpoint import Call
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.instalments import Offer, Row, offer_key, payable_record, rows_for_card
from vezne.dialects.paynet.sessions import (
    Opened,
    Terms,
    change,
    check_unused,
    drop_token,
    find_opened,
    open_terms,
    session_id,
)
from vezne.dialects.paynet.urls import checked_return_url

_BIN_DIGITS: Final = range(6, 9)
_CODE_LENGTH_MAX: Final = 10
_REFERENCE_LENGTH_MAX: Final = 50

Body = TypeVar("Body", bound=msgspec.Struct)


async def auth(call: Call[shapes.Auth]) -> Answer:
    """POST /v1/paynetj/auth. Ratio tables, invoices and dealers of a company are not kept here."""
    body, switches = call.body, call.desk.switches
    if not body.amount:
        raise Failure(errors.MISSING, "amount")
    if body.amount < 0:
        raise Failure(errors.MALFORMED, "amount")
    if (body.pos_type or "") not in enums.POS_TYPES:
        raise Failure(errors.WRONG_POS)
    if body.ratio_code:
        raise Failure(errors.RATIO_CODE_NOT_FOUND)
    if body.invoice_no:
        raise Failure(errors.INVOICE_NOT_FOUND)
    check_length(body.agent_id, "agent_id", _CODE_LENGTH_MAX)
    check_length(body.reference_no, "reference_no", _REFERENCE_LENGTH_MAX)
    check_length(body.user_unique_id, "user_unique_id", UNIQUE_ID_LENGTH_MAX)
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    is_required = body.tds_required
    terms = Terms(
        amount_e8=body.amount,
        add_commission=bool(body.add_commission),
        tds_required=switches.tds_by_default if is_required is None else is_required,
        save_card=bool(body.save_card),
        agent_id=body.agent_id or "",
        pos_type=body.pos_type or enums.PAYNET_POS,
        reference_no=body.reference_no or "",
        user_unique_id=body.user_unique_id or "",
        card_owner_id=body.card_owner_id or "",
        card_desc=body.card_desc or "",
        user_gsm_no=body.user_gsm_no or "",
        return_url=checked_return_url(body.return_url),
    )
    check_savable(terms)
    if terms.card_owner_id:
        await find_customer(call, terms.card_owner_id, None)
    opened = await open_terms(call.desk, call.merchant, terms)
    return Answer(
        fields=SessionOpened(
            session_id=session_id(call, opened),
            expire_date=enums.timestamp(opened.session.expires_ms),
            name=call.merchant.name,
            tds_required=terms.tds_required,
        )
    )


async def auth_update(call: Call[shapes.AuthUpdate]) -> Answer:
    """POST /v1/paynetj/auth_update. Instalment keys of another amount are void afterwards."""
    body = call.body
    opened = await _find_unused(call, body.session_id)
    if body.ratio_code:
        raise Failure(errors.RATIO_CODE_NOT_FOUND)
    if body.amount is not None and body.amount <= 0:
        raise Failure(errors.MALFORMED, "amount")
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    sent = {
        "amount_e8": body.amount,
        "add_commission": body.add_commission,
        "save_card": body.save_card,
        "card_desc": body.card_desc,
        "user_gsm_no": body.user_gsm_no,
    }
    return await _change_terms(call, opened, sent)


async def save_card(call: Call[shapes.SaveCard]) -> Answer:
    """POST /v1/paynetj/save_card: store the card of the session, once it has paid."""
    body = call.body
    opened = await _find_unused(call, body.session_id)
    check_length(body.card_desc, "card_desc", DESCRIPTION_LENGTH_MAX)
    sent = {"save_card": True, "card_desc": body.card_desc, "user_gsm_no": body.user_gsm_no}
    return await _change_terms(call, opened, sent)


async def check_bin(call: Call[shapes.CheckBin]) -> Answer:
    """POST /v1/paynetj/check_bin: the bank of a BIN, and the ways to pay with its cards."""
    body = call.body
    opened = await find_opened(call.desk, call.merchant, body.session_id)
    bin = "".join((body.bin or "").split())
    if not bin:
        raise Failure(errors.MISSING, "bin")
    if len(bin) not in _BIN_DIGITS or not (bin.isascii() and bin.isdigit()):
        raise Failure(errors.WRONG_BIN)
    return _checked(call, opened, bin, is_single=bool(body.no_instalment))


async def check_card_bin(call: Call[shapes.CheckCardBin]) -> Answer:
    """POST /v1/paynetj/check_card_bin: the same for a saved card."""
    body = call.body
    opened = await find_opened(call.desk, call.merchant, body.session_id)
    customer = await find_customer_of_session(
        call, opened.terms, body.card_owner_id, body.user_unique_id
    )
    card = customer.find_card(body.card_hash)
    return _checked(call, opened, card.bin, is_single=bool(body.no_instalment))


def offered_rows(call: Call[Body], terms: Terms, bin: str) -> list[Row]:
    """The ways to pay the amount of a session with the cards of a BIN.

    Raises Failure(WRONG_BIN) for digits of no card, and where cards of no known issuer do not pay.
    """
    switches = call.desk.switches
    record = payable_record(bin, call.desk.ports.bins, switches)
    return rows_for_card(
        call.merchant, record, terms.amount_e8, switches, add_commission=terms.add_commission
    )


def check_savable(terms: Terms) -> None:
    """A card can only be saved for somebody. Raises Failure(MISSING)."""
    if terms.save_card and not (terms.user_unique_id or terms.card_owner_id):
        raise Failure(errors.MISSING, "user_unique_id")


def _checked(call: Call[Body], opened: Opened, bin: str, *, is_single: bool) -> Answer:
    rows = offered_rows(call, opened.terms, bin)
    record: BinRecord | None = call.desk.ports.bins.find(bin)
    bank = enums.bank_of(record)
    return Answer(
        fields=BinChecked(
            bank_id=bank.id,
            bank_logo=logo_url(call, bank.id),
            bank_name=bank.name,
            card_type=enums.card_type(record),
            tds_enable=True,
            data=[_row(call, opened, bin, row) for row in (rows[:1] if is_single else rows)],
        )
    )


def _row(call: Call[Body], opened: Opened, bin: str, row: Row) -> BinRow:
    offer = Offer(
        session_key=opened.session.key,
        bin=bin,
        count=row.count,
        amount_e8=opened.terms.amount_e8,
        add_commission=opened.terms.add_commission,
    )
    return BinRow(
        instalment_key=offer_key(call.desk.names, call.merchant.id, offer),
        instalment=row.count,
        instalment_amount=lira(row.part_e8),
        total_amount=lira(row.figures.total_e8),
        commision=lira(row.figures.commission_e8),
        desc=row.text,
    )


async def _find_unused(call: Call[Body], text: str | None) -> Opened:
    opened = await find_opened(call.desk, call.merchant, text)
    await check_unused(opened, call.merchant, call.desk.ports)
    return opened


async def _change_terms(call: Call[Body], opened: Opened, sent: Mapping[str, object]) -> Answer:
    """Write what was sent of a session's terms."""
    given = {name: value for name, value in sent.items() if value is not None}
    terms = msgspec.structs.replace(opened.terms, **given)
    check_savable(terms)
    ports = call.desk.ports
    is_same_price = (terms.amount_e8, terms.add_commission) == (
        opened.terms.amount_e8,
        opened.terms.add_commission,
    )
    if is_same_price:
        changed = await change(msgspec.structs.replace(opened, terms=terms), ports)
    else:
        changed = await drop_token(opened, terms, call.merchant, ports)
    return Answer(fields=SessionNamed(session_id=session_id(call, changed)))
