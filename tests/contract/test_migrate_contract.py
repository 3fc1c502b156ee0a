"""How schemas move forward, on every engine."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from vezne.engines.engine import Conflict, Engine
from vezne.engines.migrate import (
    Migration,
    SchemaChanged,
    SchemaTooNew,
    load_migrations,
    migrate,
    pending,
)

ONE = Migration(1, "one", "CREATE TABLE one (id BIGINT PRIMARY KEY) {clustered};")
TWO = Migration(2, "it's two", "CREATE TABLE two (id BIGINT); INSERT INTO one (id) VALUES (7);")
BROKEN = Migration(3, "broken", "CREATE TABLE three (id BIGINT); INSERT INTO nowhere VALUES (1);")
CONFLICTING = Migration(3, "conflicting", "INSERT INTO one (id) VALUES (8), (7);")


async def numbers(engine: Engine) -> list[object]:
    rows = await engine.fetch("SELECT number FROM schema_migrations ORDER BY number")
    return [row[0] for row in rows]


async def test_migrations_run_once_and_in_order(engine: Engine) -> None:
    """What is pending runs, is recorded with its name, and does not run again."""
    assert await pending(engine, [ONE, TWO]) == [ONE, TWO]
    await migrate(engine, [ONE])
    assert await pending(engine, [ONE, TWO]) == [TWO]
    await migrate(engine, [ONE, TWO])
    await migrate(engine, [ONE, TWO])
    assert await pending(engine, [ONE, TWO]) == []
    assert await engine.fetch("SELECT id FROM one") == [(7,)]
    assert await engine.fetch("SELECT name FROM schema_migrations WHERE number = 2") == [
        ("it's two",)
    ]


@pytest.mark.parametrize("last", [BROKEN, CONFLICTING])
async def test_failed_migration_leaves_no_trace(engine: Engine, last: Migration) -> None:
    """A migration that fails is undone together with its record; those before it stay."""
    with pytest.raises(Exception, match=r"nowhere|one"):
        await migrate(engine, [ONE, TWO, last])
    assert await numbers(engine) == [1, 2]
    assert await engine.fetch("SELECT id FROM one") == [(7,)]
    await migrate(engine, [ONE, TWO, Migration(3, "three", "CREATE TABLE three (id BIGINT);")])
    assert await numbers(engine) == [1, 2, 3]


async def test_conflict_of_a_migration_itself_is_raised(engine: Engine) -> None:
    """A unique key that the migration breaks is not mistaken for a faster process."""
    with pytest.raises(Conflict):
        await migrate(engine, [ONE, TWO, CONFLICTING])


async def test_two_processes_migrate_at_once(
    engine: Engine, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """Whoever comes second finds the work done."""
    other = await open_engine()
    await asyncio.gather(*(migrate(each, [ONE, TWO]) for each in (engine, other)))
    assert await numbers(engine) == [1, 2]
    assert await engine.fetch("SELECT id FROM one") == [(7,)]


async def test_newer_database_is_refused(engine: Engine) -> None:
    """A program that knows fewer migrations than have run says so, and which."""
    await migrate(engine, [ONE, TWO])
    with pytest.raises(SchemaTooNew, match="version 2, this program knows up to 1"):
        await migrate(engine, [ONE])
    with pytest.raises(SchemaTooNew, match="version 2, this program knows up to 0"):
        await pending(engine, [])


async def test_edited_migration_is_refused(engine: Engine) -> None:
    """A migration that ran must not read differently afterwards."""
    await migrate(engine, [ONE])
    with pytest.raises(SchemaChanged, match=r"migration 1 \(one\)"):
        await migrate(engine, [ONE._replace(script=ONE.script + " "), TWO])
    assert await numbers(engine) == [1]


async def test_what_is_missing_is_known(engine: Engine) -> None:
    """Before a migration its steps are listed, afterwards none."""
    await migrate(engine, [ONE])
    assert await pending(engine, [ONE, TWO]) == [TWO]
    await migrate(engine, [ONE, TWO])
    assert await pending(engine, [ONE, TWO]) == []


@pytest.mark.parametrize("package", ["vezne.storage", "vezne.vault"])
async def test_own_migrations_run(engine: Engine, package: str) -> None:
    """The schemas of the house are accepted by every engine."""
    migrations = load_migrations(package)
    await migrate(engine, migrations)
    assert await pending(engine, migrations) == []
