"""Owners look after their merchant's team, by links that they hand out themselves."""

import asyncio
import re

import pytest
from msgspec.structs import replace

from fakes.panel_browser import PASSWORD, hidden_fields, open_town
from vezne.api_keys import fill_keys
from vezne.bootstrap.demo import add_merchant
from vezne.core.changes import Conflict
from vezne.core.member import AddMembership, Membership, Role
from vezne.panel.links import NoEmail, checked_email
from vezne.panel.second_factor import STEP_S, code_at

OWNER = "ayse@example.com"
MATE = "mehmet@example.com"
NEW = "another 7 good phrase"
TEAM = "/panel/team"


@pytest.fixture
async def town(tmp_path):
    async with open_town(tmp_path / "data") as opened:
        await opened.add_member(OWNER)
        yield opened


async def signed_in(town, email=OWNER, **at):
    browser = town.browser(**at)
    assert (await browser.sign_in(email)).status == 303
    return browser


async def csrf_of(browser):
    return re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/panel/account")).text)[1]


async def invited(browser, email=MATE, role="developer"):
    """The path of a new invitation's link."""
    fields = {"email": email, "role": role}
    page = await browser.post(f"{TEAM}/invitations", fields, page=TEAM)
    assert page.status == 200, page.text
    return re.search(r"<code>http://127\.0\.0\.1:8080(/panel/join\?link=[\w-]+)</code>", page.text)[
        1
    ]


async def use(browser, path, new=NEW, again=NEW):
    return await browser.post("/panel/join", {"new": new, "again": again}, page=path)


async def test_an_invitation_makes_a_member_who_is_in_at_once(town):
    """The link is shown once, works once, and is stored as a digest."""
    owner, guest = await signed_in(town), town.browser()
    path = await invited(owner)
    page = (await owner.get(TEAM)).text
    assert MATE in page
    assert path.partition("=")[2] not in page
    form = await guest.get(path)
    assert "Join the team of Demo" in form.text
    assert "Developer" in form.text
    answer = await use(guest, path)
    assert answer.location == "/panel"
    assert (await guest.get("/panel")).status == 200
    assert (await guest.get(TEAM)).status == 403
    assert (await town.browser().get(path)).status == 404
    assert (await town.browser().sign_in(MATE, NEW)).status == 303
    assert "Developer" in (await owner.get(TEAM)).text
    events = [(event.subject, event.reason) for event, _ in town.audit.lines]
    assert (f"member {MATE}", "invited as developer") in events
    assert (f"member {MATE}", f"joined as developer, by a link of {OWNER}") in events


async def test_guests_who_join_at_once_all_get_in_and_a_link_lets_in_one(town):
    """However they meet in the books."""
    owner = await signed_in(town)
    paths = [await invited(owner, f"guest{number}@example.com") for number in range(4)]
    guests = [(town.browser(), path) for path in [*paths, paths[0]]]
    answers = await asyncio.gather(*(use(guest, path) for guest, path in guests))
    assert sum(answer.location == "/panel" for answer in answers) == 4
    team = await town.members.books.list_team((await town.merchant()).id)
    assert len({mate.member.id for mate in team}) == 6


async def test_a_weak_password_joins_nobody_and_keeps_the_link(town):
    """The form comes back with what is wrong."""
    guest = town.browser()
    path = await invited(await signed_in(town))
    for new, again, error in (
        ("short 1", "short 1", "12 characters or more"),
        ("mehmet@example.com 1", "", "easily guessed"),
        (NEW, "x", "passwords differ"),
    ):
        answer = await use(guest, path, new, again)
        assert answer.status == 422
        assert error in answer.text
    assert (await use(guest, path)).status == 303


async def test_a_link_is_over_after_72_hours_or_when_it_is_withdrawn(town):
    """Or when a new one takes its place."""
    owner = await signed_in(town)
    old = await invited(owner)
    new = await invited(owner)
    assert (await town.browser().get(old)).status == 404
    page = (await owner.get(TEAM)).text
    (act,) = re.findall(r'action="(/panel/team/invitations/\w+/withdraw)"', page)
    assert (await owner.post(act, page=TEAM)).location == TEAM
    assert (await town.browser().get(new)).status == 404
    fields = {"csrf": await csrf_of(owner)}
    assert (await owner.post(act, fields)).status == 404
    late = await invited(owner)
    guest = town.browser()
    await guest.get(late)
    town.clock.pass_minutes(72 * 60)
    assert (await use(guest, late)).status in {400, 404}
    assert (await town.browser().get(late)).status == 404


async def test_a_known_address_joins_by_signing_in(town):
    """No second password, and nobody else can take the invitation."""
    second = await add_merchant(town.house, "Second", fill_keys({}))
    await town.add_member(MATE, Role.VIEWER, merchant=second)
    owner = await signed_in(town)
    path = await invited(owner)
    guest = town.browser()
    page = await guest.get(path)
    assert "has an account already" in page.text
    assert 'name="new"' not in page.text
    sign_in = re.search(r'href="(/panel/sign-in\?next=[^"]+)"', page.text)[1]
    form = await guest.get(sign_in)
    assert f'name="next" value="{path}"' in form.text
    await guest.sign_in(MATE, next=path)
    assert "You are signed in as" in (await owner.get(path)).text
    link = path.partition("=")[2]
    stolen = {"link": link, "csrf": await csrf_of(owner)}
    assert (await owner.post("/panel/join/team", stolen)).status == 404
    answer = await guest.post("/panel/join/team", page=path)
    assert answer.location == "/panel/account"
    assert "Demo" in (await guest.get("/panel/account")).text
    fields = {"link": link, "csrf": await csrf_of(guest)}
    assert (await guest.post("/panel/join/team", fields)).status == 404
    token = await town.members.links.invite(MATE, (await town.merchant()).id, Role.OWNER, OWNER)
    answer = await guest.post("/panel/join/team", fields | {"link": token})
    assert answer.location == "/panel"
    assert (await use(town.browser(), f"/panel/join?link={token}")).status in {400, 404}


async def test_who_was_removed_comes_back_by_an_invitation(town):
    """With the old password, and the second factor if there is one, into that team alone."""
    mate = await town.add_member(MATE, Role.OPERATOR)
    await town.add_member("zeynep@example.com", Role.VIEWER)
    owner = await signed_in(town)
    act = f"{TEAM}/{mate.id}/remove"
    await owner.post(act, page=act)
    guest = town.browser()
    assert (await guest.sign_in(MATE)).status == 422
    others = await invited(owner, "guest@example.com")
    assert (await guest.sign_in(MATE, next=others)).status == 422
    path = await invited(owner)
    assert (await guest.sign_in(MATE, next=path)).location == "/panel"
    assert "Developer" in (await guest.get("/panel/account")).text
    await owner.post(act, page=act)
    await set_up_factor(town, mate.id)
    path = await invited(owner)
    answer = await guest.sign_in(MATE, next=path)
    assert (await guest.get("/panel")).status == 303
    code = "/panel/sign-in/code"
    secret = await factor_of(town, mate.id)
    town.clock.pass_minutes(1)
    fields = {"code": code_at(secret, town.clock.time_ms // 1000 // STEP_S)}
    answer = await guest.post(
        code, fields | hidden_fields((await guest.get(answer.location)).text, code)
    )
    assert answer.location == "/panel"
    assert (await guest.get("/panel")).status == 200


async def factor_of(town, member_id):
    record = await town.members.books.find_member(member_id)
    sealed = replace(record, pending_factor=record.pending_factor or record.sealed_factor)
    return await town.members.accounts.pending_secret(sealed)


async def set_up_factor(town, member_id):
    accounts = town.members.accounts
    await accounts.begin_factor(await town.members.books.find_member(member_id))
    step = town.clock.time_ms // 1000 // STEP_S
    code = code_at(await factor_of(town, member_id), step)
    record = await town.members.books.find_member(member_id)
    assert await accounts.confirm_factor(record, code, session_id="")


async def test_a_new_password_for_a_known_address_is_not_taken_from_an_invitation(town):
    """A form made by hand changes nothing."""
    await town.add_member(MATE)
    team = await town.merchant()
    token = await town.members.links.invite(MATE, team.id, Role.OWNER, OWNER)
    browser = town.browser()
    await browser.get("/panel/sign-in")
    fields = {"link": token, "new": NEW, "again": NEW, "form": browser.cookies["vezne_form"]}
    answer = await browser.post("/panel/join", fields)
    assert "has an account already" in answer.text
    assert (await town.browser().sign_in(MATE, NEW)).status == 422


async def test_a_form_of_another_site_joins_nobody(town):
    """Login CSRF: the form needs the token of the browser that it is in."""
    path = await invited(await signed_in(town))
    fields = {"link": path.partition("=")[2], "new": NEW, "again": NEW}
    assert (await town.browser().post("/panel/join", fields)).status == 400


async def test_what_is_no_address_is_not_invited(town):
    """Nor is a card number, which does not come back either."""
    owner = await signed_in(town)
    for email in ("", "nobody", "a\0b@example.com", "x@y"):
        fields = {"email": email, "role": "viewer"}
        answer = await owner.post(f"{TEAM}/invitations", fields, page=TEAM)
        assert answer.status == 422
        assert "no e-mail address" in answer.text
    fields = {"email": "5528790000000008@x.com", "role": "viewer"}
    answer = await owner.post(f"{TEAM}/invitations", fields, page=TEAM)
    assert answer.status in {400, 422}
    assert "5528790000000008" not in answer.text
    with pytest.raises(NoEmail):
        checked_email(fields["email"])


async def test_members_of_the_team_are_not_invited_again_and_roles_are_known(town):
    """Bad input is said, never a fault."""
    owner = await signed_in(town)
    fields = {"email": f" {OWNER.upper()} ", "role": "viewer"}
    answer = await owner.post(f"{TEAM}/invitations", fields, page=TEAM)
    assert "in the team already" in answer.text
    fields = {"email": MATE, "role": "king"}
    assert (await owner.post(f"{TEAM}/invitations", fields, page=TEAM)).status == 400
    hostile = {"email": '"><script>', "role": "viewer"}
    assert "<script>&" not in (await owner.post(f"{TEAM}/invitations", hostile, page=TEAM)).text


async def test_a_changed_role_counts_from_the_next_request(town):
    """The member's sessions for this merchant are over."""
    mate = await town.add_member(MATE, Role.DEVELOPER)
    owner, theirs = await signed_in(town), await signed_in(town, MATE)
    act = f"{TEAM}/{mate.id}/role"
    answer = await owner.post(act, {"role": "owner"}, page=TEAM)
    assert answer.location == TEAM
    assert "they have to sign in again" in (await owner.get(TEAM)).text
    assert (await theirs.get("/panel")).status == 303
    assert (await (await signed_in(town, MATE)).get(TEAM)).status == 200
    stale = {"role": "viewer", "was": "developer", "csrf": await csrf_of(owner)}
    await owner.post(act, stale)
    assert "changed meanwhile" in (await owner.get(TEAM)).text
    same = await owner.post(act, stale | {"role": "developer"})
    assert same.location == TEAM


async def test_only_what_was_done_is_told_as_done(town):
    """Forms made by hand and changes that others came before; names say of what."""
    mate = await town.add_member(MATE, Role.DEVELOPER)
    owner = await signed_in(town)
    token = {"csrf": await csrf_of(owner)}
    await invited(owner, "guest@example.com")
    (withdraw,) = re.findall(
        r'action="(/panel/team/invitations/\w+/withdraw)"', (await owner.get(TEAM)).text
    )
    town.audit.lines.clear()
    forged = {"role": "viewer", "was": "owner"}
    answer = await owner.post(f"{TEAM}/{mate.id}/role", token | forged)
    assert "changed meanwhile" in answer.note
    assert (await owner.post(f"{TEAM}/invitations/none/withdraw", token)).status == 404
    assert town.audit.lines == []

    class Overtaken:
        def __init__(self, books):
            self._books = books

        def __getattr__(self, name):
            return getattr(self._books, name)

        async def apply(self, changes):
            raise Conflict

    books = town.members.books
    town.members.links._members = Overtaken(books)
    assert "changed meanwhile" in (await owner.post(withdraw, token)).note
    town.members.links._members = books
    ((begun, _), (ended, _)) = town.audit.lines
    name = withdraw.split("/")[-2]
    assert begun.subject == ended.subject == f"invitation {name} of guest@example.com"
    assert (begun.is_success, ended.is_success) == (True, False)
    assert (await owner.post(withdraw, token)).location == TEAM


async def test_a_conflict_in_the_team_has_a_second_line(town):
    """The last owner stays, and the trail says so."""
    demo = await town.members.books.find_member_named("demo@vezne.localhost")
    mine = await town.members.books.find_member_named(OWNER)
    owner = await signed_in(town)
    act = f"{TEAM}/{demo.id}/remove"
    await owner.post(act, page=act)
    town.audit.lines.clear()
    token = {"csrf": await csrf_of(owner)}
    await owner.post(f"{TEAM}/{mine.id}/remove", token)
    await owner.post(f"{TEAM}/{mine.id}/role", token | {"role": "viewer", "was": "owner"})
    told = [(event.subject, event.reason, event.is_success) for event, _ in town.audit.lines]
    subject = f"member {OWNER}"
    assert told == [
        (subject, "removed", True),
        (subject, "last owner", False),
        (subject, "owner to viewer", True),
        (subject, "last owner", False),
    ]


async def test_an_invitation_that_is_sent_twice_is_one(town):
    """The link that was shown goes on working; a form of a page that knows of it makes another."""
    owner = await signed_in(town)
    form = hidden_fields((await owner.get(TEAM)).text, f"{TEAM}/invitations")
    form |= {"email": MATE, "role": "viewer"}
    page = await owner.post(f"{TEAM}/invitations", form)
    path = re.search(r"(/panel/join\?link=[\w-]+)<", page.text)[1]
    again = await owner.post(f"{TEAM}/invitations", form)
    assert again.location == TEAM
    assert "made already" in again.note
    assert (await town.browser().get(path)).status == 200
    other = await owner.post(f"{TEAM}/invitations", form | {"email": "guest@example.com"})
    assert other.status == 200
    assert (await invited(owner)) != path
    assert (await town.browser().get(path)).status == 404


async def test_who_is_in_no_team_joins_with_a_new_password(town):
    """Whoever had made the account for that address before is out, second factor and all."""
    mate = await town.add_member(MATE, Role.VIEWER)
    await set_up_factor(town, mate.id)
    owner = await signed_in(town)
    act = f"{TEAM}/{mate.id}/remove"
    await owner.post(act, page=act)
    path = await invited(owner)
    guest = town.browser()
    assert 'name="new"' in (await guest.get(path)).text
    assert (await use(guest, path)).location == "/panel"
    assert (await guest.get("/panel")).status == 200
    assert (await town.browser().sign_in(MATE)).status == 422
    assert (await town.browser().sign_in(MATE, NEW)).location == "/panel"


async def test_a_link_that_two_use_at_once_is_told_as_used_by_one(town):
    """The other one has a second line."""
    path = await invited(await signed_in(town))
    guests = [town.browser() for _ in range(2)]
    town.audit.lines.clear()
    answers = await asyncio.gather(*(use(guest, path) for guest in guests))
    assert sorted(answer.status for answer in answers) == [303, 404]
    joined = [event.is_success for event, _ in town.audit.lines if "joined" in event.reason]
    assert sorted(joined) == [False, True, True]


async def test_a_reset_does_not_take_the_name_of_a_merchant(town):
    """Those that the member works for, as everywhere else."""
    bakery = await add_merchant(town.house, "Lavanta", fill_keys({}))
    record = await town.add_member("zeynep@example.com", merchant=bakery)
    token = await town.members.links.offer_reset(record, "operator root")
    path, browser = f"/panel/join?link={token}", town.browser()
    answer = await use(browser, path, "lavanta-9-xyz", "lavanta-9-xyz")
    assert "easily guessed" in answer.text
    assert (await use(browser, path)).location == "/panel/sign-in"


async def test_a_removed_member_is_out_at_once(town):
    """After a question; a second time there is nobody to remove."""
    mate = await town.add_member(MATE, Role.OPERATOR)
    owner, theirs = await signed_in(town), await signed_in(town, MATE)
    act = f"{TEAM}/{mate.id}/remove"
    question = await owner.get(act)
    assert f"Remove {MATE} from the team?" in question.text
    assert (await theirs.get("/panel")).status == 200
    assert (await owner.post(act, page=act)).location == TEAM
    assert "no longer in the team" in (await owner.get(TEAM)).text
    assert (await theirs.get("/panel")).status == 303
    assert (await owner.post(act, {"csrf": await csrf_of(owner)})).status == 404
    assert (await owner.get(act)).status == 404


async def test_the_last_owner_stays(town):
    """Nobody is removed or demoted who is the only one left to undo it."""
    demo = await town.members.books.find_member_named("demo@vezne.localhost")
    mine = await town.members.books.find_member_named(OWNER)
    owner = await signed_in(town)
    act = f"{TEAM}/{demo.id}/remove"
    await owner.post(act, page=act)
    await owner.get(TEAM)
    for act, fields in (
        (f"{TEAM}/{mine.id}/remove", {}),
        (f"{TEAM}/{mine.id}/role", {"role": "viewer", "was": "owner"}),
    ):
        await owner.post(act, fields | {"csrf": await csrf_of(owner)})
        assert "A team needs an owner." in (await owner.get(TEAM)).text
    assert (await owner.get(TEAM)).status == 200


async def test_only_owners_see_and_change_the_team(town):
    """Whatever the address is guessed from."""
    for role in (Role.OPERATOR, Role.DEVELOPER, Role.VIEWER):
        mate = await town.add_member(f"{role}@example.com", role)
        theirs = await signed_in(town, f"{role}@example.com")
        token = {"csrf": await csrf_of(theirs)}
        for path in (TEAM, f"{TEAM}/{mate.id}/remove"):
            assert (await theirs.get(path)).status == 403
        for path, fields in (
            (f"{TEAM}/invitations", {"email": "x@example.com", "role": "owner"}),
            (f"{TEAM}/{mate.id}/role", {"role": "owner", "was": role.value}),
            (f"{TEAM}/{mate.id}/remove", {}),
            (f"{TEAM}/invitations/1/withdraw", {}),
        ):
            assert (await theirs.post(path, fields | token)).status == 403


async def test_another_merchants_team_is_out_of_reach(town):
    """Its members and invitations are no more there than ones that do not exist."""
    second = await add_merchant(town.house, "Second", fill_keys({}))
    stranger = await town.add_member("zeynep@example.com", merchant=second)
    other = await signed_in(town, "zeynep@example.com")
    await invited(other, "guest@example.com")
    page = (await other.get(TEAM)).text
    (withdraw,) = re.findall(r'action="(/panel/team/invitations/\w+/withdraw)"', page)
    owner = await signed_in(town)
    token = {"csrf": await csrf_of(owner)}
    assert "zeynep" not in (await owner.get(TEAM)).text
    for number in (stranger.id, 999, "x", "9" * 40):
        assert (await owner.get(f"{TEAM}/{number}/remove")).status == 404
        assert (await owner.post(f"{TEAM}/{number}/remove", token)).status == 404
        fields = {"role": "viewer", "was": "owner"}
        assert (await owner.post(f"{TEAM}/{number}/role", fields | token)).status == 404
    assert (await owner.post(withdraw, token)).status == 404
    assert (await other.get(TEAM)).status == 200


async def test_ending_a_role_here_leaves_the_sessions_for_another_merchant(town):
    """A member of two teams loses one of them."""
    second = await add_merchant(town.house, "Second", fill_keys({}))
    mate = await town.add_member(MATE, Role.VIEWER, merchant=second)
    theirs = await signed_in(town, MATE)
    here = await town.merchant()
    joined = Membership(member_id=mate.id, merchant_id=here.id, role=Role.VIEWER, created_ms=2**41)
    await town.members.books.apply([AddMembership(joined)])
    owner = await signed_in(town)
    act = f"{TEAM}/{mate.id}/remove"
    await owner.post(act, page=act)
    assert (await theirs.get("/panel")).status == 200


async def test_a_reset_gives_a_new_password_and_takes_the_rest_away(town):
    """Sessions, second factor and lock-out; the link works once, for an hour."""
    mine = await signed_in(town)
    record = await town.members.books.find_member_named(OWNER)
    await town.members.accounts.begin_factor(record)
    for number in range(10):
        browser = town.browser(address=f"198.51.100.{number}")
        await browser.sign_in(OWNER, "wrong")
    record = await town.members.books.find_member_named(OWNER)
    token = await town.members.links.offer_reset(record, "operator root")
    path = f"/panel/join?link={token}"
    browser = town.browser()
    assert "Choose a new password" in (await browser.get(path)).text
    assert "used this password before" in (await use(browser, path, PASSWORD, PASSWORD)).text
    answer = await use(browser, path)
    assert answer.location == "/panel/sign-in"
    assert (await mine.get("/panel")).status == 303
    assert (await town.browser(address="203.0.113.1").sign_in(OWNER)).status == 422
    assert (await town.browser(address="203.0.113.1").sign_in(OWNER, NEW)).status == 303
    assert (await browser.get(path)).status == 404
    record = await town.members.books.find_member_named(OWNER)
    late = await town.members.links.offer_reset(record, "operator root")
    town.clock.pass_minutes(61)
    assert (await browser.get(f"/panel/join?link={late}")).status == 404


async def test_a_link_that_is_none_says_so(town):
    """In both languages."""
    browser = town.browser()
    for path in ("/panel/join", "/panel/join?link=", "/panel/join?link=%00", "/panel/join?link=x"):
        answer = await browser.get(path)
        assert answer.status == 404
        assert "This link does not work" in answer.text
    browser.cookies["vezne_language"] = "tr"
    assert "geçerli değil" in (await browser.get("/panel/join")).text
