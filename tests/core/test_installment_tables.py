"""The instalment tables a merchant starts with."""

from decimal import Decimal

import pytest

from builders import decimal_from_e8
from vezne.core.bin_table import BIN_TABLE, ISSUERS
from vezne.core.bins import BinDirectory
from vezne.core.installment import PROGRAMMES, installment_prices, table_for
from vezne.core.installment_tables import INSTALLMENT_TABLES
from vezne.core.money import UNIT, e8_from_decimal

COUNTS = (2, 3, 6, 9, 12)

# Published for a price of 100: BIN, count, part, total.
PUBLISHED = [
    ("454360", 2, "50.68", "101.36"),
    ("454360", 3, "33.95", "101.86"),
    ("454360", 6, "17.43", "104.58"),
    ("454360", 9, "12.19", "109.67"),
    ("552608", 2, "51.09", "102.17"),
    ("552608", 3, "34.46", "103.39"),
    ("552608", 6, "17.81", "106.89"),
    ("552608", 9, "12.32", "110.92"),
    ("54308100", 2, "51.61", "103.22"),
    ("54308100", 3, "35.08", "105.25"),
    ("54308100", 6, "18.7", "112.22"),
    ("54308100", 9, "13.35", "120.19"),
    ("54308100", 12, "10.77", "129.2"),
]


@pytest.mark.parametrize(("bin", "count", "part", "total"), PUBLISHED)
def test_published_prices(bin: str, count: int, part: str, total: str) -> None:
    """Every published pair of prices comes out to the cent."""
    table = table_for(INSTALLMENT_TABLES, BinDirectory(BIN_TABLE).find(bin))
    (row,) = [row for row in installment_prices(100 * UNIT, table, COUNTS) if row.count == count]
    assert (row.part_e8, row.total_e8) == (
        e8_from_decimal(Decimal(part)),
        e8_from_decimal(Decimal(total)),
    ), decimal_from_e8(row.total_e8)


def test_order_of_the_bank_list() -> None:
    """The published list's order, then the one programme that it does not name."""
    assert [(table.family, table.issuer_code) for table in INSTALLMENT_TABLES] == [
        ("Maximum", 64),
        ("World", 15),
        ("CardFinans", 111),
        ("Paraf", 12),
        ("Axess", 46),
        ("Bonus", 32),
        ("Bonus", 134),
        ("Advantage", 123),
    ]


def test_every_programme_has_every_count() -> None:
    """No programme is missing, and each offers 2, 3, 6, 9 and 12 at a price that grows."""
    assert {table.family for table in INSTALLMENT_TABLES} == PROGRAMMES
    for table in INSTALLMENT_TABLES:
        assert tuple(table.surcharges_e8) == COUNTS
        surcharges = list(table.surcharges_e8.values())
        assert surcharges == sorted(surcharges)
        assert table.issuer_code in ISSUERS
