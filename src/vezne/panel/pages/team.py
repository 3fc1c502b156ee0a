"""A merchant's team: who belongs to it, with which role, and who is invited."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from vezne.core.card import holds_pan
from vezne.core.changes import Conflict
from vezne.core.member import (
    ChangeRole,
    EndSessions,
    Member,
    Membership,
    RemoveMembership,
    Role,
)
from vezne.panel.links import NoEmail, checked_email
from vezne.panel.permissions import Permission
from vezne.panel.routing import PANEL_PATH, Page
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
    visit.record("invitation", reason="withdrawn")
    if not await visit.desk.members.links.withdraw(visit.merchant.id, visit.path("id")):
        raise NotFound
    return visit.go(TEAM_PATH, "team.withdrawn")


async def change_role(visit: Visit) -> Response:
    """Give a member another role. Their sessions for this merchant are over."""
    membership, member = await _find(visit)
    role, was = _role(visit.form.get("role", "")), _role(visit.form.get("was", ""))
    if was is role:
        return visit.go(TEAM_PATH)
    visit.record(f"member {member.email}", reason=f"{was} to {role}")
    change = ChangeRole(membership.member_id, membership.merchant_id, role, was)
    end = EndSessions(membership.member_id, merchant_id=membership.merchant_id)
    try:
        await visit.desk.members.books.apply([change, end])
    except Conflict:
        return visit.turn_back(TEAM_PATH, _why_not(membership, was))
    return visit.go(TEAM_PATH, "team.role_changed", email=member.email)


async def ask_removal(visit: Visit) -> Response:
    """What it means to remove a member."""
    _, member = await _find(visit)
    return visit.page("team_remove.html", member=member)


async def remove(visit: Visit) -> Response:
    """Remove a member. Their sessions for this merchant are over."""
    membership, member = await _find(visit)
    visit.record(f"member {member.email}", reason="removed")
    gone = RemoveMembership(membership.member_id, membership.merchant_id)
    end = EndSessions(membership.member_id, merchant_id=membership.merchant_id)
    try:
        await visit.desk.members.books.apply([gone, end])
    except Conflict:
        return visit.turn_back(TEAM_PATH, _why_not(membership, membership.role))
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


def _why_not(membership: Membership, was: Role) -> str:
    """Which text says why a change did not happen: of two reasons there is only one left."""
    is_as_shown = membership.role is was
    return "team.last_owner" if is_as_shown and was is Role.OWNER else "team.changed_meanwhile"


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
    return visit.page(
        "team.html",
        status=422 if errors else 200,
        errors=errors or {},
        team=await members.books.list_team(visit.merchant.id),
        invitations=await members.links.list_invitations(visit.merchant.id),
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
