"""No other site's page makes a member's browser do anything, and looking changes nothing."""

import json
from urllib.parse import urlencode

import pytest

from fakes.panel_addresses import GETS, POSTS, address, form_for, name_of
from fakes.panel_browser import PASSWORD
from vezne.core.member import Role
from vezne.panel.app import CSRF_FIELD
from vezne.panel.paths import PANEL_PATH

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTS = [page for page in POSTS if page.permission is not None]
FOREIGN = ("cross-site", "same-site")
KINDS = ("application/json", "multipart/form-data; boundary=x", "text/plain", "")
# What these do with the right token, each in a form of its own. The last one signs out.
DONE = {
    "POST /team/invitations": {"email": "third@example.com", "role": "viewer"},
    "POST /cards/{owner}/{token}/delete": {},
    "POST /keys": {"door": "paynet", "known": "5"},
    "POST /payments/{number}/cancel": {},
    "POST /sandbox/clock/advance": {"count": "1", "unit": "days", "offset_ms": "0"},
    "POST /sandbox/faults/{number}/remove": {},
    "POST /team/{member}/role": {},
    "POST /webhooks/{payment}/{version}/replay": {},
    "POST /account/sessions/end-others": {},
    "POST /sign-out": {},
}


@pytest.fixture
def own(town):
    return town.quarters[0]


@pytest.fixture
def other(town):
    return town.quarters[1]


@pytest.mark.parametrize("page", ACTS, ids=name_of)
async def test_an_act_needs_the_token_of_its_own_session(town, own, other, page):
    """None, nobody's, another member's, another session's, or one that stands in the address."""
    second = await own.sign_in(Role.OWNER)
    account = (await second.get(f"{PANEL_PATH}/account")).text
    (csrf,) = {part.partition('"')[0] for part in account.split('name="csrf" value="')[1:]}
    assert csrf != own.csrf[Role.OWNER]
    before = town.state()
    path, fields = PANEL_PATH + address(page, own.ids), form_for(page, own)
    browser = own.browser(Role.OWNER)
    for token in ("", "guess", csrf, own.csrf[Role.OPERATOR], other.csrf[Role.OWNER], "é\0"):
        answer = await browser.post(path, {**fields, CSRF_FIELD: token})
        assert answer.status == 400
    right = own.csrf[Role.OWNER]
    for target in (path, f"{path}?{urlencode({CSRF_FIELD: right})}"):
        assert (await browser.post(target, fields)).status == 400
    # Nor does the other session with this one's.
    assert (await second.post(path, {**fields, CSRF_FIELD: right})).status == 400
    assert town.changed_since(before) == {}


@pytest.mark.parametrize("page", POSTS, ids=name_of)
async def test_no_act_is_taken_from_another_site_or_in_another_form(town, own, page):
    """Though the token is right: nobody but a page of ours sends it so."""
    before = town.state()
    path = PANEL_PATH + address(page, own.ids)
    fields = {**form_for(page, own), CSRF_FIELD: own.csrf[Role.OWNER]}
    browser = own.browser(Role.OWNER)
    for site in FOREIGN:
        answer = await browser.post(path, fields, headers={"sec-fetch-site": site})
        assert answer.status == 400
    for kind in KINDS:
        for body in (json.dumps(fields), urlencode(fields), "x"):
            answer = await browser._send("POST", path, body.encode(), {"content-type": kind})
            assert answer.status == 400
    for body in (b"\xff\xfe", b"a=%ff", b"&".join(b"a=1" for _ in range(300))):
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert (await browser._send("POST", path, body, form)).status == 400
    assert town.changed_since(before) == {}


@pytest.mark.parametrize("page", GETS, ids=name_of)
async def test_looking_changes_nothing(town, own, page):
    """However a page is asked for, with whatever a form would have said."""
    before = town.state()
    path = PANEL_PATH + address(page, own.ids)
    said = urlencode({**form_for(page, own), CSRF_FIELD: own.csrf[Role.OWNER]})
    browser = own.browser(Role.OWNER)
    for method in ("GET", "HEAD"):
        for target in (path, f"{path}?{said}"):
            for headers in ({}, {"x-live": "1"}, {"x-http-method-override": "POST"}):
                answer = await browser._send(method, target, b"", headers)
                assert answer.status < 500
    assert town.changed_since(before) == {}


async def test_nobody_is_signed_in_by_another_site(town, own):
    """The form's own token: without it, or with another browser's, nothing is even looked at."""
    before = town.state()
    fields = {"email": own.email(Role.OWNER), "password": PASSWORD}
    stranger, victim = town.browser(), town.browser()
    await stranger.get(f"{PANEL_PATH}/sign-in")
    assert (await victim.post(f"{PANEL_PATH}/sign-in", fields)).status == 400
    planted = {**fields, "form": stranger.cookies["vezne_form"]}
    await victim.get(f"{PANEL_PATH}/sign-in")
    assert (await victim.post(f"{PANEL_PATH}/sign-in", planted)).status == 400
    join = {"link": own.ids["link"], "new": PASSWORD, "again": PASSWORD}
    assert (await victim.post(f"{PANEL_PATH}/join", join)).status == 400
    code = await victim.post(f"{PANEL_PATH}/sign-in/code", {"code": "000000"})
    assert (code.status, code.location) == (303, f"{PANEL_PATH}/sign-in")
    assert "vezne_session" not in victim.cookies
    assert town.changed_since(before) == {}


async def test_the_only_act_without_a_token_is_the_choice_of_language(town, own):
    """It changes what the browser keeps, and leads nowhere but to the panel."""
    before = town.state()
    browser = town.browser()
    fields = {"language": "tr", "theme": "dark", "back": "https://evil.example/"}
    answer = await browser.post(f"{PANEL_PATH}/preferences", fields)
    assert (answer.status, answer.location) == (303, PANEL_PATH)
    assert town.changed_since(before) == {}


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/panel",
        "/\\evil.example",
        "/panel\\..\\..\\evil",
        "/panel/../evil",
        "/panel//evil.example",
        "/panelled",
        "/panel@evil.example",
        "javascript:alert(1)//panel",
        "\t/panel",
        "/panel\r\nset-cookie: a=b",
        "/panel/%0d%0aset-cookie:a=b",
        "/pa\u200bnel",
        '/panel?"><script>',
    ],
)
async def test_nobody_is_sent_out_of_the_panel(town, own, path):
    """By `next` or `back`, before and after signing in."""
    answer = await own.get(f"/sign-in?{urlencode({'next': path})}")
    browser = town.browser()
    form = await browser.get(f"{PANEL_PATH}/sign-in?{urlencode({'next': path})}")
    assert "evil" not in form.text.partition("<main")[2].partition("</main>")[0]
    signed_in = await browser.sign_in(own.email(Role.VIEWER), next=path)
    chosen = await browser.post(f"{PANEL_PATH}/preferences", {"back": path})
    for each in (answer, signed_in, chosen):
        assert each.status == 303
        assert each.location == PANEL_PATH or each.location.startswith(f"{PANEL_PATH}/")
        assert "set-cookie" not in each.headers or "a=b" not in each.cookies
        assert not {"\r", "\n", "\\"} & set(each.location)


async def test_with_the_right_token_acts_are_done(town, own):
    """What was refused above was refused for the token alone: the same forms change something."""
    pages = {name_of(page): page for page in ACTS}
    for name, fields in DONE.items():
        page, before = pages[name], town.state()
        answer = await own.post(address(page, own.ids), {**form_for(page, own), **fields})
        assert answer.status in {200, 303}, answer.text
        assert town.changed_since(before) != {}, name
    assert (await own.get("/account")).status == 303
