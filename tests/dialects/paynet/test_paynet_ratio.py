"""POST /v1/ratio/Get and Get_public: what paying costs, by bank and number of instalments."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import PUBLISHABLE_KEY, JsonObject, PaynetHouse, open_house
from fakes.paynet_payments import PAYMENT, direct_request

GET = "/v1/ratio/Get"
GET_PUBLIC = "/v1/ratio/Get_public"
AXESS = {"bin": "434678", "amount": "100"}


def banks(answer: JsonObject) -> dict[str, JsonObject]:
    """The banks of an answer by their ids."""
    rows = answer["data"]
    assert isinstance(rows, list)
    return {row["bank_id"]: row for row in rows}


async def test_sample_request(house: PaynetHouse) -> None:
    """BIN 434678 and one lira: bank AXSS, every field, amounts in lira, no key to pay by."""
    answer = await house.call(GET, AXESS)
    (bank,) = answer["data"]  # type: ignore[misc]
    ratios = bank.pop("ratio")
    assert bank == {
        "bank_id": "AXSS",
        "bank_logo": "https://pay.example/img/banklogo/small/AXSS.png",
        "bank_name": "Axess",
        "card_type": "cc",
        "tds_required": False,
    }
    assert [row["instalment"] for row in ratios] == [0, 2, 3, 6, 9, 12]
    assert ratios[2] == {
        "ratio": Decimal("0.06015"),
        "instalment_key": "",
        "instalment": 3,
        "instalment_amount": Decimal("0.33"),
        "total_net_amount": Decimal("0.93"),
        "total_amount": Decimal("1.00"),
        "commision": Decimal("0.06"),
        "commision_tax": Decimal("0.01"),
        "desc": "3 Taksit 3 x 0,33 = 1,00 TL",
        "ratio_code": "",
        "is_has_campaign": False,
        "plus_installment": 0,
        "post_pone": 0,
        "campaign_note": "",
    }
    del answer["data"]
    assert answer == {
        "tds_required": False,
        "object_name": "ratio_get",
        "code": 0,
        "message": "Başarılı İşlem",
    }


@pytest.mark.parametrize(
    "flag",
    [
        "addcomission_to_amount",
        "addcomisson_to_amount",
        "addcommission_to_amount",
        "add_comission_to_amount",
        "add_commission",
    ],
)
async def test_added_commission_in_every_spelling(house: PaynetHouse, flag: str) -> None:
    """The payer's total includes commission and tax; the merchant's net is the amount."""
    answer = await house.call(GET, {"bin": "434678", "amount": 10000, flag: "true"})
    row = banks(answer)["AXSS"]["ratio"][0]  # type: ignore[index]
    assert row["total_amount"] == Decimal("103.20")
    assert row["total_net_amount"] == Decimal("100.00")
    assert (row["commision"], row["commision_tax"]) == (Decimal("2.71"), Decimal("0.49"))


async def test_every_bank_without_a_bin(house: PaynetHouse) -> None:
    """One entry for each programme that the merchant has a table for, and one for the rest."""
    answer = await house.call(GET, {"amount": "10000"})
    found = banks(answer)
    assert set(found) == {"MAXM", "WRLD", "FINS", "PARF", "AXSS", "BONS", "ADVT", "ZDGR"}
    assert len(answer["data"]) == len(found)  # type: ignore[arg-type]
    assert [row["instalment"] for row in found["ZDGR"]["ratio"]] == [0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("card_type", "counts"), [("cc", [0, 2, 3, 6, 9, 12]), ("bc", [0, 2, 3, 6, 9, 12]), ("dc", [0])]
)
async def test_card_types(house: PaynetHouse, card_type: str, counts: list[int]) -> None:
    """Debit cards pay in one go."""
    found = banks(await house.call(GET, {"amount": "10000", "card_type": card_type}))
    assert found["AXSS"]["card_type"] == card_type
    assert [row["instalment"] for row in found["AXSS"]["ratio"]] == counts  # type: ignore[union-attr]


async def test_bin_of_another_card_type(house: PaynetHouse) -> None:
    """A filter that the BIN's cards do not pass leaves nothing."""
    assert (await house.call(GET, {**AXESS, "card_type": "dc"}))["data"] == []
    assert (await house.call(GET, {**AXESS, "card_type": "cc"}))["data"] != []


async def test_without_an_amount(house: PaynetHouse) -> None:
    """The ratios are there, the amounts are zero."""
    row = banks(await house.call(GET, {"bin": "43467865"}))["AXSS"]["ratio"][1]  # type: ignore[index]
    assert (row["ratio"], row["total_amount"]) == (Decimal("0.04795"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bin": "999999"}, 14),
        ({"bin": "43467"}, 14),
        ({"bin": "434678654"}, 14),
        ({"bin": "4346xx"}, 14),
        ({"pos_type": 3}, 20),
        ({"ratio_code": "RC1"}, 23),
        ({"amount": "-1"}, 11),
        ({"amount": "much"}, 11),
        ({"card_type": "xx"}, 11),
        ({"session_id": "js_nobody"}, 13),
    ],
)
async def test_bad_requests(house: PaynetHouse, changes: JsonObject, code: int) -> None:
    """Every field that can be wrong, with its code."""
    assert await house.refused(GET, {**AXESS, **changes}) == (400, code)


async def test_unknown_bin_in_the_current_profile(tmp_path) -> None:
    """A card of no known issuer is one of any other bank; there 3-D Secure is the default."""
    async with open_house(tmp_path, "current") as house:
        answer = await house.call(GET, {"bin": "54000100", "amount": 100})
        assert (list(banks(answer)), answer["tds_required"]) == (["ZDGR"], True)
        row = banks(answer)["ZDGR"]["ratio"][0]  # type: ignore[index]
        assert (row["commision"], row["commision_tax"]) == (Decimal("0.03"), Decimal("0.01"))


async def test_keys(house: PaynetHouse) -> None:
    """Get wants the secret key; Get_public takes the publishable one, in header or body."""
    assert await house.refused(GET, AXESS, PUBLISHABLE_KEY) == (403, 7)
    assert (await house.call(GET_PUBLIC, AXESS, PUBLISHABLE_KEY))["code"] == 0
    assert (await house.call(GET_PUBLIC, AXESS))["code"] == 0
    form = urlencode({**AXESS, "token": PUBLISHABLE_KEY, "merge_option": "false"}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await house.send("/V1/RATIO/GET_PUBLIC", form, kind)).status == 200
    assert (await house.send("/v1/ratio/get_public", b"{}")).status == 401


async def test_pages_may_ask(house: PaynetHouse) -> None:
    """The browser library calls Get_public from the merchant's own origin."""
    response = await house.send(GET_PUBLIC, method="OPTIONS")
    assert response.status == 204
    assert dict(response.headers)[b"access-control-allow-origin"] == b"*"


async def test_key_of_a_session_pays(house: PaynetHouse) -> None:
    """With a session the rows are for its amount and terms, and their keys make tokens."""
    session_id = await house.open_session(add_commission=True, tds_required=True)
    answer = await house.call(
        GET_PUBLIC, {"session_id": session_id, "bin": "434678"}, PUBLISHABLE_KEY
    )
    assert answer["tds_required"] is True
    row = banks(answer)["AXSS"]["ratio"][2]  # type: ignore[index]
    assert (row["total_amount"], row["total_net_amount"]) == (Decimal("10.76"), Decimal("10.00"))
    request = await house.token_request(session_id)
    request["instalment_key"] = row["instalment_key"]
    token = await house.call("/v1/paynetj/create_token", request, PUBLISHABLE_KEY)
    assert str(token["token_id"]).startswith("jt_")


async def test_key_for_another_amount_does_not_pay(house: PaynetHouse) -> None:
    """What was reckoned on another amount than the session's is void there."""
    session_id = await house.open_session()
    body = {"session_id": session_id, "bin": "434678", "amount": "1"}
    row = banks(await house.call(GET_PUBLIC, body, PUBLISHABLE_KEY))["AXSS"]["ratio"][0]  # type: ignore[index]
    request = await house.token_request(session_id)
    request["instalment_key"] = row["instalment_key"]
    assert await house.refused("/v1/paynetj/create_token", request) == (400, 21)


async def test_payment_costs_what_the_table_said(house: PaynetHouse) -> None:
    """The figures of a row and of the payment made by it are the same."""
    terms = {"amount": "12345", "bin": "435508", "addcomission_to_amount": True}
    row = banks(await house.call(GET, terms))["AXSS"]["ratio"][3]  # type: ignore[index]
    house.acquirer.script(APPROVED)
    request = direct_request(amount="123,45", instalment=6, add_commission=True)
    payment = await house.call(PAYMENT, request)
    assert row["total_amount"] == payment["amount"]
    assert row["total_net_amount"] == payment["net_amount"] == Decimal("123.45")
    assert (row["commision"], row["commision_tax"]) == (
        payment["comission"],
        payment["comission_tax"],
    )
