"""What members do with their own account: passwords, second factors, sessions, merchants."""

import re
from itertools import pairwise

import pytest

from fakes.panel_browser import PASSWORD, open_town
from vezne.api_keys import fill_keys
from vezne.bootstrap.demo import add_merchant
from vezne.core.audit import AuditAction
from vezne.core.changes import Conflict
from vezne.core.member import (
    AddMembership,
    ChangeMember,
    EndSessions,
    Membership,
    Role,
    TakeSession,
)
from vezne.panel.passwords import Busy, Passwords
from vezne.panel.second_factor import STEP_S, code_at

EMAIL = "ayse@example.com"
NEW = "another 7 good phrase"
ACCOUNT = "/panel/account"
FACTOR = "/panel/account/second-factor"


@pytest.fixture
async def town(tmp_path):
    async with open_town(tmp_path / "data") as opened:
        await opened.add_member(EMAIL)
        yield opened


@pytest.fixture
async def live(tmp_path):
    async with open_town(tmp_path / "data", is_live=True, idle_minutes=15) as opened:
        await opened.add_member(EMAIL)
        yield opened


async def signed_in(town, **at):
    browser = town.browser(**at)
    await browser.sign_in(EMAIL)
    return browser


async def change(browser, **fields):
    form = {"current": PASSWORD, "new": NEW, "again": NEW} | fields
    return await browser.post(f"{ACCOUNT}/password", form, page=ACCOUNT)


async def secret_of(town):
    """The secret that is being set up or in force."""
    record = await town.members.books.find_member_named(EMAIL)
    sealed = record.pending_factor or record.sealed_factor
    return await town.house.vault.secrets.open(sealed, b"member\0" + str(record.id).encode())


async def code_now(town, steps=0):
    return code_at(await secret_of(town), town.clock.time_ms // 1000 // STEP_S + steps)


async def enrolled(town, browser, password=PASSWORD):
    """Sets up the second factor; returns the recovery codes."""
    fields = {"password": password}
    answer = await browser.post(f"{FACTOR}/begin", fields, page=FACTOR)
    assert answer.location == FACTOR, answer.text
    code = {"code": await code_now(town)}
    page = await browser.post(f"{FACTOR}/confirm", code, page=FACTOR)
    assert page.status == 200
    return re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.DOTALL)[1].split()


async def test_the_page_says_who_one_is_in_both_languages(town):
    """E-mail address, merchant, role, this session."""
    browser = await signed_in(town)
    page = await browser.get(ACCOUNT)
    for text in (EMAIL, "Demo", "Owner", "Firefox/140", "192.0.2.1", "This session"):
        assert text in page.text
    browser.cookies["vezne_language"] = "tr"
    assert "Bu oturum" in (await browser.get(ACCOUNT)).text


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(town):
    """PCI DSS v4.0.1 8.3.1: whoever knew the old password is out; the token is a new one."""
    here, elsewhere = await signed_in(town), await signed_in(town)
    before = here.cookies["vezne_session"]
    answer = await change(here)
    assert answer.location == ACCOUNT
    assert here.cookies["vezne_session"] != before
    assert "Your password has changed." in (await here.get(ACCOUNT)).text
    assert (await elsewhere.get("/panel")).status == 303
    assert (await town.browser().sign_in(EMAIL, NEW)).status == 303
    assert (await town.browser().sign_in(EMAIL)).status == 422


NO_GOOD = [
    ({"current": "wrong"}, "The password is wrong."),
    ({"new": "short 1"}, "12 characters or more"),
    ({"new": "x1" * 65}, "128 characters or fewer"),
    ({"new": "no digits in here"}, "letters and digits"),
    ({"new": "aaaaaaaaaaa1"}, "too few different"),
    ({"new": "Password1234!"}, "easily guessed"),
    ({"new": "ayse@example.com1"}, "easily guessed"),
    ({"new": "abcdefgh12345"}, "easily guessed"),
    ({"new": "Galatasaray1905"}, "easily guessed"),
    ({"new": "istanbul-2026!!"}, "easily guessed"),
    ({"new": "xxxxx98765yzwuv"}, "easily guessed"),
    ({"new": PASSWORD}, "used this password before"),
    ({"again": "something else 9"}, "passwords differ"),
]


async def test_a_password_that_is_no_good_is_refused_beside_its_field(town):
    """PCI DSS v4.0.1 8.3.6 and 8.3.7; nothing that was typed comes back."""
    browser = await signed_in(town)
    for fields, error in NO_GOOD:
        answer = await change(browser, **fields)
        assert answer.status == 422
        assert error in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert NEW not in answer.text
    assert (await town.browser().sign_in(EMAIL)).status == 303


async def test_none_of_the_last_four_passwords_comes_back(town):
    """PCI DSS v4.0.1 8.3.7; the fifth before may."""
    browser = await signed_in(town)
    passwords = [PASSWORD, *(f"a good phrase no {number}" for number in range(4))]
    for old, new in pairwise(passwords):
        assert (await change(browser, current=old, new=new, again=new)).status == 303
    assert (await change(browser, current=passwords[4], new=passwords[1])).status == 422
    again = {"current": passwords[4], "new": PASSWORD, "again": PASSWORD}
    assert (await change(browser, **again)).status == 303


async def test_ten_wrong_passwords_inside_a_session_lock_as_well(town):
    """A session that somebody left open is no place to guess."""
    browser = await signed_in(town)
    for _ in range(10):
        assert "The password is wrong." in (await change(browser, current="wrong")).text
    assert "too many wrong tries" in (await change(browser)).text


async def test_sessions_are_listed_and_ended_one_by_one_or_all(town):
    """By a name that betrays no token."""
    here, second, third = [await signed_in(town, address=f"192.0.2.{n}") for n in (1, 2, 3)]
    page = (await here.get(ACCOUNT)).text
    for browser in (here, second, third):
        assert browser.cookies["vezne_session"] not in page
    (path,) = re.findall(r'192\.0\.2\.2.*?action="([^"]*)/end"', page, re.DOTALL)
    await here.post(f"{path}/end", page=ACCOUNT)
    assert (await second.get("/panel")).status == 303
    assert (await third.get("/panel")).status == 200
    await here.post(f"{ACCOUNT}/sessions/end-others", page=ACCOUNT)
    assert (await third.get("/panel")).status == 303
    assert (await here.get("/panel")).status == 200


async def test_nobody_ends_the_session_of_another_member(town):
    """The id is looked up among one's own."""
    await town.add_member("mehmet@example.com")
    mine, other = await signed_in(town), town.browser()
    await other.sign_in("mehmet@example.com")
    record = await town.members.books.find_member_named("mehmet@example.com")
    (session,) = await town.members.sessions.list_open(record.id)
    fields = {"csrf": re.search(r'name="csrf" value="([^"]+)"', (await mine.get(ACCOUNT)).text)[1]}
    await mine.post(f"{ACCOUNT}/sessions/{session.id}/end", fields)
    assert (await other.get("/panel")).status == 200


async def test_a_member_of_two_teams_switches_between_them(town):
    """With the role that they have there, under a new token; and not into a third one."""
    second = await add_merchant(town.house, "Second & Co", fill_keys({}))
    third = await add_merchant(town.house, "Third", fill_keys({}))
    record = await town.members.books.find_member_named(EMAIL)
    joined = Membership(
        member_id=record.id, merchant_id=second.id, role=Role.VIEWER, created_ms=2**41
    )
    await town.members.books.apply([AddMembership(joined)])
    browser = await signed_in(town)
    assert "Third" not in (await browser.get(ACCOUNT)).text
    before = dict(browser.cookies)
    fields = {"merchant": str(second.id)}
    answer = await browser.post(f"{ACCOUNT}/merchant", fields, page=ACCOUNT)
    assert answer.location == "/panel"
    page = (await browser.get(ACCOUNT)).text
    assert "Second &amp; Co" in page
    assert "Viewer" in page
    assert (await browser.get("/panel/team")).status == 403
    for wrong in (str(third.id), "", "x", "9" * 30):
        answer = await browser.post(f"{ACCOUNT}/merchant", {"merchant": wrong}, page=ACCOUNT)
        assert answer.status == 404
    browser.cookies = before
    assert (await browser.get("/panel")).status == 303


async def test_the_second_factor_is_set_up_and_asked_for(town):
    """A picture and a text, a first code, recovery codes; then the code at every sign-in."""
    browser, elsewhere = await signed_in(town), await signed_in(town)
    codes = await enrolled(town, browser)
    assert len(set(codes)) == 10
    assert (await browser.get(FACTOR)).text.count("Recovery codes left: 10") == 1
    assert (await elsewhere.get("/panel")).status == 303
    town.clock.pass_minutes(1)
    other = town.browser()
    answer = await other.sign_in(EMAIL, next="/panel/team")
    assert answer.location == "/panel/sign-in/code?next=%2Fpanel%2Fteam"
    page = await other.get(answer.location)
    assert "Verification code" in page.text
    assert 'name="next" value="/panel/team"' in page.text
    assert "vezne_session" not in other.cookies
    assert (await other.get("/panel")).status == 303
    answer = await give(other, await code_now(town))
    assert answer.location == "/panel"
    assert (await other.get("/panel")).status == 200


async def give(browser, code):
    path = "/panel/sign-in/code"
    return await browser.post(path, {"code": code}, page=path)


async def test_a_code_is_good_once_and_recovery_codes_too(town):
    """RFC 6238 5.2; and none that is too old or too new."""
    codes = await enrolled(town, await signed_in(town))
    town.clock.pass_minutes(1)
    code = await code_now(town)
    for typed, is_good in (
        (code, True),
        (code, False),
        (await code_now(town, -1), False),
        (await code_now(town, 3), False),
        (codes[0].upper().replace("-", " "), True),
        (codes[0], False),
        (codes[1], True),
        ("", False),
        ("\0", False),
    ):
        browser = town.browser(address=f"198.51.100.{len(typed)}")
        await browser.sign_in(EMAIL)
        answer = await give(browser, typed)
        assert (answer.status == 303) is is_good, typed


async def test_wrong_codes_lock_the_member_out(town):
    """A right password in between does not start the count anew."""
    await enrolled(town, await signed_in(town))
    town.clock.pass_minutes(1)
    for number in range(10):
        browser = town.browser(address=f"198.51.100.{number}")
        await browser.sign_in(EMAIL)
        assert (await give(browser, "000000")).status == 422
    last = town.browser(address="203.0.113.9")
    assert (await last.sign_in(EMAIL)).status == 429
    answer = await browser.post(
        "/panel/sign-in/code", {"code": await code_now(town)}, page="/panel/sign-in/code"
    )
    assert answer.status == 429


async def test_between_password_and_code_there_are_five_minutes(town):
    """And the waiting session is good for nothing but the code, by its own form."""
    await enrolled(town, await signed_in(town))
    town.clock.pass_minutes(1)
    browser = town.browser()
    await browser.sign_in(EMAIL)
    waiting = browser.cookies["vezne_code"]
    thief = town.browser()
    thief.cookies["vezne_session"] = waiting
    assert (await thief.get("/panel")).status == 303
    path = "/panel/sign-in/code"
    assert (await browser.post(path, {"code": await code_now(town), "form": "guess"})).status == 400
    town.clock.pass_minutes(6)
    assert (await browser.get(path)).location == "/panel/sign-in"
    assert (await browser.post(path, {"code": await code_now(town)})).location == "/panel/sign-in"


async def test_setting_up_asks_for_the_password_and_the_right_code(town):
    """Somebody at a screen left alone cannot lock the member out."""
    browser = await signed_in(town)
    answer = await browser.post(f"{FACTOR}/begin", {"password": "wrong"}, page=FACTOR)
    assert answer.status == 422
    assert "<svg" not in answer.text
    await browser.post(f"{FACTOR}/begin", {"password": PASSWORD}, page=FACTOR)
    page = await browser.get(FACTOR)
    assert "<svg" in page.text
    wrong = await browser.post(f"{FACTOR}/confirm", {"code": "000000"}, page=FACTOR)
    assert wrong.status == 422
    assert (await town.browser().sign_in(EMAIL)).status == 303


async def test_recovery_codes_are_renewed_and_the_factor_is_dropped_by_password(town):
    """The old codes work no more; without the factor the password is enough."""
    browser = await signed_in(town)
    for act in ("codes", "drop"):
        form = {"password": PASSWORD}
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await browser.get(FACTOR)).text)[1]
        assert (await browser.post(f"{FACTOR}/{act}", form | {"csrf": csrf})).status == 404
    codes = await enrolled(town, browser)
    for act in ("codes", "drop"):
        answer = await browser.post(f"{FACTOR}/{act}", {"password": "wrong"}, page=FACTOR)
        assert answer.status == 422
    town.clock.pass_minutes(1)
    form = {"password": PASSWORD, "code": await code_now(town)}
    page = await browser.post(f"{FACTOR}/codes", form, page=FACTOR)
    assert page.status == 200
    assert codes[0] not in page.text
    new = re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.DOTALL)[1].split()
    other = town.browser()
    await other.sign_in(EMAIL)
    assert (await give(other, codes[0])).status == 422
    answer = await browser.post(f"{FACTOR}/drop", form, page=FACTOR)
    assert answer.status == 422
    assert "used before" in answer.text
    form["code"] = new[0]
    assert (await browser.post(f"{FACTOR}/drop", form, page=FACTOR)).location == FACTOR
    assert (await town.browser().sign_in(EMAIL)).location == "/panel"


@pytest.mark.parametrize("act", ["begin", "codes", "drop"])
async def test_a_password_alone_changes_no_second_factor(town, act):
    """Who has the password and a session left open needs the telephone too; wrong codes count."""
    browser = await signed_in(town)
    await enrolled(town, browser)
    before = await town.members.books.find_member_named(EMAIL)
    town.audit.lines.clear()
    for code in ("", *(["000000"] * 9)):
        form = {"password": PASSWORD, "code": code}
        answer = await browser.post(f"{FACTOR}/{act}", form, page=FACTOR)
        assert answer.status == 422
        assert "The code is wrong" in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert await town.members.books.find_member_named(EMAIL) == before
    assert AuditAction.ADMINISTERED not in {event.action for event, _ in town.audit.lines}
    answer = await browser.post(f"{FACTOR}/{act}", {"password": PASSWORD}, page=FACTOR)
    assert "too many wrong tries" in answer.text


async def test_what_was_not_done_is_not_told_as_done(town):
    """A wrong first code, a change that others came before, a session that is none of ours."""
    browser = await signed_in(town)
    await browser.post(f"{FACTOR}/begin", {"password": PASSWORD}, page=FACTOR)
    town.audit.lines.clear()
    await browser.post(f"{FACTOR}/confirm", {"code": "000000"}, page=FACTOR)
    csrf = {"csrf": re.search(r'name="csrf" value="([^"]+)"', (await browser.get(ACCOUNT)).text)[1]}
    assert (await browser.post(f"{ACCOUNT}/sessions/none/end", csrf)).status == 404
    told = [(event.subject, event.reason, event.is_success) for event, _ in town.audit.lines]
    assert told == [("own second factor", "wrong code", False)]


class Overtaken:
    """Books in which somebody else is always faster with a member."""

    def __init__(self, books):
        self._books = books

    def __getattr__(self, name):
        return getattr(self._books, name)

    async def apply(self, changes):
        if any(isinstance(change, ChangeMember) for change in changes):
            raise Conflict
        await self._books.apply(changes)


async def test_a_change_that_others_came_before_has_a_second_line(town):
    """The first says what was begun, the second that nothing came of it."""
    browser = await signed_in(town)
    codes = await enrolled(town, browser)
    form = {"password": PASSWORD}
    begun = {**form, "code": codes[0]}
    assert (await browser.post(f"{FACTOR}/begin", begun, page=FACTOR)).location == FACTOR
    town.clock.pass_minutes(1)
    accounts = town.members.accounts
    accounts._members = Overtaken(town.members.books)
    town.audit.lines.clear()
    for act, fields in (
        ("second-factor/confirm", {"code": await code_now(town)}),
        ("second-factor/codes", {**form, "code": codes[1]}),
        ("second-factor/drop", {**form, "code": codes[2]}),
        ("second-factor/begin", {**form, "code": codes[3]}),
        ("password", {"current": PASSWORD, "new": NEW, "again": NEW}),
    ):
        page = FACTOR if "factor" in act else ACCOUNT
        fields |= {
            "csrf": re.search(r'name="csrf" value="([^"]+)"', (await browser.get(page)).text)[1]
        }
        answer = await browser.post(f"{ACCOUNT}/{act}", fields)
        assert "changed elsewhere meanwhile" in answer.note, act
    told = [(event.subject, event.is_success) for event, _ in town.audit.lines]
    subjects = ["own second factor", "own recovery codes", *["own second factor"] * 2]
    subjects.append("own password")
    assert told == [(name, is_done) for name in subjects for is_done in (True, False)]


async def test_a_server_too_busy_to_hash_a_new_password_says_so(town):
    """Whether that shows before anything is written down or after."""

    class Patient(Passwords):
        """Runs out of patience after so many."""

        left = 0

        async def _run(self, work):
            self.left -= 1
            if self.left < 0:
                raise Busy
            return await super()._run(work)

    browser = await signed_in(town)
    passwords = Patient(memory_kib=64, passes=1)
    town.members.accounts._passwords = passwords
    town.audit.lines.clear()
    for left, lines in ((0, []), (1, [True, False])):
        passwords.left = left
        answer = await change(browser)
        assert answer.status == 422
        assert "very busy" in answer.text
        assert [event.is_success for event, _ in town.audit.lines] == lines


async def test_working_for_another_merchant_is_no_sign_in(town):
    """A line of its own kind, in the trail of that merchant; wrong tries are not forgotten."""
    second = await add_merchant(town.house, "Second", fill_keys({}))
    record = await town.members.books.find_member_named(EMAIL)
    joined = Membership(
        member_id=record.id, merchant_id=second.id, role=Role.VIEWER, created_ms=2**41
    )
    await town.members.books.apply([AddMembership(joined)])
    browser = await signed_in(town)
    for _ in range(9):
        await change(browser, current="wrong")
    town.audit.lines.clear()
    await browser.post(f"{ACCOUNT}/merchant", {"merchant": str(second.id)}, page=ACCOUNT)
    ((event, origin),) = town.audit.lines
    assert event.action is AuditAction.ADMINISTERED
    assert event.merchant_id == origin.merchant_id == second.id
    assert event.subject == f"member {EMAIL}"
    assert "The password is wrong." in (await change(browser, current="wrong")).text
    assert "too many wrong tries" in (await change(browser)).text


async def test_a_session_that_is_ended_during_a_change_stays_ended(town):
    """The member has to sign in anew, with what was changed."""

    class Ending:
        """Ends every session before one is to be renewed."""

        def __init__(self, books, *, is_found):
            self._books = books
            self._is_found = is_found

        def __getattr__(self, name):
            return getattr(self._books, name)

        async def apply(self, changes):
            if self._is_found or not isinstance(changes[0], TakeSession):
                member_id = (await self._books.find_member_named(EMAIL)).id
                await self._books.apply([EndSessions(member_id)])
            await self._books.apply(changes)

    books, sessions = town.members.books, town.members.sessions
    for old, new, is_found in ((PASSWORD, NEW, True), (NEW, PASSWORD + "x", False)):
        browser = town.browser()
        await browser.sign_in(EMAIL, old)
        holder = sessions if is_found else town.members.accounts
        holder._members = Ending(books, is_found=is_found)
        answer = await change(browser, current=old, new=new, again=new)
        assert answer.location == "/panel/sign-in"
        assert "Sign in again" in answer.note
        assert (await browser.get("/panel")).status == 303
        holder._members = books
        assert (await town.browser().sign_in(EMAIL, new)).status == 303


async def test_in_live_mode_nothing_is_open_without_a_second_factor(live):
    """PCI DSS v4.0.1 8.4.2: everything leads to setting it up, and it stays."""
    browser = await signed_in(live)
    assert (await browser.get("/panel")).location == FACTOR
    page = await browser.get(FACTOR)
    assert "Set up two-step verification to go on." in page.text
    assert (await browser.post(f"{FACTOR}/begin", page=FACTOR)).location == FACTOR
    answer = await browser.post(f"{FACTOR}/confirm", {"code": await code_now(live)}, page=FACTOR)
    assert answer.status == 200
    assert (await browser.get("/panel")).status == 200
    assert "/drop" not in (await browser.get(FACTOR)).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', (await browser.get(FACTOR)).text)[1]
    drop = {"password": PASSWORD, "csrf": csrf}
    assert (await browser.post(f"{FACTOR}/drop", drop)).status == 404


async def test_in_live_mode_a_session_ends_after_fifteen_idle_minutes(live):
    """PCI DSS v4.0.1 8.2.8."""
    browser = await signed_in(live)
    live.clock.pass_minutes(14)
    assert (await browser.get(ACCOUNT)).status == 200
    live.clock.pass_minutes(16)
    assert (await browser.get(ACCOUNT)).status == 303


async def test_language_and_appearance_are_kept_for_everybody(town):
    """And lead back to pages of the panel only."""
    browser = town.browser()
    fields = {"language": "tr", "theme": "dark", "back": "/panel/sign-in"}
    answer = await browser.post("/panel/preferences", fields)
    assert answer.location == "/panel/sign-in"
    page = (await browser.get("/panel/sign-in")).text
    assert 'lang="tr" data-theme="dark"' in page
    away = {"language": "xx", "theme": "auto", "back": "https://evil.example/"}
    assert (await browser.post("/panel/preferences", away)).location == "/panel"
    assert "data-theme" not in (await browser.get("/panel/sign-in")).text
    page = (await browser.get("/panel/sign-in?next=/panel/team")).text
    assert 'name="back" value="/panel/sign-in?next=/panel/team"' in page
