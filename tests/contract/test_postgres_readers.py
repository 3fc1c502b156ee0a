"""Queries share few connections: none is lost, none is had twice, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from vezne.engines.engine import EngineClosed
from vezne.engines.postgres import PostgresEngine, open_postgres
from vezne.engines.postgres_readers import READERS_MAX, Readers

OWN = "SELECT pg_backend_pid(), ?::bigint"
# A lock that queries wait for, as long as a test wants.
KEY = 4711
TAKE = f"pg_advisory_xact_lock({KEY})"
WAITING = f"""SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {KEY}
AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""  # noqa: S608


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[PostgresEngine]:
    engine = await open_postgres(postgres_url, "readers_test")
    yield engine
    await engine.execute_script("DROP SCHEMA readers_test CASCADE")
    await engine.close()


async def until_waiting(other: asyncpg.Connection, count: int) -> None:
    """Wait until so many queries wait for the lock."""
    async with asyncio.timeout(60):
        while await other.fetchval(WAITING) < count:  # noqa: ASYNC110 - it is the server's event
            await asyncio.sleep(0.01)


async def test_many_queries_share_few_connections(engine: PostgresEngine) -> None:
    """Each has its own answer, over no more connections than there may be."""
    answers = await asyncio.gather(*(engine.fetch(OWN, (number,)) for number in range(200)))
    assert [number for ((_, number),) in answers] == list(range(200))
    assert len({backend for ((backend, _),) in answers}) <= READERS_MAX


async def test_a_connection_is_used_again(engine: PostgresEngine) -> None:
    """One query after the other goes over the same one."""
    backends = {(await engine.fetch(OWN, (number,)))[0][0] for number in range(5)}
    assert len(backends) == 1


async def test_who_comes_later_waits_longer(postgres_url: str) -> None:
    """Callers that ask again as soon as they are answered do not pass those who wait."""
    asked: list[int] = []
    begun: list[int] = []

    class Watched(asyncpg.Connection):
        async def fetch(self, query: str, *args: int) -> list[asyncpg.Record]:
            begun.append(args[0])
            return await super().fetch(query, *args)

    async def call(readers: Readers, first: int) -> None:
        for number in (first, first + 1_000):
            asked.append(number)
            await readers.fetch("SELECT $1::bigint", (number,))

    async with asyncpg.create_pool(
        postgres_url, min_size=0, max_size=READERS_MAX, connection_class=Watched
    ) as pool:
        readers = Readers(pool, 60)
        await asyncio.gather(*(call(readers, first) for first in range(10 * READERS_MAX)))
        await readers.close()
    # The first ones open connections, which takes one of them longer than the other.
    assert [n for n in begun if n >= READERS_MAX] == [n for n in asked if n >= READERS_MAX]


async def test_who_goes_away_leaves_its_connection(engine: PostgresEngine) -> None:
    """Queries that are broken off, under way or in line, cost the others nothing."""
    slow = [asyncio.ensure_future(engine.fetch("SELECT pg_sleep(5)::text")) for _ in range(9)]
    await asyncio.sleep(0.2)
    for query in slow:
        query.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    answers = await asyncio.gather(*(engine.fetch(OWN, (number,)) for number in range(20)))
    assert [number for ((_, number),) in answers] == list(range(20))


async def test_an_error_of_the_caller_s_leaves_the_others_alone(engine: PostgresEngine) -> None:
    """A statement that makes no sense fails, and the next query does not."""
    for _ in range(2 * READERS_MAX):
        with pytest.raises(Exception, match="nowhere"):
            await engine.fetch("SELECT 1 FROM nowhere")
    assert await engine.fetch("SELECT 1") == [(1,)]


async def test_nobody_waits_for_ever(postgres_url: str) -> None:
    """Where every connection is taken for long, who waits is told."""
    other = await asyncpg.connect(postgres_url)
    await other.execute(f"SELECT pg_advisory_lock({KEY})")
    async with asyncpg.create_pool(postgres_url, min_size=0, max_size=READERS_MAX) as pool:
        readers = Readers(pool, 1)
        slow = [readers.fetch(f"SELECT {TAKE}::text", ()) for _ in range(READERS_MAX)]
        waiting = [asyncio.ensure_future(query) for query in slow]
        await until_waiting(other, READERS_MAX)
        with pytest.raises(TimeoutError):
            await readers.fetch("SELECT 1", ())
        await other.close()
        await asyncio.gather(*waiting)
        assert [tuple(row) for row in await readers.fetch("SELECT 1", ())] == [(1,)]
        await readers.close()


async def test_closing_waits_for_queries_under_way(postgres_url: str) -> None:
    """They are answered, and then everything is closed."""
    engine = await open_postgres(postgres_url, "readers_test")
    other = await asyncpg.connect(postgres_url)
    await other.execute(f"SELECT pg_advisory_lock({KEY})")
    query = asyncio.ensure_future(engine.fetch(f"SELECT 7, {TAKE}::text"))
    await until_waiting(other, 1)
    closing = asyncio.ensure_future(engine.close())
    await asyncio.sleep(0.1)
    assert not closing.done()
    await other.close()
    await asyncio.wait_for(closing, 60)
    assert await query == [(7, "")]
    with pytest.raises(EngineClosed):
        await engine.fetch("SELECT 1")
