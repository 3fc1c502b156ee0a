"""PaynetJ before the card: auth, auth_update, save_card, check_bin."""

from decimal import Decimal

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import PUBLISHABLE_KEY, SECRET_KEY, PaynetHouse, open_house

AUTH = "/v1/paynetj/auth"
CHECK_BIN = "/v1/paynetj/check_bin"


async def test_auth(house: PaynetHouse) -> None:
    """A session, when it ends, and who is paid."""
    answer = await house.call(AUTH + "?type=CF", {"amount": "1000"}, PUBLISHABLE_KEY)
    assert str(answer.pop("session_id")).startswith("js_")
    assert answer == {
        "expire_date": "2018-06-06T14:22:22.3930000+03:00",
        "name": "Kitapçı",
        "tds_required": False,
        "object_name": "paynetj_auth",
        "obeject_name": "paynetj_auth",
        "code": 0,
        "message": "Başarılı Islem",
    }


async def test_every_field_is_taken(house: PaynetHouse) -> None:
    """What the browser library sends, with either key."""
    request = {
        "amount": 10055.000000000002,
        "token": PUBLISHABLE_KEY,
        "agent_id": "600222",
        "pos_type": "1",
        "add_commission": "true",
        "reference_no": 4711,
        "ratio_code": "",
        "domain": "https://shop.example",
        "tds_required": True,
        "show_tds_error": True,
        "merge_option": False,
        "ratio_code_method": None,
        "invoice_no": "",
        "save_card": True,
        "user_unique_id": "DCFC03FA-F053-41BD-9DCA-E3178C84FB22",
        "card_desc": "Kartım",
        "user_gsm_no": "5XXXXXXXXX",
        "return_url": "https://shop.example/back?order=1",
    }
    for key in (PUBLISHABLE_KEY, SECRET_KEY):
        answer = await house.call(AUTH, request, key)
        assert answer["tds_required"] is True
    offers = await house.offers(str(answer["session_id"]))
    assert offers[0]["total_amount"] == Decimal("103.76")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": None}, 11),
        ({"amount": 0}, 11),
        ({"amount": "-1"}, 11),
        ({"amount": "ten"}, 11),
        ({"amount": "1e3"}, 11),
        ({"amount": "9" * 30}, 11),
        ({"pos_type": "2"}, 20),
        ({"ratio_code": "R"}, 23),
        ({"invoice_no": "I"}, 24),
        ({"agent_id": "x" * 11}, 11),
        ({"reference_no": "x" * 51}, 11),
        ({"save_card": True}, 11),
        ({"card_save": True}, 11),
        ({"card_owner_id": "nobody"}, 25),
        ({"card_owner_id": "1d16eaa1-f00d-492d-868a-856412b7577d00000000"}, 25),
        ({"return_url": "javascript:alert(1)"}, 11),
        ({"return_url": "https://a@b/"}, 11),
        ({"return_url": "https://b:99999/"}, 11),
        ({"return_url": "https://b/" + "x" * 256}, 11),
        ({"card_desc": "4355084355084358"}, 11),
        ({"user_unique_id": "\udc00"}, 11),
    ],
)
async def test_auth_refused(house: PaynetHouse, changes: dict[str, object], code: int) -> None:
    """What a session cannot be about."""
    request = {"amount": "1000", **changes}
    assert await house.refused(AUTH, request, PUBLISHABLE_KEY) == (400, code)


async def test_check_bin(house: PaynetHouse) -> None:
    """The bank of the sample's BIN, and a row for each way to pay."""
    session_id = await house.open_session(add_commission=True)
    body = {"session_id": session_id, "bin": "43550843"}
    answer = await house.call(CHECK_BIN, body, PUBLISHABLE_KEY)
    rows = answer.pop("data")
    assert answer == {
        "bank_id": "AXSS",
        "bank_logo": "https://pay.example/img/banklogo/small/AXSS.png",
        "bank_name": "Axess",
        "card_type": "cc",
        "tds_enable": True,
        "object_name": "paynetj_bin",
        "obeject_name": "paynetj_bin",
        "code": 0,
        "message": "Başarılı Islem",
    }
    assert isinstance(rows, list)
    assert [row["instalment"] for row in rows] == [0, 2, 3, 6, 9, 12]
    key = rows[2].pop("instalment_key")
    assert str(key).startswith("ji_")
    assert rows[2] == {
        "instalment": 3,
        "instalment_amount": Decimal("3.59"),
        "total_amount": Decimal("10.76"),
        "commision": Decimal("0.65"),
        "desc": "3 Taksit 3 x 3,59 = 10,76 TL",
    }


async def test_single_payment_only(house: PaynetHouse) -> None:
    """With no_instalment, and for cards without a programme, there is one row."""
    session_id = await house.open_session()
    body = {"session_id": session_id, "bin": "435508", "no_instalment": True}
    answer = await house.call(CHECK_BIN, body, PUBLISHABLE_KEY)
    assert len(answer["data"]) == 1  # type: ignore[arg-type]
    assert list(await house.offers(session_id, "589004")) == [0]


@pytest.mark.parametrize(
    ("bin", "bank_id", "card_type"),
    [("589004", "AXSS", "dc"), ("454671", "ZRTB", "bc"), ("476662", "DENZ", "dc")],
)
async def test_kinds_of_cards(house: PaynetHouse, bin: str, bank_id: str, card_type: str) -> None:
    """Debit and commercial cards, and banks without a programme."""
    body = {"session_id": await house.open_session(), "bin": bin}
    answer = await house.call(CHECK_BIN, body, PUBLISHABLE_KEY)
    assert (answer["bank_id"], answer["card_type"]) == (bank_id, card_type)


@pytest.mark.parametrize(
    ("bin", "code"),
    [("", 11), (None, 11), ("43550", 14), ("435508435", 14), ("43550x", 14), ("012345", 14)],
)
async def test_bin_refused(house: PaynetHouse, bin: object, code: int) -> None:
    """Six to eight digits of a known issuer."""
    body = {"session_id": await house.open_session(), "bin": bin}
    assert await house.refused(CHECK_BIN, body, PUBLISHABLE_KEY) == (400, code)


async def test_other_bank(house: PaynetHouse, tmp_path) -> None:
    """A card of no known issuer is one of any other bank, unless a switch has it refused."""
    body = {"session_id": await house.open_session(), "bin": 540001}
    answer = await house.call(CHECK_BIN, body, PUBLISHABLE_KEY)
    assert (answer["bank_id"], answer["card_type"]) == ("ZDGR", "cc")
    (tmp_path / "strict").mkdir()
    async with open_house(tmp_path / "strict", unknown_bin_pays="no") as strict:
        body = {"session_id": await strict.open_session(), "bin": 540001}
        assert await strict.refused(CHECK_BIN, body, PUBLISHABLE_KEY) == (400, 14)


async def test_auth_update(house: PaynetHouse) -> None:
    """What is sent changes, what is absent stays."""
    session_id = await house.open_session(add_commission=True)
    answer = await house.call(
        "/v1/paynetj/auth_update",
        {"session_id": session_id, "amount": "2000", "token": PUBLISHABLE_KEY},
        PUBLISHABLE_KEY,
    )
    assert answer["message"] == "Başarılı Islem"
    assert (await house.offers(session_id))[0]["total_amount"] == Decimal("20.64")
    body = {"session_id": session_id, "add_commission": False}
    await house.call("/v1/paynetj/auth_update", body, PUBLISHABLE_KEY)
    assert (await house.offers(session_id))[0]["total_amount"] == Decimal("20.00")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"amount": 0}, 11), ({"ratio_code": "R"}, 23), ({"save_card": 1}, 11)],
)
async def test_auth_update_refused(
    house: PaynetHouse, changes: dict[str, object], code: int
) -> None:
    """An update is as strict as auth."""
    body = {"session_id": await house.open_session(), **changes}
    refused = await house.refused("/v1/paynetj/auth_update", body, PUBLISHABLE_KEY)
    assert refused == (400, code)


@pytest.mark.parametrize("path", ["save_card", "savecard"])
async def test_save_card(house: PaynetHouse, path: str) -> None:
    """Saving is turned on later, under both spellings of the path."""
    session_id = await house.open_session(user_unique_id="u-1")
    body = {"session_id": session_id, "card_desc": "Kartım", "user_gsm": "5XXXXXXXXX"}
    answer = await house.call(f"/v1/paynetj/{path}", body, PUBLISHABLE_KEY)
    assert answer["session_id"] == session_id
    nobody = {"session_id": await house.open_session()}
    assert await house.refused(f"/v1/paynetj/{path}", nobody, PUBLISHABLE_KEY) == (400, 11)


async def test_threeds_by_default(tmp_path) -> None:
    """With the switch a session needs 3-D Secure unless it says that it does not."""
    async with open_house(tmp_path, profile="current") as house:
        for sent, expected in ((None, True), (False, False)):
            request = {"amount": 1, "tds_required": sent}
            answer = await house.call(AUTH, request, PUBLISHABLE_KEY)
            assert answer["tds_required"] is expected


async def test_token_is_of_one_price(house: PaynetHouse) -> None:
    """Another amount makes the token worthless, and what the vault held for it is gone."""
    session_id = await house.open_session(user_unique_id="u-1")
    token_id = await house.token(session_id, do_3ds=False)
    names = {"session_id": session_id, "token_id": token_id}
    number = max(number for _, number in house.vault._holding._entries)
    update = {"session_id": session_id, "amount": "2000"}
    await house.call("/v1/paynetj/auth_update", update, PUBLISHABLE_KEY)
    assert await house.refused("/v1/transaction/charge", names) == (400, 15)
    assert not await house.ports.vault.is_held(house.merchants.record.id, number)
    token_id = await house.token(session_id, do_3ds=False)
    await house.call("/v1/paynetj/save_card", {"session_id": session_id}, PUBLISHABLE_KEY)
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id)
    assert (answer["amount"], answer["is_save_card_succeed"]) == (Decimal("20.00"), True)
    again = {"session_id": await house.open_session(), "amount": "2000"}
    assert await house.call("/v1/paynetj/auth_update", again, PUBLISHABLE_KEY)
