"""A member's own account: the merchant to work for, the password, the sessions."""

from contextlib import suppress
from typing import Final

from starlette.responses import Response

from vezne.core.audit import AuditAction, AuditEvent, prove_caller
from vezne.core.changes import Conflict
from vezne.core.member import EndSession, EndSessions, MemberRecord
from vezne.core.merchant import Merchant
from vezne.panel.cookies import SESSION_COOKIE, give_session, read_cookie
from vezne.panel.entrance import NoEntry
from vezne.panel.passwords import Busy
from vezne.panel.paths import PANEL_PATH, SIGN_IN_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.sessions import digest_of
from vezne.panel.visit import NotFound, Visit

ACCOUNT_PATH: Final = f"{PANEL_PATH}/account"

# What the trail calls it.
_OWN: Final = "own password"

_NO_ENTRY: Final = {
    NoEntry.WRONG: "account.wrong_password",
    NoEntry.LOCKED: "sign_in.locked",
    NoEntry.BUSY: "sign_in.busy",
    NoEntry.TOO_FAST: "sign_in.too_fast",
    NoEntry.GONE: "account.changed_meanwhile",
}


async def show_account(visit: Visit) -> Response:
    """Everything about the member."""
    return await _account_page(visit)


async def change_password(visit: Visit) -> Response:
    """A new password; the other sessions are over."""
    record = await own_record(visit)
    errors = await _errors_of(visit, record)
    if errors:
        return await _account_page(visit, errors)
    visit.record(_OWN)
    try:
        await visit.desk.members.accounts.change_password(
            record, visit.form["new"], session_id=visit.who.session_id
        )
    except Busy:
        visit.record(_OWN, reason="too busy", is_success=False)
        return await _account_page(visit, {"new": "sign_in.busy"})
    except Conflict:
        return changed_meanwhile(visit, _OWN, ACCOUNT_PATH)
    return await renewed(visit, visit.go(ACCOUNT_PATH, "account.password_changed"))


async def change_merchant(visit: Visit) -> Response:
    """Work for another merchant from here on."""
    wanted = visit.form.get("merchant", "")
    for merchant, _ in await _teams(visit):
        if str(merchant.id) == wanted:
            _note_merchant(visit, merchant.id)
            response = visit.go(PANEL_PATH)
            return await renewed(visit, response, merchant_id=merchant.id)
    raise NotFound


async def end_session(visit: Visit) -> Response:
    """End one of the member's sessions."""
    books, member_id, wanted = visit.desk.members.books, visit.who.member.id, visit.path("id")
    if wanted not in {session.id for session in await books.list_sessions(member_id)}:
        raise NotFound
    visit.record(f"own session {wanted}", reason="ended")
    await books.apply([EndSession(member_id, wanted)])
    return visit.go(ACCOUNT_PATH, "account.session_ended")


async def end_other_sessions(visit: Visit) -> Response:
    """End all of the member's sessions but this one."""
    visit.record("own sessions", reason="all others ended")
    ended = EndSessions(visit.who.member.id, but=visit.who.session_id)
    await visit.desk.members.books.apply([ended])
    return visit.go(ACCOUNT_PATH, "account.sessions_ended")


async def own_record(visit: Visit) -> MemberRecord:
    """The member as the books have it now. Raises NotFound."""
    record = await visit.desk.members.books.find_member(visit.who.member.id)
    if record is None:
        raise NotFound
    return record


async def refuse_password(visit: Visit, record: MemberRecord, password: str) -> str:
    """The name of the text that says why a member is not believed; empty: the password is right.

    Wrong ones count as they do at the door. Raises AuditFailure.
    """
    checked = await visit.desk.members.entrance.check_password(record.email, password)
    return _NO_ENTRY[checked] if isinstance(checked, NoEntry) else ""


async def refuse_code(visit: Visit, record: MemberRecord, typed: str) -> str:
    """As `refuse_password`, for a code of the second factor, where there is one; it is used then.

    Raises AuditFailure.
    """
    if not record.sealed_factor:
        return ""
    checked = await visit.desk.members.entrance.check_code(record.id, typed)
    if checked is NoEntry.WRONG:
        return "sign_in.wrong_code"
    return _NO_ENTRY[checked] if isinstance(checked, NoEntry) else ""


async def renewed(visit: Visit, response: Response, *, merchant_id: int | None = None) -> Response:
    """The response, with a new token for the session, since what it may do has changed.

    Whose session somebody has ended meanwhile is sent to sign in anew.
    """
    members = visit.desk.members
    session = await members.books.find_session(digest_of(read_cookie(visit, SESSION_COOKIE)))
    if session is not None:
        with suppress(Conflict):
            token = await members.sessions.renew(session, merchant_id=merchant_id)
            give_session(visit, response, token)
            return response
    return visit.turn_back(SIGN_IN_PATH, "account.session_is_over")


def changed_meanwhile(visit: Visit, subject: str, path: str) -> Response:
    """Write that nothing came of a change, and say so. Raises AuditFailure."""
    visit.record(subject, reason="changed meanwhile", is_success=False)
    return visit.turn_back(path, "account.changed_meanwhile")


def _note_merchant(visit: Visit, merchant_id: int) -> None:
    """Write that the member works for another merchant from here on, in the trail of that one.

    Raises AuditFailure.
    """
    email = visit.who.member.email
    prove_caller(merchant_id, email)
    visit.desk.audit.record(
        AuditEvent(
            action=AuditAction.ADMINISTERED,
            merchant_id=merchant_id,
            subject=f"member {email}",
            reason="works for this merchant from here on",
        )
    )


async def _errors_of(visit: Visit, record: MemberRecord) -> dict[str, str]:
    """What is wrong with the form for a new password, by field. Raises AuditFailure."""
    new = visit.form.get("new", "")
    refused = await refuse_password(visit, record, visit.form.get("current", ""))
    if refused:
        return {"current": refused}
    names = [merchant.name for merchant, _ in await _teams(visit)]
    try:
        fault = await visit.desk.members.accounts.fault_of(new, record.email, names, record)
    except Busy:
        fault = "sign_in.busy"
    if fault:
        return {"new": fault}
    return {} if visit.form.get("again", "") == new else {"again": "password.differs"}


async def _teams(visit: Visit) -> list[tuple[Merchant, str]]:
    """The merchants that the member may work for, each with the role."""
    teams = []
    for membership in await visit.desk.members.books.list_memberships(visit.who.member.id):
        merchant = await visit.desk.members.merchants.find_merchant(membership.merchant_id)
        if merchant is not None:
            teams.append((merchant, membership.role.value))
    return teams


async def _account_page(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    member_id = visit.who.member.id
    return visit.page(
        "account.html",
        status=422 if errors else 200,
        errors=errors or {},
        teams=await _teams(visit),
        sessions=await visit.desk.members.sessions.list_open(member_id),
    )


PAGES: Final = (
    Page(method="GET", path="/account", handle=show_account, permission=Permission.SELF),
    Page(
        method="POST", path="/account/password", handle=change_password, permission=Permission.SELF
    ),
    Page(
        method="POST", path="/account/merchant", handle=change_merchant, permission=Permission.SELF
    ),
    Page(
        method="POST",
        path="/account/sessions/end-others",
        handle=end_other_sessions,
        permission=Permission.SELF,
    ),
    Page(
        method="POST",
        path="/account/sessions/{id}/end",
        handle=end_session,
        permission=Permission.SELF,
    ),
)
