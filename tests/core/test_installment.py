"""Which cards may pay in instalments, how many, and for how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.card import BinRecord, Brand, Issuer, Product
from vezne.core.installment import (
    PROGRAMMES,
    InstallmentPrice,
    can_pay_in_installments,
    installment_price,
    installment_prices,
    table_for,
)
from vezne.core.merchant import InstallmentTable
from vezne.core.money import UNIT

CENT = UNIT // 100
COUNTS = (1, 2, 3, 6, 9, 12)


def card(
    family: str = "Bonus", *, issuer_code: int = 62, product: Product = Product.CREDIT
) -> BinRecord:
    return BinRecord(
        bin="540036",
        issuer=Issuer(issuer_code, "Bank"),
        brand=Brand.MASTERCARD,
        product=product,
        family=family,
    )


def table(family: str, issuer_code: int, **surcharges: int) -> InstallmentTable:
    return InstallmentTable(
        family=family,
        issuer_code=issuer_code,
        surcharges_e8={int(count[1:]): surcharge for count, surcharge in surcharges.items()},
    )


@pytest.mark.parametrize("family", sorted(PROGRAMMES))
def test_credit_cards_of_a_programme_may(family: str) -> None:
    """All seven programmes of the documentation allow instalments."""
    assert can_pay_in_installments(card(family))
    assert len(PROGRAMMES) == 7


@pytest.mark.parametrize(
    "record",
    [
        None,
        card(product=Product.DEBIT),
        card(product=Product.PREPAID),
        card("Denizbank CC"),
        card("bonus"),
    ],
)
def test_all_other_cards_may_not(record: BinRecord | None) -> None:
    """Foreign, debit and prepaid cards and credit cards outside a programme pay in one go."""
    assert not can_pay_in_installments(record)


def test_part_comes_from_the_unrounded_total() -> None:
    """6.887 % on 100.00 make 106.89 in six parts of 17.81, not of 17.82."""
    assert installment_price(100 * UNIT, 6, 6_887_000) == InstallmentPrice(
        count=6, part_e8=1781 * CENT, total_e8=10_689 * CENT
    )


def test_half_a_cent_rounds_up() -> None:
    """Totals and parts are rounded half up to the cent."""
    price = installment_price(UNIT, 2, UNIT * 5 // 1000)
    assert (price.total_e8, price.part_e8) == (101 * CENT, 50 * CENT)
    assert installment_price(99 * CENT, 2, 0).part_e8 == 50 * CENT


def test_first_row_is_the_price_itself() -> None:
    """One payment costs the price, to the last decimal, table or no table."""
    price_e8 = 123_456_789
    (row,) = installment_prices(price_e8, None, COUNTS)
    assert row == InstallmentPrice(count=1, part_e8=price_e8, total_e8=price_e8)
    assert installment_prices(price_e8, table("Bonus", 62, x2=0), COUNTS)[0] == row


def test_rows_are_in_order_and_of_known_counts() -> None:
    """Rows ascend; counts that may not be used are left out, and one is never doubled."""
    rows = installment_prices(
        UNIT, table("Bonus", 62, x9=3, x4=2, x2=1, x1=UNIT, x6=2, x36=9), (1, 2, 6, 9)
    )
    assert [row.count for row in rows] == [1, 2, 6, 9]


def test_table_of_the_issuer_comes_first() -> None:
    """A card's own issuer has the say; without it any table of the programme holds."""
    teb, deniz, world = table("Bonus", 32), table("Bonus", 134), table("World", 62)
    tables = (world, teb, deniz)
    assert table_for(tables, card(issuer_code=134)) is deniz
    assert table_for(tables, card(issuer_code=32)) is teb
    assert table_for(tables, card(issuer_code=62)) is teb


def test_no_table() -> None:
    """No table for a card that may not, nor where the merchant has none of its programme."""
    tables = (table("Bonus", 62),)
    assert table_for(tables, None) is None
    assert table_for(tables, card(product=Product.DEBIT)) is None
    assert table_for(tables, card("World")) is None


@given(
    price_e8=st.integers(1, 10**9 * UNIT),
    count=st.integers(2, 12),
    surcharge_e8=st.integers(0, UNIT),
)
def test_rows_are_in_whole_cents_and_near(price_e8: int, count: int, surcharge_e8: int) -> None:
    """Both figures are whole cents, and the parts miss the total by half a cent each at most."""
    row = installment_price(price_e8, count, surcharge_e8)
    assert row.part_e8 % CENT == row.total_e8 % CENT == 0
    assert 2 * abs(row.part_e8 * count - row.total_e8) <= (count + 1) * CENT
