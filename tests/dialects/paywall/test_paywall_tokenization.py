"""A temporary card that a browser brought becomes a stored one."""

import pytest

from fakes.paywall_house import OTHER_PAIR, PRIVATE_PAIR, PUBLIC_PAIR, parsed
from vezne.dialects.paywall.guids import session_key

PATH = "/paywall/card/tokenization"
BROUGHT = {
    "CardType": 1,
    "CardOwnerName": "Emir Selim Tütüncü",
    "CardNumber": "4546711234567894",
    "CardCvv": "000",
    "CardExpiryMonth": "12",
    "CardExpiryYear": "26",
}


@pytest.fixture
async def token(house):
    """The CardToken of a card that a browser brought."""
    asked = {"ClientCardSave": True, "ThreeDSession": False, "ExpiryMin": 30}
    temporary = await house.call("POST", "/api/paywall/temptoken", asked, PUBLIC_PAIR)
    brought = await house.call(
        "POST", "/api/paywall/tempcard", BROUGHT, {"token": temporary["Body"]["Token"]}
    )
    return brought["Body"]["CardToken"]


def request_for(token, **changes):
    return {
        "RelationalId1": "1000923",
        "Card": {"CardToken": token, "Nickname": "İş bankası kartım"},
        "IncludeDetails": True,
        **changes,
    }


async def test_a_temporary_card_is_stored(house, token):
    """The answer is that of a new card, and the card is listed like one."""
    answer = await house.call("POST", PATH, request_for(token))
    body = answer["Body"]
    assert (answer["ErrorCode"], answer["Result"], answer["Message"]) == (0, True, "")
    house.clock.advance(ms=1)
    assert body == {**await house.store(), "UniqueCode": body["UniqueCode"]}
    first, second = await house.list()
    assert first["UniqueCode"] == body["UniqueCode"]
    assert first["CardHolderName"] == second["CardHolderName"] == "Emir Selim Tütüncü"


async def test_a_token_works_once(house, token):
    """After that it is worth nothing."""
    assert (await house.call("POST", PATH, request_for(token)))["Result"] is True
    again = await house.call("POST", PATH, request_for(token))
    assert (again["ErrorCode"], again["Result"], again["Body"]) == (74, False, None)
    assert len(await house.list()) == 1


async def test_a_refused_request_does_not_use_it_up(house, token):
    """What is wrong is found before the card is touched."""
    wrong = [
        (2, {"RelationalId1": ""}),
        (2, {"Card": {"CardToken": token, "Nickname": ""}}),
        (110, {"Card": None}),
        (397, {"PartnerBased": True}),
    ]
    for code, changes in wrong:
        answer = await house.call("POST", PATH, request_for(token, **changes))
        assert answer["ErrorCode"] == code
    assert (await house.call("POST", PATH, request_for(token)))["Result"] is True


@pytest.mark.parametrize(
    "text", ["", "x", "701b5df5-a50a-461d-9763-6107bea48184", "0" * 32, "ff" * 16]
)
async def test_what_is_no_token_is_refused(house, text):
    """Error 74, whether it is a GUID or not."""
    answer = await house.call("POST", PATH, request_for(text))
    assert (answer["ErrorCode"], answer["Result"]) == (74, False)


async def test_tokens_end(house, token):
    """After their time, and for another merchant from the start."""
    raw = await house.call("POST", PATH, request_for(token), OTHER_PAIR)
    assert raw["ErrorCode"] == 74
    house.clock.advance(ms=31 * 60_000)
    assert (await house.call("POST", PATH, request_for(token)))["ErrorCode"] == 74


async def test_a_restart_loses_the_card(house, token):
    """The token is known, its card is not: it was in memory only."""
    session = await house.ports.books.find_session(7, session_key(token))
    await house.vault.drop_held(7, session.held_number)
    answer = await house.call("POST", PATH, request_for(token), {"locale": "en"})
    assert answer["ErrorCode"] == 75
    assert "restart" in answer["Message"]


async def test_the_token_of_a_browser_is_none_of_a_card(house):
    """A temporary token names no card by itself."""
    asked = await house.call(
        "POST", "/api/paywall/temptoken", {"ClientCardSave": True}, PUBLIC_PAIR
    )
    answer = await house.call("POST", PATH, request_for(asked["Body"]["Token"]))
    assert answer["ErrorCode"] == 74


async def test_a_bare_request_is_no_object(house):
    """As everywhere."""
    response = await house.send("POST", PATH, b"", PRIVATE_PAIR)
    assert parsed(response)["ErrorCode"] == 2
