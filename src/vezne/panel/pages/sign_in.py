"""Signing in and out: the password, then the code of the second factor."""

from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.responses import Response

from vezne.core.card import holds_pan
from vezne.core.changes import Conflict
from vezne.core.member import EndSession, MemberLink, MemberRecord
from vezne.panel.card_numbers import is_in_address
from vezne.panel.cookies import (
    CODE_COOKIE,
    FORM_COOKIE,
    FORM_FIELD,
    SESSION_COOKIE,
    check_form_token,
    drop_cookie,
    give_cookie,
    give_session,
    is_same,
    read_cookie,
)
from vezne.panel.entrance import NoEntry
from vezne.panel.pages.join import note_link
from vezne.panel.paths import PANEL_PATH, SIGN_IN_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.sessions import CODE_WAIT_MS, digest_of, new_token
from vezne.panel.visit import IllFormed, Visit

CODE_PATH: Final = f"{SIGN_IN_PATH}/code"

_REASONS: Final = {
    NoEntry.WRONG: ("sign_in.wrong", 422),
    NoEntry.LOCKED: ("sign_in.locked", 429),
    NoEntry.BUSY: ("sign_in.busy", 503),
    NoEntry.TOO_FAST: ("sign_in.too_fast", 429),
}


async def show_sign_in(visit: Visit) -> Response:
    """The form for e-mail address and password."""
    if visit.is_signed_in:
        return visit.go(own_path(visit.query.get("next", "")))
    return _sign_in_page(visit, next_path=visit.query.get("next", ""))


async def sign_in(visit: Visit) -> Response:
    """Check the password; then ask for the code, or let the member in."""
    check_form_token(visit)
    email, next_path = visit.form.get("email", ""), visit.form.get("next", "")
    checked = await visit.desk.members.entrance.check_password(
        email, visit.form.get("password", "")
    )
    if isinstance(checked, NoEntry):
        text, status = _REASONS[checked]
        return _sign_in_page(visit, next_path=next_path, email=email, error=text, status=status)
    merchant_id = await _team_of(visit, checked, next_path)
    if merchant_id is None:
        error = "sign_in.no_team"
        return _sign_in_page(visit, next_path=next_path, email=email, error=error, status=422)
    return await _go_on(visit, checked, merchant_id, next_path)


async def show_code(visit: Visit) -> Response:
    """The form for the code of the second factor."""
    waiting = await visit.desk.members.sessions.find_waiting(read_cookie(visit, CODE_COOKIE))
    if waiting is None:
        return visit.go(SIGN_IN_PATH)
    return visit.page(
        "sign_in_code.html", csrf=waiting.csrf, next=own_path(visit.query.get("next", "")), error=""
    )


async def give_code(visit: Visit) -> Response:
    """Check the code, and let the member in."""
    members = visit.desk.members
    waiting = await members.sessions.find_waiting(read_cookie(visit, CODE_COOKIE))
    if waiting is None:
        return visit.turn_back(SIGN_IN_PATH, "sign_in.too_late")
    if not is_same(visit.form.get(FORM_FIELD, ""), waiting.csrf):
        raise IllFormed
    next_path = own_path(visit.form.get("next", ""))
    checked = await members.entrance.check_code(waiting.member_id, visit.form.get("code", ""))
    if checked is NoEntry.GONE:
        return visit.turn_back(SIGN_IN_PATH, "sign_in.too_late")
    if isinstance(checked, NoEntry):
        text, status = _REASONS[checked]
        error = "sign_in.wrong_code" if checked is NoEntry.WRONG else text
        return visit.page(
            "sign_in_code.html", status=status, csrf=waiting.csrf, next=next_path, error=error
        )
    try:
        token = await members.sessions.renew(waiting)
    except Conflict:
        return visit.turn_back(SIGN_IN_PATH, "sign_in.too_late")
    response = await _let_in(visit, checked, waiting.merchant_id, next_path)
    give_session(visit, response, token)
    drop_cookie(visit, response, CODE_COOKIE)
    return response


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    who = visit.who
    await visit.desk.members.books.apply([EndSession(who.member.id, who.session_id)])
    response = visit.go(SIGN_IN_PATH, "sign_in.signed_out")
    drop_cookie(visit, response, SESSION_COOKIE)
    return response


def own_path(path: str) -> str:
    """A path of the panel, or its first page for what is none of ours.

    Browsers take a backslash for a slash, and two slashes for the beginning of a host; and what is
    escaped in a path means what it stands for to whoever undoes that.
    """
    is_escaped = "%" in path.partition("?")[0]
    is_own = path == PANEL_PATH or path.startswith((f"{PANEL_PATH}/", f"{PANEL_PATH}?"))
    is_plain = path.isascii() and path.isprintable() and not set(path) & set('\\ "<>#')
    is_page = "//" not in path and ".." not in path and not is_in_address(path)
    return path if is_own and is_plain and is_page and not is_escaped else PANEL_PATH


async def _go_on(visit: Visit, record: MemberRecord, merchant_id: int, next_path: str) -> Response:
    """The next step for somebody whose password is right."""
    members = visit.desk.members
    await _end_old(visit)
    browser = visit.request.headers.get("user-agent", "")
    if record.sealed_factor:
        token = await members.sessions.begin(record, merchant_id, browser, is_open=False)
        response = visit.go(f"{CODE_PATH}?{urlencode({'next': own_path(next_path)})}")
        give_cookie(visit, response, CODE_COOKIE, token, life_s=CODE_WAIT_MS // 1000)
        return response
    response = await _let_in(visit, record, merchant_id, next_path)
    give_session(
        visit, response, await members.sessions.begin(record, merchant_id, browser, is_open=True)
    )
    return response


async def _team_of(visit: Visit, record: MemberRecord, next_path: str) -> int | None:
    """The merchant to work for: of the oldest membership, else of the invitation on the way."""
    memberships = await visit.desk.members.books.list_memberships(record.id)
    if memberships:
        return memberships[0].merchant_id
    link = await _invitation(visit, record, next_path)
    return None if link is None else link.merchant_id


async def _let_in(visit: Visit, record: MemberRecord, merchant_id: int, next_path: str) -> Response:
    """Welcome a member. Who is in no team, and signs in to join one, is taken into that.

    Raises AuditFailure.
    """
    members = visit.desk.members
    response = visit.go(own_path(next_path))
    if not await members.books.list_memberships(record.id):
        link = await _invitation(visit, record, next_path)
        if link is not None:
            note_link(visit, link, link.merchant_id)
            try:
                await members.links.join_team(link, record)
            except Conflict:
                note_link(visit, link, link.merchant_id, is_success=False)
            else:
                response = visit.go(PANEL_PATH, "join.done")
    await members.entrance.welcome(record, merchant_id)
    return response


async def _invitation(visit: Visit, record: MemberRecord, next_path: str) -> MemberLink | None:
    """The invitation of a member that the way after the sign-in leads to."""
    tokens = parse_qs(urlsplit(own_path(next_path)).query).get("link", [""])
    link = await visit.desk.members.links.find(tokens[-1])
    is_theirs = link is not None and link.email == record.email
    return link if is_theirs and link is not None and link.merchant_id else None


async def _end_old(visit: Visit) -> None:
    """Whatever session the browser brought is over: nobody may choose the next one's token."""
    books = visit.desk.members.books
    old = await books.find_session(digest_of(read_cookie(visit, SESSION_COOKIE)))
    if old is not None:
        await books.apply([EndSession(old.member_id, old.id)])


def _sign_in_page(
    visit: Visit, *, next_path: str, email: str = "", error: str = "", status: int = 200
) -> Response:
    """The form, with a token of its own: nobody else's page may sign a visitor in."""
    token = read_cookie(visit, FORM_COOKIE) or new_token(visit.desk.ports.entropy)
    response = visit.page(
        "sign_in.html",
        status=status,
        form=token,
        next=own_path(next_path),
        email="" if holds_pan(email) else email,
        error=error,
    )
    give_cookie(visit, response, FORM_COOKIE, token)
    return response


PAGES: Final = (
    Page(method="GET", path="/sign-in", handle=show_sign_in, permission=None),
    Page(method="POST", path="/sign-in", handle=sign_in, permission=None),
    Page(method="GET", path="/sign-in/code", handle=show_code, permission=None),
    Page(method="POST", path="/sign-in/code", handle=give_code, permission=None),
    Page(method="POST", path="/sign-out", handle=sign_out, permission=Permission.SELF),
)
