"""Instalments: which cards may, how many, and for how much."""

from collections.abc import Sequence

import msgspec

from vezne.core.card import BinRecord, Product
from vezne.core.merchant import InstallmentTable
from vezne.core.money import UNIT, divide_half_up

# The instalment programmes of Turkish issuers.
PROGRAMMES = frozenset(
    {"Bonus", "World", "Maximum", "Axess", "CardFinans", "Paraf", "Advantage"},
)
_CENT_E8 = UNIT // 100


class InstallmentPrice(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an instalment table: the parts and the whole, both rounded to the cent."""

    count: int
    part_e8: int
    total_e8: int


def can_pay_in_installments(record: BinRecord | None) -> bool:
    """Whether a card is a credit card of one of the programmes. A foreign card never is."""
    return record is not None and record.product is Product.CREDIT and record.family in PROGRAMMES


def installment_price(price_e8: int, count: int, surcharge_e8: int) -> InstallmentPrice:
    """The price of paying in `count` parts.

    The total is the price with its surcharge rounded half up to the cent; the part is the total
    before rounding divided by the count, rounded likewise.
    """
    with_surcharge = price_e8 * (UNIT + surcharge_e8)
    return InstallmentPrice(
        count=count,
        part_e8=divide_half_up(with_surcharge, UNIT * count * _CENT_E8) * _CENT_E8,
        total_e8=divide_half_up(with_surcharge, UNIT * _CENT_E8) * _CENT_E8,
    )


def installment_prices(
    price_e8: int, table: InstallmentTable | None, counts: Sequence[int]
) -> list[InstallmentPrice]:
    """Every way to pay a price: in one go for the price itself, then the rows of the table.

    Counts outside `counts` are left out.
    """
    rows = [InstallmentPrice(count=1, part_e8=price_e8, total_e8=price_e8)]
    for count, surcharge_e8 in sorted(table.surcharges_e8.items()) if table else ():
        if count > 1 and count in counts:
            rows.append(installment_price(price_e8, count, surcharge_e8))
    return rows


def table_for(
    tables: Sequence[InstallmentTable], record: BinRecord | None
) -> InstallmentTable | None:
    """The merchant's table for a card: its issuer's, else any of its programme."""
    if record is None or not can_pay_in_installments(record):
        return None
    of_family = [table for table in tables if table.family == record.family]
    for table in of_family:
        if table.issuer_code == record.issuer.code:
            return table
    return of_family[0] if of_family else None
