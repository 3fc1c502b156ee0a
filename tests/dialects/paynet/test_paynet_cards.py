"""Saved cards: saved with a payment or without, listed, named, deleted, paid with."""

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import (
    AXESS_PAN,
    OTHER_SECRET_KEY,
    PAN,
    PUBLISHABLE_KEY,
    PaynetHouse,
)
from vezne.core.answer import Declined, DeclineReason
from vezne.core.card import Expiry
from vezne.flows.store_card import StoreInsuranceCard, store_insurance_card

CARD: dict[str, object] = {
    "card_desc": "Paynet Odeme",
    "card_holder": "RQ Deneme QR",
    "card_number": PAN,
    "expire_month": "12",
    "expire_year": "2030",
}
UNIQUE_ID = "DCFC03FA-F053-41BD-9DCA-E3178C84FB22"
SAVING = {"save_card": True, "user_unique_id": UNIQUE_ID, "card_desc": "Kartım"}


async def saved(house: PaynetHouse, **changes: object) -> dict[str, object]:
    """The answer to a card that is saved without a payment."""
    return await house.call("/v1/card/save", {**CARD, "user_unique_id": UNIQUE_ID, **changes})


async def listed(house: PaynetHouse, **names: object) -> list[dict[str, object]]:
    """The rows of a list."""
    answer = await house.call("/v1/card/list", names)
    rows = answer["Data"]
    assert isinstance(rows, list)
    return rows


async def test_saved_while_paying(house: PaynetHouse) -> None:
    """The whole flow: save while paying, list, then pay with the card's hash."""
    answer = await house.pay(auth=SAVING)
    assert (answer["is_succeed"], answer["is_save_card_succeed"]) == (True, True)
    assert answer["save_card_result_message"] == "Başarılı İşlem"
    assert answer["user_unique_id"] == UNIQUE_ID
    assert answer["card_desc"] == "Kartım"
    (row,) = await listed(house, card_owner_id=answer["card_owner_id"])
    assert row["card_hash"] == answer["card_hash"]
    again = await pay_with(house, answer)
    assert (again["code"], again["is_save_card_succeed"]) == (0, False)
    assert again["card_hash"] == answer["card_hash"]
    assert again["card_holder"] == "gokhan oztorun"
    assert len(await listed(house, user_unique_id=UNIQUE_ID)) == 1


async def pay_with(
    house: PaynetHouse, card: dict[str, object], **token: object
) -> dict[str, object]:
    """The answer to a payment with a saved card, without 3-D Secure."""
    session_id = await house.open_session(card_owner_id=card["card_owner_id"])
    token_id = await card_token(house, session_id, card, do_3ds=False, **token)
    house.acquirer.script(APPROVED)
    return await house.charge(session_id, token_id)


async def card_token(
    house: PaynetHouse, session_id: str, card: dict[str, object], **token: object
) -> str:
    """The id of a token of a saved card."""
    named = {"session_id": session_id, "card_hash": card["card_hash"]}
    checked = await house.call("/v1/paynetj/check_card_bin", named, PUBLISHABLE_KEY)
    rows = checked["data"]
    assert isinstance(rows, list)
    request = {**named, "instalment_key": rows[0]["instalment_key"], **token}
    answer = await house.call("/v1/paynetj/create_card_token", request, PUBLISHABLE_KEY)
    assert answer["object_name"] == "paynetj_token"
    return str(answer["token_id"])


@pytest.mark.parametrize("code", [{}, {"cvc": "123"}])
async def test_saved_card_with_threeds(house: PaynetHouse, code: dict[str, object]) -> None:
    """A saved card goes to the bank like a new one, with or without its security code."""
    card = await saved(house)
    session_id = await house.open_session(card_owner_id=card["card_owner_id"])
    token_id = await card_token(house, session_id, card, do_3ds=True, **code)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id)
    assert (answer["code"], answer["is_tds"]) == (0, True)
    ((_, ask),) = house.acquirer.asks
    assert ask.card.has_cvv is bool(code)


async def test_saved_card_with_code(house: PaynetHouse) -> None:
    """A security code that comes along reaches the bank without 3-D Secure too."""
    card = await saved(house)
    answer = await pay_with(house, card, cvc="123")
    assert answer["code"] == 0
    ((_, ask),) = house.acquirer.asks
    assert ask.card.has_cvv


async def test_saved_with_threeds(house: PaynetHouse) -> None:
    """A card that pays with 3-D Secure is saved for the same customer, in the end."""
    card = await saved(house)
    session_id = await house.open_session(**SAVING)
    token_id = await house.token(session_id)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id)
    assert answer["is_save_card_succeed"] is True
    assert answer["card_owner_id"] == card["card_owner_id"]
    assert len(await listed(house, card_owner_id=card["card_owner_id"])) == 2


async def test_token_turns_saving_on(house: PaynetHouse) -> None:
    """The browser library says with the token that the card is to be saved, and its label."""
    token = {"save_card": True, "save_card_desc": "Yeni", "save_card_gsm": "5XXXXXXXXX"}
    answer = await house.pay(auth={"user_unique_id": "u-2"}, token=token)
    assert (answer["is_save_card_succeed"], answer["card_desc"]) == (True, "Yeni")


async def test_second_save_by_owner(house: PaynetHouse) -> None:
    """Later cards are saved under the card_owner_id."""
    card = await saved(house)
    session = {"save_card": True, "card_owner_id": card["card_owner_id"], "card_desc": "İki"}
    answer = await house.pay(auth=session)
    assert answer["card_owner_id"] == card["card_owner_id"]
    assert answer["user_unique_id"] == UNIQUE_ID


async def test_declined_saves_nothing(house: PaynetHouse) -> None:
    """A card is saved only once it has paid."""
    session_id = await house.open_session(**SAVING)
    token_id = await house.token(session_id, do_3ds=False)
    house.acquirer.script(Declined(reason=DeclineReason.DECLINED, code="05"))
    answer = await house.charge(session_id, token_id)
    assert (answer["is_save_card_succeed"], answer["card_hash"]) == (False, "")
    assert answer["save_card_result_message"]
    assert await house.refused("/v1/card/list", {"user_unique_id": UNIQUE_ID}) == (400, 25)


async def test_save_without_payment(house: PaynetHouse) -> None:
    """Every field of the answer; a code that comes along is not kept."""
    answer = await saved(house, cvv="123")
    for name in ("card_owner_id", "card_hash"):
        assert [len(part) for part in str(answer.pop(name)).split("-")] == [8, 4, 4, 4, 20]
    assert answer == {
        "user_unique_id": UNIQUE_ID,
        "card_desc": "Paynet Odeme",
        "card_no": "434678******6549",
        "card_bin": "434678",
        "card_type": "cc",
        "card_bank_id": "AXSS",
        "card_bank_name": "Axess",
        "card_logo_url": "https://pay.example/img/banklogo/small/AXSS.png",
        "card_brand_name": "VISA",
        "object_name": "card_save",
        "code": 0,
        "message": "Başarılı İşlem",
    }


async def test_list(house: PaynetHouse) -> None:
    """Every field of a row, under both generations of names."""
    card = await saved(house)
    answer = await house.call("/v1/card/list", {"card_owner_id": card["card_owner_id"]})
    (row,) = answer.pop("Data")  # type: ignore[misc,attr-defined]
    assert row == {
        "company_code": "7",
        "agent_id": "7",
        "user_unique_id": UNIQUE_ID,
        "card_owner_id": card["card_owner_id"],
        "card_hash": card["card_hash"],
        "card_desc": "Paynet Odeme",
        "card_holder": "RQ*****QR",
        "card_no": "434678********6549",
        "card_no_masked": "434678********6549",
        "card_bin": "434678",
        "card_bin_no": "434678",
        "card_type": "cc",
        "card_bank_id": "AXSS",
        "card_bank_name": "Axess",
        "card_logo_url": "https://pay.example/img/banklogo/small/AXSS.png",
        "card_brand_name": "VISA",
        "expire_month": 12,
        "expire_year": 2030,
    }
    assert answer == {
        "total": 1,
        "total_count": 1,
        "limit": 10,
        "ending_before": 0,
        "starting_after": 0,
        "has_more": False,
        "object_name": "card_list",
        "code": 0,
        "message": "Başarılı İşlem",
    }


async def test_pages(house: PaynetHouse) -> None:
    """Rows are counted from the oldest card on."""
    for number in range(5):
        house.clock.advance(ms=1)
        await saved(house, card_desc=f"card {number}")
    names = {"user_unique_id": UNIQUE_ID}
    assert len(await listed(house, **names)) == 5
    page = await listed(house, **names, starting_after=1, limit=2)
    assert [row["card_desc"] for row in page] == ["card 1", "card 2"]
    page = await listed(house, **names, ending_before=2, limit=10)
    assert [row["card_desc"] for row in page] == ["card 0", "card 1"]
    answer = await house.call("/v1/card/list", {**names, "limit": 2})
    assert (answer["has_more"], answer["total"], answer["total_count"]) == (True, 2, 5)


async def test_description_and_deletion(house: PaynetHouse) -> None:
    """A card gets another label, and is gone once deleted."""
    card = await saved(house)
    names = {"card_owner_id": card["card_owner_id"], "card_hash": card["card_hash"]}
    await house.call("/v1/card/desc_update", {**names, "card_desc": "İş kartı"})
    (row,) = await listed(house, card_owner_id=card["card_owner_id"])
    assert row["card_desc"] == "İş kartı"
    answer = await house.call("/v1/card/delete", names)
    assert (answer["code"], answer["message"]) == (0, "Başarılı İşlem")
    assert await listed(house, card_owner_id=card["card_owner_id"]) == []
    assert await house.refused("/v1/card/delete", names) == (400, 25)
    assert await house.refused("/v1/card/desc_update", {**names, "card_desc": "x"}) == (400, 25)


async def test_cards_of_another_merchant(house: PaynetHouse) -> None:
    """A merchant's cards are nobody else's."""
    card = await saved(house)
    names = {"card_owner_id": card["card_owner_id"]}
    assert await house.refused("/v1/card/list", names, OTHER_SECRET_KEY) == (400, 25)


async def test_insurance_cards_stay_out(house: PaynetHouse) -> None:
    """A card that is known by its ends only neither shows here nor pays."""
    card = await saved(house)
    insured = StoreInsuranceCard(
        merchant=house.merchants.record,
        bin="434678",
        last4="0002",
        expiry=Expiry(2030, 12),
        holder="A B",
        identity=b"",
        alias="insurance",
        external_id=UNIQUE_ID,
    )
    await store_insurance_card(insured, house.ports)
    (row,) = await listed(house, user_unique_id=UNIQUE_ID)
    assert row["card_hash"] == card["card_hash"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"card_desc": None}, 11),
        ({"card_desc": "x" * 141}, 11),
        ({"card_desc": AXESS_PAN}, 11),
        ({"card_holder": None}, 18),
        ({"card_number": None}, 18),
        ({"card_number": "4346786546546548"}, 18),
        ({"expire_month": None}, 18),
        ({"expire_month": "13"}, 18),
        ({"expire_year": None}, 18),
        ({"expire_year": "2017"}, 18),
        ({"cvv": "12345"}, 18),
        ({"user_unique_id": None}, 11),
        ({"user_unique_id": "x" * 257}, 11),
        ({"card_owner_id": "nobody"}, 25),
        ({"card_owner_id": "0" * 40}, 25),
    ],
)
async def test_save_refused(house: PaynetHouse, changes: dict[str, object], code: int) -> None:
    """Each field of a card that is missing or wrong."""
    request = {**CARD, "user_unique_id": UNIQUE_ID, **changes}
    assert await house.refused("/v1/card/save", request) == (400, code)


async def test_token_of_saved_card_refused(house: PaynetHouse) -> None:
    """A hash of nobody, no hash, a number beside it, a code that is none, no instalment key."""
    card = await saved(house)
    session_id = await house.open_session(card_owner_id=card["card_owner_id"])
    named = {"session_id": session_id, "card_hash": card["card_hash"]}
    checked = await house.call("/v1/paynetj/check_card_bin", named, PUBLISHABLE_KEY)
    key = checked["data"][0]["instalment_key"]  # type: ignore[index]
    request = {**named, "instalment_key": key}
    for changes, code in (
        ({"card_hash": ""}, 11),
        ({"card_hash": "abcdef-8014-435e-8bcc-daf4592f3431"}, 25),
        ({"card_hash": "0" * 40}, 25),
        ({"pan": PAN}, 11),
        ({"cvc": "x"}, 18),
        ({"instalment_key": ""}, 21),
    ):
        refused = await house.refused(
            "/v1/paynetj/create_card_token", {**request, **changes}, PUBLISHABLE_KEY
        )
        assert refused == (400, code), changes
    nobody = {**named, "session_id": await house.open_session()}
    refused = await house.refused("/v1/paynetj/check_card_bin", nobody, PUBLISHABLE_KEY)
    assert refused == (400, 11)
