"""What the books promise about members, teams, sessions, links and tries, on both engines."""

import asyncio

import pytest
from msgspec.structs import replace

from vezne.core.changes import Conflict
from vezne.core.member import (
    AddLink,
    AddMember,
    AddMembership,
    AddSession,
    ChangeMember,
    ChangeRole,
    DropSessions,
    EndSession,
    EndSessions,
    LinkKind,
    MemberBooks,
    MemberLink,
    MemberRecord,
    MemberSession,
    Membership,
    RemoveMembership,
    Role,
    SeeSession,
    TakeSession,
    Tries,
    TryLimit,
    UseLink,
)
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.members import SqlMembers


@pytest.fixture
async def books(engine: Engine) -> MemberBooks:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlMembers(engine)


def record(number: int = 1, email: str = "ayşe \0@example.com") -> MemberRecord:
    return MemberRecord(
        id=number,
        version=1,
        email=email,
        password_hash="$argon2id$…",
        created_ms=5,
        old_hashes=("one", "two"),
        sealed_factor=b"\0\xff",
        factor_step=2**40,
        recovery=(b"\1" * 32,),
    )


def membership(number: int, merchant_id: int = 1, role: Role = Role.OWNER) -> Membership:
    return Membership(member_id=number, merchant_id=merchant_id, role=role, created_ms=10 + number)


def session(name: str, member_id: int = 1, merchant_id: int = 1, at_ms: int = 5) -> MemberSession:
    return MemberSession(
        digest=name.encode() * 4,
        id=name,
        member_id=member_id,
        merchant_id=merchant_id,
        csrf="token",
        address="192.0.2.1",
        browser="Firefox \0 \N{SNOWMAN}",
        created_ms=at_ms,
        seen_ms=at_ms,
        is_open=True,
    )


def link(name: str, email: str = "x@example.com", merchant_id: int = 1) -> MemberLink:
    return MemberLink(
        digest=name.encode() * 4,
        id=name,
        kind=LinkKind.INVITATION,
        email=email,
        merchant_id=merchant_id,
        role=Role.VIEWER,
        created_ms=len(name),
        expires_ms=9,
        made_by="ayşe@example.com",
    )


async def test_a_member_comes_back_as_stored(books: MemberBooks) -> None:
    """By id and by address; nobody has two of either."""
    assert await books.next_member_id() == 1
    assert await books.find_member(1) is None
    await books.apply([AddMember(record())])
    assert await books.next_member_id() == 2
    assert await books.find_member(1) == record()
    assert await books.find_member_named(record().email) == record()
    assert await books.find_member_named("nobody\ud800\0") is None
    for twin in (record(email="other@example.com"), record(2)):
        with pytest.raises(Conflict):
            await books.apply([AddMember(twin)])
    await books.apply([AddMember(record(2, "a@example.com"))])
    assert [each.id for each in await books.list_members()] == [2, 1]


async def test_a_member_changes_one_version_at_a_time(books: MemberBooks) -> None:
    """Whoever decided on an older version meets a conflict, and nothing is done."""
    await books.apply([AddMember(record())])
    changed = replace(record(), version=2, password_hash="new", recovery=())
    await books.apply([ChangeMember(changed)])
    assert await books.find_member(1) == changed
    with pytest.raises(Conflict):
        await books.apply([AddSession(session("a")), ChangeMember(replace(changed, version=2))])
    assert await books.find_session(session("a").digest) is None


async def test_a_team_is_listed_with_its_roles(books: MemberBooks) -> None:
    """And each member's teams, the oldest first."""
    await books.apply([AddMember(record(1, "b@x.com")), AddMember(record(2, "a@x.com"))])
    first, second = membership(1), membership(2, role=Role.VIEWER)
    elsewhere = replace(membership(1, 7), created_ms=1)
    await books.apply([AddMembership(each) for each in (first, second, elsewhere)])
    team = [(each.member.email, each.role) for each in await books.list_team(1)]
    assert team == [("a@x.com", Role.VIEWER), ("b@x.com", Role.OWNER)]
    assert await books.list_memberships(1) == [elsewhere, first]
    assert await books.find_membership(2, 1) == second
    assert await books.find_membership(2, 7) is None
    with pytest.raises(Conflict):
        await books.apply([AddMembership(first)])


async def test_a_role_changes_only_from_the_one_that_was_seen(books: MemberBooks) -> None:
    """Two owners who click at once do not undo each other unseen."""
    await books.apply(
        [AddMembership(membership(1)), AddMembership(membership(2, role=Role.VIEWER))]
    )
    await books.apply([ChangeRole(2, 1, Role.OPERATOR, Role.VIEWER)])
    with pytest.raises(Conflict):
        await books.apply([ChangeRole(2, 1, Role.OWNER, Role.VIEWER)])
    found = await books.find_membership(2, 1)
    assert found is not None
    assert found.role is Role.OPERATOR


async def test_the_last_owner_of_a_team_stays(books: MemberBooks) -> None:
    """An owner of another merchant is of no help."""
    await books.apply([AddMembership(membership(1)), AddMembership(membership(2, 9))])
    for change in (RemoveMembership(1, 1), ChangeRole(1, 1, Role.VIEWER, Role.OWNER)):
        with pytest.raises(Conflict):
            await books.apply([change])
    await books.apply([AddMembership(membership(3))])
    await books.apply([RemoveMembership(1, 1)])
    assert await books.find_membership(1, 1) is None
    with pytest.raises(Conflict):
        await books.apply([RemoveMembership(1, 1)])


async def test_two_owners_who_remove_each_other_at_once_leave_one(books: MemberBooks) -> None:
    """However the two transactions run beside each other."""
    for merchant_id in range(1, 9):
        await books.apply([AddMembership(membership(n, merchant_id)) for n in (1, 2)])
        removals = [books.apply([RemoveMembership(n, merchant_id)]) for n in (1, 2)]
        results = await asyncio.gather(*removals, return_exceptions=True)
        assert sum(isinstance(result, Conflict) for result in results) == 1


async def test_sessions_are_found_seen_and_ended(books: MemberBooks) -> None:
    """By digest, by name, all but one, for one merchant, by age."""
    sessions = [session("a"), session("b", at_ms=6), session("c", merchant_id=2), session("d", 2)]
    await books.apply([AddSession(each) for each in sessions])
    assert await books.find_session(sessions[1].digest) == sessions[1]
    await books.apply([SeeSession(sessions[0].digest, 50), SeeSession(b"nobody", 50)])
    await books.apply([SeeSession(sessions[0].digest, 40)])
    assert [(each.id, each.seen_ms) for each in await books.list_sessions(1)] == [
        ("a", 50),
        ("b", 6),
        ("c", 5),
    ]
    await books.apply([EndSession(2, "a"), EndSession(1, "a"), EndSession(1, "a")])
    await books.apply([EndSessions(1, merchant_id=2)])
    assert [each.id for each in await books.list_sessions(1)] == ["b"]
    await books.apply([AddSession(sessions[0]), EndSessions(1, but="b")])
    assert [each.id for each in await books.list_sessions(1)] == ["b"]
    await books.apply([DropSessions(6)])
    assert await books.list_sessions(2) == []
    assert [each.id for each in await books.list_sessions(1)] == ["b"]
    with pytest.raises(Conflict):
        await books.apply([AddSession(sessions[1])])


async def test_a_link_works_once(books: MemberBooks) -> None:
    """And a new one for the same address takes its place, for that merchant."""
    await books.apply([AddLink(link("a")), AddLink(link("bb", "y@example.com"))])
    await books.apply([AddLink(link("c", merchant_id=2)), AddLink(link("ddd"))])
    assert await books.find_link(link("a").digest) is None
    assert await books.list_invitations(1) == [link("ddd"), link("bb", "y@example.com")]
    reset = replace(link("e", merchant_id=0), kind=LinkKind.RESET)
    await books.apply([AddLink(reset)])
    assert await books.find_link(reset.digest) == reset
    assert await books.list_invitations(0) == []
    await books.apply([UseLink(link("ddd").digest)])
    with pytest.raises(Conflict):
        await books.apply([UseLink(link("ddd").digest)])
    await books.apply([AddLink(replace(link("f", "z@example.com"), created_ms=10))])
    assert await books.find_link(link("bb").digest) is None


NAME = "member \ud800\0 ayşe"
LIMIT = TryLimit(NAME, 3)


async def begin(books: MemberBooks, now_ms: int, *limits: TryLimit) -> bool:
    return await books.begin_try(limits or (LIMIT,), now_ms=now_ms, since_ms=now_ms - 30)


async def test_tries_add_up_from_the_first_one_on(books: MemberBooks) -> None:
    """As many as there may be, until the time is over: the later ones do not make it longer."""
    assert await books.find_tries(NAME) == Tries()
    assert [await begin(books, now_ms) for now_ms in (100, 110, 129, 129)] == [
        True,
        True,
        True,
        False,
    ]
    assert await books.find_tries(NAME) == Tries(3, 100, 0)
    assert await begin(books, 130)
    assert await books.find_tries(NAME) == Tries(1, 130, 0)


async def test_who_had_all_tries_is_locked_out_once_and_for_so_long(books: MemberBooks) -> None:
    """Whoever tries meanwhile changes nothing; afterwards it begins anew."""
    assert not await books.lock(LIMIT, 500)
    for now_ms in (100, 101, 102):
        assert not await books.lock(LIMIT, 500)
        assert await begin(books, now_ms)
    locked = await asyncio.gather(*(books.lock(LIMIT, 500) for _ in range(5)))
    assert sorted(locked) == [False, False, False, False, True]
    assert await books.find_tries(NAME) == Tries(0, 100, 500)
    assert not await begin(books, 499)
    await books.take_back_try([NAME], 102)
    assert await books.find_tries(NAME) == Tries(0, 100, 500)
    await books.drop_tries(400)
    assert await books.find_tries(NAME) == Tries(0, 100, 500)
    assert await begin(books, 500)
    assert (await books.find_tries(NAME)).count == 1
    await books.drop_tries(501)
    assert await books.find_tries(NAME) == Tries()


async def test_a_try_is_taken_back_where_it_was_counted(books: MemberBooks) -> None:
    """Not from those that began later. Without any left, the time begins anew."""
    assert await begin(books, 100)
    await books.take_back_try([NAME, "nobody"], 99)
    assert await books.find_tries(NAME) == Tries(1, 100, 0)
    await books.take_back_try([NAME], 100)
    await books.take_back_try([NAME], 100)
    assert await books.find_tries(NAME) == Tries(0, 100, 0)
    assert await begin(books, 120)
    assert await books.find_tries(NAME) == Tries(1, 120, 0)
    await books.forget_tries(NAME)
    assert await books.find_tries(NAME) == Tries()


async def test_a_try_counts_under_all_names_or_none(books: MemberBooks) -> None:
    """Who has to wait under one name is charged under no other."""
    one, other = TryLimit("one", 1), TryLimit("other", 9)
    assert await begin(books, 100, one, other)
    assert not await begin(books, 100, other, one)
    assert await books.find_tries("other") == Tries(1, 100, 0)


async def test_of_many_tries_at_once_no_more_come_through(books: MemberBooks) -> None:
    """Nobody gets more by hurrying, and none of the others is charged elsewhere."""
    address = TryLimit("address", 50)
    results = await asyncio.gather(*(begin(books, 100, LIMIT, address) for _ in range(20)))
    assert sum(results) == 3
    assert await books.find_tries(NAME) == Tries(3, 100, 0)
    assert await books.find_tries("address") == Tries(3, 100, 0)


async def test_a_session_gives_way_once(books: MemberBooks) -> None:
    """One that is over does not come back under another token."""
    first, second = session("a"), replace(session("a"), digest=b"second")
    await books.apply([AddSession(first)])
    await books.apply([TakeSession(first.digest), AddSession(second)])
    assert await books.find_session(second.digest) == second
    with pytest.raises(Conflict):
        await books.apply([TakeSession(first.digest), AddSession(replace(first, id="b"))])
    assert await books.list_sessions(1) == [second]
