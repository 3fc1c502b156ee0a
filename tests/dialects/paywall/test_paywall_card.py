"""CardWall's stored cards, from request to answer."""

import json

import pytest

from builders import merchant, sealed_card
from fakes.paywall_house import DAY_MS, NEW_CARD, OTHER_PAIR, PRIVATE_PAIR, new_card, open_house
from vezne.flows.store_card import StoreCard, store_card

SAMPLE_ANSWER = {
    "ErrorCode": 0,
    "Result": True,
    "Message": "",
    "Body": {
        "Name": "İş bankası kartım",
        "CardBin": "454671",
        "CardLastFour": "7894",
        "CardHolderName": "E*i* S*l*m T*t*n*ü",
        "CardNumber": "454671******7894",
        "CardTypeId": 0,
        "CardType": "Visa",
        "Month": 12,
        "Year": 2026,
        "UniqueCode": "",
        "Details": {
            "CardBankId": 53,
            "CardBank": "T.C.ZİRAAT BANKASI A.Ş.",
            "CardBrandId": 2,
            "CardBrand": "Visa",
            "CardFamilyId": 7,
            "CardFamily": "Combo",
            "CardKindId": 1,
            "CardKind": "Bireysel Kart",
            "CardTypeId": 1,
            "CardType": "Credit",
        },
    },
}


async def test_the_sample_request_gets_the_sample_answer(house):
    """Every field has the printed value, in the printed order; bin and ends are the number's."""
    raw = json.dumps(NEW_CARD, ensure_ascii=False, indent=4).encode()
    response = await house.send("POST", "/paywall/card", raw, PRIVATE_PAIR)
    answer = json.loads(response.body)
    code = answer["Body"]["UniqueCode"]
    answer["Body"]["UniqueCode"] = ""
    assert response.status == 200
    assert (b"content-type", b"application/json; charset=utf-8") in response.headers
    assert json.dumps(answer) == json.dumps(SAMPLE_ANSWER)
    assert len(code) == 80


async def test_a_card_can_be_listed_as_soon_as_it_is_stored(house):
    """A list shows what was stored, the holder in clear, and when."""
    stored = await house.store()
    (listed,) = await house.list(includedetails="True")
    assert list(listed) == [
        "Name",
        "CardBin",
        "CardLastFour",
        "CardHolderName",
        "CardNumber",
        "Expired",
        "CardTypeId",
        "CardType",
        "Month",
        "Year",
        "UniqueCode",
        "Details",
        "InsertDateTimeUtc",
    ]
    assert listed == {
        **stored,
        "CardHolderName": "Emir Selim Tütüncü",
        "Expired": False,
        "InsertDateTimeUtc": "2018-06-06T10:52:22.393Z",
    }


async def test_details_are_null_unless_asked_for(house):
    """Nobody pays for a look-up that was not asked for; the field is there all the same."""
    for value in (False, None, "FALSE", 0, ""):
        assert (await house.store(IncludeDetails=value))["Details"] is None
    assert all(card["Details"] is None for card in await house.list())
    assert all(card["Details"] for card in await house.list(includedetails="TRUE"))


@pytest.mark.parametrize(
    ("number", "scheme", "brand", "mask"),
    [
        ("5528790000000008", (1, "MasterCard"), (1, "Master Card"), "552879******0008"),
        ("374427000000003", (2, "Amex"), (3, "Amex"), "374427*****0003"),
        ("9792030394440796", (3, "Troy"), (4, "Troy"), "979203******0796"),
        ("2223000048400011", (1, "MasterCard"), (1, "Master Card"), "222300******0011"),
        ("3530111333300000", (4, "Other"), (0, None), "353011******0000"),
        ("6011000990139424", (4, "Other"), (0, None), "601100******9424"),
    ],
)
async def test_schemes_are_told_apart(house, number, scheme, brand, mask):
    """The scheme is spelled in one way beside the card and in another in its details."""
    stored = await house.store({"Number": number})
    details = stored["Details"]
    assert (stored["CardTypeId"], stored["CardType"]) == scheme
    assert (details["CardBrandId"], details["CardBrand"]) == brand
    assert stored["CardNumber"] == mask
    assert stored["CardBin"] == mask[:6]


@pytest.mark.parametrize(
    ("number", "bank", "family", "kind", "product"),
    [
        ("4531440000000008", (77, "AKTİF YATIRIM BANKASI A.Ş."), (5, "Paraf"), 1, 1),
        ("5528790000000008", (55, "T.HALK BANKASI A.Ş."), (5, "Paraf"), 2, 1),
        ("4119790100000005", (56, "T. VAKIFLAR BANKASI T.A.O."), (1, "World"), 1, 1),
        ("4355093000000008", (58, "AKBANK T.A.Ş."), (4, "Axess"), 1, 1),
        ("5169140100000009", (75, "DENİZBANK A.Ş."), (0, None), 1, 2),
        ("5400360000000003", (0, "Garanti Bankası"), (2, "Bonus"), 1, 1),
        ("5400010000000004", (0, None), (0, None), 0, 0),
    ],
)
async def test_details_say_what_is_known_of_a_bin(house, number, bank, family, kind, product):
    """Documented BINs have the documented values; ids that nobody published are 0."""
    details = (await house.store({"Number": number}))["Details"]
    assert (details["CardBankId"], details["CardBank"]) == bank
    assert (details["CardFamilyId"], details["CardFamily"]) == family
    assert (details["CardKindId"], details["CardTypeId"]) == (kind, product)


async def test_the_same_card_twice_is_two_cards(house):
    """Nothing is said to be rejected, and the documentation's list shows a card twice."""
    first = await house.store()
    house.clock.advance(ms=1)
    second = await house.store()
    assert first["UniqueCode"] != second["UniqueCode"]
    assert [card["UniqueCode"] for card in await house.list()] == [
        first["UniqueCode"],
        second["UniqueCode"],
    ]


async def test_all_ids_of_a_relation_count(house):
    """A list names exactly the ids that were given, missing and empty being the same."""
    await house.store({"Nickname": "one"}, RelationalId1="a")
    await house.store({"Nickname": "two"}, RelationalId1="a", RelationalId2="b")
    await house.store({"Nickname": "three"}, RelationalId1="a", RelationalId3="c")
    await house.store({"Nickname": "array"}, RelationalId1='["a","b",""]')
    names = {
        "one": {"relation": "a"},
        "two": {"relation": "a", "relationalid2": "b"},
        "three": {"relation": " a ", "relationalid2": "", "relationalid3": "c"},
        "array": {"relation": '["a","b",""]'},
    }
    for name, ids in names.items():
        assert [card["Name"] for card in await house.list(**ids)] == [name]
    assert await house.list("A") == []


async def test_headers_may_hold_turkish_letters(house):
    """UTF-8 bytes of a header arrive as Latin-1; a real Latin-1 header is taken as it is."""
    await house.store(RelationalId1="müşteri")
    await house.store(RelationalId1="Jürgen")
    as_bytes = "müşteri".encode().decode("latin-1")
    assert len(await house.list(as_bytes)) == 1
    assert len(await house.list("Jürgen")) == 1


async def test_a_query_string_does_as_well_as_headers(house):
    """Headers win where both say something."""
    await house.store()
    answer = await house.call("GET", "/paywall/card?RelationalId1=1000923&includeDetails=true")
    assert answer["Body"][0]["Details"]
    answer = await house.call(
        "GET", "/paywall/card?relationalid1=1000923", None, {"relationalid1": "else"}
    )
    assert answer["Body"] == []


async def test_a_deleted_card_is_gone(house):
    """Delete answers null, the list is empty, and the code names nothing any more."""
    code = (await house.store())["UniqueCode"]
    request = {"RelationalId1": "1000923", "UniqueCode": code}
    assert await house.call("DELETE", "/paywall/card", request) == {
        "ErrorCode": 0,
        "Result": True,
        "Message": "",
        "Body": None,
    }
    assert await house.list() == []
    again = await house.call("DELETE", "/paywall/card", request)
    assert (again["ErrorCode"], again["Result"], again["Body"]) == (115, False, None)


async def test_a_card_is_updated_in_place(house):
    """Name and expiry change, the code from before still names the card."""
    code = (await house.store())["UniqueCode"]
    request = {
        "RelationalId1": "1000923",
        "UniqueCode": code,
        "Nickname": "Yurtdışı kartım",
        "Month": 11,
        "Year": 2030,
    }
    answer = await house.call("PUT", "/paywall/card", request)
    assert answer == {"ErrorCode": 0, "Result": True, "Message": "", "Body": None}
    (card,) = await house.list()
    assert (card["Name"], card["Month"], card["Year"]) == ("Yurtdışı kartım", 11, 2030)
    assert card["UniqueCode"] == code
    del request["Nickname"]
    assert (await house.call("PUT", "/paywall/card", {**request, "Year": "2031"}))["Result"] is True
    (card,) = await house.list()
    assert (card["Name"], card["Year"]) == ("Yurtdışı kartım", 2031)


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
async def test_a_code_works_for_its_own_relation_and_merchant_only(house, method):
    """Another relation does not find the card; another merchant cannot even read the code."""
    code = (await house.store())["UniqueCode"]
    request = {"RelationalId1": "1000923", "UniqueCode": code, "Month": 1, "Year": 2030}
    for relation in ({"RelationalId1": "1"}, {"RelationalId2": "2"}):
        answer = await house.call(method, "/paywall/card", {**request, **relation})
        assert answer["ErrorCode"] == 115
    answer = await house.call(method, "/paywall/card", request, OTHER_PAIR)
    assert answer["ErrorCode"] == 118
    assert await house.call("GET", "/paywall/card", None, {"relationalid1": "1000923"}) != []


@pytest.mark.parametrize(
    "code",
    [
        "",
        "x",
        "@@@@@",
        "AAAA",
        "hNNqz1Yy2sb59BSKdF1S0pgrwBWvUuNxG8WiVq4T1AgK56FQljAlKQ==",
        "A" * 200,
    ],
)
async def test_what_is_no_code_is_refused(house, code):
    """Error 118, in the caller's language."""
    request = {"RelationalId1": "1000923", "UniqueCode": code}
    answer = await house.call("DELETE", "/paywall/card", request)
    assert answer["ErrorCode"] == 118
    assert answer["Message"] == "Kart Duvarı İçin Kart Benzersiz Kodu Geçersiz"
    answer = await house.call("DELETE", "/paywall/card", request, {"locale": "en"})
    assert answer["Message"] == "The card's UniqueCode is invalid in CardWall"


async def test_codes_rotate_and_expire(house):
    """A code is good for its period and the overlap after it, and says so when it is not."""
    old = (await house.store())["UniqueCode"]
    house.clock.advance(days=1)
    new = (await house.list())[0]["UniqueCode"]
    assert new != old
    request = {"RelationalId1": "1000923", "Month": 1, "Year": 2030}
    for code in (old, new):
        answer = await house.call("PUT", "/paywall/card", {**request, "UniqueCode": code})
        assert answer["Result"] is True
    house.clock.advance(ms=DAY_MS)
    answer = await house.call("PUT", "/paywall/card", {**request, "UniqueCode": old})
    assert answer["ErrorCode"] == 118
    assert "süresi dolmuş" in answer["Message"]
    answer = await house.call("PUT", "/paywall/card", {**request, "UniqueCode": new})
    assert answer["Result"] is True
    house.clock.advance(days=400)
    answer = await house.call(
        "DELETE", "/paywall/card", {**request, "UniqueCode": new}, {"locale": "en"}
    )
    assert "has expired" in answer["Message"]


async def test_expired_cards_are_listed_as_such(house):
    """A card is good until the last day of its month, Istanbul time."""
    await house.store({"Month": 6, "Year": 2018})
    assert [card["Expired"] for card in await house.list()] == [False]
    # Until 30 June, 23:59:59.999 in Istanbul.
    house.clock.at_ms = 1_530_392_399_999
    assert [card["Expired"] for card in await house.list()] == [False]
    house.clock.advance(ms=1)
    assert [card["Expired"] for card in await house.list()] == [True]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"RelationalId1": ""}, 2),
        ({"RelationalId1": None}, 2),
        ({"RelationalId1": "x" * 251}, 2),
        ({"RelationalId2": "x" * 251}, 2),
        ({"RelationalId1": "a\0b"}, 2),
        ({"RelationalId1": {}}, 2),
        ({"Card": None}, 110),
        ({"Card": ""}, 110),
        ({"Card": "4546711234567894"}, 2),
        ({"Card": []}, 2),
        ({"PartnerBased": True, "PartnerIdentity": "e00fee4d-304f-4038-bf25-d31ee53856a9"}, 397),
        ({"PartnerBased": "TRUE"}, 397),
        ({"PartnerBased": "perhaps"}, 2),
        ({"IncludeDetails": "perhaps"}, 2),
        ({"IncludeDetails": []}, 2),
    ],
)
async def test_requests_are_checked(house, changes, code):
    """Each mistake has the error that the general codes have for it."""
    answer = await house.call("POST", "/paywall/card", {**NEW_CARD, **changes})
    assert (answer["ErrorCode"], answer["Result"], answer["Body"]) == (code, False, None)
    assert answer["Message"]
    assert await house.list() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Nickname": ""}, 2),
        ({"Nickname": None}, 2),
        ({"Nickname": "x" * 251}, 2),
        ({"Nickname": "4546 7112 3456 7894"}, 105),
        ({"Nickname": "5528-7900-0000-0008"}, 105),
        ({"HolderName": " "}, 104),
        ({"HolderName": None}, 104),
        ({"HolderName": "x" * 151}, 2),
        ({"HolderName": "5528790000000008"}, 105),
        ({"Number": ""}, 50),
        ({"Number": None}, 50),
        ({"Number": "4546711234567895"}, 50),
        ({"Number": "4546"}, 50),
        ({"Number": "abc"}, 50),
        ({"Number": True}, 50),
        ({"Number": {}}, 50),
        ({"Month": 0}, 107),
        ({"Month": 13}, 107),
        ({"Month": -1}, 107),
        ({"Month": "x"}, 107),
        ({"Month": None}, 107),
        ({"Month": True}, 107),
        ({"Year": 26}, 108),
        ({"Year": 20266}, 108),
        ({"Year": "abcd"}, 108),
        ({"Year": None}, 108),
        ({"Year": 2017}, 106),
        ({"Month": 5, "Year": 2018}, 106),
    ],
)
async def test_cards_are_checked(house, changes, code):
    """The card's fields have errors of their own."""
    answer = await house.call("POST", "/paywall/card", new_card(**changes))
    assert (answer["ErrorCode"], answer["Result"]) == (code, False)
    assert await house.list() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"Month": "12", "Year": "2026"},
        {"Month": "06", "Year": " 2026 "},
        {"Number": "4546 7112 3456 7894"},
        {"Number": 4546711234567894},
        {"Nickname": 42},
        {"Unknown": {"deep": [1, 2]}},
    ],
)
async def test_scalars_are_read_leniently(house, changes):
    """Numbers as texts, texts as numbers, spaces, and fields that nobody knows."""
    answer = await house.call("POST", "/paywall/card", new_card(**changes))
    assert answer["Result"] is True


async def test_cards_of_a_customer_are_one_list_through_every_door(house):
    """A card that another door stored under the same name is listed, updated and deleted here."""
    raw = json.dumps({"Card": {"Number": "5528790000000008"}}).encode()
    fields = next(route.card for route in house.door.routes if route.path == "/paywall/card")
    lifted = house.vault.intake.lift(raw, fields).card
    command = StoreCard(
        merchant=merchant(),
        card=sealed_card(transit_id=lifted.transit_id),
        holder="John Doe",
        alias="elsewhere",
        email="john@doe.example",
        external_id="1000923",
    )
    await store_card(command, house.ports)
    house.clock.advance(ms=1)
    await house.store()
    assert [card["Name"] for card in await house.list()] == ["elsewhere", "İş bankası kartım"]
    other, own = await house.list()
    assert other["CardNumber"] == "552879******0008"
    for card in (other, own):
        request = {"RelationalId1": "1000923", "UniqueCode": card["UniqueCode"]}
        assert (await house.call("DELETE", "/paywall/card", request))["Result"] is True
    assert await house.list() == []


@pytest.mark.parametrize("month", [5, 0])
async def test_an_update_is_checked_like_a_new_card(house, month):
    """A past expiry is 106, an impossible one 107; nothing changes."""
    code = (await house.store())["UniqueCode"]
    request = {"RelationalId1": "1000923", "UniqueCode": code, "Month": month, "Year": 2018}
    answer = await house.call("PUT", "/paywall/card", request)
    assert answer["ErrorCode"] == (106 if month else 107)
    assert (await house.list())[0]["Year"] == 2026


async def test_the_list_can_hide_names_and_say_no_data(tmp_path):
    """Two switches for operators, and one that insists on a nickname."""
    overrides = {
        "list_holder": "masked",
        "empty_list": "no_data",
        "update_nickname_required": "yes",
    }
    async with open_house(tmp_path, **overrides) as strict:
        empty = await strict.call("GET", "/paywall/card", None, {"relationalid1": "1000923"})
        assert (empty["ErrorCode"], empty["Result"], empty["Body"]) == (3, False, None)
        code = (await strict.store())["UniqueCode"]
        assert (await strict.list())[0]["CardHolderName"] == "E*i* S*l*m T*t*n*ü"
        request = {"RelationalId1": "1000923", "UniqueCode": code, "Month": 1, "Year": 2030}
        assert (await strict.call("PUT", "/paywall/card", request))["ErrorCode"] == 2


async def test_a_card_that_is_deleted_while_it_is_listed_is_left_out(house):
    """The books still name it, the vault has already let it go."""
    await house.store()
    (owner,) = await house.ports.books.find_owners(7, "1000923")
    (card,) = await house.ports.books.list_cards(7, owner.key)
    await house.vault.forget(7, card.token)
    assert await house.list() == []


@pytest.mark.parametrize("field", ["RelationalId1", "RelationalId2", "RelationalId3"])
async def test_paywall_card_relation_is_no_card_number(house, field) -> None:
    """A card number by which a customer is named would be stored in clear: error 105."""
    request = {**NEW_CARD, field: "5890040000000016"}
    answer = await house.call("POST", "/paywall/card", request)
    assert (answer["ErrorCode"], answer["Body"]) == (105, None)
    listed = await house.call("GET", "/paywall/card", None, {field.lower(): "5890040000000016"})
    assert listed["Result"] is False
