"""Single values in, amounts and names out, and the formulas of instalments."""

import base64
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.answer import DeclineReason
from vezne.core.bin_table import BIN_TABLE
from vezne.core.card import Brand
from vezne.core.money import AMOUNT_MAX_E8, UNIT
from vezne.core.refusal import Reason
from vezne.dialects.paynet import enums, errors
from vezne.dialects.paynet.amounts import fraction, kurus_amount, lira, lira_amount
from vezne.dialects.paynet.declines import DECLINES
from vezne.dialects.paynet.instalments import Offer, figures, offer_from_key, offer_key, row
from vezne.dialects.paynet.outward_ids import (
    SESSION,
    TOKEN,
    NotAName,
    guid_like,
    opened_name,
    sealed_name,
    token_from_guid,
    transaction_name,
    transaction_number,
)
from vezne.dialects.paynet.paging import page_of
from vezne.dialects.paynet.refusals import REFUSALS
from vezne.dialects.paynet.scalars import flag, prose, text, whole
from vezne.dialects.paynet.switches import SWITCHES, switches_for
from vezne.vault.name_box import VaultNameBox

NAMES = VaultNameBox(bytes(range(64)))
EIGHTEEN_PERCENT = 18_000_000
TEN_LIRA = 10 * UNIT


@pytest.mark.parametrize(
    ("value", "kurus"),
    [
        ("1000", 1000),
        (1000, 1000),
        (Decimal("10055.000000000002"), 10055),
        (" 5 ", 5),
        ("-1", -1),
        ("0.00", 0),
    ],
)
def test_kurus(value: object, kurus: int) -> None:
    """Kuruş as numbers and texts, rounded where JavaScript left noise."""
    assert kurus_amount(value) == kurus * UNIT // 100


@pytest.mark.parametrize(
    ("value", "kurus"),
    [
        ("20,50", 2050),
        ("20.50", 2050),
        (Decimal("20.5"), 2050),
        (20, 2000),
        (Decimal("20.500000000000004"), 2050),
    ],
)
def test_lira(value: object, kurus: int) -> None:
    """Lira with a decimal comma or point."""
    assert lira_amount(value) == kurus * UNIT // 100


@pytest.mark.parametrize("value", ["0.49", "0.005", "20.5", Decimal("99.98"), "-0.001"])
def test_parts_of_a_kurus(value: object) -> None:
    """A kuruş has no parts, and next to nothing is not 0, which would mean all."""
    with pytest.raises(ValueError, match="kuruş"):
        kurus_amount(value)


@pytest.mark.parametrize("value", ["1.000", "20,505", "0,005", Decimal("20.505")])
def test_no_lira(value: object) -> None:
    """Three decimals are no lira: they may mean thousands."""
    with pytest.raises(ValueError, match=r"decimals|kuruş"):
        lira_amount(value)


@pytest.mark.parametrize(
    "value", ["", "ten", "1e3", "1,000,0", "٣", True, None, [], "1" * 50, "1..2", "NaN", "9" * 20]
)
def test_no_amount(value: object) -> None:
    """What is no amount is refused by both."""
    for reader in (kurus_amount, lira_amount):
        with pytest.raises(ValueError):  # noqa: PT011 - decimals raise their own kind of it
            reader(value)


@given(st.integers(0, AMOUNT_MAX_E8 // 10**6).map(lambda kurus: kurus * 10**6))
def test_lira_and_back(amount_e8: int) -> None:
    """What an answer writes is read again as the same amount."""
    assert lira_amount(str(lira(amount_e8))) == amount_e8


def test_fractions() -> None:
    """Rates lose their trailing zeros."""
    assert [str(fraction(rate)) for rate in (0, 2_000_000, 2_625_000, UNIT)] == [
        "0",
        "0.02",
        "0.02625",
        "1",
    ]


def test_flags() -> None:
    """Every spelling of yes and no."""
    assert all(flag(value) for value in (True, 1, "1", "true", "True", "TRUE ", Decimal(1)))
    assert not any(flag(value) for value in (False, 0, "0", "false", "False"))
    for value in ("yes", 2, [], None):
        with pytest.raises(ValueError):  # noqa: PT011
            flag(value)


def test_texts_and_numbers() -> None:
    """Numbers as texts, texts as numbers, and what is neither."""
    assert [text(value) for value in ("a", 1, Decimal("1.50"), " b ")] == ["a", "1", "1.50", "b"]
    assert [whole(value) for value in ("08", 8, " -8 ")] == [8, 8, -8]
    for reader, value in (
        (text, True),
        (text, "\x00"),
        (text, "\ud800"),
        (text, "x" * 1001),
        (whole, "1.5"),
        (whole, "x"),
        (whole, "9" * 19),
        (prose, "my card: 4355 0843 5508 4358"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            reader(value)


@pytest.mark.parametrize(
    ("count", "ratio_e8", "total", "commission", "part"),
    [
        (0, 2_000_000, "10.24", "0.20", "10.24"),
        (101, 2_500_000, "10.30", "0.26", "0.10"),
        (3, 3_000_000, "10.37", "0.31", "3.46"),
        (6, 3_000_000, "10.37", "0.31", "1.73"),
    ],
)
def test_sample_of_check_bin(
    count: int, ratio_e8: int, total: str, commission: str, part: str
) -> None:
    """The documentation's rows for ten lira come out under round ratios."""
    found = row(count, TEN_LIRA, ratio_e8, EIGHTEEN_PERCENT, add_commission=True)
    assert str(lira(found.figures.total_e8)) == total
    assert str(lira(found.figures.commission_e8)) == commission
    assert str(lira(found.part_e8)) == part
    assert str(lira(found.figures.net_e8)) == "10.00"
    comma = part.replace(".", ",")
    assert found.text == f"{count} Taksit {count} x {comma} = {total.replace('.', ',')} TL"


def test_commission_that_is_not_added() -> None:
    """The merchant bears it, and its tax."""
    found = figures(TEN_LIRA, 3_000_000, EIGHTEEN_PERCENT, add_commission=False)
    assert [str(lira(amount)) for amount in (found.total_e8, found.commission_e8)] == [
        "10.00",
        "0.30",
    ]
    assert [str(lira(amount)) for amount in (found.tax_e8, found.net_e8)] == ["0.05", "9.65"]
    assert found.end_user_e8 == 0


def test_names_have_the_documented_form() -> None:
    """Prefix, base64 in the samples' lengths, and an asterisk for a slash in a transaction's."""
    session = sealed_name(NAMES, 7, SESSION, b"s" * 20)
    assert (len(session), session[:3]) == (51, "js_")
    base64.b64decode(session[3:], validate=True)
    transactions = [transaction_name(NAMES, 7, number) for number in range(50)]
    assert {len(name) for name in transactions} == {51}
    assert not any("/" in name for name in transactions)
    assert any("*" in name for name in transactions)
    assert [transaction_number(NAMES, 7, name) for name in transactions] == list(range(50))
    spoiled = [name.replace("*", "/").replace("+", " ") for name in transactions]
    assert [transaction_number(NAMES, 7, name) for name in spoiled] == list(range(50))


def test_names_are_of_one_merchant_and_kind() -> None:
    """Nobody else's name opens, nor one of another kind, nor any text."""
    session = sealed_name(NAMES, 7, SESSION, b"s" * 20)
    for merchant_id, prefix, name in (
        (8, SESSION, session),
        (7, TOKEN, session),
        (7, SESSION, ""),
        (7, SESSION, "js_é"),
        (7, SESSION, session + "A" * 60),
        (7, SESSION, session[:-4]),
    ):
        with pytest.raises(NotAName):
            opened_name(NAMES, merchant_id, prefix, name)


@given(st.binary(min_size=20, max_size=20))
def test_guids(token: bytes) -> None:
    """Owners and cards look like a GUID, in any case, with or without dashes and braces."""
    name = guid_like(token)
    assert token_from_guid(name) == token
    assert token_from_guid("{" + name.upper() + "}") == token
    for wrong in (name[:-1], name + "00", "nobody", ""):
        with pytest.raises(NotAName):
            token_from_guid(wrong)


def test_offers() -> None:
    """An instalment key says what it was made for; a name of another length is none."""
    for bin in ("435508", "04355084", ""):
        offer = Offer(
            session_key=b"k" * 20, bin=bin, count=12, amount_e8=TEN_LIRA, add_commission=True
        )
        assert offer_from_key(NAMES, 7, offer_key(NAMES, 7, offer)) == offer
    with pytest.raises(NotAName):
        offer_from_key(NAMES, 7, sealed_name(NAMES, 7, "ji_", b"short"))


def test_tables_are_total() -> None:
    """Every refusal and every decline has its words here, and every issuer a bank."""
    assert set(REFUSALS) == set(Reason)
    assert set(DECLINES) == set(DeclineReason)
    banks = {enums.bank_of(record) for record in BIN_TABLE.values()}
    assert banks <= set(enums.BANKS)
    assert enums.OTHER_BANK not in {
        enums.bank_of(record) for record in BIN_TABLE.values() if record.issuer.name != "iyzico"
    }
    assert set(enums.BRANDS) == set(Brand)


def test_errors_have_both_languages() -> None:
    """Texts for one place in each language, with the same number of values."""
    rows = [item for item in vars(errors).values() if isinstance(item, errors.Error)]
    assert {row.code for row in rows} == {*range(27), 100}
    for item in rows:
        assert item.turkish
        assert item.english
        assert item.turkish.count("{0}") == item.english.count("{0}")


@pytest.mark.parametrize(
    ("bin", "brand"),
    [
        ("411111", "VISA"),
        ("540001", "MASTERCARD"),
        ("371111", "AMEX"),
        ("979200", "TROY"),
        ("012345", ""),
    ],
)
def test_networks(bin: str, brand: str) -> None:
    """Cards of no known issuer have their network's name all the same."""
    assert enums.brand_name(None, bin) == brand


def test_masks() -> None:
    """Six asterisks in transactions, eight in lists, five in a name."""
    assert enums.transaction_mask("43467865", "0002") == "434678******0002"
    assert enums.listing_mask("43467865", "0002") == "434678********0002"
    assert enums.holder_mask("RQ Deneme QR") == "RQ*****QR"
    assert enums.holder_mask("Ali") == "*****"


def test_pages() -> None:
    """The documentation's two examples, and what makes no sense."""
    rows = list(range(100))
    after = page_of(rows, limit=15, starting_after=15, ending_before=None)
    assert (after.rows, after.has_more) == (list(range(15, 30)), True)
    before = page_of(rows, limit=15, starting_after=None, ending_before=90)
    assert before.rows == list(range(75, 90))
    first = page_of(rows, limit=15, starting_after=None, ending_before=5)
    assert first.rows == list(range(5))
    odd = page_of(rows, limit=-1, starting_after=-5, ending_before=-2)
    assert odd.rows == [0]
    assert page_of([], limit=0, starting_after=None, ending_before=None).has_more is False


def test_switches() -> None:
    """Every switch has a field, a profile chooses, a name overrides."""
    assert [switch.name for switch in SWITCHES] == list(
        switches_for("classic", {}).__struct_fields__
    )
    assert switches_for("current", {}).commission_tax == 20_000_000
    assert switches_for("classic", {"currency": "TRY"}).currency == "TRY"
    with pytest.raises(ValueError, match="no such paynet switch: x"):
        switches_for("classic", {"x": "y"})


@pytest.mark.parametrize(("asked", "used"), [(None, 10), (0, 10), (-5, 1), (5, 5), (5000, 1000)])
def test_limit_that_is_used(asked: int | None, used: int) -> None:
    """A page says by which limit it was cut, which is not always the one that was asked for."""
    page = page_of([1, 2], limit=asked, starting_after=None, ending_before=None)
    assert page.limit == used
