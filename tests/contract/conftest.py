"""Databases for the contract suites: each test runs over SQLite and over PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from vezne.engines.engine import Engine
from vezne.engines.postgres import open_postgres
from vezne.engines.sqlite import open_sqlite

OpenEngine = Callable[[], Awaitable[Engine]]
OpenNamed = Callable[[str], Awaitable[Engine]]

_schemas = count(1)


@pytest.fixture
async def open_named(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenNamed]:
    """Opens the test's own empty database on the named engine, each time by a new engine."""
    opened: list[Engine] = []
    schema = f"test_{next(_schemas)}"

    async def open_again(name: str) -> Engine:
        engine: Engine
        if name == "sqlite":
            engine = open_sqlite(tmp_path / "test.db")
        else:
            engine = await open_postgres(request.getfixturevalue("postgres_url"), schema)
        opened.append(engine)
        return engine

    yield open_again
    for engine in opened:
        await engine.close()


@pytest.fixture(params=["sqlite", "postgres"])
def open_engine(request: pytest.FixtureRequest, open_named: OpenNamed) -> OpenEngine:
    """Opens the test's own empty database, once for each kind of engine."""
    return lambda: open_named(request.param)


@pytest.fixture
async def engine(open_engine: OpenEngine) -> Engine:
    """One engine over the test's own empty database."""
    return await open_engine()
