"""Members come in by e-mail address and password, and nobody else does."""

import json
import re

import pytest

from fakes.panel_browser import PASSWORD, open_town
from vezne.core.audit import AuditAction
from vezne.core.member import RemoveMembership, Role
from vezne.panel.pages.sign_in import own_path

EMAIL = "ayse@example.com"


@pytest.fixture
async def town(tmp_path):
    async with open_town(tmp_path / "data") as opened:
        yield opened


async def test_the_demo_member_signs_in_with_what_stands_in_the_sandbox_file(town):
    """E-mail address and password of sandbox.json open the first page."""
    shown = json.loads((town.house.settings.data / "sandbox.json").read_text())["panel"]
    browser = town.browser()
    answer = await browser.sign_in(shown["email"], shown["password"])
    assert (answer.status, answer.location) == (303, "/panel")
    page = await browser.get("/panel")
    assert page.status == 200
    assert shown["email"] in page.text


async def test_a_member_goes_where_they_wanted_to(town):
    """The path they asked for first is where they land."""
    await town.add_member(EMAIL)
    browser = town.browser()
    asked = await browser.get("/panel/account")
    assert asked.location == "/panel/sign-in?next=/panel/account"
    page = await browser.get(asked.location)
    assert 'name="next" value="/panel/account"' in page.text
    answer = await browser.sign_in(EMAIL, next="/panel/account")
    assert answer.location == "/panel/account"
    assert (await browser.get("/panel/sign-in")).location == "/panel"


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(town):
    """Nobody learns from the answer who is a member."""
    await town.add_member(EMAIL)
    answers = []
    for email, password in ((EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("", "\0")):
        browser = town.browser()
        answer = await browser.sign_in(email, password)
        assert answer.status == 422
        assert "vezne_session" not in browser.cookies
        answers.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(set(answers)) == 1
    assert [event.reason for event, _ in town.audit.lines] == ["password"] * 3


async def test_the_address_is_case_folded(town):
    """How it is typed does not matter."""
    await town.add_member("çağla@example.com")
    assert (await town.browser().sign_in(" ÇAĞLA@Example.com ")).status == 303


async def test_what_was_typed_comes_back_escaped_and_the_password_does_not(town):
    """A hostile address is text, nothing else."""
    answer = await town.browser().sign_in('"><script>alert(1)</script>', "secret-typed")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
    assert "secret-typed" not in answer.text


async def test_a_form_of_another_site_signs_nobody_in(town):
    """Login CSRF: without the form's own token nothing is looked at."""
    await town.add_member(EMAIL)
    fields = {"email": EMAIL, "password": PASSWORD}
    browser = town.browser()
    assert (await browser.post("/panel/sign-in", fields)).status == 400
    await browser.get("/panel/sign-in")
    assert (await browser.post("/panel/sign-in", fields | {"form": "guess"})).status == 400
    token = {"form": browser.cookies["vezne_form"]}
    foreign = {"sec-fetch-site": "cross-site"}
    answer = await browser.post("/panel/sign-in", fields | token, headers=foreign)
    assert answer.status == 400
    assert (await browser.post("/panel/sign-in", fields | token)).status == 303


async def test_a_token_that_was_put_into_the_browser_opens_nothing(town):
    """Session fixation: signing in makes a new token, and the old session is over."""
    await town.add_member(EMAIL)
    await town.add_member("mehmet@example.com")
    attacker = town.browser()
    await attacker.sign_in("mehmet@example.com")
    planted = attacker.cookies["vezne_session"]
    victim = town.browser()
    await victim.get("/panel/sign-in")
    victim.cookies["vezne_session"] = planted
    fields = {"email": EMAIL, "password": PASSWORD, "form": victim.cookies["vezne_form"]}
    assert (await victim.post("/panel/sign-in", fields)).status == 303
    assert victim.cookies["vezne_session"] != planted
    assert (await attacker.get("/panel")).status == 303


async def test_the_session_cookie_is_kept_from_scripts_and_other_sites(town):
    """HttpOnly, SameSite, and Secure where there is TLS."""
    await town.add_member(EMAIL)
    plain, tls = town.browser(), town.browser(scheme="https")
    for browser, is_secure in ((plain, False), (tls, True)):
        await browser.sign_in(EMAIL)
        (cookie,) = [text for text in browser.set_cookies if text.startswith("vezne_session=")]
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/panel"} <= parts
        assert ("secure" in parts) is is_secure


async def test_in_live_mode_cookies_are_for_tls_only(tmp_path):
    """Also where the server sees plain HTTP, behind a proxy that it does not know of."""
    async with open_town(tmp_path / "live", is_live=True) as town:
        await town.add_member(EMAIL)
        browser = town.browser()
        await browser.get("/panel/sign-in")
        assert all("secure" in text.lower() for text in browser.set_cookies)
        await browser.sign_in(EMAIL)
        (cookie,) = [text for text in browser.set_cookies if text.startswith("vezne_session=")]
        assert "secure" in cookie.lower()


async def test_people_with_like_addresses_are_two(town):
    """Upper and lower case are one; sharp s and double s are not."""
    await town.add_member("straße@example.com")
    assert (await town.browser().sign_in("STRASSE@example.com")).status == 422
    assert (await town.browser().sign_in("Straße@Example.com")).status == 303


async def test_signing_out_ends_the_session(town):
    """The token is worth nothing afterwards, wherever it was copied to."""
    await town.add_member(EMAIL)
    browser = town.browser()
    await browser.sign_in(EMAIL)
    copied = dict(browser.cookies)
    answer = await browser.post("/panel/sign-out", page="/panel/account")
    assert answer.location == "/panel/sign-in"
    assert "You have signed out." in (await browser.get("/panel/sign-in")).text
    browser.cookies = copied
    assert (await browser.get("/panel")).status == 303


async def test_a_session_ends_when_nobody_is_at_work(town):
    """Idle time counts from the last act; a page that refreshes itself is none."""
    await town.add_member(EMAIL)
    browser = town.browser()
    await browser.sign_in(EMAIL)
    town.clock.pass_minutes(479)
    assert (await browser.get("/panel")).status == 200
    town.clock.pass_minutes(2)
    assert (await browser.get("/panel", {"x-live": "1"})).status == 200
    town.clock.pass_minutes(479)
    assert (await browser.get("/panel", {"x-live": "1"})).status == 401
    assert (await browser.get("/panel")).status == 303


async def test_a_session_ends_after_half_a_day_whoever_is_at_work(town):
    """Twelve hours, and then the password again."""
    await town.add_member(EMAIL)
    browser = town.browser()
    await browser.sign_in(EMAIL)
    for _ in range(2):
        town.clock.pass_minutes(359)
        assert (await browser.get("/panel")).status == 200
    town.clock.pass_minutes(3)
    assert (await browser.get("/panel")).status == 303


async def test_who_is_in_no_team_is_told_so(town):
    """The password is right, and there is nothing to see; whoever was in is out."""
    record = await town.add_member(EMAIL, Role.VIEWER)
    browser = town.browser()
    await browser.sign_in(EMAIL)
    team = await town.merchant()
    await town.members.books.apply([RemoveMembership(record.id, team.id)])
    assert (await browser.get("/panel")).status == 303
    answer = await browser.sign_in(EMAIL)
    assert answer.status == 422
    assert "You are in no merchant&#39;s team." in answer.text


async def test_a_success_leaves_a_line_with_the_member_as_caller(town):
    """PCI DSS v4.0.1 10.2.2: who, and for whom."""
    await town.add_member(EMAIL)
    await town.browser(address="198.51.100.7").sign_in(EMAIL)
    (event, origin), *_ = town.audit.lines
    assert event.action is AuditAction.LOGIN_SUCCEEDED
    assert (origin.caller, origin.address) == (EMAIL, "198.51.100.7")
    assert event.merchant_id == origin.merchant_id == (await town.merchant()).id


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/panel",
        "//evil.example/panel",
        "/panel//evil.example",
        "/panel/../admin",
        "/panel\\@evil.example",
        "/panelx",
        "/panel/\r\nset-cookie:x",
        "/panel/ü",
        "/panel/%2e%2e/x",
        "/panel/%252e%252e/x",
        "/panel/%5c",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_is_sent_away_from_the_panel(path):
    """An address that is not plainly ours leads to the first page."""
    assert own_path(path) == "/panel"


@pytest.mark.parametrize(
    "path",
    [
        "/panel",
        "/panel?x=1",
        "/panel/payments/1",
        "/panel/join?link=a-_",
        "/panel/requests?path=%2F",
    ],
)
def test_paths_of_the_panel_are_kept(path):
    """Those are where somebody wanted to go."""
    assert own_path(path) == path
