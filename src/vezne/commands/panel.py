"""The commands about members of the panel."""

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.house import House, open_house
from vezne.bootstrap.members import known_panel_url, open_members
from vezne.bootstrap.start import run
from vezne.commands.merchants import find_merchant
from vezne.commands.operator import administering
from vezne.core.audit import current_origin
from vezne.core.calendar import local_text
from vezne.core.member import Role
from vezne.panel.entrance import fold_email
from vezne.panel.links import NoEmail, checked_email
from vezne.settings import Settings


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a member is to a merchant, as people read it. Times are Istanbul's."""

    email: str
    merchant: str
    role: str
    has_second_factor: bool
    joined: str


def run_invite(settings: Settings, email: str, merchant: str, role: Role) -> str:
    """Make an invitation; returns its link. Raises CannotStart."""
    return run(_invite(settings, email, merchant, role))


def run_reset(settings: Settings, email: str) -> str:
    """Make a link for a new password; returns it. Raises CannotStart."""
    return run(_reset(settings, email))


def run_list_members(settings: Settings) -> list[MemberRow]:
    """All members with their teams, by e-mail address. Raises CannotStart."""
    return run(_list(settings))


async def _invite(settings: Settings, email: str, named: str, role: Role) -> str:
    try:
        address = checked_email(email)
    except NoEmail as error:
        raise CannotStart(f"that is no e-mail address: {error}") from None
    async with open_house(settings) as house:
        merchant = await find_merchant(house, named)
        desk = open_members(house)
        team = {each.member.email for each in await desk.books.list_team(merchant.id)}
        if address in team:
            raise CannotStart(f"{address} is in the team of {merchant.name} already")
        subject, reason = f"member {address}", f"invited as {role}"
        async with administering(house.audit, subject, merchant_id=merchant.id, reason=reason):
            token = await desk.links.invite(address, merchant.id, role, _operator())
    return _link(settings, token)


async def _reset(settings: Settings, email: str) -> str:
    async with open_house(settings) as house:
        desk = open_members(house)
        record = await desk.books.find_member_named(fold_email(email))
        if record is None:
            raise CannotStart("there is no such member; `vezne panel members` shows them")
        async with administering(house.audit, f"member {record.email}", reason="reset"):
            token = await desk.links.offer_reset(record, _operator())
    return _link(settings, token)


async def _list(settings: Settings) -> list[MemberRow]:
    async with open_house(settings) as house:
        names = await _merchant_names(house)
        books = open_members(house).books
        return [
            MemberRow(
                email=record.email,
                merchant=names[membership.merchant_id],
                role=membership.role.value,
                has_second_factor=bool(record.sealed_factor),
                joined=local_text(membership.created_ms),
            )
            for record in await books.list_members()
            for membership in await books.list_memberships(record.id)
        ]


async def _merchant_names(house: House) -> dict[int, str]:
    return {merchant.id: merchant.name for merchant in await house.merchants.list_merchants()}


def _operator() -> str:
    """Whoever typed the command, as the one who is invited may read it."""
    return f"operator {current_origin().caller}".strip()


def _link(settings: Settings, token: str) -> str:
    return f"{known_panel_url(settings)}/join?link={token}"
