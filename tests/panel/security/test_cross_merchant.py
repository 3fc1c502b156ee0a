"""Nobody sees or changes what another merchant's is, by no address, query or form of the panel."""

import re
from urllib.parse import quote, urlencode

import pytest

from fakes.panel_addresses import (
    POSTS,
    WITH_PARAMETERS,
    address,
    form_for,
    name_of,
    parameters_of,
)
from vezne.core.member import Role
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import may

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The places of a merchant's own instalment tables are no ids.
PLACES = "/settings/installments/{place}"
# They answer alike whether there is such a thing or not, since what is gone is as good as ended.
# The bank's way back is for whoever proves to come from the bank.
ALIKE = {
    "POST /sandbox/faults/{number}/remove": 303,
    "POST /shop/return/{name}": 400,
}
CRAWLED = (
    "",
    "/payments",
    "/cards",
    "/webhooks",
    "/requests",
    "/keys",
    "/settings",
    "/settings/terms",
    "/settings/access",
    "/sandbox",
    "/shop",
    "/shop/cards",
    "/team",
    "/audit",
    "/account",
)

# What they show of a merchant has no text of the merchant's own.
NAMELESS = {"/keys", "/settings/terms", "/settings/access", "/shop", "/shop/cards"}


@pytest.fixture
def own(town):
    return town.quarters[0]


@pytest.fixture
def other(town):
    return town.quarters[1]


SECRETS = ("cardToken", "cardUserKey", "token", "owner", "order", "session", "invitation", "link")


def assert_silent(answer, other, *typed):
    """The answer says nothing of another merchant but what was sent."""
    notes = [re.search(r"vezne_note=([0-9a-f]*)", cookie) for cookie in answer.cookies]
    said = [bytes.fromhex(note[1]).decode() for note in notes if note]
    text = " ".join((answer.text, answer.location, *answer.cookies, *said))
    for sent in sorted(typed, key=len, reverse=True):
        for spelling in {sent, quote(sent), quote(sent, safe=""), urlencode({"": sent})[1:]}:
            text = text.replace(spelling, "") if spelling else text
    for secret in (other.mark, *(other.ids[name] for name in SECRETS)):
        assert secret not in text


def main_of(answer):
    """What a page says but for its frame, where the merchant's name stands."""
    return answer.text.partition("<main")[2].partition("</main>")[0]


async def test_both_merchants_see_their_own(own, other):
    """The marks do stand on the pages, without which the other tests would prove nothing."""
    for mine, theirs in ((own, other), (other, own)):
        for path in CRAWLED:
            answer = await mine.get(path)
            assert answer.status == 200
            assert (mine.mark in main_of(answer)) is (path not in NAMELESS)
            assert_silent(answer, theirs)
    for page in WITH_PARAMETERS:
        if page.method == "GET":
            answer = await other.get(address(page, other.ids))
            assert answer.status == (303 if page.path.endswith("/disapprove") else 200)


@pytest.mark.parametrize("page", WITH_PARAMETERS, ids=name_of)
async def test_another_merchants_ids_name_nothing(town, own, other, page):
    """For every role, by page, live part and act: no such thing, and nothing has changed."""
    if page.path == PLACES:
        return
    before = town.state()
    for role in Role:
        path, fields = address(page, other.ids), form_for(page, other)
        expected = ALIKE.get(name_of(page), 404)
        if page.permission is not None and not may(role, page.permission):
            expected = 403
        if page.method == "GET":
            answers = [await own.get(path, role), await own.get(path, role, **{"x-live": "1"})]
        else:
            answers = [await own.post(path, fields, role)]
        for answer in answers:
            assert answer.status == expected, answer.text
            assert_silent(answer, other, *path.split("/"))
    assert town.changed_since(before) == {}


@pytest.mark.parametrize(
    "page", [each for each in WITH_PARAMETERS if len(parameters_of(each)) > 1], ids=name_of
)
async def test_ones_own_id_opens_no_door_to_anothers(town, own, other, page):
    """Where an address has two ids, and one of them is the merchant's own."""
    before = town.state()
    names = parameters_of(page)
    for foreign in names:
        shared = {"owner", "token", "sold", "sold_line", "notice"}
        ids = {**own.ids}
        from_other = {
            "owner": ("owner",),
            "token": ("token",),
            "number": ("number", "sold"),
            "line": ("sold_line",),
            "payment": ("notice",),
            # Versions are counts, and no ids.
            "version": (),
        }[foreign]
        assert shared.issuperset(set(from_other) - {"number"})
        ids |= {name: other.ids[name] for name in from_other}
        if not from_other:
            continue
        path, fields = address(page, ids), form_for(page, own)
        answer = await (own.get(path) if page.method == "GET" else own.post(path, fields))
        # A card of an owner of ours that is not there is one that is gone already.
        is_gone = page.method == "POST" and foreign == "token"
        assert answer.status == (303 if is_gone else 404)
        assert_silent(answer, other, *path.split("/"))
    assert town.changed_since(before) == {}


async def test_a_query_finds_nothing_of_anothers(town, own, other):
    """Cursors, references, tokens, e-mail addresses and tickets of theirs, in every address."""
    before = town.state()
    ids = other.ids
    mark = other.mark
    for path, query in (
        *[("/cards", {"q": text}) for text in names_of_cards(other)],
        ("/cards", {"before": ids["owner"]}),
        ("/cards", {"q": mark, "before": f"{ids['owner']}-{ids['token']}"}),
        (f"/cards/{own.ids['owner']}", {"before": ids["token"]}),
        ("/payments", {"conversation": f"{mark}-reference"}),
        ("/payments", {"basket": f"{mark}-basket"}),
        ("/payments", {"before": await cursor_of(other)}),
        ("/payments/export", {"conversation": f"{mark}-reference"}),
        (f"/payments/{own.ids['number']}/refund", {"line": ids["line"]}),
        ("/requests", {"before": ids["call"]}),
        ("/requests", {"reference": f"{mark}-reference"}),
        ("/webhooks", {"before": f"{ids['notice']}-{ids['notice_version']}"}),
        ("/audit", {"caller": other.email(Role.OWNER)}),
        ("/audit", {"before": "0.0"}),
        ("/shop/cards", {"door": "paynet"}),
        ("/sign-in", {"next": f"/panel/payments/{ids['number']}"}),
    ):
        answer = await own.get(f"{path}?{urlencode(query)}")
        assert answer.status in {200, 303, 404, 422}, (path, query)
        assert_silent(answer, other, *query.values())
        assert answer.text.count(f"/panel/payments/{ids['number']}") == 0
    for door, key in keys_of(other):
        answer = await own.get(f"/keys/revoke?{urlencode({'door': door, 'key': key})}")
        assert answer.status == 404
    assert town.changed_since(before) == {}


async def test_anothers_search_result_leads_nowhere(own, other):
    """The same searches do find things for whose they are."""
    found = await other.get(f"/cards?{urlencode({'q': other.ids['cardToken']})}")
    assert found.location == f"/panel/cards/{other.ids['owner']}/{other.ids['token']}"
    for text in names_of_cards(other):
        answer = await own.post("/cards/find", {"q": text})
        assert answer.status == 303
        answer = await own.get(answer.location.removeprefix(PANEL_PATH))
        assert other.ids["owner"] not in answer.location + answer.text.replace(text, "")
    number = other.ids["number"]
    found = await other.post("/payments/search", {"q": number})
    assert found.location == f"/panel/payments/{number}"
    for text in (number, other.ids["line"], f"{other.mark}-reference", f"{other.mark}-basket"):
        answer = await own.post("/payments/search", {"q": text})
        assert not answer.location.startswith("/panel/payments/")
        listed = await own.get(answer.location.removeprefix(PANEL_PATH))
        assert f'href="/panel/payments/{number}' not in listed.text


async def test_a_form_reaches_nothing_of_anothers(town, own, other):
    """Every form that has an id among its fields."""
    before = town.state()
    ids = other.ids
    stored = {"card": f"stored-{ids['token']}", "door": "iyzico", "way": "direct"}
    order = {"quantity_coffee": "1", "order": "a" * 32}
    number = own.ids["number"]
    amount = {"version": own.ids["version"], "amount_e8": "1000000", "line": ids["line"]}
    for path, fields, status in (
        ("/account/merchant", {"merchant": str(other.merchant.id)}, 404),
        ("/join/team", {"link": ids["link"]}, 404),
        ("/shop", stored | order, 422),
        (f"/payments/{number}/refund", amount, 404),
        *[("/keys/revoke", {"door": door, "key": key}, 404) for door, key in keys_of(other)],
    ):
        for role in Role:
            answer = await own.post(path, fields, role)
            assert answer.status in {status, 403}, (path, answer.status)
            assert_silent(answer, other, ids["link"])
        assert (await own.post(path, fields)).status == status
    assert town.changed_since(before) == {}


async def test_an_export_is_for_whoever_began_it(own, other):
    """The ticket of another merchant's export, or of another member's, hands out nothing."""
    began = await other.post("/payments/export", {})
    query = began.location.partition("?")[2]
    part = await other.get(f"/payments/export/part?{query}")
    assert (part.status, other.mark in part.text) == (200, True)
    assert own.mark not in part.text
    for reader, role in ((own, Role.OWNER), (own, Role.OPERATOR), (other, Role.OPERATOR)):
        assert (await reader.get(f"/payments/export/part?{query}", role)).status == 400
        parts = await reader.get(f"/payments/export/parts?{query}", role)
        assert parts.status == 303


async def test_a_member_of_two_teams_sees_one_at_a_time(town, own, other):
    """With a role in each; changing over makes another session of it."""
    email = "both@example.com"
    links = [
        await each.invite(email, role)
        for each, role in (
            (own, Role.OWNER),
            (other, Role.VIEWER),
        )
    ]
    browser = town.browser()
    path = f"{PANEL_PATH}/join"
    password = {"new": "a 3rd good phrase", "again": "a 3rd good phrase"}
    await browser.post(path, password, page=f"{path}?link={links[0]}")
    assert other.mark not in (await browser.get(f"{PANEL_PATH}/payments")).text
    refused = await browser.get(f"{PANEL_PATH}/payments/{other.ids['number']}")
    assert refused.status == 404
    joined = await browser.post(f"{path}/team", page=f"{path}?link={links[1]}")
    assert joined.status == 303
    assert (await browser.get(f"{PANEL_PATH}/payments/{other.ids['number']}")).status == 404
    before = dict(browser.cookies)
    account = f"{PANEL_PATH}/account"
    token = re.search(r'name="csrf" value="([^"]+)"', (await browser.get(account)).text)[1]
    fields = {"merchant": str(other.merchant.id), "csrf": token}
    assert (await browser.post(f"{account}/merchant", fields)).status == 303
    assert browser.cookies["vezne_session"] != before["vezne_session"]
    assert (await browser.get(f"{PANEL_PATH}/payments/{other.ids['number']}")).status == 200
    assert (await browser.get(f"{PANEL_PATH}/payments/{own.ids['number']}")).status == 404
    assert (await browser.get(f"{PANEL_PATH}/team")).status == 403
    stale = town.browser()
    stale.cookies.update(before)
    assert (await stale.get(account)).status == 303


async def test_no_act_of_the_panel_names_a_merchant_but_the_change_of_teams():
    """Whose things are meant is the session's affair: no path has a merchant in it."""
    assert not [page for page in POSTS if "merchant" in page.path] or {
        page.path for page in POSTS if "merchant" in page.path
    } == {"/account/merchant"}


def names_of_cards(quarter):
    """What doors and merchant call the stored card and its owner."""
    ids = quarter.ids
    return (
        ids["cardUserKey"],
        ids["cardToken"],
        ids["owner"],
        ids["token"],
        f"owner@{quarter.mark}.example",
        f"{quarter.mark}-customer",
        f"{quarter.mark}-paynet",
        *quarter.card_names,
    )


def keys_of(quarter):
    keys = quarter.caller.keys
    return [
        ("iyzico", keys["iyzico"]["api_key"]),
        ("paywall.public", keys["paywall"]["public_client"]),
        ("paywall.private", keys["paywall"]["private_client"]),
        ("paynet", keys["paynet"]["publishable_key"]),
    ]


async def cursor_of(quarter):
    """A place in the list of the merchant's payments."""
    payment = await quarter.town.house.ports.books.find_payment(
        quarter.merchant.id, int(quarter.ids["number"])
    )
    return f"{payment.created_ms}.{payment.number}"
