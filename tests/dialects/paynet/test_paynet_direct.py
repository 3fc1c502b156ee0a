"""POST /v2/transaction/payment: a payment in one call."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import (
    OTHER_SECRET_KEY,
    PUBLISHABLE_KEY,
    SECRET_KEY,
    JsonObject,
    PaynetHouse,
    open_house,
    parsed,
)
from fakes.paynet_payments import PAYMENT, direct_request, only, paid, stored
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.attempt import Operation
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.dialects.paynet.outward_ids import token_from_guid

SAVE = {"save_card": True, "card_desc": "Kartım", "user_unique_id": "customer-1"}
DECLINED = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")

PAID: JsonObject = {
    "id": 10_851_936,
    "xact_date": "2018-06-06T13:52:22.3930000+03:00",
    "transaction_type": "1",
    "pos_type": "5",
    "is_tds": False,
    "agent_id": "600222",
    "user_id": "ayşe",
    "email": "oxxxx@gmail.com",
    "phone": "5XXXXXXXXX",
    "instalment": 3,
    "ratio": Decimal("0.06015"),
    "card_no_masked": "435508******4358",
    "card_holder": "Gökhan Öztorun",
    "amount": Decimal("22.07"),
    "net_amount": Decimal("20.50"),
    "comission": Decimal("1.33"),
    "comission_tax": Decimal("0.24"),
    "currency": "TL",
    "bank_id": "AXSS",
    "bank_name": "Axess",
    "bank_authorization_code": APPROVED.auth_code,
    "bank_reference_code": APPROVED.reference,
    "bank_order_id": "10851936",
    "is_succeed": True,
    "paynet_error_id": "",
    "paynet_error_message": "",
    "bank_error_id": "",
    "bank_error_message": "",
    "bank_error_short_desc": "",
    "bank_error_long_desc": "",
    "reference_no": "order-1",
    "agent_reference_no": "order-1",
    "campaign_url": "",
    "end_user_comission": Decimal("1.57"),
    "end_user_ratio": Decimal("0.07658537"),
    "ratio_code": "",
    "ratio_code_method": "",
    "card_brand_name": "VISA",
    "card_type": "cc",
    "plus_installment": 0,
    "company_cost_ratio": Decimal("0.06015"),
    "company_commission": Decimal("1.33"),
    "company_commission_with_tax": Decimal("1.57"),
    "company_net_amount": Decimal("20.50"),
    "is_save_card_succeed": False,
    "save_card_result_message": "",
    "card_owner_id": "",
    "user_unique_id": "",
    "card_hash": "",
    "card_desc": "",
    "card_bank_id": "AXSS",
    "card_logo_url": "https://pay.example/img/banklogo/small/AXSS.png",
    "object_name": "transaction",
    "code": 0,
    "message": "Başarılı İşlem",
}


async def test_every_field(house: PaynetHouse) -> None:
    """Three instalments whose commission the payer bears, for a dealer."""
    answer = await paid(
        house,
        instalment=3,
        add_commission=True,
        agent_id="600222",
        user_id="ayşe",
        company_amount="20,50",
        pos_type=5,
        merge_option=False,
    )
    assert str(answer.pop("xact_id")).startswith("xk_")
    assert len(str(answer.pop("xact_transaction_id"))) == 36
    assert answer == PAID
    ((operation, ask),) = house.acquirer.asks
    assert (operation, ask.amount_e8, ask.installments) == (
        Operation.AUTHORIZE,
        2207 * UNIT // 100,
        3,
    )
    assert ask.card.has_cvv


@pytest.mark.parametrize("amount", ["20,50", "20.50", 20.5, "20,5", " 20,50 "])
async def test_amount_is_in_lira(house: PaynetHouse, amount: object) -> None:
    """A decimal comma, a point, or a number."""
    assert (await paid(house, amount=amount))["amount"] == Decimal("20.50")


async def test_kurus_mistaken_for_lira_are_lira(house: PaynetHouse) -> None:
    """A text without a separator is whole lira, as the documentation says."""
    assert (await paid(house, amount="15000"))["amount"] == Decimal("15000.00")


@pytest.mark.parametrize(("instalment", "count"), [(None, 0), (0, 0), (1, 0), ("", 0), ("06", 6)])
async def test_instalments(house: PaynetHouse, instalment: object, count: int) -> None:
    """Nothing, 0 and 1 are the single payment."""
    assert (await paid(house, instalment=instalment))["instalment"] == count


@pytest.mark.parametrize(("sent", "kind"), [(None, "1"), (1, "1"), ("3", "3"), (3, "3")])
async def test_transaction_types(house: PaynetHouse, sent: object, kind: str) -> None:
    """A sale, or a hold that is captured later."""
    answer = await paid(house, transaction_type=sent)
    assert answer["transaction_type"] == kind
    assert house.acquirer.asks[-1][1].is_capture is (kind == "1")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": None}, 11),
        ({"amount": "0"}, 11),
        ({"amount": "-5"}, 11),
        ({"amount": "1.000,00"}, 11),
        ({"amount": True}, 11),
        ({"reference_no": None}, 11),
        ({"reference_no": "x" * 51}, 11),
        ({"domain": ""}, 11),
        ({"domain": "x" * 257}, 11),
        ({"description": "x" * 141}, 11),
        ({"description": "4355 0843 5508 4358"}, 11),
        ({"card_holder_mail": "x" * 61}, 11),
        ({"card_holder_phone": "5" * 21}, 11),
        ({"agent_id": "1" * 11}, 11),
        ({"user_id": "1" * 11}, 11),
        ({"ip": "1" * 257}, 11),
        ({"client_id": "1" * 257}, 11),
        ({"pos_type": 2}, 20),
        ({"transaction_type": 2}, 19),
        ({"ratio_code": "RC1"}, 23),
        ({"invoice_no": "F1"}, 24),
        ({"is_escrow": True}, 9),
        ({"company_amount": "5,00"}, 9),
        ({"instalment": 4}, 21),
        ({"instalment": -1}, 21),
        ({"pan": None}, 18),
        ({"pan": "4355084355084359"}, 18),
        ({"cvc": None}, 18),
        ({"cvc": "12"}, 18),
        ({"month": None}, 18),
        ({"month": 13}, 18),
        ({"year": None}, 18),
        ({"year": 1999}, 18),
        ({"year": 2018, "month": 5}, 18),
        ({"card_holder": None}, 18),
        ({"card_holder": "4355084355084358"}, 11),
        ({"card_holder": "R2D2"}, 18),
        ({"save_card": True}, 11),
        ({"save_card": True, "card_desc": "Kartım"}, 11),
        ({**SAVE, "card_desc": "x" * 141}, 11),
        ({**SAVE, "user_unique_id": "x" * 257}, 11),
        ({**SAVE, "card_owner_id": "nobody"}, 25),
        ({"card_hash": "abc"}, 11),
        ({"card_hash": "abc", "pan": None, "cvc": None}, 11),
        ({"card_hash": "abc", "pan": None, "cvc": "1"}, 18),
        ({"card_hash": "abc", "pan": None, "cvc": None, "user_unique_id": "nobody"}, 25),
    ],
)
async def test_bad_requests(house: PaynetHouse, changes: JsonObject, code: int) -> None:
    """Every field that can be wrong, with its code; nothing is asked or written."""
    assert await house.refused(PAYMENT, direct_request(**changes)) == (400, code)
    assert house.acquirer.asks == []
    reference = {"reference_no": "order-1"}
    assert await house.refused("/v1/transaction/check", reference) == (404, 12)


async def test_decline_is_an_answer(house: PaynetHouse) -> None:
    """HTTP 200, code 1, is_succeed false, and the bank's reason in every field for it."""
    house.acquirer.script(DECLINED)
    answer = await house.call(PAYMENT, direct_request(**SAVE))
    expected = {
        "code": 1,
        "message": "İşlem başarısız",
        "is_succeed": False,
        "paynet_error_id": "1",
        "bank_error_id": "51",
        "bank_error_message": "Bakiye yetersiz",
        "bank_error_short_desc": "insufficient funds",
        "bank_error_long_desc": "Bakiye yetersiz",
        "bank_authorization_code": "",
        "is_save_card_succeed": False,
        "card_hash": "",
    }
    assert {name: answer[name] for name in expected} == expected
    assert "Bakiye yetersiz" in str(answer["paynet_error_message"])
    assert answer["save_card_result_message"]


async def test_silence_is_a_timeout(house: PaynetHouse) -> None:
    """The bank did not say: HTTP 500, code 10, and the reference stays taken."""
    house.acquirer.script(Unknown(why="silence"))
    assert await house.refused(PAYMENT, direct_request()) == (500, 10)
    assert await house.refused(PAYMENT, direct_request()) == (400, 5)


async def test_reference_is_good_for_one_payment(house: PaynetHouse) -> None:
    """Code 5 on the second; after a decline the same reference may be tried again."""
    house.acquirer.script(DECLINED)
    await house.call(PAYMENT, direct_request())
    await paid(house)
    assert await house.refused(PAYMENT, direct_request()) == (400, 5)
    assert len(house.acquirer.asks) == 2


async def test_saved_card_pays_again(house: PaynetHouse) -> None:
    """The card is stored under its owner; its hash pays, with and without a code."""
    answer = await paid(house, **SAVE)
    assert (answer["is_save_card_succeed"], answer["card_desc"]) == (True, "Kartım")
    assert (answer["user_unique_id"], answer["save_card_result_message"]) == (
        "customer-1",
        "Başarılı İşlem",
    )
    stored_names = {"card_hash": answer["card_hash"], "pan": None, "card_holder": None}
    for reference, owner, cvc in (
        ("order-2", {"card_owner_id": answer["card_owner_id"]}, None),
        ("order-3", {"user_unique_id": "customer-1"}, "000"),
    ):
        again = await paid(
            house, **stored_names, **owner, reference_no=reference, cvc=cvc, month=None, year=None
        )
        assert again["card_hash"] == answer["card_hash"]
        assert again["card_holder"] == "Gökhan Öztorun"
        assert again["is_save_card_succeed"] is False
        ask = house.acquirer.asks[-1][1]
        assert ask.card.token == token_from_guid(str(answer["card_hash"]))
        assert ask.card.has_cvv is (cvc is not None)
    listed = await house.call("/v1/card/list", {"user_unique_id": "customer-1"})
    assert listed["total_count"] == 1


async def test_second_card_of_an_owner(house: PaynetHouse) -> None:
    """By card_owner_id, or again by the merchant's own name: the same owner."""
    first = await paid(house, **SAVE)
    second = await paid(
        house,
        reference_no="order-2",
        save_card="1",
        card_desc="İkinci",
        card_owner_id=first["card_owner_id"],
    )
    third = await paid(house, **{**SAVE, "reference_no": "order-3"})
    assert second["card_owner_id"] == third["card_owner_id"] == first["card_owner_id"]
    assert len({first["card_hash"], second["card_hash"], third["card_hash"]}) == 3


async def test_cards_of_others_do_not_pay(house: PaynetHouse) -> None:
    """A hash is good for its owner and its merchant only."""
    answer = await paid(house, **SAVE)
    body = direct_request(
        pan=None, cvc=None, card_hash=answer["card_hash"], card_owner_id=answer["card_owner_id"]
    )
    assert await house.refused(PAYMENT, body, OTHER_SECRET_KEY) == (400, 25)
    other = await paid(house, **{**SAVE, "user_unique_id": "customer-2", "reference_no": "o-2"})
    body["card_owner_id"] = other["card_owner_id"]
    assert await house.refused(PAYMENT, body) == (400, 25)


async def test_expired_stored_card(house: PaynetHouse) -> None:
    """A card pays until the end of its month."""
    answer = await paid(house, **SAVE)
    house.clock.advance(days=9 * 366)
    body = direct_request(
        pan=None, cvc=None, card_hash=answer["card_hash"], user_unique_id="customer-1"
    )
    assert await house.refused(PAYMENT, body) == (400, 18)


async def test_unknown_issuer_pays_in_one_go(house: PaynetHouse, tmp_path) -> None:
    """A foreign card is one of any other bank, unless a switch has it refused."""
    answer = await paid(house, pan="5400010000000004")
    assert (answer["bank_id"], answer["card_brand_name"]) == ("ZDGR", "MASTERCARD")
    body = direct_request(pan="5400010000000004", reference_no="o-2", instalment=3)
    assert await house.refused(PAYMENT, body) == (400, 21)
    (tmp_path / "strict").mkdir()
    async with open_house(tmp_path / "strict", unknown_bin_pays="no") as strict:
        body = direct_request(pan="5400010000000004")
        assert await strict.refused(PAYMENT, body) == (400, 14)


async def test_secret_key_only(house: PaynetHouse) -> None:
    """Pages may not take payments by themselves."""
    assert await house.refused(PAYMENT, direct_request(), PUBLISHABLE_KEY) == (403, 7)


async def test_card_number_elsewhere(house: PaynetHouse) -> None:
    """A request that repeats its card number in another field is refused."""
    body = direct_request(reference_no="4355084355084358")
    assert await house.refused(PAYMENT, body) == (400, 11)


async def test_form_and_xml(house: PaynetHouse) -> None:
    """Both other ways to write a request; the card is lifted out of them as well."""
    form = urlencode({**direct_request(), "pan": "4355 0843 5508 4358"}).encode()
    document = "".join(
        f"<{name}>{value}</{name}>"
        for name, value in direct_request(reference_no="order-2").items()
    )
    for kind, raw in (
        ("application/x-www-form-urlencoded", form),
        ("application/xml; charset=UTF-8", f"<payment>{document}</payment>".encode()),
    ):
        house.acquirer.script(APPROVED)
        headers = {"authorization": f"Basic {SECRET_KEY}", "content-type": kind}
        answer = parsed(await house.send(PAYMENT, raw, headers))
        assert (answer["code"], answer["is_succeed"]) == (0, True)
        assert answer["card_no_masked"] == "435508******4358"


async def test_payment_is_found_and_undone(house: PaynetHouse) -> None:
    """The xact_id of the answer names it to the other services."""
    answer = await paid(house)
    name = {"xact_id": answer["xact_id"]}
    assert only(await house.call("/v1/transaction/check", name))["amount"] == Decimal("20.50")
    house.acquirer.script(APPROVED)
    await house.call("/v1/transaction/reversed_request", name)
    assert (await stored(house, answer["id"])).state is PaymentState.VOIDED
