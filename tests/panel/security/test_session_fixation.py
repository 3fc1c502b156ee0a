"""Sessions: nobody chooses another's token, and what is over is over at once, everywhere."""

import hashlib
import re
import sqlite3
from contextlib import closing

import pytest

from fakes.panel_browser import MINUTE_MS, PASSWORD, open_town
from vezne.core.member import ChangeRole, RemoveMembership, Role
from vezne.panel import second_factor
from vezne.panel.paths import PANEL_PATH
from vezne.panel.sessions import LIFE_MS

EMAIL = "ayse@example.com"
MATE = "mehmet@example.com"
NEW = "another 7 good phrase"
ACCOUNT = f"{PANEL_PATH}/account"
FACTOR = f"{ACCOUNT}/second-factor"
SESSION = "vezne_session"


@pytest.fixture
async def town(tmp_path):
    async with open_town(tmp_path / "data", idle_minutes=15) as opened:
        await opened.add_member(EMAIL)
        await opened.add_member(MATE, Role.DEVELOPER)
        yield opened


async def signed_in(town, email=EMAIL):
    browser = town.browser()
    assert (await browser.sign_in(email)).status == 303
    return browser


async def is_in(browser, path=PANEL_PATH):
    """Whether a browser's session is worth anything."""
    return (await browser.get(path)).status == 200


def with_token(town, token, name=SESSION):
    """A browser that somebody has put a token into."""
    browser = town.browser()
    browser.cookies[name] = token
    return browser


async def csrf_of(browser):
    return re.search(r'name="csrf" value="([^"]+)"', (await browser.get(ACCOUNT)).text)[1]


async def with_factor(town, browser):
    """The secret of a second factor that the browser's member has set up just now."""
    await browser.post(f"{FACTOR}/begin", {"password": PASSWORD}, page=FACTOR)
    record = await town.members.books.find_member_named(EMAIL)
    secret = await town.members.accounts.pending_secret(record)
    answer = await browser.post(f"{FACTOR}/confirm", {"code": code_of(town, secret)}, page=FACTOR)
    assert answer.status == 200, answer.text
    return secret


def code_of(town, secret):
    return second_factor.code_at(secret, town.clock.now_ms() // 30_000)


@pytest.mark.parametrize("planted", ["chosen", "A" * 43, "é", "", "0" * 5000])
async def test_a_planted_token_is_never_a_session(town, planted):
    """Whatever an attacker puts into the browser before, the session after it is another."""
    victim = with_token(town, planted)
    assert not await is_in(victim)
    assert (await victim.sign_in(EMAIL)).status == 303
    token = victim.cookies[SESSION]
    assert token != planted
    assert await is_in(victim)
    assert not await is_in(with_token(town, planted))


async def test_the_attackers_own_session_is_not_the_victims(town):
    """It is over as soon as the victim signs in with it, for its owner too."""
    attacker = await signed_in(town, MATE)
    victim = town.browser()
    await victim.get(f"{PANEL_PATH}/sign-in")
    victim.cookies[SESSION] = attacker.cookies[SESSION]
    fields = {"email": EMAIL, "password": PASSWORD, "form": victim.cookies["vezne_form"]}
    assert (await victim.post(f"{PANEL_PATH}/sign-in", fields)).status == 303
    assert victim.cookies[SESSION] != attacker.cookies[SESSION]
    assert EMAIL in (await victim.get(ACCOUNT)).text
    assert not await is_in(attacker)


async def test_the_second_factor_makes_another_session_of_it(town):
    """Neither the token between password and code, nor a planted one, is worth anything after."""
    browser = await signed_in(town)
    before = browser.cookies[SESSION]
    secret = await with_factor(town, browser)
    assert browser.cookies[SESSION] != before
    assert not await is_in(with_token(town, before))
    town.clock.pass_minutes(1)

    victim = with_token(town, "planted", "vezne_code")
    answer = await victim.sign_in(EMAIL)
    assert (answer.status, answer.location.partition("?")[0]) == (303, f"{PANEL_PATH}/sign-in/code")
    waiting = victim.cookies["vezne_code"]
    assert waiting != "planted"
    # The password alone is no session, under either name.
    assert not await is_in(with_token(town, waiting))
    assert not await is_in(with_token(town, waiting, "vezne_code"))
    path = f"{PANEL_PATH}/sign-in/code"
    answer = await victim.post(path, {"code": code_of(town, secret)}, page=path)
    assert answer.status == 303
    assert victim.cookies[SESSION] != waiting
    assert "vezne_code" not in victim.cookies
    assert await is_in(victim)
    assert not await is_in(with_token(town, waiting))
    again = with_token(town, waiting, "vezne_code")
    assert (await again.get(path)).location == f"{PANEL_PATH}/sign-in"


async def test_a_waiting_session_is_for_its_own_member_and_not_for_long(town):
    """Another member's code opens nothing, and after five minutes neither does the right one."""
    secret = await with_factor(town, await signed_in(town))
    town.clock.pass_minutes(1)
    browser, path = town.browser(), f"{PANEL_PATH}/sign-in/code"
    await browser.sign_in(EMAIL)
    wrong = await browser.post(path, {"code": "000000"}, page=path)
    assert wrong.status == 422
    town.clock.pass_minutes(5.1)
    late = await browser.post(path, {"code": code_of(town, secret)})
    assert (late.status, late.location) == (303, f"{PANEL_PATH}/sign-in")
    assert SESSION not in browser.cookies


async def test_a_new_password_makes_another_session_and_ends_the_rest(town):
    """Whoever knew the old password, or the old token, is out."""
    browser, elsewhere = await signed_in(town), await signed_in(town)
    before, csrf = browser.cookies[SESSION], await csrf_of(browser)
    fields = {"current": PASSWORD, "new": NEW, "again": NEW}
    answer = await browser.post(f"{ACCOUNT}/password", fields, page=ACCOUNT)
    assert answer.status == 303
    assert browser.cookies[SESSION] != before
    assert await csrf_of(browser) != csrf
    assert await is_in(browser)
    assert not await is_in(elsewhere)
    assert not await is_in(with_token(town, before))
    assert (await town.browser().sign_in(EMAIL)).status == 422


async def test_signing_out_ends_the_session_and_not_only_the_cookie(town):
    """A copy of the cookie is worth nothing; the member's other browsers go on."""
    browser, other = await signed_in(town), await signed_in(town)
    copy = with_token(town, browser.cookies[SESSION])
    assert await is_in(copy)
    assert (await browser.post(f"{PANEL_PATH}/sign-out", page=PANEL_PATH)).status == 303
    assert SESSION not in browser.cookies
    assert not await is_in(copy)
    assert await is_in(other)


async def test_a_session_ends_by_itself(town):
    """Idle for fifteen minutes, or after twelve hours of work; a page left open is no work."""
    idle, busy, shown = [await signed_in(town) for _ in range(3)]
    for _ in range(2):
        town.clock.pass_minutes(7)
        assert await is_in(busy)
        assert (await shown.get(PANEL_PATH, {"x-live": "1"})).status == 200
    town.clock.pass_minutes(2)
    assert await is_in(busy)
    assert not await is_in(idle)
    assert (await shown.get(PANEL_PATH, {"x-live": "1"})).status == 401
    for _ in range((LIFE_MS // MINUTE_MS - 16) // 10):
        town.clock.pass_minutes(10)
        assert await is_in(busy)
    town.clock.pass_minutes(10)
    assert not await is_in(busy)


async def test_who_is_removed_is_out_at_once(town):
    """In every open session; by the panel's form as well as by the books alone."""
    owner, mate, elsewhere = await signed_in(town), await signed_in(town, MATE), town.browser()
    await elsewhere.sign_in(MATE)
    record = await town.members.books.find_member_named(MATE)
    path = f"{PANEL_PATH}/team/{record.id}/remove"
    assert (await owner.post(path, page=path)).status == 303
    assert not await is_in(mate)
    assert not await is_in(elsewhere)
    assert (await town.browser().sign_in(MATE)).status == 422
    own = await town.members.books.find_member_named(EMAIL)
    another = await town.add_member("third@example.com")
    assert another.id != own.id
    merchant = await town.merchant()
    await town.members.books.apply([RemoveMembership(own.id, merchant.id)])
    assert not await is_in(owner)


async def test_who_is_demoted_may_less_at_once(town):
    """The session that was open with the old role is over; the books alone count as well."""
    owner, mate = await signed_in(town), await signed_in(town, MATE)
    keys = f"{PANEL_PATH}/keys"
    assert await is_in(mate, keys)
    record = await town.members.books.find_member_named(MATE)
    path = f"{PANEL_PATH}/team"
    fields = {"role": "viewer", "was": "developer", "csrf": await csrf_of(owner)}
    assert (await owner.post(f"{path}/{record.id}/role", fields)).status == 303
    assert not await is_in(mate)
    await mate.sign_in(MATE)
    assert (await mate.get(keys)).status == 403
    merchant = await town.merchant()
    change = ChangeRole(record.id, merchant.id, Role.DEVELOPER, Role.VIEWER)
    await town.members.books.apply([change])
    assert await is_in(mate, keys)
    change = ChangeRole(record.id, merchant.id, Role.VIEWER, Role.DEVELOPER)
    await town.members.books.apply([change])
    assert (await mate.get(keys)).status == 403


async def test_whoever_reads_the_books_has_no_session(town):
    """Of tokens there are digests only, and those open nothing; passwords are hashes."""
    browser = await signed_in(town)
    token = browser.cookies[SESSION]
    digest = hashlib.sha256(token.encode()).digest()
    with closing(sqlite3.connect(town.house.settings.data / "books.db")) as database:
        dump = "\n".join(database.iterdump())
    assert digest.hex().lower() in dump.lower()
    assert token not in dump
    assert token.encode().hex() not in dump.lower()
    assert PASSWORD not in dump
    assert PASSWORD.encode().hex() not in dump.lower()
    for text in (digest.hex(), digest.decode("latin-1")):
        assert not await is_in(with_token(town, text.encode("ascii", "ignore").decode()))


async def test_tokens_are_long_and_never_the_same(town):
    """256 bits each, and none twice; the form's token is another one."""
    tokens = set()
    for _ in range(8):
        browser = await signed_in(town)
        token = browser.cookies[SESSION]
        assert re.fullmatch(r"[\w-]{43}", token)
        csrf = await csrf_of(browser)
        assert re.fullmatch(r"[\w-]{43}", csrf)
        assert csrf != token
        tokens |= {token, csrf}
    assert len(tokens) == 16
