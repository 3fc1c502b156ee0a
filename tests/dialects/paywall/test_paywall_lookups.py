"""BIN inquiry, instalments, and the version."""

import msgspec
import pytest

from fakes.paywall_house import PUBLIC_CLIENT, PayWallHouse, open_house
from fakes.paywall_payments import PayWallShop
from vezne.core.installment_tables import INSTALLMENT_TABLES

ASKED = {"currencyid": "1", "amount": "100.00", "distinctduplicates": "true"}


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    known = house.merchants._known
    pair = ("paywall.public", PUBLIC_CLIENT)
    record, key = known[pair]
    tables = msgspec.structs.replace(record.settings, installments=INSTALLMENT_TABLES)
    known[pair] = (msgspec.structs.replace(record, settings=tables), key)
    return PayWallShop(house)


async def test_paywall_lookups_version(shop) -> None:
    """The Body is a text."""
    assert (await shop.get("payment/version"))["Body"] == "Always fresh, always ahead!"


async def test_paywall_lookups_bin_answers_as_documented(shop) -> None:
    """The documentation's sample, field by field."""
    answer = await shop.get("bin/inquiry", binnumber="51691401")
    assert (answer["ErrorCode"], answer["Message"]) == (0, "")
    assert answer["Body"] == {
        "BinNumber": "51691401",
        "CardBankId": 75,
        "CardBank": "DENİZBANK A.Ş.",
        "CardBrandId": 1,
        "CardBrand": "Master Card",
        "CardFamilyId": None,
        "CardFamily": None,
        "CardKindId": 1,
        "CardKind": "Bireysel Kart",
        "CardTypeId": 2,
        "CardType": "Debit",
        "IsMatchedByEightDigitBin": True,
        "IsMatchedBySixDigitBin": False,
    }


async def test_paywall_lookups_bin_of_six_digits(shop) -> None:
    """Six digits match by six, and so do eight that are known by six only."""
    for number in ("552879", "55287900"):
        body = (await shop.get("bin/inquiry", binnumber=number))["Body"]
        assert (body["BinNumber"], body["CardFamilyId"], body["CardFamily"]) == (number, 5, "Paraf")
        assert (body["IsMatchedByEightDigitBin"], body["IsMatchedBySixDigitBin"]) == (False, True)


@pytest.mark.parametrize(
    ("number", "code"),
    [("999999", 73), ("", 2), ("55287", 2), ("5528790", 2), ("552879000", 2), ("55287x", 2)],
)
async def test_paywall_lookups_bin_that_is_none(shop, number, code) -> None:
    """73 for an unknown BIN, 2 for what is none; Body is null."""
    answer = await shop.get("bin/inquiry", binnumber=number)
    assert (answer["ErrorCode"], answer["Body"]) == (code, None)


async def test_paywall_lookups_installments_of_a_card(shop) -> None:
    """With a BIN the Body is an object, with `Options` for this card."""
    body = (await shop.get("installment", **ASKED, binnumber="552879"))["Body"]
    assert list(body) == ["CardBank", "CardBrand", "CardFamily", "CardKind", "CardType", "Options"]
    assert (body["CardBank"], body["CardFamily"]) == ("T.HALK BANKASI A.Ş.", "Paraf")
    assert [row["Installment"] for row in body["Options"]] == [1, 2, 3, 6, 9, 12]
    first, second = body["Options"][:2]
    assert list(first) == [
        "PaymentGatewayId",
        "PaymentGatewayName",
        "Installment",
        "Commission",
        "Interest",
        "RawAmount",
        "InterestAmount",
    ]
    assert (first["Interest"], first["RawAmount"], first["InterestAmount"]) == (0, 100, 100)
    assert str(first["Commission"]) == "2.625"
    assert (str(second["Interest"]), str(second["InterestAmount"])) == ("3.22", "103.22")


async def test_paywall_lookups_installments_of_a_card_without_a_programme(shop) -> None:
    """A debit card and a foreign one pay in one go."""
    for number in ("51691401", "540001"):
        body = (await shop.get("installment", **ASKED, binnumber=number))["Body"]
        assert [row["Installment"] for row in body["Options"]] == [1]
    assert body["CardBank"] is None


async def test_paywall_lookups_installments_of_every_programme(shop) -> None:
    """Without a BIN the Body is a list, with `Option` in the singular; a count stands once."""
    body = (await shop.get("installment", **ASKED, endoftheday="0"))["Body"]
    families = {family["CardFamily"]: family for family in body}
    assert list(families["Bonus"]) == ["CardFamilyId", "CardFamily", "Option"]
    assert families["Bonus"]["CardFamilyId"] == 2
    assert families["Cardfinans"]["CardFamilyId"] == 6
    rows = families["Bonus"]["Option"]
    assert [row["Installment"] for row in rows] == [1, 2, 3, 6, 9, 12]
    # The cheaper of the two banks with this programme.
    assert str(rows[1]["InterestAmount"]) == "102.00"


async def test_paywall_lookups_installments_with_duplicates(shop) -> None:
    """DistinctDuplicates false lists the rows of every bank."""
    asked = {**ASKED, "distinctduplicates": "False"}
    body = (await shop.get("installment", **asked))["Body"]
    (bonus,) = [family for family in body if family["CardFamily"] == "Bonus"]
    assert [row["Installment"] for row in bonus["Option"]] == [1, 1, 2, 2, 3, 3, 6, 6, 9, 9, 12, 12]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currencyid": ""}, 8),
        ({"currencyid": "99"}, 8),
        ({"currencyid": "2", "binnumber": "552879"}, 8),
        ({"amount": ""}, 45),
        ({"amount": "0"}, 45),
        ({"amount": "a"}, 2),
        ({"binnumber": "1"}, 2),
        ({"distinctduplicates": "maybe"}, 2),
    ],
)
async def test_paywall_lookups_installment_rules(shop, changes, code) -> None:
    """Each parameter with its code."""
    answer = await shop.get("installment", **{**ASKED, **changes})
    assert (answer["ErrorCode"], answer["Body"]) == (code, None)


async def test_paywall_lookups_need_the_public_pair(tmp_path) -> None:
    """Nothing is told to callers without keys."""
    async with open_house(tmp_path) as house:
        for path in ("payment/version", "bin/inquiry", "installment"):
            response = await house.send("GET", f"/api/paywall/{path}", b"", {})
            assert b'"ErrorCode":4' in response.body
