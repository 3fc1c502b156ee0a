"""What paying costs, by bank and number of instalments: the merchant's tables as ratios."""

from collections.abc import Iterator
from typing import Final

import msgspec

from vezne.core.installment import table_for
from vezne.core.merchant import InstallmentTable
from vezne.dialects.paynet import enums, errors
from vezne.dialects.paynet.amounts import fraction, lira
from vezne.dialects.paynet.cards import logo_url
from vezne.dialects.paynet.endpoint import Call
from vezne.dialects.paynet.enums import Bank
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.instalments import Offer, Row, offer_key, payable_record, rows_of
from vezne.dialects.paynet.sessions import Opened, find_opened
from vezne.dialects.paynet.transaction_answers import BankRatios, RatioRow, Ratios
from vezne.dialects.paynet.transaction_shapes import RatioGet

_BIN_DIGITS: Final = range(6, 9)
_CREDIT: Final = "cc"
_DEBIT: Final = "dc"
_CARD_TYPES: Final = frozenset({_CREDIT, "bc", _DEBIT})


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The cards of one kind of a bank, and the table that they pay by."""

    bank: Bank
    card_type: str
    table: InstallmentTable | None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the ratios are reckoned on: the session's terms where the caller leaves them out."""

    amount_e8: int
    add_commission: bool
    bin: str
    opened: Opened | None


async def get_ratios(call: Call[RatioGet]) -> Answer:
    """POST /v1/ratio/Get and Get_public: for the cards of a BIN, or of every bank.

    With a session its rows have keys to pay by. Without an amount the amounts are zero.
    """
    body = call.body
    if (body.pos_type or "") not in enums.POS_TYPES:
        raise Failure(errors.WRONG_POS)
    if body.ratio_code:
        raise Failure(errors.RATIO_CODE_NOT_FOUND)
    if body.card_type is not None and body.card_type not in _CARD_TYPES:
        raise Failure(errors.MALFORMED, "card_type")
    terms = await _terms(call)
    if terms.bin:
        found = _group_of_bin(call, terms.bin)
        groups = [found] if body.card_type in {None, found.card_type} else []
    else:
        groups = list(_groups(call, body.card_type or _CREDIT))
    opened = terms.opened
    return Answer(
        fields=Ratios(
            tds_required=(
                opened.terms.tds_required if opened else call.desk.switches.tds_by_default
            ),
            data=[_bank_ratios(call, group, terms) for group in groups],
        )
    )


async def _terms(call: Call[RatioGet]) -> Terms:
    body = call.body
    opened = None
    if body.session_id is not None:
        opened = await find_opened(call.desk, call.merchant, body.session_id)
    amount_e8: int | None = body.amount
    is_added = body.add_commission
    if opened is not None:
        amount_e8 = opened.terms.amount_e8 if amount_e8 is None else amount_e8
        is_added = opened.terms.add_commission if is_added is None else is_added
    if (amount_e8 or 0) < 0:
        raise Failure(errors.MALFORMED, "amount")
    return Terms(
        amount_e8=amount_e8 or 0,
        add_commission=bool(is_added),
        bin=_checked_bin(body.bin),
        opened=opened,
    )


def _checked_bin(text: str | None) -> str:
    """Six to eight digits, or nothing when none were sent. Raises Failure(WRONG_BIN)."""
    bin = "".join((text or "").split())
    if bin and not (len(bin) in _BIN_DIGITS and bin.isascii() and bin.isdigit()):
        raise Failure(errors.WRONG_BIN)
    return bin


def _group_of_bin(call: Call[RatioGet], bin: str) -> Group:
    """The cards of a BIN. Raises Failure(WRONG_BIN) where those of no known issuer do not pay."""
    record = payable_record(bin, call.desk.ports.bins, call.desk.switches)
    return Group(
        bank=enums.bank_of(record),
        card_type=enums.card_type(record),
        table=table_for(call.merchant.settings.installments, record),
    )


def _groups(call: Call[RatioGet], card_type: str) -> Iterator[Group]:
    """The cards of every bank that the merchant has a table for, and those of any other.

    Of two tables for one programme the first stands for both. Debit cards pay in one go.
    """
    seen: set[str] = set()
    for table in call.merchant.settings.installments:
        bank = enums.programme_bank(table.family)
        if bank.id not in seen:
            seen.add(bank.id)
            yield Group(
                bank=bank, card_type=card_type, table=None if card_type == _DEBIT else table
            )
    if enums.OTHER_BANK.id not in seen:
        yield Group(bank=enums.OTHER_BANK, card_type=card_type, table=None)


def _bank_ratios(call: Call[RatioGet], group: Group, terms: Terms) -> BankRatios:
    rows = rows_of(
        call.merchant,
        group.table,
        terms.amount_e8,
        call.desk.switches,
        add_commission=terms.add_commission,
    )
    return BankRatios(
        bank_id=group.bank.id,
        bank_logo=logo_url(call, group.bank.id),
        bank_name=group.bank.name,
        card_type=group.card_type,
        tds_required=False,
        ratio=[_ratio_row(call, row, terms) for row in rows],
    )


def _ratio_row(call: Call[RatioGet], row: Row, terms: Terms) -> RatioRow:
    costs = row.figures
    return RatioRow(
        ratio=fraction(costs.ratio_e8),
        instalment_key=_key(call, row, terms),
        instalment=row.count,
        instalment_amount=lira(row.part_e8),
        total_net_amount=lira(costs.net_e8),
        total_amount=lira(costs.total_e8),
        commision=lira(costs.commission_e8),
        commision_tax=lira(costs.tax_e8),
        desc=row.text,
        ratio_code="",
        is_has_campaign=False,
        plus_installment=0,
        post_pone=0,
        campaign_note="",
    )


def _key(call: Call[RatioGet], row: Row, terms: Terms) -> str:
    """The key that pays by a row; without a session nothing could be paid with one."""
    if terms.opened is None:
        return ""
    offer = Offer(
        session_key=terms.opened.session.key,
        bin=terms.bin,
        count=row.count,
        amount_e8=terms.amount_e8,
        add_commission=terms.add_commission,
    )
    return offer_key(call.desk.names, call.merchant.id, offer)
