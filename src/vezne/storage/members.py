"""Members of the panel as rows: teams, sessions, links, and tries to sign in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from vezne.core import changes as core_changes
from vezne.core import member as core
from vezne.core.member import (
    MemberChange,
    MemberLink,
    MemberRecord,
    MemberSession,
    Membership,
    Role,
    Teammate,
    Tries,
    TryLimit,
)
from vezne.engines.engine import ANY_ROWS, Conflict, Engine, Row, Write
from vezne.storage.documents import Documents

_ADD_MEMBER = "INSERT INTO members (id, email, version, document) VALUES (?, ?, ?, ?)"
_CHANGE_MEMBER = """UPDATE members SET email = ?, version = ?, document = ?
WHERE id = ? AND version = ?"""
_LAST_MEMBER = "SELECT coalesce(max(id), 0) FROM members"
_FIND_MEMBER = "SELECT document FROM members WHERE id = ?"
_FIND_MEMBER_NAMED = "SELECT document FROM members WHERE email = ?"
_LIST_MEMBERS = "SELECT document FROM members ORDER BY email"

_ADD_MEMBERSHIP = """INSERT INTO memberships (merchant_id, member_id, role, created_ms)
VALUES (?, ?, ?, ?)"""
# Two owners who remove each other take their turns here, and the slower one is the last.
_TAKE_TURN = "UPDATE memberships SET role = role WHERE merchant_id = ? AND role = 'owner'"
_OWNER_IS_LEFT = """(role <> 'owner' OR EXISTS (SELECT 1 FROM memberships AS other
WHERE other.merchant_id = ? AND other.member_id <> ? AND other.role = 'owner'))"""
_CHANGE_ROLE = f"""UPDATE memberships SET role = ?
WHERE merchant_id = ? AND member_id = ? AND role = ? AND {_OWNER_IS_LEFT}"""  # noqa: S608 - own literals
_REMOVE_MEMBERSHIP = f"""DELETE FROM memberships
WHERE merchant_id = ? AND member_id = ? AND {_OWNER_IS_LEFT}"""  # noqa: S608 - own literals
_FIND_MEMBERSHIP = """SELECT merchant_id, member_id, role, created_ms FROM memberships
WHERE merchant_id = ? AND member_id = ?"""
_LIST_MEMBERSHIPS = """SELECT merchant_id, member_id, role, created_ms FROM memberships
WHERE member_id = ? ORDER BY created_ms, merchant_id"""
_LIST_TEAM = """SELECT m.document, t.role, t.created_ms
FROM memberships AS t JOIN members AS m ON m.id = t.member_id
WHERE t.merchant_id = ? ORDER BY m.email"""

_ADD_SESSION = """INSERT INTO member_sessions
(digest, id, member_id, merchant_id, created_ms, seen_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?)"""
_SEE_SESSION = "UPDATE member_sessions SET seen_ms = ? WHERE digest = ? AND seen_ms < ?"
_TAKE_SESSION = "DELETE FROM member_sessions WHERE digest = ?"
_END_SESSION = "DELETE FROM member_sessions WHERE member_id = ? AND id = ?"
_END_SESSIONS = "DELETE FROM member_sessions WHERE member_id = ? AND id <> ?"
_END_SESSIONS_FOR = """DELETE FROM member_sessions
WHERE member_id = ? AND id <> ? AND merchant_id = ?"""
_DROP_SESSIONS = "DELETE FROM member_sessions WHERE created_ms < ?"
_FIND_SESSION = "SELECT document, seen_ms FROM member_sessions WHERE digest = ?"
_LIST_SESSIONS = """SELECT document, seen_ms FROM member_sessions
WHERE member_id = ? ORDER BY seen_ms DESC, id"""

_ADD_LINK = """INSERT INTO member_links
(digest, merchant_id, kind, email, created_ms, expires_ms, document)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_DROP_OLD_LINKS = "DELETE FROM member_links WHERE expires_ms < ?"
_DROP_LINKS = "DELETE FROM member_links WHERE merchant_id = ? AND kind = ? AND email = ?"
_USE_LINK = "DELETE FROM member_links WHERE digest = ?"
_FIND_LINK = "SELECT document FROM member_links WHERE digest = ?"
_LIST_INVITATIONS = """SELECT document FROM member_links
WHERE merchant_id = ? AND kind = 'invitation' ORDER BY created_ms DESC, digest"""

_FIND_TRIES = "SELECT tries, first_ms, locked_until_ms FROM sign_in_tries WHERE name = ?"
# One statement counts and decides, so that of many at once each has a number of its own.
_BEGIN_TRY = """INSERT INTO sign_in_tries (name, tries, first_ms, locked_until_ms)
VALUES (?, 1, ?, 0)
ON CONFLICT (name) DO UPDATE SET
tries = CASE WHEN sign_in_tries.tries = 0 OR sign_in_tries.first_ms <= ?
THEN 1 ELSE sign_in_tries.tries + 1 END,
first_ms = CASE WHEN sign_in_tries.tries = 0 OR sign_in_tries.first_ms <= ?
THEN excluded.first_ms ELSE sign_in_tries.first_ms END
WHERE sign_in_tries.locked_until_ms <= excluded.first_ms
AND (sign_in_tries.tries < ? OR sign_in_tries.first_ms <= ?)"""
_LOCK = "UPDATE sign_in_tries SET locked_until_ms = ?, tries = 0 WHERE name = ? AND tries >= ?"
_TAKE_BACK_TRY = """UPDATE sign_in_tries SET tries = tries - 1
WHERE name = ? AND tries > 0 AND first_ms <= ?"""
_FORGET_TRIES = "DELETE FROM sign_in_tries WHERE name = ?"
_DROP_TRIES = "DELETE FROM sign_in_tries WHERE first_ms < ? AND locked_until_ms < ?"

_members: Final = Documents(MemberRecord)
_sessions: Final = Documents(MemberSession)
_links: Final = Documents(MemberLink)


class SqlMembers:
    """Implements `vezne.core.member.MemberBooks`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def apply(self, changes: Sequence[MemberChange]) -> None:
        """Write all changes or none, durably. Raises vezne.core.changes.Conflict."""
        writes = [write for change in changes for write in _WRITERS[type(change)](change)]
        try:
            await self._engine.apply(writes)
        except Conflict as error:
            raise core_changes.Conflict(str(error)) from error

    async def next_member_id(self) -> int:
        """An id that no member has."""
        ((last_id,),) = await self._engine.fetch(_LAST_MEMBER)
        return msgspec.convert(last_id, int) + 1

    async def find_member(self, member_id: int) -> MemberRecord | None:
        """A member by id."""
        rows = await self._engine.fetch(_FIND_MEMBER, (member_id,))
        return _members.read(rows[0][0]) if rows else None

    async def find_member_named(self, email: str) -> MemberRecord | None:
        """A member by e-mail address, in lower case."""
        rows = await self._engine.fetch(_FIND_MEMBER_NAMED, (_name_bytes(email),))
        return _members.read(rows[0][0]) if rows else None

    async def list_members(self) -> list[MemberRecord]:
        """All members, by e-mail address."""
        return [_members.read(row[0]) for row in await self._engine.fetch(_LIST_MEMBERS)]

    async def find_membership(self, member_id: int, merchant_id: int) -> Membership | None:
        """What a member is to a merchant."""
        rows = await self._engine.fetch(_FIND_MEMBERSHIP, (merchant_id, member_id))
        return _membership_from_row(rows[0]) if rows else None

    async def list_memberships(self, member_id: int) -> list[Membership]:
        """What a member is to whom, the oldest first."""
        rows = await self._engine.fetch(_LIST_MEMBERSHIPS, (member_id,))
        return [_membership_from_row(row) for row in rows]

    async def list_team(self, merchant_id: int) -> list[Teammate]:
        """A merchant's team, by e-mail address."""
        return [
            Teammate(
                member=_members.read(document).member,
                role=Role(str(role)),
                created_ms=msgspec.convert(created_ms, int),
            )
            for document, role, created_ms in await self._engine.fetch(_LIST_TEAM, (merchant_id,))
        ]

    async def find_session(self, digest: bytes) -> MemberSession | None:
        """A session by the digest of its token, its time over or not."""
        rows = await self._engine.fetch(_FIND_SESSION, (digest,))
        return _session_from_row(rows[0]) if rows else None

    async def list_sessions(self, member_id: int) -> list[MemberSession]:
        """A member's sessions, the one that was used last first."""
        rows = await self._engine.fetch(_LIST_SESSIONS, (member_id,))
        return [_session_from_row(row) for row in rows]

    async def find_link(self, digest: bytes) -> MemberLink | None:
        """A link by the digest of its secret, its time over or not."""
        rows = await self._engine.fetch(_FIND_LINK, (digest,))
        return _links.read(rows[0][0]) if rows else None

    async def list_invitations(self, merchant_id: int) -> list[MemberLink]:
        """The invitations into a merchant's team that nobody used, the newest first."""
        rows = await self._engine.fetch(_LIST_INVITATIONS, (merchant_id,))
        return [_links.read(row[0]) for row in rows]

    async def find_tries(self, name: str) -> Tries:
        """How often somebody tried."""
        rows = await self._engine.fetch(_FIND_TRIES, (_name_bytes(name),))
        return Tries(*msgspec.convert(rows[0], tuple[int, int, int])) if rows else Tries()

    async def begin_try(self, limits: Sequence[TryLimit], *, now_ms: int, since_ms: int) -> bool:
        """Count a try under all names; False, and none is counted, when one of them has to wait."""
        # Whoever has to wait costs a look, and no write.
        for limit in limits:
            tries = await self.find_tries(limit.name)
            is_spent = tries.count >= limit.most and tries.first_ms > since_ms
            if is_spent or tries.locked_until_ms > now_ms:
                return False
        writes = [
            Write(
                _BEGIN_TRY,
                (_name_bytes(each.name), now_ms, since_ms, since_ms, each.most, since_ms),
            )
            for each in limits
        ]
        return await self._has_applied(writes)

    async def lock(self, limit: TryLimit, until_ms: int) -> bool:
        """Lock out who has had all tries. True for one of those who ask at once, no more."""
        if (await self.find_tries(limit.name)).count < limit.most:
            return False
        params = (until_ms, _name_bytes(limit.name), limit.most)
        return await self._has_applied([Write(_LOCK, params)])

    async def take_back_try(self, names: Sequence[str], begun_ms: int) -> None:
        """A try that was counted at a time was none after all."""
        await self._engine.apply(
            [Write(_TAKE_BACK_TRY, (_name_bytes(name), begun_ms), ANY_ROWS) for name in names]
        )

    async def forget_tries(self, name: str) -> None:
        """Start to count anew, and let somebody in who was locked out."""
        await self._write(_FORGET_TRIES, _name_bytes(name))

    async def drop_tries(self, before_ms: int) -> None:
        """Forget those who tried last before a time and are locked out no longer."""
        await self._write(_DROP_TRIES, before_ms, before_ms)

    async def _has_applied(self, writes: Sequence[Write]) -> bool:
        """Whether every write found what it was for."""
        try:
            await self._engine.apply(writes)
        except Conflict:
            return False
        return True

    async def _write(self, sql: str, *params: int | bytes) -> None:
        await self._engine.apply([Write(sql, params, ANY_ROWS)])


def _add_member(change: core.AddMember) -> list[Write]:
    record = change.record
    row = (record.id, _name_bytes(record.email), record.version, _members.write(record))
    return [Write(_ADD_MEMBER, row)]


def _change_member(change: core.ChangeMember) -> list[Write]:
    record = change.record
    written = (_name_bytes(record.email), record.version, _members.write(record))
    return [Write(_CHANGE_MEMBER, (*written, record.id, record.version - 1))]


def _add_membership(change: core.AddMembership) -> list[Write]:
    new = change.membership
    row = (new.merchant_id, new.member_id, new.role.value, new.created_ms)
    return [Write(_ADD_MEMBERSHIP, row)]


def _change_role(change: core.ChangeRole) -> list[Write]:
    key = (change.merchant_id, change.member_id)
    params = (change.role.value, *key, change.instead_of.value, *key)
    return [_turn(change.merchant_id), Write(_CHANGE_ROLE, params)]


def _remove_membership(change: core.RemoveMembership) -> list[Write]:
    key = (change.merchant_id, change.member_id)
    return [_turn(change.merchant_id), Write(_REMOVE_MEMBERSHIP, (*key, *key))]


def _turn(merchant_id: int) -> Write:
    return Write(_TAKE_TURN, (merchant_id,), ANY_ROWS)


def _add_session(change: core.AddSession) -> list[Write]:
    new = change.session
    key = (new.digest, new.id, new.member_id, new.merchant_id)
    return [Write(_ADD_SESSION, (*key, new.created_ms, new.seen_ms, _sessions.write(new)))]


def _see_session(change: core.SeeSession) -> list[Write]:
    return [Write(_SEE_SESSION, (change.seen_ms, change.digest, change.seen_ms), ANY_ROWS)]


def _take_session(change: core.TakeSession) -> list[Write]:
    return [Write(_TAKE_SESSION, (change.digest,))]


def _end_session(change: core.EndSession) -> list[Write]:
    return [Write(_END_SESSION, (change.member_id, change.id), ANY_ROWS)]


def _end_sessions(change: core.EndSessions) -> list[Write]:
    if change.merchant_id is None:
        return [Write(_END_SESSIONS, (change.member_id, change.but), ANY_ROWS)]
    params = (change.member_id, change.but, change.merchant_id)
    return [Write(_END_SESSIONS_FOR, params, ANY_ROWS)]


def _drop_sessions(change: core.DropSessions) -> list[Write]:
    return [Write(_DROP_SESSIONS, (change.before_ms,), ANY_ROWS)]


def _add_link(change: core.AddLink) -> list[Write]:
    new = change.link
    purpose = (new.merchant_id, new.kind.value, _name_bytes(new.email))
    row = (new.digest, *purpose, new.created_ms, new.expires_ms, _links.write(new))
    return [
        Write(_DROP_OLD_LINKS, (new.created_ms,), ANY_ROWS),
        Write(_DROP_LINKS, purpose, ANY_ROWS),
        Write(_ADD_LINK, row),
    ]


def _use_link(change: core.UseLink) -> list[Write]:
    return [Write(_USE_LINK, (change.digest,))]


_WRITERS: Final[Mapping[type, Callable[[Any], list[Write]]]] = {
    core.AddMember: _add_member,
    core.ChangeMember: _change_member,
    core.AddMembership: _add_membership,
    core.ChangeRole: _change_role,
    core.RemoveMembership: _remove_membership,
    core.AddSession: _add_session,
    core.SeeSession: _see_session,
    core.TakeSession: _take_session,
    core.EndSession: _end_session,
    core.EndSessions: _end_sessions,
    core.DropSessions: _drop_sessions,
    core.AddLink: _add_link,
    core.UseLink: _use_link,
}


def _membership_from_row(row: Row) -> Membership:
    merchant_id, member_id, role, created_ms = msgspec.convert(row, tuple[int, int, Role, int])
    return Membership(
        member_id=member_id, merchant_id=merchant_id, role=role, created_ms=created_ms
    )


def _session_from_row(row: Row) -> MemberSession:
    return _sessions.read_as(row[0], {"seen_ms": row[1]})


def _name_bytes(name: str) -> bytes:
    """A name as the column holds it. Anybody may type anything for an e-mail address."""
    return name.encode("utf-8", "surrogatepass")
