"""A merchant's team: who belongs to it, with which role, and who is invited."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import Response

from vezne.core.card import holds_pan
from vezne.core.changes import Conflict
from vezne.core.member import (
    ChangeRole,
    EndSessions,
    Member,
    MemberLink,
    Membership,
    RemoveMembership,
    Role,
)
from vezne.panel.links import NoEmail, checked_email
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import IllFormed, NotFound, Visit

TEAM_PATH: Final = f"{PANEL_PATH}/team"
JOIN_PATH: Final = f"{PANEL_PATH}/join"


async def show_team(visit: Visit) -> Response:
    """The team and its invitations."""
    return await _team_page(visit)


async def invite(visit: Visit) -> Response:
    """Make an invitation, and show its link this once."""
    role = _role(visit.form.get("role", ""))
    try:
        email = checked_email(visit.form.get("email", ""))
    except NoEmail:
        return await _team_page(visit, {"email": "team.no_email"})
    members = visit.desk.members
    if email in {each.member.email for each in await members.books.list_team(visit.merchant.id)}:
        return await _team_page(visit, {"email": "team.member_already"})
    links = await members.links.list_invitations(visit.merchant.id)
    is_seen = visit.form.get("seen", "") in ("", _state_of(links))
    if not is_seen and email in {link.email for link in links}:
        # Sent twice: the link that somebody has copied by now must go on working.
        return visit.turn_back(TEAM_PATH, "team.invited_already", email=email)
    visit.record(f"member {email}", reason=f"invited as {role}")
    token = await members.links.invite(email, visit.merchant.id, role, visit.who.member.email)
    return visit.page(
        "invited.html",
        email=email,
        role=role.value,
        link=f"{_origin(visit)}{JOIN_PATH}?link={token}",
    )


async def withdraw(visit: Visit) -> Response:
    """Make an invitation work no more."""
    links = visit.desk.members.links
    link = await links.find_invitation(visit.merchant.id, visit.path("id"))
    if link is None:
        raise NotFound
    subject = f"invitation {link.id} of {link.email}"
    visit.record(subject, reason="withdrawn")
    try:
        await links.withdraw(link)
    except Conflict:
        visit.record(subject, reason="used meanwhile", is_success=False)
        return visit.turn_back(TEAM_PATH, "team.changed_meanwhile")
    return visit.go(TEAM_PATH, "team.withdrawn")


async def change_role(visit: Visit) -> Response:
    """Give a member another role. Their sessions for this merchant are over."""
    membership, member = await _find(visit)
    role, was = _role(visit.form.get("role", "")), _role(visit.form.get("was", ""))
    if was is not membership.role:
        return visit.turn_back(TEAM_PATH, "team.changed_meanwhile")
    if was is role:
        return visit.go(TEAM_PATH)
    subject = f"member {member.email}"
    visit.record(subject, reason=f"{was} to {role}")
    change = ChangeRole(membership.member_id, membership.merchant_id, role, was)
    end = EndSessions(membership.member_id, merchant_id=membership.merchant_id)
    try:
        await visit.desk.members.books.apply([change, end])
    except Conflict:
        return _not_done(visit, subject, was)
    return visit.go(TEAM_PATH, "team.role_changed", email=member.email)


async def ask_removal(visit: Visit) -> Response:
    """What it means to remove a member."""
    _, member = await _find(visit)
    return visit.page("team_remove.html", member=member)


async def remove(visit: Visit) -> Response:
    """Remove a member. Their sessions for this merchant are over."""
    membership, member = await _find(visit)
    subject = f"member {member.email}"
    visit.record(subject, reason="removed")
    gone = RemoveMembership(membership.member_id, membership.merchant_id)
    end = EndSessions(membership.member_id, merchant_id=membership.merchant_id)
    try:
        await visit.desk.members.books.apply([gone, end])
    except Conflict:
        return _not_done(visit, subject, membership.role)
    return visit.go(TEAM_PATH, "team.removed", email=member.email)


async def _find(visit: Visit) -> tuple[Membership, Member]:
    """The member that the address names, of this merchant's team. Raises NotFound."""
    books = visit.desk.members.books
    member_id = visit.path_number("member")
    membership = await books.find_membership(member_id, visit.merchant.id)
    record = await books.find_member(member_id)
    if membership is None or record is None:
        raise NotFound
    return membership, record.member


def _not_done(visit: Visit, subject: str, was: Role) -> Response:
    """Write that nothing came of a change, and say why: of an owner it is that there is no other.

    Raises AuditFailure.
    """
    why = "team.last_owner" if was is Role.OWNER else "team.changed_meanwhile"
    visit.record(subject, reason=why.partition(".")[2].replace("_", " "), is_success=False)
    return visit.turn_back(TEAM_PATH, why)


def _state_of(links: Sequence[MemberLink]) -> str:
    """What a form knows of the open invitations, to see whether there are others since."""
    names = ",".join(sorted(link.id for link in links))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _role(text: str) -> Role:
    """Raises IllFormed."""
    try:
        return Role(text)
    except ValueError:
        raise IllFormed from None


def _origin(visit: Visit) -> str:
    """Where browsers reach the panel."""
    url = visit.request.url
    return visit.desk.public_url or f"{url.scheme}://{url.netloc}"


async def _team_page(visit: Visit, errors: Mapping[str, str] | None = None) -> Response:
    members, email = visit.desk.members, visit.form.get("email", "")
    invitations = await members.links.list_invitations(visit.merchant.id)
    return visit.page(
        "team.html",
        status=422 if errors else 200,
        errors=errors or {},
        team=await members.books.list_team(visit.merchant.id),
        invitations=invitations,
        seen=_state_of(invitations),
        roles=[role.value for role in Role],
        email="" if holds_pan(email) else email,
        role=visit.form.get("role", Role.VIEWER.value),
    )


PAGES: Final = (
    Page(method="GET", path="/team", handle=show_team, permission=Permission.MANAGE_TEAM),
    Page(method="POST", path="/team/invitations", handle=invite, permission=Permission.MANAGE_TEAM),
    Page(
        method="POST",
        path="/team/invitations/{id}/withdraw",
        handle=withdraw,
        permission=Permission.MANAGE_TEAM,
    ),
    Page(
        method="POST",
        path="/team/{member}/role",
        handle=change_role,
        permission=Permission.MANAGE_TEAM,
    ),
    Page(
        method="GET",
        path="/team/{member}/remove",
        handle=ask_removal,
        permission=Permission.MANAGE_TEAM,
    ),
    Page(
        method="POST",
        path="/team/{member}/remove",
        handle=remove,
        permission=Permission.MANAGE_TEAM,
    ),
)
