"""People who work with the panel: members, what they may do for which merchant, their sessions.

Passwords are stored as hashes, tokens as digests, secrets of second factors as the vault seals
them. Whoever reads the books can sign in with none of them.
"""

import enum
from collections.abc import Sequence
from typing import Protocol

import msgspec

from vezne.core.merchant import Merchant


class Role(enum.StrEnum):
    """What a member is to a merchant. What each may do is the panel's affair."""

    OWNER = "owner"
    OPERATOR = "operator"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in. `has_second_factor` says that a code is asked for as well."""

    id: int
    email: str
    has_second_factor: bool = False


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A member with an open session, working for one merchant.

    `session_id` names the session to people and betrays nothing; `csrf` is in every form of it.
    `must_enroll` says that nothing but setting up the second factor is open to the member.
    """

    member: Member
    merchant: Merchant
    role: Role
    session_id: str
    csrf: str
    must_enroll: bool = False


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A member as the books keep it. `version` counts the changes.

    `email` is in lower case. `old_hashes` are of the passwords before this one, the newest first.
    `sealed_factor` is the secret of the second factor, empty where there is none, and
    `pending_factor` one that is being set up. `factor_step` is the newest time step whose code was
    used. `recovery` has the digests of the codes that stand in for a lost second factor.
    """

    id: int
    version: int
    email: str
    password_hash: str
    created_ms: int
    old_hashes: tuple[str, ...] = ()
    sealed_factor: bytes = b""
    pending_factor: bytes = b""
    factor_step: int = 0
    recovery: tuple[bytes, ...] = ()

    @property
    def member(self) -> Member:
        """What others may know of it."""
        return Member(id=self.id, email=self.email, has_second_factor=bool(self.sealed_factor))


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """What a member is to a merchant."""

    member_id: int
    merchant_id: int
    role: Role
    created_ms: int


class Teammate(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a merchant's team."""

    member: Member
    role: Role
    created_ms: int


class MemberSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that somebody signed in with.

    `digest` is of the token that the browser has; `id` names the session to people. `is_open` is
    False until the second factor is passed. `created_ms` is when the password was given,
    `seen_ms` when the member last did something.
    """

    digest: bytes
    id: str
    member_id: int
    merchant_id: int
    csrf: str
    address: str
    browser: str
    created_ms: int
    seen_ms: int
    is_open: bool


class LinkKind(enum.StrEnum):
    """What a link that was handed to somebody is good for."""

    INVITATION = "invitation"
    RESET = "reset"


class MemberLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that works once. `digest` is of the secret in it, `id` names it to people.

    An invitation makes the owner of the e-mail address a member of a merchant's team; a reset,
    whose `merchant_id` is 0, gives a member a new password and takes away the second factor.
    """

    digest: bytes
    id: str
    kind: LinkKind
    email: str
    merchant_id: int
    role: Role
    created_ms: int
    expires_ms: int
    made_by: str


class Tries(msgspec.Struct, frozen=True):
    """How often somebody tried to sign in since a time, and until when nobody may."""

    count: int = 0
    first_ms: int = 0
    locked_until_ms: int = 0


class TryLimit(msgspec.Struct, frozen=True):
    """How many tries there may be under a name before whoever it is has to wait."""

    name: str
    most: int


class AddMember(msgspec.Struct, frozen=True):
    """A new member."""

    record: MemberRecord


class ChangeMember(msgspec.Struct, frozen=True):
    """A member's next version over the one before it."""

    record: MemberRecord


class AddMembership(msgspec.Struct, frozen=True):
    """Somebody joins a merchant's team."""

    membership: Membership


class ChangeRole(msgspec.Struct, frozen=True):
    """A member of a team gets another role, in place of the one that is named.

    A conflict when no owner would be left.
    """

    member_id: int
    merchant_id: int
    role: Role
    instead_of: Role


class RemoveMembership(msgspec.Struct, frozen=True):
    """Somebody leaves a merchant's team. A conflict when no owner would be left."""

    member_id: int
    merchant_id: int


class AddSession(msgspec.Struct, frozen=True):
    """A new session."""

    session: MemberSession


class SeeSession(msgspec.Struct, frozen=True):
    """The member did something; no conflict if the session is over."""

    digest: bytes
    seen_ms: int


class TakeSession(msgspec.Struct, frozen=True):
    """A session gives way to one with another token. A conflict when it is over already."""

    digest: bytes


class EndSession(msgspec.Struct, frozen=True):
    """A session of a member is over, by the name that people know it by; again is no conflict."""

    member_id: int
    id: str


class EndSessions(msgspec.Struct, frozen=True):
    """All of a member's sessions are over, but one; those for one merchant only if it is given."""

    member_id: int
    but: str = ""
    merchant_id: int | None = None


class DropSessions(msgspec.Struct, frozen=True):
    """Forget the sessions that were begun before a time."""

    before_ms: int


class AddLink(msgspec.Struct, frozen=True):
    """A new link, in place of any for the same address and purpose, and of those too old by now."""

    link: MemberLink


class UseLink(msgspec.Struct, frozen=True):
    """A link is used or withdrawn. A conflict when it is gone already."""

    digest: bytes


MemberChange = (
    AddMember
    | ChangeMember
    | AddMembership
    | ChangeRole
    | RemoveMembership
    | AddSession
    | SeeSession
    | TakeSession
    | EndSession
    | EndSessions
    | DropSessions
    | AddLink
    | UseLink
)


class MemberBooks(Protocol):
    """Members, teams, sessions, links, and who tried to sign in too often."""

    async def apply(self, changes: Sequence[MemberChange]) -> None:
        """Write all changes or none, durably. Raises vezne.core.changes.Conflict."""

    async def next_member_id(self) -> int:
        """An id that no member has. Of two who take it at once, one meets a conflict."""

    async def find_member(self, member_id: int) -> MemberRecord | None:
        """A member by id."""

    async def find_member_named(self, email: str) -> MemberRecord | None:
        """A member by e-mail address, in lower case."""

    async def list_members(self) -> list[MemberRecord]:
        """All members, by e-mail address."""

    async def find_membership(self, member_id: int, merchant_id: int) -> Membership | None:
        """What a member is to a merchant."""

    async def list_memberships(self, member_id: int) -> list[Membership]:
        """What a member is to whom, the oldest first."""

    async def list_team(self, merchant_id: int) -> list[Teammate]:
        """A merchant's team, by e-mail address."""

    async def find_session(self, digest: bytes) -> MemberSession | None:
        """A session by the digest of its token, its time over or not."""

    async def list_sessions(self, member_id: int) -> list[MemberSession]:
        """A member's sessions, the one that was used last first."""

    async def find_link(self, digest: bytes) -> MemberLink | None:
        """A link by the digest of its secret, its time over or not."""

    async def list_invitations(self, merchant_id: int) -> list[MemberLink]:
        """The invitations into a merchant's team that nobody used, the newest first."""

    async def find_tries(self, name: str) -> Tries:
        """How often somebody tried."""

    async def begin_try(self, limits: Sequence[TryLimit], *, now_ms: int, since_ms: int) -> bool:
        """Count a try under all names; False, and none is counted, when one of them has to wait.

        Somebody has to wait who is locked out, or has had as many tries as there may be. They are
        counted from the first one on; one that was before `since_ms` begins anew. Of many at once
        no more than that come through.
        """

    async def lock(self, limit: TryLimit, until_ms: int) -> bool:
        """Lock out who has had all tries. True for one of those who ask at once, no more."""

    async def take_back_try(self, names: Sequence[str], begun_ms: int) -> None:
        """A try that was counted at a time was none after all."""

    async def forget_tries(self, name: str) -> None:
        """Start to count anew, and let somebody in who was locked out."""

    async def drop_tries(self, before_ms: int) -> None:
        """Forget those who began before a time and are locked out no longer."""
