"""The blacklist of card numbers."""

import re

import pytest

NUMBER = "4546711234567894"
PATH = "/paywall/blacklist/card"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NOT_LISTED = {
    "Id": "00000000-0000-0000-0000-000000000000",
    "InsertDateTimeUtc": "0001-01-01T00:00:00",
    "UpdateDateTimeUtc": "0001-01-01T00:00:00",
    "InBlackList": False,
    "IsActive": False,
}


def by_number(number=NUMBER, **changes):
    return {"RelationalId1": "1", "IsSavedCard": False, "CardNumber": number, **changes}


async def inquire(house, **headers):
    answer = await house.call("GET", f"{PATH}/inquiry", None, headers)
    assert answer["Result"] is True, answer
    return answer["Body"]


async def test_a_number_is_blocked_and_released(house):
    """Each call says what it found, and the entry has one id as long as it lasts."""
    assert await inquire(house, cardnumber=NUMBER, issavedcard="false") == NOT_LISTED
    blocked = await house.call("POST", PATH, by_number())
    assert (blocked["ErrorCode"], blocked["Message"]) == (0, "")
    entry = await inquire(house, cardnumber=NUMBER, issavedcard="False")
    assert GUID.fullmatch(entry["Id"])
    assert blocked["Body"] == {"Id": entry["Id"]}
    assert entry == {
        "Id": entry["Id"],
        "InsertDateTimeUtc": "2018-06-06T10:52:22.393Z",
        "UpdateDateTimeUtc": "0001-01-01T00:00:00",
        "InBlackList": True,
        "IsActive": True,
    }
    released = await house.call("DELETE", PATH, by_number())
    assert released == {
        "ErrorCode": 0,
        "Result": True,
        "Message": "Deleted from Blacklist",
        "Body": None,
    }
    assert await inquire(house, cardnumber=NUMBER) == NOT_LISTED


async def test_twice_and_never_are_errors_of_their_own(house):
    """4 for a number that is listed already, 5 for one that is not."""
    english = {"locale": "en"}
    answer = await house.call("DELETE", PATH, by_number(), english)
    assert (answer["ErrorCode"], answer["Result"]) == (5, False)
    assert (answer["Message"], answer["Body"]) == ("Card not found in BlackList", None)
    await house.call("POST", PATH, by_number())
    answer = await house.call("POST", PATH, by_number(), english)
    assert (answer["ErrorCode"], answer["Result"]) == (4, False)
    assert (answer["Message"], answer["Body"]) == ("Card already in Blacklist", None)


async def test_a_stored_card_stands_for_its_number(house):
    """What is blocked by code is blocked by number, and the other way round."""
    code = (await house.store())["UniqueCode"]
    saved = {"RelationalId1": "1000923", "IsSavedCard": True, "UniqueCode": code}
    assert (await house.call("POST", PATH, saved))["Result"] is True
    by_code = await inquire(house, issavedcard="true", uniquecode=code)
    assert by_code == await inquire(house, cardnumber=NUMBER)
    assert by_code["InBlackList"] is True
    assert (await house.call("DELETE", PATH, by_number()))["Result"] is True
    assert await inquire(house, issavedcard="true", uniquecode=code) == NOT_LISTED


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"RelationalId1": ""}, 2),
        ({"PartnerBased": True}, 397),
        ({"CardNumber": "4546711234567895"}, 50),
        ({"CardNumber": None}, 50),
        ({"IsSavedCard": "perhaps"}, 2),
        ({"IsSavedCard": True, "CardNumber": None}, 118),
    ],
)
async def test_requests_are_checked(house, request_, code):
    """The errors are those of stored cards."""
    answer = await house.call("POST", PATH, {**by_number(), **request_})
    assert (answer["ErrorCode"], answer["Result"]) == (code, False)


async def test_a_card_of_another_relation_or_none_is_not_found(house):
    """Blocking asks whose card it is; once it is deleted nothing can be asked about it."""
    code = (await house.store())["UniqueCode"]
    saved = {"RelationalId1": "else", "IsSavedCard": True, "UniqueCode": code}
    assert (await house.call("POST", PATH, saved))["ErrorCode"] == 115
    await house.call("DELETE", "/paywall/card", {"RelationalId1": "1000923", "UniqueCode": code})
    assert (await house.call("DELETE", PATH, saved))["ErrorCode"] == 115
    headers = {"issavedcard": "true", "uniquecode": code}
    answer = await house.call("GET", f"{PATH}/inquiry", None, headers)
    assert answer["ErrorCode"] == 115
    partner = await house.call("GET", f"{PATH}/inquiry", None, {"partnerbased": "True"})
    assert partner["ErrorCode"] == 397
