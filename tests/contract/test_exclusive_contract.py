"""What every engine promises of names that one process at a time can hold."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from fakes.child import start_child
from fakes.faulty_line import FaultyLine
from vezne.engines.engine import (
    ANY_ROWS,
    Engine,
    EngineClosed,
    EngineFailure,
    Occupied,
    Write,
)
from vezne.engines.postgres import open_postgres

# Holds a name until it is killed.
HOLDER = """
import asyncio, sys
from pathlib import Path
from vezne.engines.postgres import open_postgres
from vezne.engines.sqlite import open_sqlite

async def hold(kind, place):
    engine = open_sqlite(Path(place)) if kind == "sqlite" else await open_postgres(place, "held")
    async with engine.exclusive("rotation"):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold(*sys.argv[1:]))
"""


async def test_a_name_has_one_holder(engine, open_engine) -> None:
    """While one holds it nobody else gets it; other names are free, and it is afterwards."""
    other: Engine = await open_engine()
    async with engine.exclusive("rotation"):
        with pytest.raises(Occupied):
            async with other.exclusive("rotation"):
                pytest.fail("two hold one name")
        async with other.exclusive("sweep"):
            pass
    async with other.exclusive("rotation"):
        pass


async def test_what_happens_meanwhile_is_passed_on(engine) -> None:
    """An error of the holder's own ends the hold and stays what it is."""
    with pytest.raises(BlockingIOError):
        async with engine.exclusive("rotation"):
            raise BlockingIOError
    async with engine.exclusive("rotation"):
        pass


async def test_a_closed_engine_holds_nothing(engine) -> None:
    """As it does nothing else."""
    await engine.close()
    with pytest.raises(EngineClosed):
        async with engine.exclusive("rotation"):
            pytest.fail("a closed engine holds a name")


async def test_who_waits_for_a_name_gets_it(engine, open_engine) -> None:
    """As soon as it is given up; the waiting can be broken off."""
    other: Engine = await open_engine()
    has_it = asyncio.Event()

    async def wait() -> None:
        async with other.exclusive("lead", retry_s=0.01):
            has_it.set()

    async with engine.exclusive("lead"):
        waiting = asyncio.create_task(wait())
        given_up = asyncio.create_task(wait())
        await asyncio.sleep(0.1)
        given_up.cancel()
        assert not has_it.is_set()
    await waiting
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_names_that_are_held_keep_nobody_from_working(engine) -> None:
    """However many they are: a name is not held by a line that others need."""
    async with AsyncExitStack() as stack:
        for number in range(6):
            await stack.enter_async_context(engine.exclusive(f"name{number}"))
        assert await engine.fetch("SELECT 1") == [(1,)]


async def test_an_error_about_time_is_the_holders_own(engine) -> None:
    """It does not look like a hold that was lost."""
    with pytest.raises(TimeoutError):
        async with engine.exclusive("lead"):
            raise TimeoutError


async def test_a_broken_line_ends_what_is_done_meanwhile(postgres_url) -> None:
    """At once, with a failure of the engine; somebody else can have the name then."""
    engine = await open_postgres(postgres_url, "broken")
    # Of this database only: a server of other tests may hold names in another one.
    end = """SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""

    async def hold() -> None:
        async with engine.exclusive("lead"):
            await engine.fetch(end)
            await asyncio.sleep(60)

    with pytest.raises(EngineFailure, match="lead"):
        await hold()
    async with engine.exclusive("lead"):
        pass
    await engine.close()


async def test_a_silent_line_ends_what_is_done_meanwhile(postgres_server) -> None:
    """When no answer comes any more, though nothing says that the line is broken."""
    with FaultyLine(postgres_server.folder) as line:
        engine = await open_postgres(line.url_of("postgres"), "silent")

        async def hold() -> None:
            async with engine.exclusive("lead"):
                with line.hole():
                    await asyncio.sleep(60)

        with pytest.raises(EngineFailure, match="lead"):
            await asyncio.wait_for(hold(), 55)
        line.cut()
        async with engine.exclusive("lead"):
            pass
        await engine.close()


async def test_a_server_out_of_reach_is_a_failure(postgres_server) -> None:
    """Of the engine, before anything was held."""
    with FaultyLine(postgres_server.folder) as line:
        engine = await open_postgres(line.url_of("postgres"), "unreachable")
        with pytest.raises(EngineFailure), line.hole():
            async with engine.exclusive("lead"):
                pytest.fail("held without a server")
        line.cut()
        await engine.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_the_end_of_a_process_ends_its_hold(kind, open_named, tmp_path: Path, request):
    """Also when it is killed: nobody has to wait for something to expire."""
    engine = await open_named(kind)
    place = str(tmp_path / "test.db")
    if kind == "postgres":
        place = request.getfixturevalue("postgres_url")
        engine = await open_postgres(place, "held")
    with start_child(HOLDER, kind, place) as child:
        assert next(child.lines()) == "held"
        with pytest.raises(Occupied):
            async with engine.exclusive("rotation"):
                pytest.fail("two hold one name")
        child.kill()
        while True:
            try:
                async with engine.exclusive("rotation"):
                    break
            except Occupied:
                # The server notices a line that broke in its own time.
                continue
    await engine.close()


async def test_many_writes_of_one_kind_with_any_rows(engine) -> None:
    """They all happen, in one transaction with what stands before and after them."""
    await engine.execute_script("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY);")
    insert = "INSERT INTO things (id) VALUES (?)"
    writes = [Write(insert, (each,), ANY_ROWS) for each in range(5)]
    await engine.apply([*writes, Write("DELETE FROM things WHERE id = ?", (3,))])
    rows = await engine.fetch("SELECT id FROM things ORDER BY id")
    assert rows == [(0,), (1,), (2,), (4,)]
