"""Insurance cards: known by their ends and the holder's identity number."""

import pytest

CARD = {
    "Nickname": "test kartı",
    "HolderName": "Test Kartı",
    "CardBin": "41197901",
    "CardLastFour": "6389",
    "Identity": "17654932298",
    "Month": 11,
    "Year": 2040,
}
REQUEST = {"RelationalId1": "003", "Card": CARD, "IncludeDetails": True}
PATH = "/paywall/card/insurance"


async def test_the_documented_card_is_stored_and_listed(house):
    """The product stands where the scheme stands of other cards; the holder is not masked."""
    answer = await house.call("POST", PATH, REQUEST)
    assert (answer["ErrorCode"], answer["Result"], answer["Message"]) == (0, True, "")
    body = answer["Body"]
    code = body["UniqueCode"]
    assert list(body.items()) == [
        ("Scope", 2),
        ("Name", "test kartı"),
        ("Identity", "176*****298"),
        ("CardBin", "41197901"),
        ("CardLastFour", "6389"),
        ("CardHolderName", "Test Kartı"),
        ("CardTypeId", 1),
        ("CardType", "Credit"),
        ("Month", 11),
        ("Year", 2040),
        ("UniqueCode", code),
        (
            "Details",
            {
                "CardBankId": 56,
                "CardBank": "T. VAKIFLAR BANKASI T.A.O.",
                "CardBrandId": 2,
                "CardBrand": "Visa",
                "CardFamilyId": 1,
                "CardFamily": "World",
                "CardKindId": 1,
                "CardKind": "Bireysel Kart",
                "CardTypeId": 1,
                "CardType": "Credit",
            },
        ),
    ]
    headers = {"relationalid1": "003", "includedetails": "true"}
    listed = await house.call("GET", PATH, None, headers)
    assert listed["Body"] == [{**body, "Expired": False}]


async def test_the_two_kinds_of_cards_are_apart(house):
    """A list shows one kind, and a code of the other kind finds nothing."""
    insurance = (await house.call("POST", PATH, {**REQUEST, "RelationalId1": "1000923"}))["Body"]
    payment = await house.store()
    (listed,) = await house.list()
    assert listed["UniqueCode"] == payment["UniqueCode"]
    headers = {"relationalid1": "1000923"}
    (other,) = (await house.call("GET", PATH, None, headers))["Body"]
    assert other["UniqueCode"] == insurance["UniqueCode"]
    for path, code in ((PATH, payment["UniqueCode"]), ("/paywall/card", insurance["UniqueCode"])):
        request = {"RelationalId1": "1000923", "UniqueCode": code, "Month": 1, "Year": 2030}
        for method in ("PUT", "DELETE"):
            assert (await house.call(method, path, request))["ErrorCode"] == 115


async def test_an_insurance_card_is_updated_and_deleted(house):
    """Only the expiry can change."""
    code = (await house.call("POST", PATH, REQUEST))["Body"]["UniqueCode"]
    request = {"RelationalId1": "003", "UniqueCode": code, "Month": 2, "Year": 2041}
    answer = await house.call("PUT", PATH, {**request, "Nickname": "else"})
    assert (answer["Result"], answer["Body"]) == (True, None)
    headers = {"relationalid1": "003"}
    (card,) = (await house.call("GET", PATH, None, headers))["Body"]
    assert (card["Name"], card["Month"], card["Year"]) == ("test kartı", 2, 2041)
    assert card["Details"] is None
    assert (await house.call("DELETE", PATH, request))["Result"] is True
    assert (await house.call("GET", PATH, None, headers))["Body"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CardBin": "4119790"}, 50),
        ({"CardBin": "4119790100000005"}, 50),
        ({"CardBin": ""}, 50),
        ({"CardLastFour": "638"}, 50),
        ({"CardLastFour": "63890"}, 50),
        ({"CardLastFour": "63a9"}, 50),
        ({"Identity": ""}, 23),
        ({"Identity": "1765493229"}, None),
        ({"Identity": "176549322980"}, 23),
        ({"CardBin": 411979, "CardLastFour": 6389, "Identity": 17654932298}, None),
        ({"HolderName": ""}, 104),
        ({"Nickname": ""}, 2),
        ({"Month": 13}, 107),
        ({"Year": 40}, 108),
        ({"Year": 2017}, 106),
    ],
)
async def test_insurance_cards_are_checked(house, changes, code):
    """Ends and identity have their forms; None stands for what is accepted."""
    request = {**REQUEST, "Card": {**CARD, **changes}}
    answer = await house.call("POST", PATH, request)
    assert answer["ErrorCode"] == (code or 0)


async def test_a_card_must_be_there(house):
    """Error 110, as for other cards."""
    answer = await house.call("POST", PATH, {"RelationalId1": "003"})
    assert answer["ErrorCode"] == 110


async def test_identity_numbers_are_not_readable_in_the_books(house, tmp_path):
    """They are sealed before they are written."""
    await house.call("POST", PATH, REQUEST)
    for file in tmp_path.iterdir():
        assert b"17654932298" not in file.read_bytes()
