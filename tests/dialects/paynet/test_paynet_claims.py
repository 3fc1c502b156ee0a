"""Of calls that meet in one session, or under one reference, one takes the money."""

from collections.abc import Awaitable, Callable

import pytest

from fakes.acquirer import APPROVED
from fakes.paynet_house import PUBLISHABLE_KEY, SECRET_KEY, JsonObject, PaynetHouse
from fakes.paynet_payments import PAYMENT, direct_request, only
from vezne.core.answer import Declined, DeclineReason
from vezne.core.changes import ChangePayment, ChangeSession

CHARGE = "/v1/transaction/charge"
CARD: JsonObject = {
    "card_desc": "c",
    "card_holder": "A",
    "expire_month": 12,
    "expire_year": 2030,
    "card_number": "4355084355084358",
}
DECLINED = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


async def vouched(house: PaynetHouse, **auth: object) -> JsonObject:
    """The ids of a token whose holder the bank has vouched for."""
    session_id = await house.open_session(**auth)
    token_id = await house.token(session_id)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    return {"session_id": session_id, "token_id": token_id}


def before_next(house: PaynetHouse, kind: type, act: Callable[[], Awaitable[object]]) -> None:
    """Have something done right before the next change of a kind is written."""
    books = house.ports.books
    apply = books.apply

    async def applied(changes: list[object]) -> None:
        if any(isinstance(change, kind) for change in changes):
            books.apply = apply  # type: ignore[method-assign]
            await act()
        await apply(changes)

    books.apply = applied  # type: ignore[method-assign]


async def change_requests(house: PaynetHouse, session_id: object) -> dict[str, JsonObject]:
    """Every call that changes a session."""
    return {
        "/v1/paynetj/create_token": await house.token_request(str(session_id)),
        "/v1/paynetj/auth_update": {"session_id": session_id, "amount": 500},
        "/v1/paynetj/save_card": {"session_id": session_id},
    }


@pytest.mark.parametrize("path", ["create_token", "auth_update"])
async def test_charge_overtakes_a_change(house: PaynetHouse, path: str) -> None:
    """A change that read the session before a charge with 3-D Secure comes too late."""
    names = await vouched(house)
    path = f"/v1/paynetj/{path}"
    request = (await change_requests(house, names["session_id"]))[path]
    house.acquirer.script(APPROVED)
    answers: list[JsonObject] = []

    async def charge() -> None:
        answers.append(await house.call(CHARGE, names))

    before_next(house, ChangeSession, charge)
    assert await house.refused(path, request, PUBLISHABLE_KEY) == (500, 10)
    assert answers[0]["code"] == 0
    again = await house.call(CHARGE, names)
    assert (again["code"], again["id"]) == (100, answers[0]["id"])
    assert len(house.acquirer.asks) == 1


async def test_change_overtakes_a_charge(house: PaynetHouse) -> None:
    """A charge that read the session before it got another token takes no money."""
    names = await vouched(house)
    request = await house.token_request(str(names["session_id"]))

    async def change() -> None:
        await house.call("/v1/paynetj/create_token", request, PUBLISHABLE_KEY)

    before_next(house, ChangeSession, change)
    assert await house.refused(CHARGE, names) == (500, 10)
    assert not house.acquirer.asks


async def test_changes_during_a_charge(house: PaynetHouse) -> None:
    """While a charge is about to promise its payment, the session is closed to all."""
    names = await vouched(house, user_unique_id="u")
    requests = await change_requests(house, names["session_id"])
    seen: list[tuple[int, int]] = []

    async def try_all() -> None:
        seen.append(await house.refused(CHARGE, names))
        seen.extend([await house.refused(*sent, PUBLISHABLE_KEY) for sent in requests.items()])

    before_next(house, ChangePayment, try_all)
    house.acquirer.script(APPROVED)
    assert (await house.call(CHARGE, names))["code"] == 0
    assert seen == [(500, 10)] * 4
    assert len(house.acquirer.asks) == 1


@pytest.mark.parametrize("is_tds", [True, False])
async def test_cut_off_before_the_bank(house: PaynetHouse, *, is_tds: bool) -> None:
    """A call that died before it wrote a payment keeps the session for a minute only."""
    if is_tds:
        names = await vouched(house)
    else:
        session_id = await house.open_session()
        token_id = await house.token(session_id, do_3ds=False)
        names = {"session_id": session_id, "token_id": token_id}
    books = house.ports.books
    apply = books.apply

    async def cut(changes: list[object]) -> None:
        if not isinstance(changes[0], ChangeSession):
            raise OSError
        await apply(changes)

    books.apply = cut  # type: ignore[method-assign]
    assert await house.refused(CHARGE, names) == (500, 8)
    books.apply = apply  # type: ignore[method-assign]
    assert await house.refused(CHARGE, names) == (500, 10)
    house.clock.advance(ms=60_000)
    house.acquirer.script(APPROVED)
    assert (await house.call(CHARGE, names))["code"] == 0


async def test_charge_before_the_bank_spoke(house: PaynetHouse) -> None:
    """A charge that comes too early gives the session back."""
    session_id = await house.open_session()
    token_id = await house.token(session_id)
    await house.gate(session_id, token_id)
    assert (await house.charge(session_id, token_id))["code"] == 16
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    assert (await house.charge(session_id, token_id))["code"] == 0


@pytest.mark.parametrize("is_tds", [True, False])
async def test_reference_is_claimed(house: PaynetHouse, *, is_tds: bool) -> None:
    """A reference that has paid pays neither in another session nor in one call."""
    auth = {"reference_no": "RR"}
    if is_tds:
        names = await vouched(house, **auth)
        house.acquirer.script(APPROVED)
        first = await house.call(CHARGE, names)
    else:
        first = await house.pay(auth=auth)
    assert first["reference_no"] == "RR"
    assert await house.refused(CHARGE, await vouched(house, **auth)) == (400, 5)
    assert await house.refused(PAYMENT, direct_request(reference_no="RR")) == (400, 5)
    found = only(await house.call("/v1/transaction/check", {"reference_no": "RR"}))
    assert found["id"] == first["id"]
    assert len(house.acquirer.asks) == 1


async def test_declined_reference_is_free(house: PaynetHouse) -> None:
    """What the bank declined may be tried again under its reference."""
    names = await vouched(house, reference_no="RR")
    house.acquirer.script(DECLINED, APPROVED)
    assert (await house.call(CHARGE, names))["code"] == 1
    again = await vouched(house, reference_no="RR")
    assert (await house.call(CHARGE, again))["code"] == 0


async def test_owner_of_the_session(house: PaynetHouse) -> None:
    """A session that names a customer shows and takes no other's card."""
    first, second = [
        await house.call("/v1/card/save", {**CARD, "user_unique_id": name}) for name in "ab"
    ]
    for auth in ({"user_unique_id": "a"}, {"card_owner_id": first["card_owner_id"]}):
        body = {"session_id": await house.open_session(**auth)}
        hers = {"card_hash": first["card_hash"]}
        for path in ("check_card_bin", "create_card_token"):
            for other in (
                {"user_unique_id": "b"},
                {"card_owner_id": second["card_owner_id"], "user_unique_id": "a"},
            ):
                sent = body | other | {"card_hash": second["card_hash"]}
                refused = await house.refused(f"/v1/paynetj/{path}", sent, PUBLISHABLE_KEY)
                assert refused == (400, 15)
        for same in ({}, {"user_unique_id": "a"}, {"card_owner_id": first["card_owner_id"]}):
            await house.call("/v1/paynetj/check_card_bin", body | hers | same, PUBLISHABLE_KEY)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/paynetj/create_token", "cvv"),
        (PAYMENT, "CVV"),
        ("/v1/card/save", "cvc"),
    ],
)
async def test_code_under_another_name(house: PaynetHouse, path: str, name: str) -> None:
    """A code under a name that the vault does not take out is refused, and nothing is stored."""
    if path == PAYMENT:
        request = direct_request()
    elif path == "/v1/card/save":
        request = {**CARD, "user_unique_id": "u"}
    else:
        request = await house.token_request(await house.open_session())
    key = SECRET_KEY if "paynetj" not in path else PUBLISHABLE_KEY
    status, answer = await house.post(path, request | {name: "123"}, key)
    assert (status, answer["result_code"]) == (400, 18)
    assert name.lower() in str(answer["message"])
    assert not house.acquirer.asks


@pytest.mark.parametrize("name", ["reference_no", "user_unique_id", "user_gsm_no", "agent_id"])
async def test_card_number_in_an_id(house: PaynetHouse, name: str) -> None:
    """A card number is no name of anything."""
    body = {"amount": 1000, name: "4355084355084358"}
    assert await house.refused("/v1/paynetj/auth", body, PUBLISHABLE_KEY) == (400, 11)


@pytest.mark.parametrize("name", ["client_id", "ip", "description"])
async def test_card_number_beside_a_token(house: PaynetHouse, name: str) -> None:
    """Nor does another card's number stand beside a card."""
    changes = {name: "4355084355084358"}
    request = await house.token_request(await house.open_session(), **changes)
    refused = await house.refused("/v1/paynetj/create_token", request, PUBLISHABLE_KEY)
    assert refused == (400, 11)


async def test_gate_after_the_time(house: PaynetHouse) -> None:
    """A page that is loaded again when the time for the bank is over goes to the merchant."""
    session_id = await house.open_session(return_url="https://www.merchant.com/back")
    token_id = await house.token(session_id)
    assert b"merchant.com" not in (await house.gate(session_id, token_id)).body
    house.clock.advance(ms=15 * 60_000)
    assert b"merchant.com" in (await house.gate(session_id, token_id)).body


@pytest.mark.parametrize(
    ("path", "is_open"), [("/V1/paynetj/auth", True), (CHARGE, False), ("/v1/card/list", False)]
)
async def test_who_reads_answers(house: PaynetHouse, path: str, *, is_open: bool) -> None:
    """Pages of other origins read what pages call, errors of every kind included."""
    for raw in (b"{}", b"{"):
        response = await house.send(path, raw, {"content-type": "application/json"})
        assert (b"access-control-allow-origin" in dict(response.headers)) is is_open
