"""The BIN directory and its table."""

import pytest

from vezne.core.bin_table import BIN_TABLE, ISSUERS
from vezne.core.bins import BinDirectory
from vezne.core.card import BinRecord, Brand, Issuer, Product
from vezne.core.installment import can_pay_in_installments

BANK = Issuer(1, "Bank")


def record(bin: str) -> BinRecord:
    return BinRecord(bin=bin, issuer=BANK, brand=Brand.VISA, product=Product.CREDIT, family="Bonus")


SHORT, LONG = record("454360"), record("45436012")
DIRECTORY = BinDirectory({SHORT.bin: SHORT, LONG.bin: LONG})
FULL = BinDirectory(BIN_TABLE)


@pytest.mark.parametrize(
    ("bin", "expected"),
    [
        ("45436012", LONG),
        ("4543601299", LONG),
        ("45436013", SHORT),
        ("4543601", SHORT),
        ("454360", SHORT),
        ("45436", None),
        ("454361", None),
        ("", None),
    ],
)
def test_finds_the_longest_prefix(bin: str, expected: BinRecord | None) -> None:
    """Eight digits win over six; fewer than six name nobody."""
    assert DIRECTORY.find(bin) is expected


def test_table_is_well_formed() -> None:
    """Keys are BINs of six or eight digits, and an issuer has one name."""
    for bin, entry in BIN_TABLE.items():
        assert entry.bin == bin
        assert bin.isdigit()
        assert len(bin) in {6, 8}
        assert ISSUERS[entry.issuer.code] is entry.issuer


def test_brands_fit_the_number_ranges() -> None:
    """The networks own number ranges: 4 Visa, 5 Mastercard, 37 Amex, 65 and 9792 Troy."""
    ranges = {"4": Brand.VISA, "5": Brand.MASTERCARD, "3": Brand.AMEX}
    for bin, entry in BIN_TABLE.items():
        assert entry.brand is ranges.get(bin[0], Brand.TROY)


def test_sample_card() -> None:
    """The card of the documentation's samples is a Paraf credit card of Halk Bankası."""
    assert FULL.find("55287900") == BinRecord(
        bin="552879",
        issuer=Issuer(12, "Halk Bankası"),
        brand=Brand.MASTERCARD,
        product=Product.CREDIT,
        family="Paraf",
    )


@pytest.mark.parametrize(
    ("bin", "code", "name", "family"),
    [
        ("589004", 46, "Akbank", "Neo"),
        ("552608", 46, "Akbank", "Axess"),
        ("460345", 134, "Denizbank", "Denizbank CC"),
        ("540036", 62, "Garanti Bankası", "Bonus"),
        ("554960", 62, "Garanti Bankası", "Bonus"),
        ("552659", 67, "Yapı Kredi Bankası", "World"),
        ("454360", 64, "İş Bankası", "Maximum"),
        ("415792", 15, "Vakıfbank", "World"),
        ("531157", 111, "Finansbank", "CardFinans"),
        ("405903", 123, "HSBC Bank", "Advantage"),
        ("454671", 10, "Ziraat Bankası", "Ziraat Bankası CC"),
        ("54308100", 12, "Halk Bankası", "Paraf"),
        ("535805", 864, "iyzico", "iyzico DC"),
    ],
)
def test_observed_bins(bin: str, code: int, name: str, family: str) -> None:
    """What the documentation and the sandbox say of a BIN."""
    entry = FULL.find(bin)
    assert entry is not None
    assert (entry.issuer, entry.family) == (Issuer(code, name), family)


def test_commercial_cards() -> None:
    """Two BINs are known to belong to companies."""
    commercial = {bin for bin, entry in BIN_TABLE.items() if entry.is_commercial}
    assert commercial == {"454671", "552659"}


@pytest.mark.parametrize("bin", ["540001", "405418", "000000", "411111", "400000", "543081"])
def test_foreign_and_unknown_bins(bin: str) -> None:
    """Foreign and unknown cards have no record."""
    assert FULL.find(bin) is None


def test_debit_cards_pay_in_one_go() -> None:
    """No debit card of the table may pay in instalments, even of a programme's family."""
    assert not can_pay_in_installments(FULL.find("405903"))
    assert can_pay_in_installments(FULL.find("550472"))
