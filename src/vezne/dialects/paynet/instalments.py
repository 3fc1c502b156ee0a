"""What paying in instalments costs, and the keys that name an offer of it.

No page states the formulas; they reproduce the figures of the documentation's check_bin sample. The
ratio of a number of instalments is the merchant's commission and the surcharge of its table.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import msgspec

from vezne.core.card import BinRecord
from vezne.core.installment import table_for
from vezne.core.merchant import InstallmentTable, Merchant
from vezne.core.money import UNIT, divide_half_up
from vezne.core.payment import Payment
from vezne.core.ports import Bins, NameBox
from vezne.dialects.paynet import errors
from vezne.dialects.paynet.amounts import KURUS_E8, lira_text
from vezne.dialects.paynet.enums import network_of
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outward_ids import INSTALMENT, NotAName, opened_name, sealed_name
from vezne.dialects.paynet.remarks import remarks_of
from vezne.dialects.paynet.switches import Switches

# Session key, length and digits of the BIN, count, amount, whether commission is added, and zeros.
_OFFER: Final = struct.Struct(">20sBIHQ?2x")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment costs, in 1e-8, each figure rounded half up to the kuruş.

    `end_user_e8` is the payer's part of the commission, `ratio_e8` a fraction of 1.
    """

    ratio_e8: int
    total_e8: int
    commission_e8: int
    tax_e8: int
    net_e8: int
    end_user_e8: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay. `count` is 0 for a single payment, `part_e8` what each instalment is."""

    count: int
    part_e8: int
    figures: Figures

    @property
    def text(self) -> str:
        """`3 Taksit 3 x 3,46 = 10,37 TL`."""
        part, total = lira_text(self.part_e8), lira_text(self.figures.total_e8)
        return f"{self.count} Taksit {self.count} x {part} = {total} TL"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What an instalment key names: a way to pay in one session, with one BIN, for one amount."""

    session_key: bytes
    bin: str
    count: int
    amount_e8: int
    add_commission: bool


def figures(amount_e8: int, ratio_e8: int, tax_rate_e8: int, *, add_commission: bool) -> Figures:
    """The figures of an amount under a ratio.

    An added commission is reckoned on the total that includes it and its tax, so that the amount is
    what is left to the merchant.
    """
    amount, ratio, tax_rate = Fraction(amount_e8), _fraction(ratio_e8), _fraction(tax_rate_e8)
    total = amount / (1 - ratio * (1 + tax_rate)) if add_commission else amount
    commission = total * ratio
    tax = commission * tax_rate
    return Figures(
        ratio_e8=ratio_e8,
        total_e8=_rounded(total),
        commission_e8=_rounded(commission),
        tax_e8=_rounded(tax),
        net_e8=_rounded(total - commission - tax),
        end_user_e8=_rounded(total) - _rounded(amount) if add_commission else 0,
    )


def row(
    count: int, amount_e8: int, ratio_e8: int, tax_rate_e8: int, *, add_commission: bool
) -> Row:
    """One way to pay. The parts are the rounded total divided, and need not sum up to it."""
    result = figures(amount_e8, ratio_e8, tax_rate_e8, add_commission=add_commission)
    part_e8 = divide_half_up(result.total_e8, max(count, 1) * KURUS_E8) * KURUS_E8
    return Row(count=count, part_e8=part_e8, figures=result)


def ratio_of(merchant: Merchant, table: InstallmentTable | None, count: int) -> int | None:
    """The ratio of a number of instalments in 1e-8; None for one that is not on offer."""
    if count == 0:
        return merchant.settings.plan.rate_e8
    surcharge_e8 = table.surcharges_e8.get(count) if table else None
    return None if surcharge_e8 is None else merchant.settings.plan.rate_e8 + surcharge_e8


def counts_of(table: InstallmentTable | None) -> list[int]:
    """The numbers of instalments on offer, the single payment first, as 0."""
    return [0, *(count for count in sorted(table.surcharges_e8) if count > 1)] if table else [0]


def rows_of(
    merchant: Merchant,
    table: InstallmentTable | None,
    amount_e8: int,
    switches: Switches,
    *,
    add_commission: bool,
) -> list[Row]:
    """Every way to pay an amount with the cards of a table, or of none."""
    return [
        row(count, amount_e8, ratio_e8, switches.commission_tax, add_commission=add_commission)
        for count in counts_of(table)
        if (ratio_e8 := ratio_of(merchant, table, count)) is not None
    ]


def rows_for_card(
    merchant: Merchant,
    record: BinRecord | None,
    amount_e8: int,
    switches: Switches,
    *,
    add_commission: bool,
) -> list[Row]:
    """Every way to pay an amount with a card."""
    table = table_for(merchant.settings.installments, record)
    return rows_of(merchant, table, amount_e8, switches, add_commission=add_commission)


def payable_record(bin: str, bins: Bins, switches: Switches) -> BinRecord | None:
    """What a BIN says; None for a card of no known issuer, which pays in one go.

    Raises Failure(WRONG_BIN) for digits of no card, and for such a card where it may not pay.
    """
    record = bins.find(bin)
    may_pay = switches.unknown_bin_pays and network_of(bin) is not None
    if record is None and not may_pay:
        raise Failure(errors.WRONG_BIN)
    return record


def find_row(rows: Sequence[Row], count: int) -> Row | None:
    """The row of a number of instalments; 0 and 1 are the single payment."""
    wanted = 0 if count == 1 else count
    return next((row for row in rows if row.count == wanted), None)


def figures_of(payment: Payment, merchant: Merchant, switches: Switches) -> Figures:
    """The figures of a payment of any door.

    Those of a payment that was captured for another amount, or has no ratio of this door, are
    reckoned on what was paid.
    """
    remarks = remarks_of(payment)
    ratio_e8, tax_e8 = remarks.ratio_e8, remarks.tax_e8
    if ratio_e8 is None:
        ratio_e8, tax_e8 = merchant.settings.plan.rate_e8, switches.commission_tax
    planned = figures(payment.price_e8, ratio_e8, tax_e8, add_commission=remarks.add_commission)
    if planned.total_e8 == payment.paid_e8:
        return planned
    return figures(payment.paid_e8, ratio_e8, tax_e8, add_commission=False)


def offer_key(names: NameBox, merchant_id: int, offer: Offer) -> str:
    """The instalment key of an offer."""
    name = _OFFER.pack(
        offer.session_key,
        len(offer.bin),
        int(offer.bin or 0),
        offer.count,
        offer.amount_e8,
        offer.add_commission,
    )
    return sealed_name(names, merchant_id, INSTALMENT, name)


def offer_from_key(names: NameBox, merchant_id: int, text: str) -> Offer:
    """Its inverse. Raises NotAName."""
    name = opened_name(names, merchant_id, INSTALMENT, text)
    if len(name) != _OFFER.size:
        raise NotAName
    session_key, length, digits, count, amount_e8, add_commission = _OFFER.unpack(name)
    return Offer(
        session_key=session_key,
        bin=f"{digits:0{length}d}" if length else "",
        count=count,
        amount_e8=amount_e8,
        add_commission=add_commission,
    )


def _fraction(rate_e8: int) -> Fraction:
    return Fraction(rate_e8, UNIT)


def _rounded(amount: Fraction) -> int:
    return divide_half_up(amount.numerator, amount.denominator * KURUS_E8) * KURUS_E8
