"""What a payment request must be: each rule with its code from the documentation's list."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.acquirer import APPROVED
from fakes.paywall_house import (
    PUBLIC_CLIENT,
    PUBLIC_KEY,
    PUBLIC_PAIR,
    PayWallHouse,
    open_house,
    parsed,
)
from fakes.paywall_payments import (
    DEBIT_PAN,
    DIRECT,
    PAN,
    SECURE,
    PayWallShop,
    payment_request,
    product,
    saving,
)
from vezne.core.payment import PaymentState

URL = f"/api/paywall/{DIRECT}"


@pytest.fixture
def shop(house: PayWallHouse) -> PayWallShop:
    return PayWallShop(house)


DETAILS = [
    ({"Amount": 0}, 45),
    ({"Amount": None}, 45),
    ({"Amount": "-1"}, 45),
    ({"Amount": 1e30}, 45),
    ({"Amount": "100.501"}, 45),
    ({"Amount": "100.500000001"}, 45),
    ({"MerchantUniqueCode": DEBIT_PAN}, 10),
    ({"MerchantUniqueCode": f"order-{DEBIT_PAN}"}, 10),
    ({"TrackingCode": DEBIT_PAN}, 84),
    ({"TagId": 2**31}, 2),
    ({"ChannelId": 2**31}, 2),
    ({"PosBased": True, "PosId": 2**31}, 82),
    ({"MerchantUniqueCode": ""}, 10),
    ({"MerchantUniqueCode": "  "}, 10),
    ({"MerchantUniqueCode": "x" * 251}, 10),
    ({"MerchantUniqueCode": "a\0b"}, 10),
    ({"CurrencyId": None}, 8),
    ({"CurrencyId": 34}, 8),
    ({"CurrencyId": 3}, 8),
    ({"CurrencyId": 4}, 8),
    ({"Installment": -1}, 9),
    ({"Installment": 256}, 9),
    ({"ClientIP": "localhost"}, 46),
    ({"TrackingCode": "x" * 251}, 84),
    ({"TrackingCode": "a\0b"}, 84),
    ({"ChannelId": 9}, 2),
    ({"TagId": -1}, 2),
    ({"RegionId": 58}, 67),
    ({"ProviderBased": True}, 81),
    ({"PosBased": True}, 82),
    ({"PayRouteByPass": True}, 86),
    ({"PayRouteByPass": True, "PayRouteType": 5}, 86),
    ({"PayRouteByPass": True, "PayRouteType": 4}, 85),
    ({"MarketPlace": {"BasketAmount": 1}}, 29),
    ({"Amount": "a lot"}, 2),
]
CARDS = [
    ({"OwnerName": ""}, 13),
    ({"OwnerName": "x" * 151}, 13),
    ({"OwnerName": f"Emir {DEBIT_PAN}"}, 13),
    ({"Number": ""}, 14),
    ({"Number": "5528790000000009"}, 14),
    ({"ExpireMonth": ""}, 15),
    ({"ExpireMonth": "13"}, 15),
    ({"ExpireMonth": "0x1"}, 15),
    ({"ExpireYear": ""}, 16),
    ({"ExpireYear": "1930"}, 16),
    ({"ExpireYear": "030"}, 16),
    ({"ExpireYear": "2017"}, 19),
    ({"Cvv": ""}, 18),
    ({"Cvv": "12"}, 18),
    (saving(Nickname=" "), 2),
    (saving(RelationalId1=""), 2),
    (saving(Nickname="x" * 251), 2),
    (saving(RelationalId3="x" * 251), 2),
    (saving(RelationalId2="a\0b"), 2),
    (saving(Nickname=DEBIT_PAN), 2),
    (saving(Nickname="5890 0400 0000 0016"), 2),
    (saving(RelationalId1=DEBIT_PAN), 2),
    (saving(RelationalId2=DEBIT_PAN), 2),
    (saving(RelationalId3=f"id {DEBIT_PAN}"), 2),
    ({"TempCardToken": "no guid"}, 74),
]
AROUND = [
    ({"PaymentDetail": None}, 17),
    ({"Card": None}, 18),
    ({"Card": "card"}, 2),
    ({"Products": []}, 25),
    ({"Products": None}, 25),
    ({"Products": [product("100.49")]}, 26),
    ({"Products": [product("100.50", MemberId=7)]}, 28),
    ({"Products": [product("100.50"), product(0)]}, 45),
    ({"Products": [product("60.255"), product("40.245")]}, 45),
    ({"Products": [""]}, 2),
    ({"Products": [product("100.50"), None]}, 2),
    ({"Products": [product("100.50", ProductId=DEBIT_PAN)]}, 2),
    ({"Products": [product("0.1")] * 501}, 2),
    ({"Products": [product("100.50", ProductName=DEBIT_PAN)]}, 2),
    ({"Products": [product("100.50", ProductId="x" * 251)]}, 2),
    ({"Customer": {"FullName": f"Emir {DEBIT_PAN}"}}, 2),
    ({"Customer": {"City": "x" * 1001}}, 2),
]


@pytest.mark.parametrize("path", [DIRECT, SECURE])
@pytest.mark.parametrize(("detail", "code"), DETAILS)
async def test_paywall_payment_detail_rules(shop, path, detail, code) -> None:
    """PaymentDetail, field by field. Nothing is written, and the bank is not asked."""
    await _refused(shop, path, payment_request(detail), code)


@pytest.mark.parametrize("path", [DIRECT, SECURE])
@pytest.mark.parametrize(("card", "code"), CARDS)
async def test_paywall_payment_card_rules(shop, path, card, code) -> None:
    """Card, field by field."""
    await _refused(shop, path, payment_request(card=card), code)


@pytest.mark.parametrize(("changes", "code"), AROUND)
async def test_paywall_payment_rules_around_the_card(shop, changes, code) -> None:
    """Missing objects, products, customer."""
    await _refused(shop, DIRECT, payment_request(**changes), code)


@pytest.mark.parametrize(
    ("detail", "card", "code"),
    [
        ({"Installment": 3}, {"Number": DEBIT_PAN}, 9),
        ({"Installment": 3}, {"Number": "5400010000000004"}, 9),
        ({"CurrencyId": 2}, {}, 8),
    ],
)
async def test_paywall_payment_rules_of_the_house(shop, detail, card, code) -> None:
    """What the house refuses for a card, in this door's words."""
    await _refused(shop, DIRECT, payment_request(detail, card), code)


async def test_paywall_payment_refuses_a_number_astray(shop) -> None:
    """The card's own number in any other field: error 14, and the number is in no answer."""
    request = payment_request(detail={"TrackingCode": PAN})
    await _refused(shop, DIRECT, request, 14)


async def _refused(shop, path: str, request: object, code: int) -> None:
    answer = await shop.post(path, request)
    assert (answer["ErrorCode"], answer["Result"], answer["Body"]) == (code, False, None)
    assert answer["Message"]
    assert PAN not in json.dumps(answer)
    assert shop.bank.asks == []
    assert shop.bank.begun == []
    found = await shop.get("private/query", merchantuniquecode="order-1")
    assert found["ErrorCode"] == -1


async def test_paywall_payment_code_without_the_space_around_it(shop) -> None:
    """MerchantUniqueCode is one code however much space stands around it."""
    await shop.paid(detail={"MerchantUniqueCode": " order-1\n"})
    assert (await shop.last()).conversation_id == "order-1"
    again = await shop.post(DIRECT, payment_request({"MerchantUniqueCode": "order-1 "}))
    assert again["ErrorCode"] == 4
    assert (await shop.query(" order-1 "))["MerchantUniqueCode"] == "order-1"


async def test_paywall_payment_ids_may_be_long_numbers(shop) -> None:
    """What only might be a card number in prose, like a time in milliseconds, is a good id."""
    code = "1528282342393"
    await shop.paid(detail={"MerchantUniqueCode": code, "TrackingCode": "1234567812345670"})
    assert (await shop.query(code))["TrackingCode"] == "1234567812345670"


@pytest.mark.parametrize("path", [DIRECT, SECURE])
async def test_paywall_payment_code_is_claimed_once(shop, path) -> None:
    """Two payments at once under one code: both look when it is free, and one of them is error 4.

    The bank is asked for one payment only.
    """

    class Stale:
        def __init__(self, books: object) -> None:
            self._books = books

        def __getattr__(self, name: str) -> object:
            return getattr(self._books, name)

        async def find_payment_by_reference(self, merchant_id: int, reference: str) -> None:
            return None

        async def find_claim(self, merchant_id: int, reference: str) -> None:
            return None

    await shop.paid()
    house = shop.house
    ports = msgspec.structs.replace(house.ports, books=Stale(house.ports.books))
    second = PayWallShop(PayWallHouse(ports, house.vault, house.clock, {}))
    answer = await second.post(path, payment_request())
    assert (answer["ErrorCode"], answer["Body"]) == (4, None)
    assert (len(shop.bank.asks), shop.bank.begun) == (1, [])


async def test_paywall_payment_takes_what_clients_send(shop) -> None:
    """camelCase, texts for numbers, the older spelling of Installment, nulls, no customer."""
    request = {
        "paymentDetail": {
            "amount": "9.85",
            "merchantUniqueCode": "order-1",
            "currencyId": "1",
            "installement": "3",
            "clientIP": None,
            "half2D": None,
            "endOfTheDay": None,
            "marketPlace": None,
        },
        "card": {
            "ownerName": "Emir",
            "number": "5528 7900 0000 0008",
            "expireMonth": 1,
            "expireYear": 30,
            "cvv": 123,
            "cardSave": None,
        },
        "customer": None,
        "products": [{"productAmount": "9.85", "memberId": None}],
    }
    shop.bank.script(APPROVED)
    assert (await shop.post(DIRECT, request))["Result"] is True
    payment = await shop.last()
    assert (payment.paid_e8, payment.installments) == (985_000_000, 3)
    assert (await shop.query())["ClientIP"] is None


async def test_paywall_payment_without_instalments_is_one_part(shop) -> None:
    """0, which the official client sends for nothing, means a single payment."""
    await shop.pay(detail={"Installment": 0})
    assert (await shop.last()).installments == 1


async def test_paywall_payment_may_need_no_products(tmp_path) -> None:
    """With the switch of today's client a payment has one line, of the whole amount."""
    async with open_house(tmp_path, products_required="no") as house:
        shop = PayWallShop(house)
        assert (await shop.pay(Products=[]))["Result"] is True
        payment = await shop.last()
        assert (payment.lines, len(payment.pricing.lines)) == ((), 1)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 4),
        ({"apiclientpublic": PUBLIC_CLIENT}, 4),
        ({"apiclientpublic": PUBLIC_CLIENT, "apikeypublic": "wrong"}, 401),
        ({"apiclientpublic": "nobody", "apikeypublic": PUBLIC_KEY}, 401),
    ],
)
async def test_paywall_payment_wants_the_public_pair(shop, headers, code) -> None:
    """Without it nobody pays, whatever the body says."""
    response = await shop.house.send("POST", URL, b"{}", headers)
    answer = parsed(response)
    assert (response.status, answer["ErrorCode"]) == (200, code)
    assert answer["ErrorCodeType"] == 1


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)
)
_JUNK = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_paywall_payment_bad_input_is_never_a_fault(shop, data) -> None:
    """Any value in any place is answered with an error of the protocol, or it is a payment."""
    request = payment_request(Products=[product("100.50")])
    part = data.draw(st.sampled_from([None, "PaymentDetail", "Card", "Customer", "Products"]))
    if part is None:
        place = request
    elif part == "Products":
        place = request["Products"][0]
    else:
        place = request[part]
    name = data.draw(st.sampled_from(sorted(place)))
    place[name] = data.draw(_JUNK)
    shop.bank.script(APPROVED)
    for path in (DIRECT, SECURE):
        answer = await shop.post(path, request)
        assert isinstance(answer["ErrorCode"], int)
        assert answer["ErrorCode"] != 500
        assert answer["Result"] is (answer["ErrorCode"] == 0)


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'"text"', b"\xff\xfe"])
async def test_paywall_payment_needs_an_object(shop, raw) -> None:
    """Anything but a JSON object is error 2, with HTTP 200."""
    response = await shop.house.send("POST", URL, raw, PUBLIC_PAIR)
    assert (response.status, parsed(response)["ErrorCode"]) == (200, 2)


async def test_paywall_payment_card_is_good_through_its_last_month(shop) -> None:
    """The last good month pays, the one after it does not."""
    assert (await shop.pay(card={"ExpireMonth": "06", "ExpireYear": "18"}))["Result"] is True
    request = payment_request(
        {"MerchantUniqueCode": "order-2"}, {"ExpireMonth": "5", "ExpireYear": "18"}
    )
    assert (await shop.post(DIRECT, request))["ErrorCode"] == 19
    assert (await shop.last()).state is PaymentState.CAPTURED
