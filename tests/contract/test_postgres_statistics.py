"""A table that begins to grow is planned for as it is, not as it was when it was empty."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from vezne.engines import postgres_statistics
from vezne.engines.engine import Write
from vezne.engines.postgres import PostgresEngine, open_postgres

# Without the server's own help, which comes once a minute.
TABLES = """CREATE TABLE things (
    owner BIGINT NOT NULL, number BIGINT NOT NULL, seen BIGINT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (owner, number)
);
CREATE INDEX things_seen ON things (owner, seen, number);
CREATE TABLE few (id BIGINT PRIMARY KEY);
ALTER TABLE things SET (autovacuum_enabled = false);
ALTER TABLE few SET (autovacuum_enabled = false);"""
INSERT = "INSERT INTO things (owner, number, seen, text) VALUES (1, ?, 1, ?)"
KNOWN = """SELECT relname, reltuples FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname IN ('things', 'few')"""


@pytest.fixture
async def engine(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PostgresEngine]:
    monkeypatch.setattr(postgres_statistics, "EVERY_S", 0.01)
    engine = await open_postgres(postgres_url, "statistics_test")
    await engine.execute_script(TABLES)
    yield engine
    await engine.execute_script("DROP SCHEMA statistics_test CASCADE")
    await engine.close()


async def known(engine: PostgresEngine) -> dict[str, float]:
    """How many rows the planner was told that a table has; -1: nothing."""
    return msgspec.convert(dict(await engine.fetch(KNOWN)), dict[str, float])


async def test_a_table_that_grows_is_known(engine: PostgresEngine) -> None:
    """Every time that it has grown to several times its size, and no small one ever."""
    await engine.apply([Write("INSERT INTO few (id) VALUES (1)", ())])
    count, told = 0, [-1.0]
    async with asyncio.timeout(60):
        while len(told) < 4:
            count += 1
            await engine.apply([Write(INSERT, (count, "x" * 1000))])
            rows = (await known(engine))["things"]
            told += [rows] if rows > told[-1] else []
    assert told[-1] <= count
    assert told[-1] > 3 * told[-2]
    assert (await known(engine))["few"] == -1


async def test_nobody_hears_of_a_look_that_fails(
    engine: PostgresEngine, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes go on, and the next look is as good as any."""
    monkeypatch.setattr(postgres_statistics, "_GROWN", "SELECT 'nowhere'")
    for number in range(20):
        await engine.apply([Write(INSERT, (number, "x" * 1000))])
        await asyncio.sleep(0.002)
    other = await asyncpg.connect(postgres_url)
    count = await other.fetchval("SELECT count(*) FROM statistics_test.things")
    await other.close()
    assert count == 20
