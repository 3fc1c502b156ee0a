"""What every answer of the panel has: no framing, no sniffing, no storing, no foreign scripts."""

import msgspec
import pytest

from fakes.panel import Answer
from fakes.panel_addresses import GETS, POSTS, address, name_of
from vezne.core.member import Role
from vezne.edge.asgi import site_from
from vezne.edge.sites import Incoming, lone_site
from vezne.panel.app import PAGES, panel_app
from vezne.panel.paths import PANEL_PATH

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATIC = ("panel.css", "panel.js", "export.js", "shop.js", "logo.svg")
# The only page with scripts that are not ours is kept in an origin of its own.
BANK_PAGE = "/shop/orders/{name}/bank"


@pytest.fixture
def own(town):
    return town.quarters[0]


def policy_of(answer):
    """The content policy, by directive."""
    parts = answer.headers["content-security-policy"].split(";")
    return {part.split()[0]: part.split()[1:] for part in parts if part.strip()}


def assert_dressed(answer, *, is_secure=False, is_stored=False):
    """Everything but the policy's sources, which is the page's own."""
    assert policy_of(answer)["frame-ancestors"] == ["'none'"]
    assert policy_of(answer)["default-src"] == ["'none'"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    stored = answer.headers["cache-control"]
    assert stored == ("max-age=3600" if is_stored else "no-store")
    assert not (is_stored and answer.cookies)
    if answer.text:
        assert "charset=utf-8" in answer.headers["content-type"] or "svg" in str(answer.headers)
    for cookie in answer.cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "path=/panel", "samesite=lax"} <= parts, cookie
        assert ("secure" in parts) is is_secure, cookie
        assert not any(part.startswith("domain") for part in parts)


def assert_strict(answer):
    """Nothing runs but our own files, and forms go to us."""
    policy = policy_of(answer)
    assert set(policy) == {
        "default-src",
        "style-src",
        "script-src",
        "img-src",
        "connect-src",
        "form-action",
        "frame-ancestors",
        "base-uri",
    }
    allowed = {source for sources in policy.values() for source in sources}
    assert allowed == {"'none'", "'self'", "data:"}
    assert policy["img-src"] == ["'self'", "data:"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["script-src"] == policy["form-action"] == policy["style-src"] == ["'self'"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "payment=()" in answer.headers["permissions-policy"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
async def test_every_answer_is_dressed(own, page):
    """Whoever asks and whatever comes of it: page, live part, redirect, refusal, mistake."""
    path = PANEL_PATH + address(page, own.ids)
    answers = []
    for role in (None, Role.VIEWER, Role.OWNER):
        browser = own.browser(role)
        answers.append(await browser._send(page.method, path, b"", {}))
        answers.append(await browser._send(page.method, path, b"", {"x-live": "1"}))
        answers.append(await browser._send(page.method, f"{path}/x/y", b"a=%ff", {}))
    if page.method == "GET":
        answers.append(await own.browser(Role.OWNER)._send("HEAD", path, b"", {}))
    else:
        answers.append(await own.browser(Role.OWNER).post(path, {}))
    for answer in answers:
        assert_dressed(answer)
        if not (page.path == BANK_PAGE and answer.status == 200):
            assert_strict(answer)


async def test_the_page_that_leads_to_the_bank_is_shut_in(own):
    """The door's page has a script; it has neither our origin nor our window, and no other page."""
    (page,) = [each for each in PAGES if each.path == BANK_PAGE]
    answer = await own.get(address(page, own.ids))
    assert answer.status == 200
    policy = policy_of(answer)
    assert policy["sandbox"] == ["allow-forms", "allow-scripts"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "connect-src" not in policy
    assert_dressed(answer)
    others = [each.path for each in GETS if each is not page]
    for path in others:
        assert "unsafe" not in str((await own.get(path)).headers)


async def test_files_and_unknown_addresses_are_dressed_too(own):
    """Static files may be kept, mistakes may not; nobody climbs out of the folder."""
    for name in STATIC:
        answer = await own.get(f"/static/{name}", None)
        assert answer.status == 200
        assert_dressed(answer, is_stored=True)
        assert_strict(answer)
    for path in (
        "/",
        "/no-such-page",
        "/static/",
        "/static/no.css",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/../app.py",
        "/payments/",
        "/payments/1e3",
        "/payments/" + "9" * 40,
        "/payments/%00",
        "/payments/%ff%fe",
        "/cards/%27%22%3Cscript%3E",
        "/requests/-1",
        "/<script>alert(1)</script>",
        "/account?x=%0d%0aset-cookie:a=b",
    ):
        for role in (None, Role.OWNER):
            answer = await own.get(path, role)
            assert answer.status in {200, 303, 404, 405}, path
            assert_dressed(answer)
            assert_strict(answer)
            assert "<script>alert" not in answer.text
            assert "def panel_app" not in answer.text


async def test_a_fault_of_ours_is_dressed_and_says_nothing(town, own):
    """Neither the words of the exception nor a trace of it."""

    class Broken:
        async def find_page(self, *_: object) -> None:
            raise RuntimeError("the secret of the house")

    broken = msgspec.structs.replace(town.desk, search=Broken())
    browser = town.browser(desk=broken)
    browser.cookies.update(own.sessions[Role.OWNER])
    answer = await browser.get(f"{PANEL_PATH}/payments")
    assert answer.status == 500
    assert_dressed(answer)
    assert_strict(answer)
    for word in ("secret", "RuntimeError", "Traceback", "File "):
        assert word not in answer.text


async def test_what_is_too_large_is_refused_undressed_pages_or_not(town):
    """The application never sees it; what answers for it has the headers that matter."""
    site = site_from(panel_app(town.desk))
    answer = Answer(await site(Incoming("POST", "http", f"{PANEL_PATH}/sign-in", {}, None)))
    assert answer.status == 413
    assert_dressed(answer)


async def test_a_listener_of_the_panels_own_sends_everything_there(town):
    """And shows nobody else's pages."""
    handle = lone_site(PANEL_PATH, site_from(panel_app(town.desk)), town.house.audit)
    moved = Answer(await handle(Incoming("GET", "http", "/", {}, b"")))
    assert (moved.status, moved.location) == (302, PANEL_PATH)
    unknown = Answer(await handle(Incoming("GET", "http", "/payment/auth", {}, b"")))
    assert unknown.status == 404
    assert policy_of(unknown)["default-src"] == ["'none'"]


async def test_every_cookie_is_secure_where_the_panel_is(town, own):
    """Under https, or behind a proxy whose address is: the way back of every act as well."""
    behind = msgspec.structs.replace(town.desk, public_url="https://pay.example")
    for browser in (
        town.browser(scheme="https"),
        town.browser(desk=behind),
    ):
        page = f"{PANEL_PATH}/sign-in"
        seen = [await browser.get(page), await browser.sign_in(own.email(Role.VIEWER))]
        account = f"{PANEL_PATH}/account"
        seen.append(await browser.post(f"{PANEL_PATH}/preferences", {"theme": "dark"}))
        seen.append(await browser.post(f"{PANEL_PATH}/preferences", {"theme": "auto"}))
        seen.append(await browser.post(f"{account}/sessions/end-others", page=account))
        seen.append(await browser.get(account))
        seen.append(await browser.post(f"{PANEL_PATH}/sign-out", page=account))
        seen.append(await browser.get(page))
        names = {cookie.partition("=")[0] for answer in seen for cookie in answer.cookies}
        assert {"vezne_session", "vezne_form", "vezne_theme", "vezne_note"} <= names
        for answer in seen:
            assert_dressed(answer, is_secure=True)


async def test_a_csv_is_a_file_and_no_page(own):
    """With a name of ours, whatever the merchant is called."""
    began = await own.post("/payments/export", {})
    query = began.location.partition("?")[2]
    answer = await own.get(f"/payments/export/part?{query}")
    assert answer.status == 200
    assert_dressed(answer)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="payments-')
    assert own.mark not in disposition


async def test_no_page_is_left_out(own):
    """What these tests are made of is what is served."""
    assert len(GETS) + len(POSTS) == len(PAGES)
