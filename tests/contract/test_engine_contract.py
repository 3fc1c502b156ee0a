"""What every SQL engine promises."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from vezne.engines.engine import ANY_ROWS, Conflict, Engine, EngineClosed, EngineFailure, Write

OpenEngine = Callable[[], Awaitable[Engine]]

TABLE = """
CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, note TEXT, raw BYTEA)
{clustered};
CREATE TABLE others (id BIGINT NOT NULL PRIMARY KEY, label TEXT NOT NULL UNIQUE);
"""
INSERT = "INSERT INTO things (id, version, note, raw) VALUES (?, ?, ?, ?)"
CHANGE = "UPDATE things SET version = ? WHERE id = ? AND version = ?"
DELETE = "DELETE FROM things WHERE id = ?"
INSERT_OTHER = "INSERT INTO others (id, label) VALUES (?, ?)"
IDS = "SELECT id FROM things ORDER BY id"


def insert(thing_id: int) -> Write:
    return Write(INSERT, (thing_id, 1, "note", b"\x00\xff"))


@pytest.fixture(autouse=True)
async def _tables(engine: Engine) -> None:
    await engine.execute_script(TABLE)


async def ids(engine: Engine) -> list[object]:
    return [row[0] for row in await engine.fetch(IDS)]


async def test_values_come_back_as_they_went_in(engine: Engine) -> None:
    """Integers of 64 bits, any text, bytes and null survive, in rows that are tuples."""
    rows = [
        (2**63 - 1, -(2**63), "Göztepe ?? 'quoted' \U0001f4b3", b"\x00?\xff"),
        (1, 0, None, None),
        (2, 0, "", b""),
    ]
    await engine.apply([Write(INSERT, row) for row in rows])
    stored = await engine.fetch("SELECT id, version, note, raw FROM things ORDER BY id")
    assert stored == sorted(rows)


async def test_question_marks_in_literals_are_no_parameters(engine: Engine) -> None:
    """Only a `?` that stands for a value is one."""
    await engine.apply([Write("INSERT INTO things (id, version, note) VALUES (?, 1, '?')", (1,))])
    found = await engine.fetch(
        "SELECT note /* ? */, 'it''s?' AS \"a?\" FROM things WHERE note = '?' AND id = ? -- ?", (1,)
    )
    assert found == [("?", "it's?")]


async def test_batch_happens_as_a_whole(engine: Engine) -> None:
    """All writes of a batch are there once it is answered, whatever statements it mixes."""
    await engine.apply([insert(1), Write(INSERT_OTHER, (1, "one")), insert(2)])
    await engine.apply([Write(CHANGE, (2, 1, 1)), Write(DELETE, (2,))])
    assert await engine.fetch("SELECT id, version FROM things") == [(1, 2)]
    assert await engine.fetch("SELECT id, label FROM others") == [(1, "one")]


async def test_writes_of_a_batch_see_each_other(engine: Engine) -> None:
    """A batch runs in order: a later write finds what an earlier one left."""
    await engine.apply(
        [insert(1), Write(CHANGE, (2, 1, 1)), Write(CHANGE, (3, 1, 2)), insert(2)],
    )
    await engine.apply([Write(DELETE, (2,)), insert(2)])
    assert await engine.fetch("SELECT id, version FROM things ORDER BY id") == [(1, 3), (2, 1)]


async def test_unexpected_row_count_conflicts(engine: Engine) -> None:
    """A compare-and-set that finds another version undoes its whole batch."""
    await engine.apply([insert(1)])
    with pytest.raises(Conflict):
        await engine.apply([Write(INSERT_OTHER, (1, "one")), Write(CHANGE, (3, 1, 2))])
    assert await engine.fetch("SELECT * FROM others") == []
    assert await engine.fetch("SELECT version FROM things") == [(1,)]


async def test_too_many_rows_conflict(engine: Engine) -> None:
    """More rows than expected are as wrong as fewer."""
    await engine.apply([insert(1), insert(2)])
    with pytest.raises(Conflict):
        await engine.apply([Write("UPDATE things SET version = 9", ())])
    await engine.apply([Write("UPDATE things SET version = 9", (), 2)])
    await engine.apply([Write("DELETE FROM things WHERE version = ?", (8,), 0)])
    assert await engine.fetch("SELECT count(*) FROM things WHERE version = 9") == [(2,)]


async def test_any_number_of_rows(engine: Engine) -> None:
    """ANY_ROWS takes what comes, in order with the other writes of its batch."""
    change_all = Write("UPDATE things SET version = 5", (), ANY_ROWS)
    await engine.apply([change_all])
    await engine.apply([insert(1), insert(2), change_all])
    assert await engine.fetch("SELECT id, version FROM things ORDER BY id") == [(1, 5), (2, 5)]


async def test_broken_key_conflicts(engine: Engine) -> None:
    """A primary key or another unique key that is taken undoes the whole batch."""
    await engine.apply([insert(1), Write(INSERT_OTHER, (1, "one"))])
    with pytest.raises(Conflict):
        await engine.apply([insert(2), insert(1)])
    with pytest.raises(Conflict):
        await engine.apply([insert(2), Write(INSERT_OTHER, (2, "one"))])
    assert await ids(engine) == [1]


async def test_conflict_leaves_its_neighbours_alone(engine: Engine) -> None:
    """Of many batches at once, those that conflict fail and all others are stored."""
    await engine.apply([insert(7), insert(21)])
    outcomes = await asyncio.gather(
        *(
            engine.apply([Write(INSERT_OTHER, (number, f"label {number}")), insert(number)])
            for number in range(40)
        ),
        return_exceptions=True,
    )
    failed = [number for number, outcome in enumerate(outcomes) if outcome is not None]
    assert failed == [7, 21]
    assert all(isinstance(outcomes[number], Conflict) for number in failed)
    assert await ids(engine) == list(range(40))
    assert len(await engine.fetch("SELECT id FROM others")) == 38


async def test_broken_statement_leaves_its_neighbours_alone(engine: Engine) -> None:
    """A batch that makes no sense fails alone, and not as a conflict."""
    nonsense = [
        Write("INSERT INTO nowhere VALUES (?)", (1,)),
        Write(INSERT_OTHER, (1, None)),
        Write(INSERT, (2**70, 1, "too large", b"")),
    ]
    outcomes = await asyncio.gather(
        *(engine.apply([insert(number)]) for number in range(5)),
        *(engine.apply([insert(100), write]) for write in nonsense),
        return_exceptions=True,
    )
    assert outcomes[:5] == [None] * 5
    for outcome in outcomes[5:]:
        assert isinstance(outcome, Exception)
        assert not isinstance(outcome, Conflict | EngineFailure)
    assert await ids(engine) == list(range(5))


async def test_one_of_many_wins(engine: Engine) -> None:
    """Of many compare-and-sets from the same version exactly one succeeds."""
    await engine.apply([insert(1)])
    outcomes = await asyncio.gather(
        *(engine.apply([Write(CHANGE, (2, 1, 1))]) for _ in range(20)), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19


async def test_cancelled_wait_does_not_hurt_others(engine: Engine) -> None:
    """Who stops waiting takes nothing back, and the batches beside it are answered."""
    first = asyncio.ensure_future(engine.apply([insert(1)]))
    second = asyncio.ensure_future(engine.apply([insert(2)]))
    await asyncio.sleep(0)
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    await engine.apply([insert(3)])
    assert await ids(engine) == [1, 2, 3]


async def test_two_engines_share_a_database(engine: Engine, open_engine: OpenEngine) -> None:
    """Engines over one database see each other's commits and conflict with each other."""
    other = await open_engine()
    outcomes = await asyncio.gather(
        *(each.apply([insert(number)]) for number in range(30) for each in (engine, other)),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 30
    assert await ids(engine) == await ids(other) == list(range(30))


async def test_script_is_one_transaction(engine: Engine) -> None:
    """A script that fails in the middle leaves nothing behind."""
    parts = [
        "CREATE TABLE news (id BIGINT PRIMARY KEY) {clustered};",
        "-- a comment; with a semicolon",
        "INSERT INTO others (id, label) VALUES (1, 'semi;colon');",
    ]
    with pytest.raises(Exception, match="nowhere"):
        await engine.execute_script("\n".join([*parts, "INSERT INTO nowhere VALUES (1);"]))
    assert await engine.fetch("SELECT * FROM others") == []
    with pytest.raises(Conflict):
        await engine.execute_script("\n".join([*parts, "INSERT INTO others VALUES (1, 'x')"]))
    assert await engine.fetch("SELECT * FROM others") == []
    await engine.execute_script("\n".join([*parts, "", "-- the end; without a line break"]))
    assert await engine.fetch("SELECT label FROM others") == [("semi;colon",)]
    assert await engine.fetch("SELECT * FROM news") == []


async def test_unfinished_script_is_refused(engine: Engine) -> None:
    """A script that breaks off inside a literal fails instead of losing its last statement."""
    with pytest.raises(Exception, match=r"unrecognized token|unterminated"):
        await engine.execute_script(
            "INSERT INTO others VALUES (1, 'a'); INSERT INTO others VALUES ('b"
        )
    assert await engine.fetch("SELECT * FROM others") == []


async def test_statement_without_rows(engine: Engine) -> None:
    """A statement that is about no rows at all can be part of a batch."""
    await engine.apply([Write("CREATE TABLE late (id BIGINT)", (), ANY_ROWS), insert(1)])
    await engine.apply([Write("INSERT INTO late VALUES (?)", (1,))])
    assert await engine.fetch("SELECT id FROM late") == [(1,)]


async def test_close_finishes_what_was_accepted(engine: Engine, open_engine: OpenEngine) -> None:
    """Closing answers every accepted batch, refuses new ones, and may be repeated."""
    accepted = [asyncio.ensure_future(engine.apply([insert(number)])) for number in range(50)]
    await asyncio.sleep(0)
    await engine.close()
    await engine.close()
    assert await asyncio.gather(*accepted) == [None] * 50
    with pytest.raises(EngineClosed):
        await engine.apply([insert(99)])
    with pytest.raises(EngineClosed):
        await engine.fetch(IDS)
    with pytest.raises(EngineClosed):
        await engine.execute_script("SELECT 1;")
    assert await ids(await open_engine()) == list(range(50))
