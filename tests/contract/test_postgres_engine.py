"""What the PostgreSQL engine promises beyond the contract: grouping, time-outs, lost connections.

It stands with the contract suites because it needs their server.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from fakes.commit_cutter import cutting_line
from fakes.faulty_line import FaultyLine
from fakes.postgres_server import Postgres
from vezne.engines.engine import ANY_ROWS, Conflict, EngineFailure, Write
from vezne.engines.postgres import GROUP_MAX, PostgresEngine, open_postgres

TABLE = "CREATE TABLE things (id BIGINT PRIMARY KEY, version BIGINT NOT NULL) {clustered};"
INSERT = "INSERT INTO things (id, version) VALUES (?, 1)"
CHANGE = "UPDATE things SET version = ? WHERE id = ? AND version = ?"
SCHEMA = "engine_test"
# Connections of engines of this database; servers of other tests have others.
OURS = "application_name = 'vezne' AND datname = current_database()"
END_ALL = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}"  # noqa: S608
PATIENCE_S = 60


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[PostgresEngine]:
    engine = await open_postgres(postgres_url, SCHEMA)
    await engine.execute_script(TABLE)
    yield engine
    await engine.execute_script(f"DROP SCHEMA {SCHEMA} CASCADE")
    await engine.close()


@pytest.fixture
async def other(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else."""
    connection = await asyncpg.connect(postgres_url, server_settings={"search_path": SCHEMA})
    yield connection
    await connection.close()


def insert(thing_id: int) -> Write:
    return Write(INSERT, (thing_id,))


async def test_batches_that_wait_share_a_commit(engine: PostgresEngine) -> None:
    """What arrives at once, or while a group is being written, becomes durable together."""
    await asyncio.gather(*(engine.apply([insert(n)]) for n in range(2 * GROUP_MAX)))
    # By which transaction each row was written; the server has others of its own.
    groups = "SELECT count(*) FROM things GROUP BY xmin::text"
    assert await engine.fetch(groups) == [(GROUP_MAX,)] * 2


async def test_one_connection_writes(engine: PostgresEngine, other: asyncpg.Connection) -> None:
    """A batch that arrives while a group is being written waits for it, and makes no second one."""
    await engine.apply([insert(1)])
    async with other.transaction():
        await other.execute("SELECT 1 FROM things WHERE id = 1 FOR UPDATE")
        first = asyncio.ensure_future(engine.apply([Write(CHANGE, (2, 1, 1))]))
        await _until_blocked(other)
        second = asyncio.ensure_future(engine.apply([insert(2)]))
        await asyncio.sleep(0.05)
        assert not second.done()
    await asyncio.gather(first, second)


async def test_commits_wait_for_the_disk(engine: PostgresEngine) -> None:
    """Whatever the server's default, our commits are durable."""
    assert await engine.fetch("SHOW synchronous_commit") == [("on",)]


async def test_statement_that_takes_too_long(
    engine: PostgresEngine, other: asyncpg.Connection, postgres_url: str
) -> None:
    """A lock that somebody else keeps fails the writes behind it; afterwards work goes on."""
    await engine.apply([insert(1)])
    impatient = await open_postgres(postgres_url, SCHEMA, command_timeout_s=1)
    async with other.transaction():
        await other.execute("UPDATE things SET version = 7 WHERE id = 1")
        with pytest.raises(EngineFailure, match="in time"):
            await impatient.apply([Write(CHANGE, (2, 1, 1)), insert(2)])
        with pytest.raises(EngineFailure, match="in time"):
            await impatient.fetch("SELECT pg_sleep(60)")
    assert await impatient.fetch("SELECT id, version FROM things") == [(1, 7)]
    await impatient.apply([insert(2)])
    await impatient.close()


async def test_lost_connections_are_replaced(
    engine: PostgresEngine, other: asyncpg.Connection
) -> None:
    """After the server dropped every connection, the next batch is written as usual."""
    await asyncio.gather(*(engine.fetch("SELECT pg_sleep(0.01)") for _ in range(4)))
    for number in range(3):
        await other.execute(END_ALL)
        await engine.apply([insert(number)])
    assert await engine.fetch("SELECT count(*) FROM things") == [(3,)]


async def test_nobody_hears_of_connections_that_were_lost_between_two_queries(
    engine: PostgresEngine, other: asyncpg.Connection
) -> None:
    """Whether the end of the line is noticed before the next query, with it, or after it."""
    for number in range(60):
        await asyncio.gather(*(engine.fetch("SELECT 1") for _ in range(3)))
        await other.execute(END_ALL)
        await asyncio.sleep(number % 6 / 5_000)
        assert await engine.fetch("SELECT 1") == [(1,)]


async def test_query_whose_connection_is_lost(
    engine: PostgresEngine, other: asyncpg.Connection
) -> None:
    """It is asked once more, over a new connection."""
    await engine.apply([insert(7)])
    async with other.transaction():
        await other.execute("LOCK TABLE things")
        waiting = asyncio.ensure_future(engine.fetch("SELECT id FROM things"))
        await _until_blocked(other)
        await other.execute(END_ALL)
    assert await waiting == [(7,)]


async def test_connection_that_does_not_answer_is_left(
    engine: PostgresEngine, postgres_server: Postgres
) -> None:
    """Nobody waits for the end of a connection that was swallowed; new ones are as good as ever."""
    with FaultyLine(postgres_server.folder) as line:
        far = await open_postgres(line.url_of("postgres"), SCHEMA, command_timeout_s=1)
        await far.apply([insert(1)])
        with line.hole():
            for work in (far.fetch("SELECT 1"), far.apply([insert(2)])):
                with pytest.raises(EngineFailure):
                    await asyncio.wait_for(work, PATIENCE_S)
        await far.apply([insert(3)])
        assert await far.fetch("SELECT id FROM things ORDER BY id") == [(1,), (3,)]
        line.cut()
        await far.close()


async def test_connection_lost_in_a_group(
    engine: PostgresEngine, other: asyncpg.Connection
) -> None:
    """A group whose connection breaks before its commit is written again, once."""
    await engine.apply([insert(1)])
    async with other.transaction():
        await other.execute("SELECT 1 FROM things WHERE id = 1 FOR UPDATE")
        waiting = asyncio.ensure_future(engine.apply([insert(2), Write(CHANGE, (8, 1, 1))]))
        await _until_blocked(other)
        await other.execute(f"{END_ALL} AND wait_event_type = 'Lock'")
    await waiting
    assert await engine.fetch("SELECT id, version FROM things ORDER BY id") == [(1, 8), (2, 1)]


async def test_deadlock_is_a_lost_race(engine: PostgresEngine, other: asyncpg.Connection) -> None:
    """A deadlock's victim is tried again, and conflicts when the other one changed its rows."""
    await engine.apply([insert(1), insert(2)])
    async with other.transaction():
        # Whoever looks for a deadlock first is its victim: not this one.
        await other.execute("SET LOCAL deadlock_timeout = '1min'")
        await other.execute("UPDATE things SET version = 7 WHERE id = 2")
        both = [Write(CHANGE, (2, 1, 1)), Write(CHANGE, (2, 2, 1))]
        waiting = asyncio.ensure_future(engine.apply(both))
        await _until_blocked(other)
        await other.execute("UPDATE things SET version = 7 WHERE id = 1")
    with pytest.raises(Conflict):
        await waiting
    assert await engine.fetch("SELECT version FROM things") == [(7,), (7,)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("40001", EngineFailure),
        ("40P01", EngineFailure),
        ("23505", Conflict),
        ("53100", EngineFailure),
        ("57P01", EngineFailure),
        ("23514", asyncpg.CheckViolationError),
    ],
)
async def test_refusals_of_the_server(
    engine: PostgresEngine, code: str, expected: type[Exception]
) -> None:
    """Broken keys are conflicts; a server in trouble, or races without end, are failures."""
    refusal = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(expected):
        await engine.apply([insert(1), Write(refusal, (), ANY_ROWS)])
    await engine.apply([insert(1)])


async def test_connection_lost_during_commit(
    engine: PostgresEngine, postgres_url: str, tmp_path: Path
) -> None:
    """When the line breaks after COMMIT was sent, the outcome is open and nothing is repeated."""
    name = ".s.PGSQL.5432"
    folder = Path(parse_qs(urlsplit(postgres_url).query)["host"][0])
    with cutting_line(folder / name, tmp_path / name):
        cut = await open_postgres(f"postgresql://postgres@/postgres?host={tmp_path}", SCHEMA)
        with pytest.raises(EngineFailure):
            await cut.apply([insert(1)])
        await cut.close()
    assert await engine.fetch("SELECT id, version FROM things") == [(1, 1)]


async def _until_blocked(other: asyncpg.Connection) -> None:
    """Wait until the engine waits for a lock."""
    blocked = f"SELECT count(*) FROM pg_stat_activity WHERE {OURS} AND wait_event_type = 'Lock'"  # noqa: S608
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await other.execute("SELECT pg_stat_clear_snapshot()")
            if await other.fetchval(blocked):
                return
            await asyncio.sleep(0.01)
