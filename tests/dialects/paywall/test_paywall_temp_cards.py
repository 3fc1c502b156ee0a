"""Temporary tokens and cards: a browser brings a card, the merchant pays with its token."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import merchant
from fakes.acquirer import APPROVED
from fakes.paywall_house import PayWallHouse, parsed
from fakes.paywall_payments import PAN, PayWallShop, payment_request, raw, saving, stored
from vezne.core.answer import Declined, DeclineReason
from vezne.dialects.paywall.temp import borrow
from vezne.vault.holding import Holding

TOKEN = {"ClientCardSave": True, "ThreeDSession": False, "ExpiryMin": 30}
# As PayWall.NetCore sends it: five fields.
CARD = {
    "cardOwnerName": "Emir Selim Tütüncü",
    "cardNumber": PAN,
    "cardCvv": "123",
    "cardExpiryMonth": "12",
    "cardExpiryYear": "30",
}
FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    return PayWallShop(house)


async def _token(shop, **changes) -> str:
    return (await shop.post("temptoken", {**TOKEN, **changes}))["Body"]["Token"]


async def _bring(shop, token, body=None):
    """What a browser gets that brings a card: it has no keys."""
    headers = {} if token is None else {"token": token}
    response = await shop.house.send(
        "POST", "/api/paywall/tempcard", raw(CARD if body is None else body), headers
    )
    assert response.status == 200
    return parsed(response)


async def _card_token(shop, **changes) -> str:
    answer = await _bring(shop, await _token(shop), {**CARD, **changes})
    assert answer["Result"] is True, answer
    return answer["Body"]["CardToken"]


def _temporary(token, **card):
    return stored("", TempCardToken=token, **card)


async def test_paywall_temp_token_answers_as_documented(shop) -> None:
    """A GUID, an Int32 and a time with Istanbul's offset."""
    answer = await shop.post("temptoken", TOKEN)
    body = answer["Body"]
    assert str(uuid.UUID(body["Token"])) == body["Token"]
    assert 0 < body["TempTokenId"] < 2**31
    assert (answer["ErrorCode"], answer["Message"]) == (0, "")
    assert body == {
        "TempTokenId": body["TempTokenId"],
        "Token": body["Token"],
        "ExpiryDateTime": "2018-06-06T14:22:22.3930000+03:00",
        "Scope": {"ClientCardSave": True, "ThreeDSession": False},
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ExpiryMin": -1}, 80),
        ({"ExpiryMin": 31}, 80),
        ({"ExpiryMin": 1440}, 80),
        ({"ExpiryMin": 1440, "ClientSdk": True}, 0),
        ({"ExpiryMin": 1441, "ClientSdk": True}, 80),
        ({"ExpiryMin": 0}, 0),
        ({"ExpiryMin": None}, 0),
        ({"ExpiryMin": "soon"}, 2),
    ],
)
async def test_paywall_temp_token_life(shop, changes, code) -> None:
    """0 to 30 minutes; the browser library may ask for a day."""
    assert (await shop.post("temptoken", {**TOKEN, **changes}))["ErrorCode"] == code


async def test_paywall_temp_card_answers_as_documented(shop) -> None:
    """A GUID for the card; it is held no longer than a security code may be, a quarter hour."""
    answer = await _bring(shop, await _token(shop))
    body = answer["Body"]
    assert str(uuid.UUID(body["CardToken"])) == body["CardToken"]
    assert body == {
        "TempCardId": body["TempCardId"],
        "CardToken": body["CardToken"],
        "ExpiryDateTime": "2018-06-06T14:07:22.3930000+03:00",
    }
    assert 0 < body["TempCardId"] < 2**31


async def test_paywall_temp_card_pays_once(shop) -> None:
    """The token pays like the card itself, once."""
    token = await _card_token(shop)
    assert (await shop.pay(card=_temporary(token)))["Result"] is True
    ((_, ask),) = shop.bank.asks
    assert (ask.card.last4, ask.card.has_cvv) == ("0008", True)
    found = await shop.query()
    assert (found["UsedTempCard"], found["UsedSavedCard"]) == (True, False)
    assert found["CardOwnerName"] == "E*i* S*l*m T*t*n*ü"
    again = await shop.post(
        "payment/startdirect", payment_request({"MerchantUniqueCode": "order-2"}, _temporary(token))
    )
    assert (again["ErrorCode"], again["Body"]) == (74, None)


async def test_paywall_temp_card_is_spent_by_a_decline(shop) -> None:
    """The security code dies with the bank's answer, whatever it was."""
    token = await _card_token(shop)
    await shop.pay(FUNDS, card=_temporary(token))
    assert (await shop.post("payment/startdirect", payment_request(card=_temporary(token))))[
        "ErrorCode"
    ] == 74


async def test_paywall_temp_card_survives_a_refused_request(shop) -> None:
    """As long as the bank was not asked the token can be used again."""
    token = await _card_token(shop)
    broken = payment_request({"CurrencyId": 2}, _temporary(token))
    assert (await shop.post("payment/startdirect", broken))["ErrorCode"] == 8
    assert (await shop.pay(card=_temporary(token)))["Result"] is True


async def test_paywall_temp_card_is_spent_by_a_fault(shop) -> None:
    """Where nobody knows whether the bank was asked, the card is not used again."""
    token = await _card_token(shop)
    with pytest.raises(OSError, match="bank"):
        async with borrow(merchant(), token, shop.house.ports):
            raise OSError("no way to the bank")
    request = payment_request(card=_temporary(token))
    assert (await shop.post("payment/startdirect", request))["ErrorCode"] == 74


async def test_paywall_temp_token_brings_twenty_cards(shop) -> None:
    """A token that a browser has cannot fill the vault; what is refused anyway does not count."""
    token = await _token(shop)
    assert (await _bring(shop, token, {**CARD, "cardCvv": ""}))["ErrorCode"] == 18
    for _ in range(20):
        assert (await _bring(shop, token))["Result"] is True
    answer = await _bring(shop, token)
    assert (answer["ErrorCode"], answer["Body"]) == (83, None)
    assert "20" in answer["Message"]
    assert (await _bring(shop, await _token(shop)))["Result"] is True


async def test_paywall_temp_card_is_for_one_payment_at_a_time(shop) -> None:
    """While one call pays with it, another one is refused."""
    token = await _card_token(shop)
    codes = []

    async def pay_too(_operation: object, _ask: object) -> None:
        shop.bank.on_ask = None
        request = payment_request({"MerchantUniqueCode": "order-2"}, _temporary(token))
        codes.append((await shop.post("payment/startdirect", request))["ErrorCode"])

    shop.bank.on_ask = pay_too
    assert (await shop.pay(card=_temporary(token)))["Result"] is True
    assert codes == [-1]


async def test_paywall_temp_card_with_3d_secure(shop) -> None:
    """A payment with 3-D Secure takes the card over; the token is spent by then."""
    token = await _card_token(shop)
    assert (await shop.begin(card=_temporary(token)))["Result"] is True
    fields = dict((await shop.come_back(1, APPROVED)).fields)
    assert fields["status"] == "Success"
    ((_, ask),) = shop.bank.asks
    assert ask.card.has_cvv
    answer = await shop.begin(detail={"MerchantUniqueCode": "order-2"}, card=_temporary(token))
    assert answer["ErrorCode"] == 74


async def test_paywall_temp_card_survives_a_bank_that_does_not_begin(shop) -> None:
    """Where 3-D Secure did not begin the token is good for another try."""
    token = await _card_token(shop)
    shop.bank.script_begin(FUNDS)
    assert (await shop.begin(card=_temporary(token)))["ErrorCode"] == 1
    assert (await shop.begin(card=_temporary(token)))["Result"] is True


async def test_paywall_temp_card_is_stored_with_the_payment(shop) -> None:
    """CardSave works with a temporary card."""
    token = await _card_token(shop)
    answer = await shop.pay(card=_temporary(token, **saving()))
    assert answer["Body"]["Payment"]["Card"]["Saved"] is True
    (listed,) = await shop.house.list()
    assert listed["CardHolderName"] == "Emir Selim Tütüncü"


async def test_paywall_temp_card_ends_with_its_time(shop) -> None:
    """74 after the time that was agreed, or after a quarter of an hour."""
    token = await _card_token(shop, expiryMin=5)
    shop.house.clock.advance(ms=5 * 60_000)
    request = payment_request(card=_temporary(token))
    assert (await shop.post("payment/startdirect", request))["ErrorCode"] == 74


async def test_paywall_temp_card_is_lost_at_a_restart(shop) -> None:
    """75 with a message that says why; after that the token names nothing."""
    token = await _card_token(shop)
    shop.house.vault._holding = Holding(shop.house.clock, shop.house.ports.entropy)
    request = payment_request(card=_temporary(token))
    answer = await shop.post("payment/startdirect", request)
    assert (answer["ErrorCode"], answer["Message"]) == (75, "Geçici kart bulunamadı.")
    assert (await shop.post("payment/startdirect", request))["ErrorCode"] == 74


@pytest.mark.parametrize(
    ("token", "code"),
    [(None, 4), (" ", 4), ("nonsense", 74), ("22ae3b5a-8eb0-41cc-88c7-219e25b95441", 74)],
)
async def test_paywall_temp_card_needs_a_token(shop, token, code) -> None:
    """4 without the header, 74 for a token that names nothing."""
    answer = await _bring(shop, token)
    assert (answer["ErrorCode"], answer["Body"]) == (code, None)


async def test_paywall_temp_tokens_are_for_one_purpose(shop) -> None:
    """A card's token brings no card, a browser's token pays nothing, 83 without ClientCardSave."""
    card = await _card_token(shop)
    assert (await _bring(shop, card))["ErrorCode"] == 74
    token = await _token(shop)
    request = payment_request(card=_temporary(token))
    assert (await shop.post("payment/startdirect", request))["ErrorCode"] == 74
    other = await _token(shop, ClientCardSave=False)
    assert (await _bring(shop, other))["ErrorCode"] == 83


async def test_paywall_temp_token_ends_with_its_time(shop) -> None:
    """74 once its minutes are over, or the merchant's key works no more."""
    token = await _token(shop, ExpiryMin=1)
    assert (await _bring(shop, token))["Result"] is True
    shop.house.clock.advance(ms=60_000)
    assert (await _bring(shop, token))["ErrorCode"] == 74
    later = await _token(shop)
    known = shop.house.merchants._known
    known.pop(next(pair for pair in known if pair[0] == "paywall.public"))
    assert (await _bring(shop, later))["ErrorCode"] == 74


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cardOwnerName": ""}, 13),
        ({"cardNumber": "5528790000000009"}, 14),
        ({"cardNumber": None}, 14),
        ({"cardCvv": ""}, 18),
        ({"cardExpiryMonth": "13"}, 15),
        ({"cardExpiryYear": "3"}, 16),
        ({"CardType": 2}, 79),
        ({"CardType": 7}, 79),
        ({"ExpiryMin": 31}, 80),
        ({"cardOwnerName": PAN}, 14),
    ],
)
async def test_paywall_temp_card_rules(shop, changes, code) -> None:
    """Each field of a temporary card, with its code. Insurance cards pay nothing here."""
    answer = await _bring(shop, await _token(shop), {**CARD, **changes})
    assert (answer["ErrorCode"], answer["Result"]) == (code, False)


async def test_paywall_temp_token_wants_the_public_pair(shop) -> None:
    """A token is fetched by the merchant's server, with its keys."""
    response = await shop.house.send("POST", "/api/paywall/temptoken", raw(TOKEN), {})
    assert parsed(response)["ErrorCode"] == 4


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    token=st.one_of(st.uuids().map(str), st.text(max_size=40)),
    body=st.dictionaries(
        st.sampled_from([*CARD, "CardType", "ExpiryMin"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    ),
)
async def test_paywall_temp_card_survives_any_input(shop, token, body) -> None:
    """Whatever a browser sends, nothing is held for it and nothing breaks."""
    answer = await _bring(shop, token.encode("utf-8", "replace").decode("latin-1"), body)
    assert answer["Result"] is False
    assert answer["ErrorCode"] in {2, 4, 74}
