"""The gate, the bank, the way back, and the charge of an authenticated token."""

from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from fakes.acquirer import APPROVED, BANK_PAGE
from fakes.paynet_house import (
    OTHER_PUBLISHABLE_KEY,
    PUBLISHABLE_KEY,
    RETURN_URL,
    PaynetHouse,
)
from vezne.core.answer import Declined, DeclineReason, Unknown
from vezne.edge.messages import BrowserForm, BrowserMessage, Response

CHARGE = "/v1/transaction/charge"
GATE = "/v1/paynetjgate/tds"


class Page(HTMLParser):
    """The form of a page."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(response.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        if tag == "input":
            self.fields[found["name"]] = found["value"]


async def ready(house: PaynetHouse, **auth: object) -> tuple[str, str]:
    """A session and its token, which needs 3-D Secure."""
    session_id = await house.open_session(**auth)
    return session_id, await house.token(session_id)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_to_the_bank_and_back(house: PaynetHouse, method: str) -> None:
    """Both methods lead to the bank; a message takes the ids to the page around; charge pays."""
    session_id, token_id = await ready(house)
    response = await house.gate(session_id, token_id, method=method)
    assert response.status == 200
    assert Page(response).action == BANK_PAGE
    (ask,) = house.acquirer.begun
    assert ask.return_url == "https://pay.example/3ds/return/scripted"
    assert ask.amount_e8 == 10 * 10**8
    back = await house.bring_back(session_id)
    assert isinstance(back, BrowserMessage)
    assert back.is_success
    pairs = [pair.split("=", 1) for pair in back.message.split("&")]
    assert [name for name, _ in pairs] == ["command", "session_id", "token_id"]
    assert [unquote(value) for _, value in pairs] == ["form-post", session_id, token_id]
    assert not house.acquirer.asks
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id, reference_no="order-9")
    assert (answer["code"], answer["is_tds"], answer["is_succeed"]) == (0, True, True)
    assert answer["reference_no"] == "order-9"
    ((_, ask),) = house.acquirer.asks
    assert ask.authentication is not None
    again = await house.charge(session_id, token_id)
    assert (again["code"], again["id"]) == (100, answer["id"])


async def test_reference_of_the_charge_is_found(house: PaynetHouse) -> None:
    """A reference that comes with the charge names the payment from then on."""
    session_id, token_id = await ready(house, reference_no="session-reference")
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id, reference_no="order-9")
    books, merchant_id = house.ports.books, house.merchants.record.id
    found = await books.find_payment_by_reference(merchant_id, "order-9")
    assert found is not None
    assert found.number == answer["id"]
    assert await books.find_payment_by_reference(merchant_id, "session-reference") is None


async def test_pre_authorization(house: PaynetHouse) -> None:
    """Whether money is taken or reserved is said by the charge alone."""
    session_id, token_id = await ready(house)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    answer = await house.charge(session_id, token_id, transaction_type=3)
    assert answer["transaction_type"] == "3"
    ((_, ask),) = house.acquirer.asks
    assert not ask.is_capture


async def test_return_url(house: PaynetHouse) -> None:
    """A session with a return_url has the ids posted there, also when the holder failed."""
    for md_status in (1, 0):
        session_id, token_id = await ready(house, return_url=RETURN_URL)
        await house.gate(session_id, token_id)
        assert await house.bring_back(session_id, md_status) == BrowserForm(
            action=RETURN_URL, fields=(("session_id", session_id), ("token_id", token_id))
        )


async def test_failed(house: PaynetHouse) -> None:
    """A holder who is not vouched for: the charge says so, takes nothing, and a new token may."""
    session_id, token_id = await ready(house)
    await house.gate(session_id, token_id)
    back = await house.bring_back(session_id, md_status=0)
    assert isinstance(back, BrowserMessage)
    assert not back.is_success
    answer = await house.charge(session_id, token_id)
    assert (answer["code"], answer["is_succeed"]) == (16, False)
    assert answer["message"] == answer["paynet_error_message"] == "3D doğrulama başarısız"
    assert not house.acquirer.asks
    assert await house.token(session_id)


async def test_unfinished(house: PaynetHouse) -> None:
    """A charge before the gate, and one before the way back, are answered as failed 3-D Secure."""
    session_id, token_id = await ready(house)
    before = await house.charge(session_id, token_id)
    assert (before["code"], before["is_succeed"], before["id"]) == (16, False, 0)
    await house.gate(session_id, token_id)
    at_the_bank = await house.charge(session_id, token_id)
    assert (at_the_bank["code"], at_the_bank["is_succeed"]) == (16, False)
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    assert (await house.charge(session_id, token_id))["code"] == 0


async def test_loaded_again(house: PaynetHouse) -> None:
    """A page that is loaded again leads to the same bank page; afterwards, to where it ended."""
    session_id, token_id = await ready(house, return_url=RETURN_URL)
    first = await house.gate(session_id, token_id)
    again = await house.gate(session_id, token_id)
    assert first.body == again.body
    assert len(house.acquirer.begun) == 1
    await house.bring_back(session_id)
    assert Page(await house.gate(session_id, token_id)).action == RETURN_URL


@pytest.mark.parametrize(
    "answer",
    [Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51"), Unknown(why="silence")],
)
async def test_bank_does_not_begin(house: PaynetHouse, answer: Declined | Unknown) -> None:
    """A bank that refuses or is silent ends the way at once; the charge says why."""
    session_id, token_id = await ready(house, return_url=RETURN_URL)
    house.acquirer.script_begin(answer)
    page = Page(await house.gate(session_id, token_id))
    assert page.action == RETURN_URL
    assert page.fields == {"session_id": session_id, "token_id": token_id}
    charged = await house.charge(session_id, token_id)
    assert (charged["code"], charged["is_succeed"]) == (16, False)
    assert charged["bank_error_id"] == ("51" if isinstance(answer, Declined) else "91")


async def test_wrong_triple(house: PaynetHouse) -> None:
    """Whoever comes without all three gets a page that says so, and no bank is asked."""
    session_id, token_id = await ready(house)
    other_id, _ = await ready(house)
    plain = await house.open_session()
    plain_token = await house.token(plain, do_3ds=False)
    pages = [
        await house.gate(session_id, token_id, key=OTHER_PUBLISHABLE_KEY),
        await house.gate(session_id, token_id, key="nobody"),
        await house.gate(session_id, token_id, key="\x00"),
        await house.gate(other_id, token_id),
        await house.gate(session_id, ""),
        await house.gate(plain, plain_token),
        await house.send(GATE, method="GET"),
        await house.send(GATE + "?" + "&".join("a=1" for _ in range(100)), method="GET"),
        await house.send(GATE, b"[1]", {"content-type": "application/json"}),
    ]
    for page in pages:
        assert page.status == 200
        assert b"command=close-iframe" in page.body
    assert not house.acquirer.begun


async def test_lost_plus(house: PaynetHouse) -> None:
    """A client that forgot to encode the ids turned every plus into a blank."""
    session_id, token_id = await ready(house)
    query = f"session_id={session_id}&token_id={token_id}&publishable_key={PUBLISHABLE_KEY}"
    page = await house.send(
        f"{GATE}?{query.replace(PUBLISHABLE_KEY, 'pbk_demo/Key%2B1')}", method="GET"
    )
    assert Page(page).action == BANK_PAGE


async def test_late(house: PaynetHouse) -> None:
    """After a token's time the gate is closed; a way back that comes too late pays nothing."""
    session_id, token_id = await ready(house)
    house.clock.advance(ms=15 * 60_000)
    assert b"close-iframe" in (await house.gate(session_id, token_id)).body
    session_id, token_id = await ready(house)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    house.clock.advance(ms=15 * 60_000)
    assert await house.refused(CHARGE, {"session_id": session_id, "token_id": token_id}) == (
        400,
        22,
    )


async def test_restart(house: PaynetHouse) -> None:
    """A card that was lost on the way has an error of its own."""
    session_id, token_id = await ready(house)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    house.restart()
    names = {"session_id": session_id, "token_id": token_id}
    assert await house.refused(CHARGE, names) == (400, 22)
    session_id, token_id = await ready(house)
    house.restart()
    assert b"close-iframe" in (await house.gate(session_id, token_id)).body


async def test_two_charges_at_once(house: PaynetHouse) -> None:
    """Of two charges of one authentication one pays; the other learns that it is under way."""
    session_id, token_id = await ready(house)
    await house.gate(session_id, token_id)
    await house.bring_back(session_id)
    names = {"session_id": session_id, "token_id": token_id}
    seen: list[tuple[int, int]] = []

    async def charge_again(*_: object) -> None:
        seen.append(await house.refused(CHARGE, names))

    house.acquirer.on_ask = charge_again
    house.acquirer.script(APPROVED)
    assert (await house.call(CHARGE, names))["code"] == 0
    assert seen == [(500, 10)]


async def test_page_is_in_the_callers_language(house: PaynetHouse) -> None:
    """The page between speaks English to who reads that."""
    session_id, token_id = await ready(house)
    page = await house.send(
        GATE + f"?session_id={session_id}", method="GET", headers={"accept-language": "en"}
    )
    assert b'lang="en"' in page.body
    assert token_id


async def test_two_pages_at_once(house: PaynetHouse) -> None:
    """A page that is opened twice at once leads to one payment, whichever page is looked at."""
    session_id, token_id = await ready(house)
    pages: list[Response] = []

    async def open_again(*_: object) -> None:
        house.acquirer.on_begin = None
        pages.append(await house.gate(session_id, token_id))

    house.acquirer.on_begin = open_again
    pages.append(await house.gate(session_id, token_id))
    first, second = (Page(page).fields for page in pages)
    assert first == second
    await house.bring_back(session_id)
    house.acquirer.script(APPROVED)
    assert (await house.charge(session_id, token_id))["code"] == 0
