"""The test shop over real doors: who may use it, what it pays, shows and refuses."""

import asyncio
import json
import re
from html import unescape

import msgspec
import pytest

from fakes.panel import PanelCaller
from fakes.trails import lines_in
from vezne.bootstrap.shop import CARDS
from vezne.core.member import Role
from vezne.edge.asgi import site_from
from vezne.edge.sites import Incoming
from vezne.panel.app import panel_app
from vezne.panel.pages import shop as pages
from vezne.panel.shop.doors import NoAnswer
from vezne.panel.shop.orders import OrderBook
from vezne.panel.shop.purchase import CUSTOMER
from vezne.panel.wording import TEXTS

SHOP = "/panel/shop"
DOORS = ("iyzico", "paywall", "paynet")
HTML = "<script>alert(1)</script>\"'"


async def form(panel: PanelCaller, **changes: str) -> dict[str, str]:
    """A form of the page, for one coffee."""
    page = (await panel.get(SHOP)).text
    order = re.search(r'name="order" value="(\w+)"', page)[1]
    fields = {"order": order, "quantity_coffee": "1", "door": "iyzico", "way": "direct"}
    return fields | {"card": "new-credit"} | changes


async def bought(panel: PanelCaller, **changes: str) -> str:
    """The page of an order that was made."""
    answer = await panel.post(SHOP, await form(panel, **changes))
    assert answer.status == 303, answer.text
    return (await panel.get(answer.location)).text


async def payments(panel):
    return await panel.house.ports.books.list_payments(
        panel.merchant.id, since_ms=0, until_ms=2**52, before=None, limit=50
    )


@pytest.mark.parametrize("door", DOORS)
async def test_every_door_takes_the_money_and_shows_how(panel, door):
    """A payment in the books, linked; the call as it was sent, without number and secret."""
    page = await bought(panel, door=door)
    (payment,) = await payments(panel)
    assert (payment.door, payment.state.value) == (door, "captured")
    assert f'href="/panel/payments/{payment.number}"' in page
    assert "552879******0008" in page
    shown = page.partition("<details")[0]
    assert CARDS["credit"] not in shown
    for pair in ("iyzico", "paywall.public", "paywall.private", "paynet"):
        credential = await panel.house.merchants.find_newest_credential(panel.merchant.id, pair)
        assert credential.secret.decode() not in page


@pytest.mark.parametrize("stores", DOORS)
async def test_a_card_stored_through_one_door_pays_through_all(panel, stores):
    """Chosen from the customer's cards, and named as each door names it."""
    await bought(panel, door=stores, save="1")
    page = (await panel.get(SHOP)).text
    (card,) = re.findall(r'value="(stored-[0-9a-f]+)"', page)
    for door in DOORS:
        assert "Successful" in await bought(panel, door=door, card=card)
        listed = (await panel.get(f"{SHOP}/cards?door={door}")).text
        assert "552879******" in listed
        assert CUSTOMER in listed
    assert len(await panel.house.ports.books.find_owners(panel.merchant.id, CUSTOMER)) == 1


async def test_a_second_card_is_stored_for_the_same_customer(panel):
    """The shop has noted down what iyzico's door calls them."""
    await bought(panel, save="1")
    page = await bought(panel, save="1", card="new-troy")
    assert "cardUserKey" in page
    assert len(await panel.house.ports.books.find_owners(panel.merchant.id, CUSTOMER)) == 1
    assert "Store the card" in page


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("iyzico", '"errorCode": "10051"'),
        ("paywall", '"Result": false'),
        ("paynet", '"is_succeed": false'),
    ],
)
async def test_a_decline_is_shown_as_what_it_is(panel, door, said):
    """The door's own words, and a red badge."""
    page = await bought(panel, door=door, card="new-insufficient_funds")
    assert "Declined" in page
    assert said in unescape(page)


async def test_the_same_form_twice_pays_once(panel):
    """However fast somebody clicks."""
    fields = await form(panel)
    answers = await asyncio.gather(*(panel.post(SHOP, fields) for _ in range(3)))
    assert {answer.location for answer in answers} == {f"{SHOP}/orders/{fields['order']}"}
    assert len(await payments(panel)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity_coffee": "0"},
        {"quantity_coffee": "10"},
        {"quantity_coffee": "-1"},
        {"quantity_coffee": "²"},
        {"quantity_coffee": "1" * 5000},
        {"quantity_bag": HTML},
        {"door": "nowhere"},
        {"way": HTML},
        {"card": "stored-00"},
        {"card": "new-\x00"},
    ],
)
async def test_a_form_that_makes_no_sense_is_shown_again(panel, changes):
    """With what is wrong beside it; nothing is sent to any door."""
    answer = await panel.post(SHOP, await form(panel, **changes))
    assert answer.status == 422
    assert "error-summary" in answer.text
    assert "<script>alert" not in answer.text
    assert "4111111111111111" not in answer.text
    assert await payments(panel) == []


async def test_the_form_pays_once_also_when_its_order_is_forgotten(panel):
    """As after a restart: it leads to the payment that there is."""
    fields = await form(panel)
    await panel.post(SHOP, fields)
    orders = OrderBook(panel.house.ports.clock, panel.house.ports.entropy)
    shop = msgspec.structs.replace(panel.desk.shop, orders=orders)
    desk = msgspec.structs.replace(panel.desk, shop=shop)
    later = PanelCaller(panel.house, desk, panel.merchant)
    answer = await later.post(SHOP, fields)
    (payment,) = await payments(panel)
    assert answer.location == f"/panel/payments/{payment.number}"


@pytest.mark.parametrize("door", DOORS)
async def test_of_two_cards_with_the_same_ends_the_chosen_one_pays(panel, door):
    """Though nobody could tell them apart by looking."""
    for _ in range(3):
        await bought(panel, save="1", door="paynet")
    page = (await panel.get(SHOP)).text
    for value in re.findall(r'value="stored-([0-9a-f]+)"', page):
        await bought(panel, door=door, card=f"stored-{value}")
        newest, *_ = await payments(panel)
        assert newest.card_token.hex() == value


@pytest.mark.parametrize("order", ["", "x", "1" * 32, HTML])
async def test_a_form_that_is_not_the_page_s_is_refused(panel, order):
    """Orders have names that the page makes."""
    assert (await panel.post(SHOP, await form(panel, order=order))).status == 400


async def test_what_was_typed_stays(panel):
    """And so does the order's name, so that the next try is the same order."""
    fields = await form(panel, quantity_bag="3", card="new-nobody", door="paynet")
    answer = await panel.post(SHOP, fields)
    assert fields["order"] in answer.text
    assert re.search(r'id="quantity_bag"[^>]*value="3"', answer.text)
    assert 'value="paynet" checked' in answer.text


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_the_page_speaks_both_languages(panel, language):
    """Every card says what the bank does with it."""
    page = unescape((await panel.get(SHOP, language=language)).text)
    place = ("tr", "en").index(language)
    for name in CARDS:
        assert TEXTS[f"shop.card.{name}"][place] in page


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.DEVELOPER, 200), (Role.OPERATOR, 403), (Role.VIEWER, 403)],
)
async def test_who_may(panel, role, status):
    """Whoever may use the sandbox."""
    for path in (SHOP, f"{SHOP}/cards"):
        assert (await panel.get(path, role)).status == status
    assert (await panel.post(SHOP, {}, role)).status == (400 if status == 200 else 403)


async def test_an_order_is_its_merchant_s_alone(panel):
    """Neither its page nor the door's page in it; and its name may be used by others."""
    fields = await form(panel, way="secure")
    await panel.post(SHOP, fields)
    other = await panel.add_merchant("Other")
    for path in ("", "/bank"):
        address = f"{SHOP}/orders/{fields['order']}{path}"
        assert (await panel.get(address, merchant=other)).status == 404
        assert (await panel.get(address)).status == 200
    await panel.post(SHOP, fields, merchant=other)
    assert len(await payments(panel)) == 1


async def test_there_is_no_shop_in_live_mode(panel):
    """Its paths are unknown, its desk has none."""
    desk = msgspec.structs.replace(panel.desk, is_sandbox=False, shop=None)
    site = site_from(panel_app(desk))
    for page in pages.PAGES:
        path = f"/panel{page.path}".replace("{name}", "x")
        incoming = Incoming(page.method, "http", path, {"host": "127.0.0.1"}, b"", "127.0.0.1")
        assert (await site(incoming)).status == 404


@pytest.mark.parametrize("door", DOORS)
async def test_without_a_key_nothing_is_sent(panel, door):
    """The order says so, and so does the list of cards."""
    listed = await panel.house.merchants.list_credentials(panel.merchant.id)
    for each in listed:
        await panel.house.merchants.revoke_credential(each.door, each.key)
    assert "no key for this door" in await bought(panel, door=door)
    assert "no key for this door" in (await panel.get(f"{SHOP}/cards?door={door}")).text
    assert await payments(panel) == []


class BrokenLine:
    """A fault of ours."""

    async def send(self, _call):
        raise RuntimeError


async def test_a_fault_leaves_no_order_under_way(panel):
    """The form again leads to an order that has come to its end."""
    shop = msgspec.structs.replace(panel.desk.shop, line=BrokenLine())
    ill = PanelCaller(panel.house, msgspec.structs.replace(panel.desk, shop=shop), panel.merchant)
    fields = await form(ill)
    assert (await ill.post(SHOP, fields)).status == 500
    answer = await ill.post(SHOP, fields)
    assert "went wrong on our side" in (await ill.get(answer.location)).text


class NoLine:
    """The doors are away."""

    async def send(self, _call):
        raise NoAnswer


@pytest.mark.parametrize("door", DOORS)
async def test_a_door_that_does_not_answer(panel, door):
    """What was sent is shown, and that nothing came back."""
    shop = msgspec.structs.replace(panel.desk.shop, line=NoLine())
    away = PanelCaller(panel.house, msgspec.structs.replace(panel.desk, shop=shop), panel.merchant)
    page = await bought(away, door=door)
    assert "did not answer" in page
    assert "552879******0008" in page
    assert "did not answer" in (await away.get(f"{SHOP}/cards?door={door}")).text


async def test_a_stored_card_that_the_door_does_not_list(panel):
    """It was deleted between the page and the click."""
    await bought(panel, save="1")
    page = (await panel.get(SHOP)).text
    (card,) = re.findall(r'value="(stored-[0-9a-f]+)"', page)

    class EmptyLists:
        async def send(self, call):
            answer = await panel.desk.shop.line.send(call)
            return msgspec.structs.replace(answer, body=b"{}")

    shop = msgspec.structs.replace(panel.desk.shop, line=EmptyLists())
    away = PanelCaller(panel.house, msgspec.structs.replace(panel.desk, shop=shop), panel.merchant)
    assert "did not list" in await bought(away, card=card)


async def test_the_door_s_page_is_kept_apart(panel):
    """In an origin of its own, and in nobody's frame; afterwards it is gone."""
    fields = await form(panel, way="secure")
    await panel.post(SHOP, fields)
    path = f"{SHOP}/orders/{fields['order']}/bank"
    answer = await panel.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-forms allow-scripts; default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert "iyzico-3ds-form" in answer.text
    paywall = await form(panel, way="secure", door="paywall")
    await panel.post(SHOP, paywall)
    assert (await panel.get(f"{SHOP}/orders/{paywall['order']}/bank")).status == 404
    assert (
        "/paywall/callback?UniqueNumber="
        in (await panel.get(f"{SHOP}/orders/{paywall['order']}")).text
    )


@pytest.mark.parametrize("door", DOORS)
async def test_a_return_proves_itself(panel, door):
    """Without the door's word nothing happens, whoever is signed in; unknown ones lead nowhere."""
    fields = await form(panel, way="secure", door=door)
    await panel.post(SHOP, fields)
    order = panel.desk.shop.orders.find(panel.merchant.id, fields["order"])
    (payment,) = await payments(panel)
    forged = {
        "status": "success",
        "paymentId": str(payment.number),
        "uniqueCode": payment.conversation_id,
        "session_id": "x",
        "token_id": "y",
        "signature": "0" * 64,
        "hash": "0" * 64,
    }
    calls = len(order.exchanges)
    for role in (None, Role.OWNER):
        answer = await panel.post(f"{SHOP}/return/{order.return_name}", forged, role)
        assert answer.status == 400
    assert (await panel.post(f"{SHOP}/return/{fields['order']}", forged)).status == 404
    assert len(order.exchanges) == calls
    assert "In 3-D Secure" in (await panel.get(f"{SHOP}/orders/{fields['order']}")).text


async def test_a_return_comes_once(panel):
    """The second one only leads to the order again."""
    fields = await form(panel)
    await panel.post(SHOP, fields)
    order = panel.desk.shop.orders.find(panel.merchant.id, fields["order"])
    answer = await panel.post(f"{SHOP}/return/{order.return_name}", {}, None)
    assert answer.location == f"{SHOP}/orders/{fields['order']}"
    assert len(order.exchanges) == 1


async def test_a_return_after_the_keys_were_revoked(panel):
    """Nobody can tell any more whose word it is."""
    fields = await form(panel, way="secure")
    await panel.post(SHOP, fields)
    order = panel.desk.shop.orders.find(panel.merchant.id, fields["order"])
    for each in await panel.house.merchants.list_credentials(panel.merchant.id):
        await panel.house.merchants.revoke_credential(each.door, each.key)
    await panel.post(f"{SHOP}/return/{order.return_name}", {}, None)
    page = (await panel.get(f"{SHOP}/orders/{fields['order']}")).text
    assert "no key for this door" in page


async def test_an_authentication_that_the_bank_does_not_begin(panel):
    """The order is at its end, and the door's answer is there."""
    page = await bought(panel, way="secure", card="new-begin_refused")
    assert "3-D Secure failed" in page
    assert "Go to the bank" not in page


@pytest.mark.parametrize("host", ["evil.example/x", "a b", ""])
async def test_a_host_that_is_none_is_refused(panel, host):
    """Addresses for the bank are made of it."""
    fields = await form(panel)
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    cookie = f"vezne_language=en; vezne_session=owner-{panel.merchant.id}"
    headers = {
        "host": host,
        "cookie": cookie,
        "content-type": "application/x-www-form-urlencoded",
    }
    body += "&csrf=the-form-token-of-this-session"
    incoming = Incoming("POST", "http", SHOP, headers, body.encode(), "127.0.0.1")
    assert (await panel.send(incoming)).status == 400
    assert await payments(panel) == []


async def test_doors_elsewhere_are_called_by_their_own_name(panel):
    """Where the panel has a listener of its own."""
    shop = msgspec.structs.replace(panel.desk.shop, url="https://pay.example:8443")
    desk = msgspec.structs.replace(panel.desk, shop=shop)
    page = await bought(PanelCaller(panel.house, desk, panel.merchant), way="secure", door="paynet")
    assert "https://pay.example:8443/v2/transaction/tds_gate?" in page
    assert "http://127.0.0.1:8080/panel/shop/return/" in page


async def test_behind_a_proxy_that_ends_tls(panel):
    """The browser comes back to the scheme that it knows."""
    shop = msgspec.structs.replace(panel.desk.shop, url="https://127.0.0.1:8080")
    desk = msgspec.structs.replace(panel.desk, shop=shop)
    page = await bought(PanelCaller(panel.house, desk, panel.merchant), way="secure")
    assert "https://127.0.0.1:8080/panel/shop/return/" in page


async def test_an_unknown_order_or_door(panel):
    """Pages that there are not."""
    for path in ("orders/nobody", "orders/nobody/bank", "cards?door=nowhere", "orders/%00"):
        assert (await panel.get(f"{SHOP}/{path}")).status == 404


async def test_the_door_knows_who_pays(panel):
    """What the door does has the API key as its caller; what the panel does, the member."""
    await bought(panel, save="1")
    await panel.house.audit.settled()
    lines = [json.loads(line) for line in lines_in(panel.house.settings.data / "audit")]
    callers = {line["action"]: line.get("caller") for line in lines}
    credential = await panel.house.merchants.find_newest_credential(panel.merchant.id, "iyzico")
    assert callers["operator.command"] == "owner@example.com"
    assert callers["card.stored"] == credential.key
