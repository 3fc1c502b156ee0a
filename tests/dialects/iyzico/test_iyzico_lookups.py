"""BIN check and instalment tables of the iyzico door."""

import json
from decimal import Decimal

import pytest

from builders import SAMPLE_TIME_MS
from fakes.iyzico_door import IyzicoDoor


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("554960", ["CREDIT_CARD", "MASTER_CARD", "Bonus", "Garanti Bankası", 62, 0]),
        ("552659", ["CREDIT_CARD", "MASTER_CARD", "World", "Yapı Kredi Bankası", 67, 1]),
        ("55287900", ["CREDIT_CARD", "MASTER_CARD", "Paraf", "Halk Bankası", 12, 0]),
        ("589004", ["DEBIT_CARD", "MASTER_CARD", "Neo", "Akbank", 46, 0]),
        ("374427", ["CREDIT_CARD", "AMERICAN_EXPRESS", "Bonus", "Garanti Bankası", 62, 0]),
        ("979202", ["DEBIT_CARD", "TROY", "QNB DC", "Finansbank", 111, 0]),
    ],
)
async def test_iyzico_bin_check_says_what_a_card_is(door, number, expected) -> None:
    """The BINs of the official clients' tests, six digits or eight."""
    answer = await door.call("/payment/bin/check", {"conversationId": "1", "binNumber": number})
    names = ["cardType", "cardAssociation", "cardFamily", "bankName", "bankCode", "commercial"]
    assert list(answer) == ["status", "locale", "systemTime", "conversationId", "binNumber", *names]
    assert [answer[name] for name in names] == expected
    assert answer["binNumber"] == number


async def test_iyzico_current_bin_check_has_the_short_name(current) -> None:
    """The switch of the bank's name reaches every answer."""
    answer = await current.call("/payment/bin/check", {"binNumber": 552879})
    assert (answer["bankName"], answer["binNumber"]) == ("Halkbank", "552879")


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (None, "5006", "binNumber gönderilmesi zorunludur"),
        ("000000", "5066", "Bin bulunamadı"),
        ("411111", "5066", "Bin bulunamadı"),
        ("540001", "5066", "Bin bulunamadı"),
        ("55287", "5007", "binNumber 6 karakter olmalıdır"),
        ("552879000", "5007", "binNumber 6 karakter olmalıdır"),
        ("xxxxxx", "5007", "binNumber sayısal olmalıdır"),
        ("٥٥٢٨٧٩", "5007", "binNumber sayısal olmalıdır"),
    ],
)
async def test_iyzico_bin_check_fails_with_the_number_echoed(door, number, code, message) -> None:
    """Unknown, too short, too long, not a number."""
    answer = await door.call("/payment/bin/check", {"binNumber": number})
    assert (answer["errorCode"], answer["errorMessage"]) == (code, message)
    assert answer.get("binNumber") == number


async def test_iyzico_installments_of_a_known_card(door) -> None:
    """The published table of a Paraf card for 100, field by field."""
    answer = await door.call(
        "/payment/iyzipos/installment", {"binNumber": "552879", "price": "100"}
    )
    (entry,) = answer["installmentDetails"]
    assert list(entry.items())[:-1] == [
        ("binNumber", "552879"),
        ("price", 100),
        ("cardType", "CREDIT_CARD"),
        ("cardAssociation", "MASTER_CARD"),
        ("cardFamilyName", "Paraf"),
        ("force3ds", 0),
        ("bankCode", 12),
        ("bankName", "Halk Bankası"),
        ("forceCvc", 0),
        ("commercial", 0),
        ("dccEnabled", 0),
        ("agricultureEnabled", 0),
    ]
    assert entry["installmentPrices"][0] == {
        "installmentPrice": 100,
        "totalPrice": 100,
        "installmentNumber": 1,
    }
    rows = [
        (row["installmentNumber"], row["installmentPrice"], row["totalPrice"])
        for row in entry["installmentPrices"][1:]
    ]
    assert rows == [
        (2, Decimal("51.61"), Decimal("103.22")),
        (3, Decimal("35.08"), Decimal("105.25")),
        (6, Decimal("18.7"), Decimal("112.22")),
        (9, Decimal("13.35"), Decimal("120.19")),
        (12, Decimal("10.77"), Decimal("129.2")),
    ]


@pytest.mark.parametrize(
    ("profile", "price", "echoed"),
    [
        ("classic", "100", "100"),
        ("classic", "99.90", "99.9"),
        ("current", "100", "100"),
        ("current", "100.0", "100.0"),
    ],
)
async def test_iyzico_installment_price_is_echoed(profile, price, echoed) -> None:
    """The price of the request: stripped, or in its own scale as the official clients compare."""
    request = json.dumps({"binNumber": "554960", "price": price}).encode()
    response = await IyzicoDoor(profile).send("/payment/iyzipos/installment", request)
    assert f'"binNumber":"554960","price":{echoed},'.encode() in response.body


async def test_iyzico_installments_of_every_programme(door) -> None:
    """Without a BIN there is an entry for each programme and bank, in the documented order."""
    answer = await door.call("/payment/iyzipos/installment", {"price": 100, "locale": "en"})
    entries = answer["installmentDetails"]
    assert [(entry["cardFamilyName"], entry["bankCode"]) for entry in entries][:7] == [
        ("Maximum", 64),
        ("World", 15),
        ("CardFinans", 111),
        ("Paraf", 12),
        ("Axess", 46),
        ("Bonus", 32),
        ("Bonus", 134),
    ]
    assert list(entries[3]) == [
        "price",
        "cardFamilyName",
        "force3ds",
        "bankCode",
        "bankName",
        "forceCvc",
        "dccEnabled",
        "agricultureEnabled",
        "installmentPrices",
    ]
    assert entries[3]["bankName"] == "Halk Bankası"


async def test_iyzico_installments_of_an_unlisted_bank_have_no_bank_name(door) -> None:
    """A merchant may have agreed with a bank that we have no name for."""
    tables = tuple(
        type(table)(family=table.family, issuer_code=999, surcharges_e8={2: 1_000_000})
        for table in door.settings.installments[:1]
    )
    door.set(installments=tables)
    (entry,) = (await door.call("/payment/iyzipos/installment", {"price": 100}))[
        "installmentDetails"
    ]
    assert entry["bankCode"] == 999
    assert "bankName" not in entry


@pytest.mark.parametrize("number", ["540001", "589004"])
async def test_iyzico_installments_of_other_cards_are_one(door, number) -> None:
    """Foreign and debit cards pay in one go."""
    answer = await door.call("/payment/iyzipos/installment", {"binNumber": number, "price": "100"})
    (entry,) = answer["installmentDetails"]
    assert [row["installmentNumber"] for row in entry["installmentPrices"]] == [1]
    if number == "540001":
        assert list(entry) == ["binNumber", "price", "force3ds", "forceCvc", "installmentPrices"]


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"binNumber": "552879"}, "5004"),
        ({"price": "0"}, "5005"),
        ({"price": "100000"}, "5008"),
        ({"price": "1", "binNumber": "5528"}, "5007"),
        ({"price": "1", "binNumber": "abcdef"}, "5007"),
        ({"price": "1", "currency": "XYZ"}, "92002"),
        ({"price": "1", "binNumber": "552879", "currency": "USD"}, "5184"),
    ],
)
async def test_iyzico_installments_refuse_what_cannot_be(door, request_body, code) -> None:
    """Prices, BINs and currencies."""
    answer = await door.call("/payment/iyzipos/installment", request_body)
    assert (answer["status"], answer["errorCode"]) == ("failure", code)
    assert answer["systemTime"] == SAMPLE_TIME_MS


async def test_iyzico_foreign_card_may_ask_in_foreign_currency(door) -> None:
    """Only local cards are bound to lira."""
    request = {"price": "1", "binNumber": "540001", "currency": "USD"}
    assert (await door.call("/payment/iyzipos/installment", request))["status"] == "success"
