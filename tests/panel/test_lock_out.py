"""Whoever guesses has ten tries (PCI DSS v4.0.1 8.3.4), whether or not the member exists."""

import asyncio

import pytest
from msgspec.structs import replace

from fakes.panel_browser import PASSWORD, hidden_fields, open_town
from vezne.core.audit import AuditAction, Origin, begin_origin
from vezne.core.changes import Conflict
from vezne.core.member import ChangeMember, EndSessions
from vezne.panel.entrance import NoEntry
from vezne.panel.pace import Pace
from vezne.panel.passwords import Busy, Passwords
from vezne.panel.second_factor import STEP_S, code_at

EMAIL = "ayse@example.com"


@pytest.fixture
async def town(tmp_path):
    async with open_town(tmp_path / "data") as opened:
        await opened.add_member(EMAIL)
        yield opened


async def guess(town, email, times):
    """Wrong tries from a new address each."""
    statuses = []
    for number in range(times):
        browser = town.browser(address=f"198.51.100.{number}")
        statuses.append((await browser.sign_in(email, "wrong")).status)
    return statuses


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
async def test_after_ten_wrong_tries_nobody_comes_in_for_half_an_hour(town, email):
    """From anywhere, and the answer is the same for an address that nobody has."""
    assert await guess(town, email, 12) == [422] * 10 + [429] * 2
    owner = town.browser(address="203.0.113.1")
    answer = await owner.sign_in(email)
    assert answer.status == 429
    assert "too many wrong tries" in answer.text
    town.clock.pass_minutes(31)
    assert (await owner.sign_in(email)).status == (303 if email == EMAIL else 422)


async def test_an_address_that_tries_many_members_is_locked_out(town):
    """Later than a member, as many may share it. An IPv6 customer's whole network is one."""
    for number in range(50):
        if not number % 20:
            town.clock.pass_minutes(1)
        browser = town.browser(address=f"2001:db8::{number:x}")
        assert (await browser.sign_in(f"member{number}@example.com", "wrong")).status == 422
    reasons = [event.reason for event, _ in town.audit.lines if "minutes" in event.reason]
    assert reasons == ["address, for 30 minutes"]
    town.clock.pass_minutes(1)
    neighbour = town.browser(address="2001:db8::ffff")
    assert "too many wrong tries" in (await neighbour.sign_in(EMAIL)).text
    assert (await town.browser(address="2001:db8:1::1").sign_in(EMAIL)).status == 303
    town.clock.pass_minutes(31)
    assert (await neighbour.sign_in(EMAIL)).status == 303


async def test_of_many_tries_at_once_ten_are_looked_at_and_one_locks(town):
    """Each is counted before it is looked at. Half an hour later the right password is right."""
    pages = [town.browser(address=f"198.51.100.{number}") for number in range(30)]
    answers = await asyncio.gather(*(page.sign_in(EMAIL, "wrong") for page in pages))
    assert sorted(answer.status for answer in answers) == [422] * 10 + [429] * 20
    actions = [event.action for event, _ in town.audit.lines]
    assert actions.count(AuditAction.LOGIN_FAILED) == 10
    assert actions.count(AuditAction.LOCKED_OUT) == 1
    town.clock.pass_minutes(31)
    assert (await town.browser(address="203.0.113.1").sign_in(EMAIL)).status == 303


async def test_whoever_goes_on_trying_makes_nobody_wait_longer(town):
    """Tries of somebody who is locked out are written nowhere."""
    await guess(town, EMAIL, 10)
    engine = town.members.books._engine
    before = await engine.fetch("SELECT * FROM sign_in_tries ORDER BY name")
    lines = len(town.audit.lines)
    for minutes in (5, 10, 14):
        town.clock.pass_minutes(minutes)
        assert (await town.browser(address="203.0.113.9").sign_in(EMAIL, "wrong")).status == 429
    assert await engine.fetch("SELECT * FROM sign_in_tries ORDER BY name") == before
    assert len(town.audit.lines) == lines
    town.clock.pass_minutes(2)
    assert (await town.browser(address="203.0.113.1").sign_in(EMAIL)).status == 303


async def test_the_half_hour_begins_with_the_first_wrong_try(town):
    """Neither later mistakes nor right passwords make it longer."""
    await set_up_factor(town)
    for number in range(9):
        town.clock.pass_minutes(3)
        browser = town.browser(address=f"198.51.100.{number}")
        assert (await browser.sign_in(EMAIL, "wrong")).status == 422
        assert (await browser.sign_in(EMAIL)).status == 303
    town.clock.pass_minutes(7)
    for number in range(5):
        browser = town.browser(address=f"203.0.113.{number}")
        assert (await browser.sign_in(EMAIL, "wrong")).status == 422


async def test_many_tries_a_minute_from_one_place_cost_neither_hash_nor_books(town):
    """They count for no member, and those who come in do not count."""
    for _ in range(3):
        assert (await town.browser().sign_in(EMAIL)).status == 303
    for number in range(30):
        answer = await town.browser().sign_in(f"x{number}@example.com", "wrong")
        assert answer.status == 422
    before = await town.members.books._engine.fetch("SELECT * FROM sign_in_tries ORDER BY name")
    answer = await town.browser().sign_in(EMAIL)
    assert answer.status == 429
    assert "from your network within a minute" in answer.text
    now = await town.members.books._engine.fetch("SELECT * FROM sign_in_tries ORDER BY name")
    assert now == before
    assert (await town.browser(address="203.0.113.1").sign_in(EMAIL)).status == 303
    town.clock.pass_minutes(1)
    assert (await town.browser().sign_in(EMAIL)).status == 303


def test_the_pace_is_counted_in_little_memory():
    """Of too many addresses in a minute the later ones are left to the books."""
    pace = Pace(tries_max=2, addresses_max=1)
    assert [pace.take("a", 0) for _ in range(3)] == [True, True, False]
    pace.give_back("a")
    assert pace.take("a", 59_999)
    assert all(pace.take("b", 0) for _ in range(5))
    pace.give_back("b")
    assert pace.take("b", 60_000)
    assert pace.take("b", 60_000)
    assert not pace.take("b", 60_000)


async def test_who_comes_in_starts_anew(town):
    """Nine mistakes, a success, nine more mistakes."""
    for _ in range(2):
        assert await guess(town, EMAIL, 9) == [422] * 9
        assert (await town.browser(address="203.0.113.1").sign_in(EMAIL)).status == 303
        town.clock.pass_minutes(31)


async def test_tries_far_apart_do_not_count_together(town):
    """A mistake a day is no attack."""
    for number in range(15):
        browser = town.browser(address=f"198.51.100.{number}")
        assert (await browser.sign_in(EMAIL, "wrong")).status == 422
        town.clock.pass_minutes(31)


async def test_failures_and_lock_outs_leave_lines_without_card_numbers(town):
    """PCI DSS v4.0.1 10.2.1.4; what is typed in the wrong place is masked (3.4.1)."""
    await guess(town, EMAIL, 10)
    lines = [event for event, _ in town.audit.lines]
    assert [event.action for event in lines] == [AuditAction.LOGIN_FAILED] * 10 + [
        AuditAction.LOCKED_OUT
    ]
    assert {event.subject for event in lines} == {EMAIL}
    assert {event.merchant_id for event in lines} == {(await town.merchant()).id}
    assert lines[-1].reason == "member, for 30 minutes"
    town.audit.lines.clear()
    begin_origin(Origin(address="203.0.113.1"))
    checked = await town.members.entrance.check_password("5528790000000008", "wrong")
    assert checked is NoEntry.WRONG
    ((event, origin),) = town.audit.lines
    assert "790000" not in event.subject
    rows = await town.members.books._engine.fetch("SELECT name FROM sign_in_tries")
    assert not any(b"790000" in name for (name,) in rows)
    assert origin.caller == ""


async def test_a_hash_with_old_parameters_is_made_anew(town):
    """At the next sign-in, unseen; the password stays."""
    old = Passwords(memory_kib=32, passes=1)
    record = await town.add_member("mehmet@example.com")
    changed = await town.members.accounts.with_password(record, PASSWORD)
    changed = replace(changed, password_hash=await old.hash(PASSWORD))
    await town.members.books.apply([ChangeMember(changed)])
    assert (await town.browser().sign_in("mehmet@example.com")).status == 303
    now = await town.members.books.find_member_named("mehmet@example.com")
    assert "m=64" in now.password_hash
    assert (await town.browser().sign_in("mehmet@example.com")).status == 303


class BusyPasswords(Passwords):
    """Has no time for anybody."""

    async def verify(self, password, stored):
        raise Busy


async def test_a_server_with_too_many_waiting_says_so_and_counts_nothing(town):
    """Hashing is dear on purpose; nobody fills the memory with it."""
    entrance = town.members.entrance
    entrance._passwords = BusyPasswords(memory_kib=64, passes=1)
    for _ in range(12):
        assert (await town.browser().sign_in(EMAIL)).status == 503
    assert await entrance.check_password(EMAIL, "wrong") is NoEntry.BUSY


async def test_passwords_wait_in_a_short_queue():
    """More than so many are turned away at once."""
    passwords = Passwords(memory_kib=64, passes=1, waiting_max=2)
    stored = await passwords.hash(PASSWORD)
    checks = [passwords.verify(PASSWORD, stored) for _ in range(5)]
    results = await asyncio.gather(*checks, return_exceptions=True)
    assert [result is True for result in results].count(True) == 2
    assert sum(isinstance(result, Busy) for result in results) == 3
    assert await passwords.verify("é\ud800", stored) is False
    assert await passwords.verify(PASSWORD, "no hash") is False
    assert await passwords.verify("", "") is False


async def test_a_code_that_two_use_at_once_lets_one_in(town):
    """The books decide: the second meets a conflict."""

    class Contested:
        def __init__(self, books):
            self._books = books

        def __getattr__(self, name):
            return getattr(self._books, name)

        async def apply(self, changes):
            raise Conflict

    codes = await set_up_factor(town)
    browser = town.browser()
    await browser.sign_in(EMAIL)
    path = "/panel/sign-in/code"
    page = await browser.get(path)
    assert page.status == 200
    town.members.entrance._members = Contested(town.members.books)
    answer = await browser.post(path, {"code": codes[0]}, page=path)
    assert answer.status == 422


async def set_up_factor(town):
    """The recovery codes of the member's new second factor."""
    books, accounts = town.members.books, town.members.accounts
    await accounts.begin_factor(await books.find_member_named(EMAIL))
    record = await books.find_member_named(EMAIL)
    secret = await accounts.pending_secret(record)
    step = town.clock.time_ms // 1000 // STEP_S
    codes = await accounts.confirm_factor(record, code_at(secret, step), session_id="")
    assert codes is not None
    return codes


async def test_who_waits_for_a_code_that_nobody_asks_for_any_more_signs_in_anew(town):
    """The second factor was turned off meanwhile, elsewhere."""
    await set_up_factor(town)
    browser, path = town.browser(), "/panel/sign-in/code"
    await browser.sign_in(EMAIL)
    assert (await browser.get(path)).status == 200
    accounts, books = town.members.accounts, town.members.books
    await accounts.drop_factor(await books.find_member_named(EMAIL))
    answer = await browser.post(path, {"code": "000000"}, page=path)
    assert answer.location == "/panel/sign-in"
    assert "Sign in again" in answer.note


async def test_a_session_that_was_ended_before_the_code_came_stays_ended(town):
    """Its row must be there to be renewed."""

    class Ending:
        """Ends what was found, as somebody else might just then."""

        def __init__(self, books):
            self._books = books

        def __getattr__(self, name):
            return getattr(self._books, name)

        async def find_session(self, digest):
            found = await self._books.find_session(digest)
            await self._books.apply([EndSessions(found.member_id)])
            return found

    codes = await set_up_factor(town)
    browser, path = town.browser(), "/panel/sign-in/code"
    await browser.sign_in(EMAIL)
    fields = hidden_fields((await browser.get(path)).text, path)
    sessions = town.members.sessions
    sessions._members = Ending(town.members.books)
    answer = await browser.post(path, fields | {"code": codes[0]})
    assert answer.location == "/panel/sign-in"
    assert "vezne_session" not in browser.cookies
    record = await town.members.books.find_member_named(EMAIL)
    assert await town.members.books.list_sessions(record.id) == []
    actions = [event.action for event, _ in town.audit.lines]
    assert AuditAction.LOGIN_SUCCEEDED not in actions
