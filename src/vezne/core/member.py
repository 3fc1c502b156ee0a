"""People who work with the panel: members, what they may do for which merchant, their sessions."""

import enum

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
