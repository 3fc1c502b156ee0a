"""POST /v1/transaction/charge: money is taken here, once."""

from decimal import Decimal

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import (
    AXESS_PAN,
    OTHER_SECRET_KEY,
    PAN,
    PUBLISHABLE_KEY,
    PaynetHouse,
)
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.attempt import Operation
from vezne.core.changes import ChangeSession, Conflict
from vezne.dialects.paynet import answers
from vezne.dialects.paynet.outward_ids import token_from_guid
from vezne.flows.blocklist import block_card, unblock_card
from vezne.flows.store_card import CardOfOwner

CHARGE = "/v1/transaction/charge"
MINUTE_MS = 60_000


async def ready(house: PaynetHouse, **auth: object) -> dict[str, object]:
    """The ids of a token that needs no 3-D Secure."""
    session_id = await house.open_session(**auth)
    return {"session_id": session_id, "token_id": await house.token(session_id, do_3ds=False)}


async def test_every_field(house: PaynetHouse) -> None:
    """A charge without 3-D Secure answers every documented field."""
    answer = await house.pay(
        auth={"add_commission": True, "agent_id": "600222", "reference_no": "order-1"}
    )
    assert str(answer.pop("xact_id")).startswith("xk_")
    assert answer == {
        "id": 10_851_937,
        "xact_date": "2018-06-06T13:52:22.3930000+03:00",
        "transaction_type": "1",
        "pos_type": "5",
        "is_tds": False,
        "agent_id": "600222",
        "user_id": "PaynetJ",
        "email": "oxxxx@gmail.com",
        "phone": "5XXXXXXXXX",
        "bank_id": "AXSS",
        "instalment": 0,
        "ratio": Decimal("0.02625"),
        "ratio_code": "",
        "card_no_masked": "434678******6549",
        "card_holder": "gokhan oztorun",
        "amount": Decimal("10.32"),
        "net_amount": Decimal("10.00"),
        "comission": Decimal("0.27"),
        "comission_tax": Decimal("0.05"),
        "end_user_comission": Decimal("0.32"),
        "currency": "TL",
        "authorization_code": APPROVED.auth_code,
        "reference_code": APPROVED.reference,
        "order_id": "10851937",
        "reference_no": "order-1",
        "agent_reference_no": "order-1",
        "is_succeed": True,
        "paynet_error_id": "",
        "paynet_error_message": "",
        "bank_error_id": "",
        "bank_error_message": "",
        "bank_error_short_desc": "",
        "bank_error_long_desc": "",
        "is_save_card_succeed": False,
        "save_card_result_message": "",
        "user_unique_id": "",
        "card_owner_id": "",
        "card_hash": "",
        "card_desc": "",
        "card_type": "cc",
        "card_bank_id": "AXSS",
        "card_brand_name": "VISA",
        "card_logo_url": "https://pay.example/img/banklogo/small/AXSS.png",
        "object_name": "transaction",
        "code": 0,
        "message": "Başarılı İşlem",
    }
    assert set(answers.Charged.__struct_fields__) <= {*answer, "xact_id"}


async def test_what_the_bank_is_asked(house: PaynetHouse) -> None:
    """The bank gets the total with its commission, the instalments, and takes the money at once."""
    session_id = await house.open_session(add_commission="true")
    token_id = await house.token(session_id, count=3, do_3ds=False)
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id)
    ((operation, ask),) = house.acquirer.asks
    assert operation is Operation.AUTHORIZE
    assert (ask.amount_e8, ask.currency) == (int(answer["amount"] * 10**8), "TRY")
    assert (ask.installments, ask.is_capture, ask.authentication) == (3, True, None)
    assert answer["instalment"] == 3
    assert answer["ratio"] == Decimal("0.06015")


async def test_pre_authorization(house: PaynetHouse) -> None:
    """transaction_type 3 reserves the money only."""
    answer = await house.pay(charge={"transaction_type": "3"})
    assert answer["transaction_type"] == "3"
    ((_, ask),) = house.acquirer.asks
    assert not ask.is_capture


async def test_repeat(house: PaynetHouse) -> None:
    """The same call again, even after the session's end, gets the same payment with code 100."""
    names = await ready(house)
    house.acquirer.script(APPROVED)
    first = await house.call(CHARGE, names)
    house.clock.advance(days=1)
    again = await house.call(CHARGE, names)
    assert (again.pop("code"), again.pop("message")) == (100, "Önceki Başarılı İşlem")
    assert (first.pop("code"), first.pop("message")) == (0, "Başarılı İşlem")
    assert again == first
    assert len(house.acquirer.asks) == 1


async def test_repeat_with_other_terms(house: PaynetHouse) -> None:
    """A paid session is answered by its name alone, as the documentation tells callers to ask."""
    names = await ready(house)
    house.acquirer.script(APPROVED)
    await house.call(CHARGE, names)
    answer = await house.call(CHARGE, {"session_id": names["session_id"]})
    assert answer["code"] == 100


async def test_used_session(house: PaynetHouse) -> None:
    """Nothing more is to be had of a session that has paid."""
    names = await ready(house)
    session_id = str(names["session_id"])
    request = await house.token_request(session_id)
    house.acquirer.script(APPROVED)
    await house.call(CHARGE, names)
    for path, body in (
        ("/v1/paynetj/create_token", request),
        ("/v1/paynetj/auth_update", {"session_id": session_id, "amount": 5}),
        ("/v1/paynetj/save_card", {"session_id": session_id}),
    ):
        assert await house.refused(path, body, PUBLISHABLE_KEY) == (400, 17)


async def test_decline(house: PaynetHouse) -> None:
    """A decline is HTTP 200, not succeeded, code 1, with the bank's reason; a new token may pay."""
    names = await ready(house)
    declined = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")
    house.acquirer.script(declined)
    answer = await house.call(CHARGE, names)
    assert (answer["is_succeed"], answer["code"]) == (False, 1)
    assert answer["paynet_error_id"] == "1"
    assert answer["paynet_error_message"] == "İşlem başarısız: Bakiye yetersiz"
    assert answer["bank_error_id"] == "51"
    assert answer["bank_error_message"] == answer["bank_error_long_desc"] == "Bakiye yetersiz"
    assert answer["bank_error_short_desc"] == "insufficient funds"
    assert answer["authorization_code"] == ""
    again = await house.call(CHARGE, names)
    assert (again["code"], len(house.acquirer.asks)) == (1, 1)
    session_id = str(names["session_id"])
    token_id = await house.token(session_id, do_3ds=False)
    house.acquirer.script(APPROVED)
    assert (await house.charge(session_id, token_id))["code"] == 0


async def test_decline_in_english(house: PaynetHouse) -> None:
    """An English caller reads English."""
    names = await ready(house)
    house.acquirer.script(Declined(reason=DeclineReason.LOST_CARD, code="41"))
    headers = {"accept-language": "en-US,en;q=0.9"}
    _, answer = await house.post(CHARGE, names, **headers)
    assert answer["message"] == "The transaction failed"
    assert answer["paynet_error_message"] == "The transaction failed: lost card"
    _, wrong = await house.post(CHARGE, {}, **headers)
    assert wrong["message"] == "No such session"


async def test_fraud(house: PaynetHouse) -> None:
    """A payment that the fraud filter rejects is voided, and has failed."""
    names = await ready(house)
    rejected = Approved(auth_code="1", reference="r", risk=Risk.REJECTED)
    house.acquirer.script(rejected, APPROVED)
    answer = await house.call(CHARGE, names)
    assert (answer["is_succeed"], answer["code"], answer["paynet_error_id"]) == (False, 1, "6001")


async def test_unknown_outcome(house: PaynetHouse) -> None:
    """Silence of the bank is a timeout; the call again never asks the bank anew."""
    names = await ready(house)
    house.acquirer.script(Unknown(why="silence"))
    for _ in range(2):
        status, answer = await house.post(CHARGE, names)
        assert (status, answer["result_code"], answer["type"]) == (500, 10, "api_error")
    session_id = str(names["session_id"])
    request = await house.token_request(session_id)
    refused = await house.refused("/v1/paynetj/create_token", request, PUBLISHABLE_KEY)
    assert refused == (400, 17)
    assert len(house.acquirer.asks) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"session_id": None}, 13),
        ({"token_id": None}, 15),
        ({"token_id": "jt_AAAA"}, 15),
        ({"transaction_type": "2"}, 19),
        ({"amount": "1001"}, 15),
        ({"amount": "abc"}, 15),
        ({"add_comission_amount": True}, 15),
        ({"ratio_code": "R1"}, 15),
        ({"reference_no": "x" * 51}, 11),
    ],
)
async def test_refused(house: PaynetHouse, changes: dict[str, object], code: int) -> None:
    """What does not belong together takes no money."""
    names = {**await ready(house), **changes}
    assert await house.refused(CHARGE, names) == (400, code)
    assert not house.acquirer.asks


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1000", "add_comission_amount": False, "ratio_code": ""},
        {"amount": 1000, "add_comission_amount": "false", "transaction_type": 1},
        {"amount": "10,00", "add_commission": 0, "transaction_type": "1"},
        {"amount": "10.00", "transaction_type": None},
        {"amount": None, "reference_no": "order-2"},
    ],
)
async def test_compared(house: PaynetHouse, changes: dict[str, object]) -> None:
    """What agrees, in kuruş or in lira, takes the money; what is absent is not compared."""
    names = {**await ready(house), **changes}
    house.acquirer.script(APPROVED)
    answer = await house.call(CHARGE, names)
    assert answer["code"] == 0
    assert answer["reference_no"] == (changes.get("reference_no") or "")


async def test_other_session_and_merchant(house: PaynetHouse) -> None:
    """A token pays in its own session only, and for its own merchant."""
    names, others = await ready(house), await ready(house)
    mixed = {**names, "token_id": others["token_id"]}
    assert await house.refused(CHARGE, mixed) == (400, 15)
    assert await house.refused(CHARGE, names, OTHER_SECRET_KEY) == (400, 13)


async def test_publishable_key(house: PaynetHouse) -> None:
    """The publishable key takes no money."""
    assert await house.refused(CHARGE, await ready(house), PUBLISHABLE_KEY) == (403, 7)


async def test_token_ends(house: PaynetHouse) -> None:
    """A token lives for a quarter of an hour, in a session that lives longer."""
    names = await ready(house)
    house.clock.advance(ms=15 * MINUTE_MS)
    assert await house.refused(CHARGE, names) == (400, 22)


async def test_session_ends(house: PaynetHouse) -> None:
    """A token is worth nothing after its session."""
    session_id = await house.open_session()
    house.clock.advance(ms=29 * MINUTE_MS)
    names = {"session_id": session_id, "token_id": await house.token(session_id, do_3ds=False)}
    house.clock.advance(ms=MINUTE_MS)
    assert await house.refused(CHARGE, names) == (400, 22)


async def test_restart(house: PaynetHouse) -> None:
    """A card that was lost at a restart has an error of its own; a new token then pays."""
    names = await ready(house)
    house.restart()
    status, answer = await house.post(CHARGE, names)
    assert (status, answer["result_code"]) == (400, 22)
    assert "token" in str(answer["message"])
    session_id = str(names["session_id"])
    token_id = await house.token(session_id, do_3ds=False)
    house.acquirer.script(APPROVED)
    assert (await house.charge(session_id, token_id))["code"] == 0


async def test_two_at_once(house: PaynetHouse) -> None:
    """While one call pays, another is told so; afterwards it finds the payment."""
    names = await ready(house)
    seen: list[object] = []

    async def charge_again(*_: object) -> None:
        _, answer = await house.post(CHARGE, names)
        seen.append(answer["result_code"])
        assert await house.refused(
            "/v1/paynetj/save_card", {"session_id": names["session_id"]}, PUBLISHABLE_KEY
        ) == (400, 17)

    house.acquirer.on_ask = charge_again
    house.acquirer.script(APPROVED)
    assert (await house.call(CHARGE, names))["code"] == 0
    assert seen == [10]
    assert len(house.acquirer.asks) == 1


async def test_cut_off_after_the_bank(house: PaynetHouse) -> None:
    """A process that dies before it wrote the payment into the session pays no second time."""
    names = await ready(house)
    books = house.ports.books
    apply = books.apply

    async def cut(changes: list[object]) -> None:
        for change in changes:
            if isinstance(change, ChangeSession) and change.session.payment_number:
                raise Conflict("cut off")
        await apply(changes)

    books.apply = cut  # type: ignore[method-assign]
    house.acquirer.script(APPROVED)
    assert await house.refused(CHARGE, names) == (500, 10)
    books.apply = apply  # type: ignore[method-assign]
    answer = await house.call(CHARGE, names)
    assert (answer["code"], answer["is_succeed"]) == (100, True)
    assert len(house.acquirer.asks) == 1


async def test_refusal_gives_the_token_back(house: PaynetHouse) -> None:
    """What we refuse, such as a blocked card, leaves session and token as they were."""
    card = {"card_desc": "c", "card_holder": "A", "expire_month": 12, "expire_year": 2030}
    saved = await house.call("/v1/card/save", {**card, "card_number": PAN, "user_unique_id": "u"})
    named = CardOfOwner(
        merchant=house.merchants.record,
        owner_key=token_from_guid(str(saved["card_owner_id"])),
        token=token_from_guid(str(saved["card_hash"])),
    )
    names = await ready(house)
    await block_card(named, house.ports)
    assert await house.refused(CHARGE, names) == (400, 18)
    await unblock_card(named, house.ports)
    house.acquirer.script(APPROVED)
    assert (await house.call(CHARGE, names))["code"] == 0


async def test_unknown_bin(house: PaynetHouse) -> None:
    """A card of no known issuer pays in one go, as one of any other bank."""
    answer = await house.pay(token={"pan": "5400010000000004"})
    assert (answer["bank_id"], answer["card_brand_name"]) == ("ZDGR", "MASTERCARD")
    assert list(await house.offers(await house.open_session(), "54000100")) == [0]


async def test_commission_is_not_added(house: PaynetHouse) -> None:
    """By default the payer pays the amount and the merchant bears the commission."""
    answer = await house.pay(token={"pan": AXESS_PAN})
    figures = [answer[name] for name in ("amount", "comission", "comission_tax", "net_amount")]
    assert figures == [Decimal(text) for text in ("10.00", "0.26", "0.05", "9.69")]
    assert answer["end_user_comission"] == 0
