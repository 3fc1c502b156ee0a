"""What every engine promises about snapshots."""

from pathlib import Path

import pytest

from vezne.engines.engine import Engine, EngineClosed, EngineFailure, Write
from vezne.engines.sqlite import open_sqlite

_CREATE = "CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)"
_ADD = "INSERT INTO things (id, name) VALUES (?, ?)"
_COUNT = "SELECT count(*) FROM things WHERE id > ?"


@pytest.fixture
async def things(engine: Engine) -> Engine:
    await engine.execute_script(_CREATE)
    await engine.apply([Write(_ADD, (1, "one"))])
    return engine


async def test_a_snapshot_shows_one_moment(things: Engine) -> None:
    """However long it is open, and however many there are."""
    async with things.snapshot() as first:
        await things.apply([Write(_ADD, (2, "two"))])
        async with things.snapshot() as second:
            await things.apply([Write(_ADD, (3, "three"))])
            assert await first.fetch(_COUNT, (0,)) == [(1,)]
            assert await second.fetch(_COUNT, (0,)) == [(2,)]
            assert await things.fetch(_COUNT, (0,)) == [(3,)]


async def test_a_snapshot_cannot_write(things: Engine) -> None:
    """It is for looking."""
    async with things.snapshot() as snapshot:
        with pytest.raises(Exception, match="read"):
            await snapshot.fetch(_ADD, (2, "two"))
    assert await things.fetch(_COUNT, (0,)) == [(1,)]


async def test_a_closed_engine_has_no_snapshots(things: Engine) -> None:
    """As it answers no query."""
    await things.close()
    with pytest.raises(EngineClosed):
        async with things.snapshot():
            pass


async def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """A failure of the database, in the engine's own words."""
    path = tmp_path / "things.db"
    engine = open_sqlite(path)
    await engine.execute_script(_CREATE)
    path.unlink()
    with pytest.raises(EngineFailure):
        async with engine.snapshot():
            pass
    await engine.close()
