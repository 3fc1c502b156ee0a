"""POST /v2/transaction/tds_initial, the gate, and tds_charge: a payment with 3-D Secure."""

import html
import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from fakes.acquirer import APPROVED, BANK_PAGE
from fakes.paynet_house import (
    OTHER_PUBLISHABLE_KEY,
    OTHER_SECRET_KEY,
    PUBLISHABLE_KEY,
    RETURN_URL,
    JsonObject,
    PaynetHouse,
    open_house,
)
from fakes.paynet_payments import direct_request, stored
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.core.authentication import LIFE_MS
from vezne.core.payment import PaymentState
from vezne.edge.messages import BrowserForm, Response

INITIAL = "/v2/transaction/tds_initial"
CHARGE = "/v2/transaction/tds_charge"
GATE = "/v2/transaction/tds_gate"
DECLINED = Declined(reason=DeclineReason.DO_NOT_HONOUR, code="05")
FORM = {"content-type": "application/x-www-form-urlencoded"}


def initial_request(**changes: object) -> JsonObject:
    """A request that begins a payment with 3-D Secure."""
    return direct_request(return_url=RETURN_URL, **changes)


async def begun(house: PaynetHouse, **changes: object) -> JsonObject:
    """The answer to a request that begins one."""
    return await house.call(INITIAL, initial_request(**changes))


def names_of(answer: JsonObject) -> JsonObject:
    """What tds_charge wants to know of an answer."""
    return {"session_id": answer["session_id"], "token_id": answer["token_id"]}


async def authenticated(house: PaynetHouse, **changes: object) -> JsonObject:
    """The names of a payment whose cardholder the bank vouches for."""
    names = names_of(await begun(house, **changes))
    await house.bring_back(str(names["session_id"]))
    return names


async def visit(house: PaynetHouse, url: object, method: str = "GET") -> Response:
    """The page behind a post_url, as a browser asks for it."""
    parts = urlsplit(str(url))
    raw, headers = (b"", {}) if method == "GET" else (parts.query.encode(), FORM)
    target = f"{parts.path}?{parts.query}" if method == "GET" else parts.path
    return await house.send(target, raw, headers, method)


async def test_first_call_says_where_to_go(house: PaynetHouse) -> None:
    """Session, token, an address, and a page that goes there by itself."""
    answer = await begun(house)
    assert set(answer) == {
        "session_id",
        "token_id",
        "post_url",
        "html_content",
        "object_name",
        "code",
        "message",
    }
    assert (answer["code"], answer["message"]) == (0, "Başarılı İşlem")
    assert str(answer["session_id"]).startswith("js_")
    url = urlsplit(str(answer["post_url"]))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"https://pay.example{GATE}"
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query == {**names_of(answer), "publishable_key": PUBLISHABLE_KEY}
    page = str(answer["html_content"])
    (tag,) = re.findall(r"<form [^>]*>", page)
    assert 'name="paynetForm"' in tag
    assert 'id="paynetForm"' in tag
    assert 'method="post"' in tag
    assert html.unescape(tag.split('action="')[1].split('"')[0]) == answer["post_url"]
    assert 'getElementById("paynetForm").submit()' in page
    assert house.acquirer.asks == []
    assert house.acquirer.begun[0].return_url == "https://pay.example/3ds/return/scripted"


async def test_public_url_and_language(tmp_path) -> None:
    """Addresses are those of the house as browsers reach it; the page speaks the caller's."""
    async with open_house(tmp_path, public_url="https://vezne.example") as house:
        _, answer = await house.post(INITIAL, initial_request(), **{"accept-language": "en"})
        assert str(answer["post_url"]).startswith("https://vezne.example/v2/")
        assert "Continue to my bank" in str(answer["html_content"])
        _, answer = await house.post(
            INITIAL, initial_request(reference_no="o-2"), host="evil.example/<script>"
        )
        assert answer["code"] == 0


async def test_unusable_host(house: PaynetHouse) -> None:
    """An address that is none does not get into a page."""
    status, answer = await house.post(INITIAL, initial_request(), host='x"><script>')
    assert (status, answer["result_code"]) == (400, 11)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_gate_leads_to_the_bank(house: PaynetHouse, method: str) -> None:
    """By both methods, as often as the page is loaded."""
    answer = await begun(house)
    for _ in range(2):
        page = await visit(house, answer["post_url"], method)
        assert page.status == 200
        assert f'action="{BANK_PAGE}"'.encode() in page.body
    assert len(house.acquirer.begun) == 1


async def test_form_without_fields_reaches_the_gate(house: PaynetHouse) -> None:
    """The page's own form posts nothing: the names stand in its address."""
    answer = await begun(house)
    url = urlsplit(str(answer["post_url"]))
    page = await house.send(f"{url.path}?{url.query}", b"", FORM)
    assert f'action="{BANK_PAGE}"'.encode() in page.body


async def test_gate_leads_to_the_merchant_afterwards(house: PaynetHouse) -> None:
    """Once the bank has spoken, or the time is over, the bank is not asked again."""
    answer = await begun(house)
    await house.bring_back(str(answer["session_id"]))
    assert f'action="{RETURN_URL}"'.encode() in (await visit(house, answer["post_url"])).body
    late = await begun(house, reference_no="o-2")
    house.clock.advance(ms=LIFE_MS)
    assert f'action="{RETURN_URL}"'.encode() in (await visit(house, late["post_url"])).body


@pytest.mark.parametrize(
    "change",
    [
        ("token_id=", "token_id=x"),
        ("session_id=js", "session_id=jx"),
        ("session_id=", "other="),
        ("token_id=", "other="),
        ("publishable_key=", "other="),
        (PUBLISHABLE_KEY.split("/", maxsplit=1)[0], "unknown"),
        ("?", "?" + "a=1&" * 40),
    ],
)
async def test_gate_turns_strangers_away(house: PaynetHouse, change: tuple[str, str]) -> None:
    """A page that says so, and no way to the bank."""
    answer = await begun(house)
    page = await visit(house, str(answer["post_url"]).replace(*change))
    assert b"bank.example" not in page.body
    assert b"close-iframe" in page.body


async def test_gate_belongs_to_its_merchant(house: PaynetHouse) -> None:
    """Another merchant's key opens nothing."""
    names = names_of(await begun(house))
    page = await house.gate(str(names["session_id"]), str(names["token_id"]), OTHER_PUBLISHABLE_KEY)
    assert b"bank.example" not in page.body


@pytest.mark.parametrize("md_status", [1, 0])
async def test_browser_brings_both_names(house: PaynetHouse, md_status: int) -> None:
    """After success and failure alike the merchant gets session and token, and asks itself."""
    answer = await begun(house)
    form = await house.bring_back(str(answer["session_id"]), md_status)
    assert isinstance(form, BrowserForm)
    assert form.action == RETURN_URL
    assert dict(form.fields) == names_of(answer)


async def test_charge_takes_the_money(house: PaynetHouse) -> None:
    """The answer of a direct payment, with 3-D Secure; again is code 100 and takes nothing."""
    names = await authenticated(house, instalment=3, save_card=True, **savable())
    house.acquirer.script(APPROVED)
    answer = await house.call(CHARGE, {**names, "transaction_type": 1})
    expected = {
        "code": 0,
        "is_succeed": True,
        "is_tds": True,
        "transaction_type": "1",
        "amount": Decimal("20.50"),
        "instalment": 3,
        "reference_no": "order-1",
        "card_holder": "Gökhan Öztorun",
        "bank_authorization_code": APPROVED.auth_code,
        "is_save_card_succeed": True,
        "user_unique_id": "customer-1",
        "object_name": "transaction",
    }
    assert {name: answer[name] for name in expected} == expected
    again = await house.call(CHARGE, names)
    assert (again["code"], again["message"]) == (100, "Önceki Başarılı İşlem")
    assert again["xact_id"] == answer["xact_id"]
    assert len(house.acquirer.asks) == 1
    assert house.acquirer.asks[0][1].authentication.is_authenticated


def savable() -> JsonObject:
    """What saving a card wants to know."""
    return {"card_desc": "Kartım", "user_unique_id": "customer-1"}


async def test_repeat_after_the_session_is_over(house: PaynetHouse) -> None:
    """A lost answer can be asked for again days later."""
    names = await authenticated(house)
    house.acquirer.script(APPROVED)
    await house.call(CHARGE, names)
    house.clock.advance(days=3)
    assert (await house.call(CHARGE, names))["code"] == 100


@pytest.mark.parametrize(
    ("initial", "late", "kind"), [(None, 3, "3"), (3, None, "3"), (3, "1", "1"), (None, None, "1")]
)
async def test_either_call_says_the_type(
    house: PaynetHouse, initial: object, late: object, kind: str
) -> None:
    """The second call decides, when it says anything."""
    names = await authenticated(house, transaction_type=initial)
    house.acquirer.script(APPROVED)
    answer = await house.call(CHARGE, {**names, "transaction_type": late})
    assert answer["transaction_type"] == kind


@pytest.mark.parametrize("md_status", [0, 4, None])
async def test_charge_without_authentication(house: PaynetHouse, md_status: int | None) -> None:
    """Failed, attempted, or not finished: code 16, is_succeed false, no money."""
    answer = await begun(house)
    if md_status is not None:
        await house.bring_back(str(answer["session_id"]), md_status)
    for _ in range(2):
        charged = await house.call(CHARGE, names_of(answer))
        assert (charged["code"], charged["is_succeed"]) == (16, False)
        assert charged["paynet_error_message"] == "3D doğrulama başarısız"
    assert house.acquirer.asks == []


async def test_declined_charge(house: PaynetHouse) -> None:
    """The bank's reason, the same each time; an authentication is good for one question."""
    names = await authenticated(house)
    house.acquirer.script(DECLINED)
    for _ in range(2):
        answer = await house.call(CHARGE, names)
        assert (answer["code"], answer["is_succeed"], answer["bank_error_id"]) == (1, False, "05")
    assert len(house.acquirer.asks) == 1


async def test_unanswered_charge(house: PaynetHouse) -> None:
    """A time-out each time, and the bank is asked once."""
    names = await authenticated(house)
    house.acquirer.script(Unknown(why="silence"))
    for _ in range(2):
        assert await house.refused(CHARGE, names) == (500, 10)
    assert len(house.acquirer.asks) == 1


async def test_time_runs_out(house: PaynetHouse) -> None:
    """A card is held for fifteen minutes, and the payment has failed for good then."""
    names = await authenticated(house)
    house.clock.advance(ms=LIFE_MS)
    assert await house.refused(CHARGE, names) == (400, 22)
    assert (await house.call(CHARGE, names))["code"] == 16
    house.acquirer.script(APPROVED)
    names = await authenticated(house)
    assert (await house.call(CHARGE, names))["code"] == 0


async def test_restart_loses_the_card(house: PaynetHouse) -> None:
    """The vault holds it in memory only: an error that says so."""
    names = await authenticated(house)
    house.restart()
    assert await house.refused(CHARGE, names) == (400, 22)


@pytest.mark.parametrize("answer", [DECLINED, Unknown(why="silence")])
async def test_bank_does_not_begin(house: PaynetHouse, answer: object) -> None:
    """Code 16 and no session; the reference is free again."""
    house.acquirer.script_begin(answer)
    refused = await house.call(INITIAL, initial_request())
    assert set(refused) == {"object_name", "code", "message"}
    assert refused["code"] == 16
    assert (await begun(house))["code"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"return_url": None}, 11),
        ({"return_url": "javascript:alert(1)"}, 11),
        ({"return_url": "https://x.example/" + "a" * 256}, 11),
        ({"amount": None}, 11),
        ({"pan": None}, 18),
        ({"instalment": 4}, 21),
    ],
)
async def test_bad_first_calls(house: PaynetHouse, changes: JsonObject, code: int) -> None:
    """The errors of a direct payment, and those of its own field; the bank is not asked."""
    body = {**initial_request(), **changes}
    assert await house.refused(INITIAL, body) == (400, code)
    assert house.acquirer.begun == []


async def test_reference_is_taken_while_it_waits(house: PaynetHouse) -> None:
    """Two customers cannot pay for one order at once; who never came back frees it in the end."""
    await begun(house)
    assert await house.refused(INITIAL, initial_request()) == (400, 5)
    house.clock.advance(ms=LIFE_MS)
    assert (await begun(house))["code"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"session_id": ""}, 11),
        ({"token_id": None}, 11),
        ({"session_id": "js_x"}, 13),
        ({"token_id": "jt_x"}, 15),
        ({"transaction_type": "9"}, 19),
    ],
)
async def test_bad_second_calls(house: PaynetHouse, changes: JsonObject, code: int) -> None:
    """Names that are missing, unknown, or do not belong together."""
    names = await authenticated(house)
    assert await house.refused(CHARGE, {**names, **changes}) == (400, code)


async def test_session_of_its_own_kind(house: PaynetHouse) -> None:
    """A session of PaynetJ is none here, nor is one of these a session of PaynetJ."""
    session_id = await house.open_session()
    names = {"session_id": session_id, "token_id": await house.token(session_id)}
    assert await house.refused(CHARGE, names) == (400, 13)
    ours = names_of(await begun(house))
    assert await house.refused("/v1/transaction/charge", ours) == (400, 13)


async def test_session_of_another_merchant(house: PaynetHouse) -> None:
    """Names are good for the merchant that they were made for."""
    names = await authenticated(house)
    assert await house.refused(CHARGE, names, OTHER_SECRET_KEY) == (400, 13)
    assert await house.refused(CHARGE, names, PUBLISHABLE_KEY) == (403, 7)
    assert await house.refused(INITIAL, initial_request(), PUBLISHABLE_KEY) == (403, 7)


async def test_plus_signs_that_became_blanks(house: PaynetHouse) -> None:
    """A merchant that forgot to encode the names hands them on with blanks."""
    names = await authenticated(house)
    house.acquirer.script(APPROVED)
    blank = {name: str(value).replace("+", " ") for name, value in names.items()}
    assert (await house.call(CHARGE, blank))["code"] == 0


async def test_stored_card_with_authentication(house: PaynetHouse) -> None:
    """A saved card pays with 3-D Secure too, with its code held meanwhile."""
    house.acquirer.script(APPROVED, APPROVED)
    first = await house.call("/v2/transaction/payment", direct_request(save_card=True, **savable()))
    names = await authenticated(
        house,
        reference_no="order-2",
        pan=None,
        card_hash=first["card_hash"],
        card_owner_id=first["card_owner_id"],
    )
    answer = await house.call(CHARGE, names)
    assert answer["card_hash"] == first["card_hash"]
    assert house.acquirer.asks[-1][1].card.has_cvv
    assert (await stored(house, answer["id"])).state is PaymentState.CAPTURED
