"""Where links that were handed out lead: into a team, or to a new password."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import Response

from vezne.core.audit import AuditAction, AuditEvent, prove_caller
from vezne.core.changes import Conflict
from vezne.core.member import LinkKind, MemberLink, MemberRecord
from vezne.core.merchant import Merchant
from vezne.panel.cookies import (
    FORM_COOKIE,
    check_form_token,
    give_cookie,
    give_session,
    read_cookie,
)
from vezne.panel.passwords import Busy
from vezne.panel.paths import PANEL_PATH, SIGN_IN_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.sessions import new_token
from vezne.panel.visit import NotFound, Visit


async def show_link(visit: Visit) -> Response:
    """What a link is good for, and the form to use it."""
    token = visit.query.get("link", "")
    link = await visit.desk.members.links.find(token)
    if link is None:
        return _gone(visit)
    return await _link_page(visit, token, link)


async def use_link(visit: Visit) -> Response:
    """Choose the password that a link allows to choose."""
    check_form_token(visit)
    token = visit.form.get("link", "")
    link = await visit.desk.members.links.find(token)
    if link is None:
        return _gone(visit)
    record = await visit.desk.members.books.find_member_named(link.email)
    is_reset = link.kind is LinkKind.RESET
    is_void = record is None if is_reset else await _is_known(visit, record)
    if is_void:
        return await _link_page(visit, token, link)
    try:
        fault = await _fault(visit, link, record)
        if fault:
            return await _link_page(visit, token, link, fault)
        return await _choose_password(visit, link, record)
    except Busy:
        return await _link_page(visit, token, link, {"new": "sign_in.busy"})
    except Conflict:
        return _gone(visit)


async def join_team(visit: Visit) -> Response:
    """Take a member, who is signed in, into another team."""
    link = await visit.desk.members.links.find(visit.form.get("link", ""))
    if link is None or link.kind is not LinkKind.INVITATION:
        return _gone(visit)
    record = await visit.desk.members.books.find_member(visit.who.member.id)
    if record is None or record.email != link.email:
        raise NotFound
    if await visit.desk.members.books.find_membership(record.id, link.merchant_id):
        return visit.go(PANEL_PATH, "join.member_already")
    note_link(visit, link, link.merchant_id)
    try:
        await visit.desk.members.links.join_team(link, record)
    except Conflict:
        note_link(visit, link, link.merchant_id, is_success=False)
        return _gone(visit)
    return visit.go(f"{PANEL_PATH}/account", "join.done")


async def _choose_password(visit: Visit, link: MemberLink, record: MemberRecord | None) -> Response:
    """Give a member another password, or make one and let them in at once.

    Raises Busy and Conflict.
    """
    merchant_id = await _merchant_id(visit, link, record)
    note_link(visit, link, merchant_id)
    try:
        member = await _with_password(visit, link, record)
    except (Busy, Conflict):
        note_link(visit, link, merchant_id, is_success=False)
        raise
    if link.kind is LinkKind.RESET:
        return visit.go(SIGN_IN_PATH, "reset.done")
    members = visit.desk.members
    await members.entrance.welcome(member, link.merchant_id)
    browser = visit.request.headers.get("user-agent", "")
    token = await members.sessions.begin(member, link.merchant_id, browser, is_open=True)
    response = visit.go(PANEL_PATH, "join.done")
    give_session(visit, response, token)
    return response


async def _with_password(
    visit: Visit, link: MemberLink, record: MemberRecord | None
) -> MemberRecord:
    """The member, whose password is the one that was typed. Raises Busy and Conflict."""
    links, new = visit.desk.members.links, visit.form["new"]
    if record is None:
        return await links.join_as_new(link, new)
    if link.kind is LinkKind.RESET:
        return await links.reset(link, record, new)
    return await links.join_anew(link, record, new)


async def _fault(visit: Visit, link: MemberLink, record: MemberRecord | None) -> Mapping[str, str]:
    """What is wrong with the password that was typed, by field. Raises Busy."""
    new = visit.form.get("new", "")
    names = await _merchant_names(visit, link, record)
    fault = await visit.desk.members.accounts.fault_of(new, link.email, names, record)
    if fault:
        return {"new": fault}
    return {} if visit.form.get("again", "") == new else {"again": "password.differs"}


async def _merchant_names(visit: Visit, link: MemberLink, record: MemberRecord | None) -> list[str]:
    """The merchants for whom the member is to work, or works."""
    members = visit.desk.members
    ids = [link.merchant_id] if link.kind is LinkKind.INVITATION else []
    if record is not None:
        ids += [each.merchant_id for each in await members.books.list_memberships(record.id)]
    found = [await members.merchants.find_merchant(merchant_id) for merchant_id in ids]
    return [merchant.name for merchant in found if merchant is not None]


async def _is_known(visit: Visit, record: MemberRecord | None) -> bool:
    """Whether there is an account that is good for something: a member of no team has none."""
    if record is None:
        return False
    return bool(await visit.desk.members.books.list_memberships(record.id))


def note_link(visit: Visit, link: MemberLink, merchant_id: int, *, is_success: bool = True) -> None:
    """Write that a link is used, or that it was not after all. Raises AuditFailure."""
    prove_caller(merchant_id, link.email)
    reason = f"joined as {link.role}" if link.kind is LinkKind.INVITATION else "password reset"
    visit.desk.audit.record(
        AuditEvent(
            action=AuditAction.ADMINISTERED,
            merchant_id=merchant_id,
            subject=f"member {link.email}",
            reason=f"{reason}, by a link of {link.made_by}",
            is_success=is_success,
        )
    )


async def _merchant_id(visit: Visit, link: MemberLink, record: MemberRecord | None) -> int:
    """The merchant whose trail has the line."""
    if link.merchant_id or record is None:
        return link.merchant_id
    memberships = await visit.desk.members.books.list_memberships(record.id)
    return memberships[0].merchant_id if memberships else 0


async def _merchant(visit: Visit, link: MemberLink) -> Merchant:
    """The merchant that a link invites to. Raises NotFound."""
    merchant = await visit.desk.members.merchants.find_merchant(link.merchant_id)
    if merchant is None:
        raise NotFound
    return merchant


async def _link_page(
    visit: Visit, token: str, link: MemberLink, errors: Mapping[str, str] | None = None
) -> Response:
    """The form that fits the link and whoever has come with it."""
    form = read_cookie(visit, FORM_COOKIE) or new_token(visit.desk.ports.entropy)
    status = 422 if errors else 200
    values = {"form": form, "token": token, "link": link, "errors": errors or {}}
    if link.kind is LinkKind.RESET:
        response = visit.page("reset.html", status=status, **values)
    else:
        merchant = await _merchant(visit, link)
        record = await visit.desk.members.books.find_member_named(link.email)
        is_known = await _is_known(visit, record)
        response = visit.page(
            "join.html", status=status, merchant=merchant, is_known=is_known, **values
        )
    give_cookie(visit, response, FORM_COOKIE, form)
    return response


def _gone(visit: Visit) -> Response:
    return visit.page("link_gone.html", status=404)


PAGES: Final[Sequence[Page]] = (
    Page(method="GET", path="/join", handle=show_link, permission=None),
    Page(method="POST", path="/join", handle=use_link, permission=None),
    Page(method="POST", path="/join/team", handle=join_team, permission=Permission.SELF),
)
