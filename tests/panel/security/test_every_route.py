"""Every page of the panel for every role, made of the table of pages itself."""

from itertools import product

import msgspec
import pytest

from fakes.panel_addresses import GETS, POSTS, address, id_of, name_of, parameters_of
from vezne.core.member import Role
from vezne.panel.app import ENROLL_PATH, PAGES
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import PERMISSIONS, Permission, may
from vezne.panel.routing import Where

pytestmark = pytest.mark.asyncio(loop_scope="module")

# For whoever is not signed in. Whoever adds to them has read what a stranger may do there.
PUBLIC = {
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/code",
    "POST /sign-in/code",
    "GET /join",
    "POST /join",
    "POST /preferences",
    "POST /shop/return/{name}",
}
# Things that are nobody's, so that no act is done.
NOWHERE = {
    "call": "1",
    "fault": "999",
    "invitation": "0" * 18,
    "member": "999",
    "notice": "1",
    "notice_version": "1",
    "number": "1",
    "hold": "1",
    "review": "1",
    "sold": "1",
    "sold_line": "1",
    "order": "a" * 32,
    "return": "a" * 32,
    "owner": "00" * 20,
    "token": "00" * 20,
    "session": "0" * 18,
    "place": "999",
}
# They would end the session that the other tests have.
LAST = "POST /sign-out"


@pytest.fixture
def own(town):
    return town.quarters[0]


async def test_the_public_pages_are_these_and_no_others():
    """Everything else asks who is there; only the bank's way back takes foreign forms."""
    assert {name_of(page) for page in PAGES if page.permission is None} == PUBLIC
    foreign = {name_of(page) for page in PAGES if page.takes_foreign_forms}
    assert foreign == {"POST /shop/return/{name}"}


async def test_who_may_look_only_may_do_nothing_but_look():
    """Acts for viewers are searches, and those about themselves."""
    acts = {name_of(page) for page in POSTS if page.permission is Permission.VIEW}
    assert acts == {"POST /payments", "POST /payments/search", "POST /cards/find"}
    own = {page.path.split("/")[1] for page in PAGES if page.permission is Permission.SELF}
    assert own == {"account", "join", "sign-out"}


async def test_every_parameter_is_known_to_these_tests():
    """A new page with an id in its address is tested with another merchant's, or fails here."""
    for page in PAGES:
        for name in parameters_of(page):
            assert id_of(page, name) in NOWHERE


async def test_every_permission_is_asked_for_and_given_to_somebody():
    """No role may do what no page asks for, and the owner may do everything."""
    asked = {page.permission for page in PAGES} - {None}
    assert asked == set(Permission) == PERMISSIONS[Role.OWNER]
    assert PERMISSIONS[Role.VIEWER] == {Permission.SELF, Permission.VIEW}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
async def test_a_stranger_is_sent_to_sign_in(own, page):
    """And learns nothing, not even whether there is such a thing; a live part is just refused."""
    path = PANEL_PATH + address(page, own.ids)
    browser = own.browser(None)
    for cookies in ({}, {"vezne_session": "guess"}):
        browser.cookies.update(cookies)
        if page.method == "GET":
            answer = await browser.get(path)
            part = await browser.get(path, {"x-live": "1"})
        else:
            answer = part = await browser.post(path)
        if page.permission is None:
            assert answer.status < 500
            assert own.merchant.name not in answer.text
        else:
            assert answer.status == 303
            assert answer.location.partition("?")[0] == f"{PANEL_PATH}/sign-in"
            assert (part.status, part.text) in {(401, ""), (303, "")}


@pytest.mark.parametrize("page", GETS, ids=name_of)
async def test_each_role_sees_what_it_may_and_nothing_else(own, page):
    """The merchant's own things, whole and as a live part."""
    path = address(page, own.ids)
    for role, headers in product(Role, ({}, {"x-live": "1"})):
        answer = await own.get(path, role, **headers)
        if page.permission is None or may(role, page.permission):
            expected = SHUT.get(page.path)
            assert answer.status in ({200, 303} if expected is None else {expected}), answer.text
        else:
            assert answer.status == 403
            assert "<form" not in answer.text.partition("<main")[2].partition("</main>")[0]


# They answer with an error for want of what stands in their query, not of a permission.
SHUT = {
    "/join": 404,
    "/keys/revoke": 404,
    "/payments/export/part": 400,
}


@pytest.mark.parametrize("page", POSTS, ids=name_of)
async def test_each_role_does_what_it_may_and_nothing_else(own, page):
    """About things that are nobody's; a role that may not is not told that they are."""
    for role in Role:
        before = own.town.rows()
        if name_of(page) == LAST:
            browser = await own.sign_in(role)
            answer = await browser.post(f"{PANEL_PATH}/sign-out", page=f"{PANEL_PATH}/account")
        else:
            answer = await own.post(address(page, NOWHERE), {}, role)
        if page.permission is None or may(role, page.permission):
            assert answer.status in {200, 303, 400, 404, 422}, answer.text
        else:
            assert answer.status == 403
            assert own.town.rows() == before


async def test_wrong_methods_are_unknown(own):
    """Whoever asks; a page is no act, and an act no page."""
    for page in PAGES:
        path = PANEL_PATH + address(page, own.ids)
        methods = {each.method for each in PAGES if each.path == page.path}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"} - methods:
            for role in (None, Role.OWNER):
                answer = await own.browser(role)._send(method, path, b"", {})
                # A fixed path may be a parameter of another page.
                assert answer.status in {404, 405, 303, 400}, (method, path)


async def test_in_live_mode_there_is_no_sandbox(town, own):
    """Its pages and acts are unknown addresses, for the owner too."""
    live = msgspec.structs.replace(town.desk, is_sandbox=False)
    browser = town.browser(desk=live)
    browser.cookies.update(own.sessions[Role.OWNER])
    for page in PAGES:
        if page.where is Where.SANDBOX:
            path = PANEL_PATH + address(page, own.ids)
            fields = {"csrf": own.csrf[Role.OWNER]}
            answer = await (
                browser.get(path) if page.method == "GET" else browser.post(path, fields)
            )
            assert answer.status in {404, 405}, path
            assert own.mark not in answer.text.partition("<main")[2].partition("</main>")[0]


async def test_without_the_mandatory_second_factor_there_is_only_its_page(own):
    """Every other page leads there, whatever the role may do."""
    desk = own.town.desk
    members = desk.members
    sessions = type(members.sessions)(
        members.books,
        members.merchants,
        desk.ports.clock,
        desk.ports.entropy,
        members.sessions.policy._replace(is_factor_mandatory=True),
    )
    strict = msgspec.structs.replace(desk, sessions=sessions)
    browser = own.town.browser(desk=strict)
    browser.cookies.update(own.sessions[Role.OWNER])
    for page in GETS:
        if page.permission not in {None, Permission.SELF}:
            answer = await browser.get(PANEL_PATH + address(page, own.ids))
            assert (answer.status, answer.location) == (303, ENROLL_PATH)
