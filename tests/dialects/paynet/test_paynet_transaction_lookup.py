"""POST /v1/transaction/check and detail: what became of a transaction of any door."""

import json
from decimal import Decimal
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import sealed_card
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
from fakes.paynet_payments import PAYMENT, direct_request, only, paid, paid_elsewhere
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.flows.pay import NewCard

CHECK = "/v1/transaction/check"
DETAIL = "/v1/transaction/detail"

CHECKED: JsonObject = {
    "id": 10_851_936,
    "xact_date": "2018-06-06T13:52:22.3930000+03:00",
    "transaction_type": "1",
    "pos_type": "5",
    "is_tds": False,
    "agent_id": "600222",
    "note": "deneme",
    "ratio": Decimal("0.06015"),
    "ratio_code": "",
    "agent_reference": "order-1",
    "reference_no": "order-1",
    "bank_id": "AXSS",
    "instalment": 3,
    "card_type": "cc",
    "card_no": "435508******4358",
    "card_holder": "Gökhan Öztorun",
    "amount": Decimal("22.07"),
    "netAmount": Decimal("20.50"),
    "net_amount": Decimal("20.50"),
    "comission": Decimal("1.33"),
    "comission_tax": Decimal("0.24"),
    "end_user_comission": Decimal("1.57"),
    "currency": "TL",
    "authorization_code": APPROVED.auth_code,
    "reference_code": APPROVED.reference,
    "order_id": "10851936",
    "is_succeed": True,
    "email": "oxxxx@gmail.com",
    "phone": "5XXXXXXXXX",
    "object_name": "transaction",
    "code": 0,
    "message": "Başarılı İşlem",
}
DETAILED: JsonObject = {
    **CHECKED,
    "xact_type_desc": "Satış",
    "channel_id": "paynet",
    "pos_type_desc": "Paynet POS",
    "agent_name": "",
    "company_name": "Kitapçı",
    "company_code": "7",
    "user_id": "",
    "user_name": "",
    "ratio_code_method": "",
    "end_user_ratio": Decimal("0.07658537"),
    "bank_name": "Axess",
    "reversed": False,
    "reversed_xact_id": "",
    "company_amount": Decimal("22.07"),
    "company_commission": Decimal("1.33"),
    "company_commission_with_tax": Decimal("1.57"),
    "company_net_amount": Decimal("20.50"),
    "agent_amount": Decimal("0.00"),
    "agent_commission": Decimal("0.00"),
    "agent_commission_with_tax": Decimal("0.00"),
    "agent_net_amount": Decimal("0.00"),
    "company_cost_ratio": Decimal("0.06015"),
    "company_pay_ratio": Decimal(0),
    "payment_string": "3 x 7,36 TL",
    "instalment_text": "3 Taksit",
    "ipaddress": "85.34.78.112",
    "client_id": "client-1",
}
ENVELOPE: JsonObject = {"object_name": "transaction", "code": 0, "message": "Başarılı İşlem"}


async def bought(house: PaynetHouse) -> JsonObject:
    """A payment in three instalments whose commission the payer bears."""
    return await paid(
        house,
        instalment="03",
        add_commission="true",
        agent_id="600222",
        ip="85.34.78.112",
        client_id="client-1",
    )


async def test_check_says_every_field(house: PaynetHouse) -> None:
    """The figures are those that the payment was made with, in lira."""
    payment = await bought(house)
    answer = await house.call(CHECK, {"xact_id": payment["xact_id"]})
    row = only(answer)
    assert row.pop("xact_id") == payment["xact_id"]
    assert row.pop("xact_transaction_id") == payment["xact_transaction_id"]
    assert row == CHECKED
    assert {name: answer[name] for name in ENVELOPE} == ENVELOPE


async def test_detail_says_every_field(house: PaynetHouse) -> None:
    """Everything that check says, and what belongs to company, dealer and channel."""
    payment = await bought(house)
    answer = await house.call(DETAIL, {"id": str(payment["id"])})
    row = only(answer)
    assert row.pop("xact_id") == payment["xact_id"]
    assert row.pop("xact_transaction_id") == payment["xact_transaction_id"]
    assert row == DETAILED
    assert {name: answer[name] for name in ENVELOPE} == ENVELOPE


@pytest.mark.parametrize("path", [CHECK, DETAIL])
async def test_four_names_of_one_transaction(house: PaynetHouse, path: str) -> None:
    """Sealed or plain number, or the merchant's reference; a number may come as a text."""
    payment = await paid(house)
    for name in (
        {"xact_id": payment["xact_id"]},
        {"id": payment["id"]},
        {"xact": f" 0{payment['id']} "},
        {"reference_no": "order-1"},
        {"REFERENCE_NO": "order-1", "unknown": [1, {"a": None}], "xact_id": ""},
    ):
        assert only(await house.call(path, name))["id"] == payment["id"], name


async def test_reference_finds_the_newest(house: PaynetHouse) -> None:
    """A declined payment leaves its reference free; what came after it is found."""
    house.acquirer.script(Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51"))
    await house.call(PAYMENT, direct_request())
    payment = await paid(house)
    assert only(await house.call(CHECK, {"reference_no": "order-1"}))["id"] == payment["id"]


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ({}, (400, 11)),
        ({"xact_id": None, "reference_no": ""}, (400, 11)),
        ({"id": "a"}, (400, 11)),
        ({"id": 5}, (404, 12)),
        ({"id": -5}, (404, 12)),
        ({"xact": 10**17}, (404, 12)),
        ({"xact_id": "xk_nonsense"}, (404, 12)),
        ({"xact_id": "x" * 200}, (404, 12)),
        ({"reference_no": "nobody's"}, (404, 12)),
        ([1], (400, 11)),
        ("text", (400, 11)),
    ],
)
@pytest.mark.parametrize("path", [CHECK, DETAIL])
async def test_what_names_nothing(
    house: PaynetHouse, path: str, name: object, refused: tuple[int, int]
) -> None:
    """A missing name is a bad request, one of nothing is no data."""
    assert await house.refused(path, name) == refused


async def test_transactions_belong_to_their_merchant(house: PaynetHouse) -> None:
    """Another merchant's keys find nothing, under any name."""
    payment = await paid(house)
    for name in ("xact_id", "id"):
        assert await house.refused(CHECK, {name: payment[name]}, OTHER_SECRET_KEY) == (404, 12)
    reference = {"reference_no": "order-1"}
    assert await house.refused(DETAIL, reference, OTHER_SECRET_KEY) == (404, 12)


async def test_secret_key_only(house: PaynetHouse) -> None:
    """Pages know the publishable key, so it shows no transactions."""
    assert await house.refused(CHECK, {"id": 1}, PUBLISHABLE_KEY) == (403, 7)
    assert await house.refused(DETAIL, {"id": 1}, "sck_wrong") == (401, 7)


async def test_declined_transaction(house: PaynetHouse) -> None:
    """A decline is found like any other, and is no success."""
    house.acquirer.script(Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51"))
    await house.call(PAYMENT, direct_request())
    row = only(await house.call(CHECK, {"reference_no": "order-1"}))
    assert (row["is_succeed"], row["code"], row["message"]) == (False, 1, "İşlem başarısız")
    assert row["authorization_code"] == ""


async def test_unanswered_transaction(house: PaynetHouse) -> None:
    """What the bank never said is neither success nor decline."""
    house.acquirer.script(Unknown(why="silence"))
    assert await house.refused(PAYMENT, direct_request()) == (500, 10)
    row = only(await house.call(CHECK, {"reference_no": "order-1"}))
    assert (row["is_succeed"], row["code"]) == (False, 10)


async def test_fraudulent_transaction(house: PaynetHouse) -> None:
    """What the fraud filter rejected was given back, and is no success."""
    house.acquirer.script(
        Approved(auth_code="1", reference="r", risk=Risk.REJECTED),
        Approved(auth_code="2", reference="v"),
    )
    answer = await house.call(PAYMENT, direct_request())
    assert (answer["code"], answer["is_succeed"], answer["paynet_error_id"]) == (1, False, "6001")
    row = only(await house.call(DETAIL, {"reference_no": "order-1"}))
    assert (row["is_succeed"], row["code"], row["reversed"]) == (False, 1, True)


async def test_payment_of_another_door(house: PaynetHouse) -> None:
    """One set of books: a payment that came through iyzico is a transaction here."""
    payment = await paid_elsewhere(house)
    row = only(await house.call(DETAIL, {"reference_no": "iyzico-1"}))
    assert row["id"] == payment.number
    expected = {
        "channel_id": "iyzico",
        "amount": Decimal("1.20"),
        "card_no": "552879******0008",
        "card_holder": "John Doe",
        "email": "email@email.com",
        "phone": "+905350000000",
        "ipaddress": "85.34.78.112",
        "bank_id": "PARF",
        "instalment": 0,
        "instalment_text": "Tek Çekim",
        "payment_string": "1 x 1,20 TL",
        "company_pay_ratio": Decimal("0.02625"),
        "is_succeed": True,
    }
    assert {name: row[name] for name in expected} == expected


async def test_foreign_currency(house: PaynetHouse) -> None:
    """A payment in dollars, of a door that takes them, is shown in dollars."""
    await paid_elsewhere(house, currency="USD", card=foreign_card())
    row = only(await house.call(CHECK, {"reference_no": "iyzico-1"}))
    assert (row["currency"], row["bank_id"], row["card_type"]) == ("USD", "ZDGR", "cc")


def foreign_card() -> NewCard:
    """A card of no known issuer."""
    return NewCard(card=sealed_card(transit_id=None, bin="54000100"), holder="John Doe")


async def test_english(house: PaynetHouse) -> None:
    """Texts follow Accept-Language."""
    payment = await paid(house)
    body = {"id": payment["id"]}
    _, answer = await house.post(CHECK, body, **{"accept-language": "en-GB,en"})
    assert (answer["message"], only(answer)["message"]) == ("Successful", "Successful")


async def test_form_in_and_xml_out(house: PaynetHouse) -> None:
    """A form finds the same transaction, and XML shows it."""
    payment = await paid(house)
    headers = {
        "authorization": f"Basic {SECRET_KEY}",
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        "accept": "application/xml; charset=UTF-8",
    }
    form = urlencode({"xact_id": payment["xact_id"]}).encode()
    response = await house.send(CHECK, form, headers)
    root = ET.fromstring(response.body)  # noqa: S314 - it is our own
    assert (response.status, root.tag) == (200, "transaction")
    assert root.findtext("Data/item/netAmount") == "19.87"
    assert root.findtext("code") == "0"


async def test_xml_in(house: PaynetHouse) -> None:
    """An XML document finds it too; the answer is JSON unless XML is asked for."""
    payment = await paid(house)
    headers = {"authorization": f"Basic {SECRET_KEY}", "content-type": "application/xml"}
    document = f"<request><xact_id>{payment['xact_id']}</xact_id></request>".encode()
    answer = parsed(await house.send(DETAIL, document, headers))
    assert only(answer)["id"] == payment["id"]


async def test_current_profile_names_the_lira_otherwise(tmp_path) -> None:
    """The currency is a switch."""
    async with open_house(tmp_path, "current") as house:
        await paid(house)
        assert only(await house.call(CHECK, {"reference_no": "order-1"}))["currency"] == "TRY"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["xact_id", "id", "amount", "datab"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = [
    "id",
    "xact_id",
    "xact",
    "reference_no",
    "amount",
    "datab",
    "datbi",
    "limit",
    "starting_after",
    "ending_before",
    "bin",
    "card_type",
    "session_id",
    "token_id",
    "pan",
    "cvc",
    "month",
    "year",
    "card_hash",
    "instalment",
    "add_commission",
    "return_url",
]
PATHS = [
    CHECK,
    DETAIL,
    "/v1/transaction/list",
    "/v1/transaction/capture",
    "/v1/transaction/reversed_request",
    "/v1/transaction/preauth_reversal",
    "/v1/transaction/capture_reversal",
    "/v1/transaction/reversal_list",
    "/v1/ratio/Get",
    "/v1/ratio/Get_public",
    "/v2/transaction/payment",
    "/v2/transaction/tds_initial",
    "/v2/transaction/tds_charge",
]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(PATHS),
    body=JSON_VALUES | st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=8),
)
async def test_any_json_is_answered(house: PaynetHouse, path: str, body: object) -> None:
    """Whatever is sent, the answer is one of this door's, and never a fault of ours."""
    status, answer = await house.post(path, body)
    assert status in {200, 400, 404}, (path, json.dumps(body), answer)
    assert isinstance(answer["code"], int)
    assert isinstance(answer["message"], str)
