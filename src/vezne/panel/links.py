"""Links that work once: invitations into a team, and ways back for who lost a password."""

from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.card import holds_pan
from vezne.core.changes import Conflict
from vezne.core.member import (
    AddLink,
    AddMember,
    AddMembership,
    ChangeMember,
    EndSessions,
    LinkKind,
    MemberBooks,
    MemberChange,
    MemberLink,
    MemberRecord,
    Membership,
    Role,
    UseLink,
)
from vezne.core.ports import Clock, Entropy
from vezne.panel.accounts import Accounts, without_factor
from vezne.panel.entrance import fold_email, tries_of
from vezne.panel.sessions import digest_of, new_token

# Three days: over a weekend, and not for good.
INVITATION_LIFE_MS: Final = 72 * 3_600_000
RESET_LIFE_MS: Final = 3_600_000

_ID_BYTES: Final = 9


class NoEmail(ValueError):
    """That is no e-mail address. The text says why."""


class Links:
    """Makes links and honours them."""

    def __init__(
        self, members: MemberBooks, accounts: Accounts, clock: Clock, entropy: Entropy
    ) -> None:
        self._members = members
        self._accounts = accounts
        self._clock = clock
        self._entropy = entropy

    async def invite(self, email: str, merchant_id: int, role: Role, made_by: str) -> str:
        """The secret of a new invitation, in place of any before it. Raises NoEmail."""
        return await self._add(
            LinkKind.INVITATION, checked_email(email), merchant_id, role, made_by
        )

    async def offer_reset(self, record: MemberRecord, made_by: str) -> str:
        """The secret of a link by which a member gets a new password."""
        return await self._add(LinkKind.RESET, record.email, 0, Role.VIEWER, made_by)

    async def find(self, token: str) -> MemberLink | None:
        """The link of a secret; None when it is unknown, used, withdrawn or too old."""
        link = await self._members.find_link(digest_of(token))
        if link is None or link.expires_ms <= self._clock.now_ms():
            return None
        return link

    async def list_invitations(self, merchant_id: int) -> list[MemberLink]:
        """The invitations that still work, the newest first."""
        now_ms = self._clock.now_ms()
        found = await self._members.list_invitations(merchant_id)
        return [link for link in found if link.expires_ms > now_ms]

    async def join_as_new(self, link: MemberLink, password: str) -> MemberRecord:
        """Make a member of whoever was invited. Raises Busy; Conflict when the link is used."""
        nobody = MemberRecord(
            id=0, version=0, email=link.email, password_hash="", created_ms=self._clock.now_ms()
        )
        with_password = await self._accounts.with_password(nobody, password)
        while True:
            member_id = await self._members.next_member_id()
            record = msgspec.structs.replace(with_password, id=member_id)
            joined = self._joined(link, record)
            try:
                await self._members.apply([UseLink(link.digest), AddMember(record), joined])
            except Conflict:
                # Somebody else may have taken the id.
                if await self._members.find_member(member_id) is None:
                    raise
            else:
                return record

    async def join_team(self, link: MemberLink, record: MemberRecord) -> None:
        """Take a member into the team too.

        Raises Conflict when the link is used, or the member belongs to the team already.
        """
        # Whoever is about to join anew, as a member of no team, meets a conflict.
        seen = msgspec.structs.replace(record, version=record.version + 1)
        joined = self._joined(link, record)
        await self._members.apply([UseLink(link.digest), ChangeMember(seen), joined])

    async def join_anew(
        self, link: MemberLink, record: MemberRecord, password: str
    ) -> MemberRecord:
        """Take a member of no team into one, with a new password and no second factor.

        Whoever had the account before has nothing. Raises Busy; Conflict when the link is used, or
        the member has changed.
        """
        return await self._start_anew(link, record, password, [self._joined(link, record)])

    async def reset(self, link: MemberLink, record: MemberRecord, password: str) -> MemberRecord:
        """Give a member a new password, and no second factor; every session is over.

        Raises Busy; Conflict when the link is used.
        """
        return await self._start_anew(link, record, password, [])

    async def find_invitation(self, merchant_id: int, link_id: str) -> MemberLink | None:
        """An invitation of a merchant's by the name that people know it by."""
        found = await self._members.list_invitations(merchant_id)
        return next((link for link in found if link.id == link_id), None)

    async def withdraw(self, link: MemberLink) -> None:
        """Make an invitation work no more. Raises Conflict when it is used."""
        await self._members.apply([UseLink(link.digest)])

    async def _start_anew(
        self,
        link: MemberLink,
        record: MemberRecord,
        password: str,
        further: Sequence[MemberChange],
    ) -> MemberRecord:
        changed = without_factor(await self._accounts.with_password(record, password))
        end = EndSessions(record.id)
        await self._members.apply([UseLink(link.digest), ChangeMember(changed), end, *further])
        await self._members.forget_tries(tries_of(record.email))
        return changed

    def _joined(self, link: MemberLink, record: MemberRecord) -> AddMembership:
        return AddMembership(
            Membership(
                member_id=record.id,
                merchant_id=link.merchant_id,
                role=link.role,
                created_ms=self._clock.now_ms(),
            )
        )

    async def _add(
        self, kind: LinkKind, email: str, merchant_id: int, role: Role, made_by: str
    ) -> str:
        token, now_ms = new_token(self._entropy), self._clock.now_ms()
        life_ms = INVITATION_LIFE_MS if kind is LinkKind.INVITATION else RESET_LIFE_MS
        link = MemberLink(
            digest=digest_of(token),
            id=self._entropy.take(_ID_BYTES).hex(),
            kind=kind,
            email=email,
            merchant_id=merchant_id,
            role=role,
            created_ms=now_ms,
            expires_ms=now_ms + life_ms,
            made_by=made_by,
        )
        changes: list[MemberChange] = [AddLink(link)]
        await self._members.apply(changes)
        return token


def checked_email(text: str) -> str:
    """An e-mail address as members are told apart by it. Raises NoEmail."""
    if holds_pan(text):
        raise NoEmail("it holds a card number")
    # Slow to load, and servers that nobody joins need none.
    import email_validator  # noqa: PLC0415

    try:
        found = email_validator.validate_email(text.strip(), check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise NoEmail(str(error)) from None
    return fold_email(found.normalized)
