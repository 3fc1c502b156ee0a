"""What was deleted leaves the files of a database when it is erased."""

import sqlite3
from contextlib import closing

import pytest

from vezne.engines.engine import ANY_ROWS, EngineClosed, EngineFailure, Write
from vezne.engines.sqlite import open_sqlite

SECRET = b"a ciphertext that must not stay"


async def filled(path):
    engine = open_sqlite(path)
    await engine.execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY, secret BYTEA) {clustered};")
    await engine.apply([Write("INSERT INTO t VALUES (?, ?)", (n, SECRET)) for n in range(300)])
    return engine


def holders(folder):
    return {path.name for path in folder.iterdir() if SECRET in path.read_bytes()}


async def test_deleted_rows_are_overwritten(tmp_path):
    """The file and the log hold them before, and neither does after, while the engine is open."""
    engine = await filled(tmp_path / "a.db")
    assert holders(tmp_path)
    await engine.apply([Write("DELETE FROM t", (), ANY_ROWS)])
    assert holders(tmp_path)
    assert await engine.erase()
    assert holders(tmp_path) == set()
    assert await engine.erase()
    await engine.apply([Write("INSERT INTO t VALUES (1, ?)", (b"other",))])
    assert await engine.fetch("SELECT secret FROM t") == [(b"other",)]
    await engine.close()


async def test_who_still_reads_is_waited_for(tmp_path):
    """While somebody reads what was, it cannot be erased; afterwards it can."""
    engine = await filled(tmp_path / "a.db")
    async with engine.snapshot() as before:
        await engine.apply([Write("DELETE FROM t", (), ANY_ROWS)])
        assert not await engine.erase()
        assert len(await before.fetch("SELECT 1 FROM t")) == 300
    assert await engine.erase()
    assert holders(tmp_path) == set()
    await engine.close()


async def test_another_process_s_writes_are_erased_too(tmp_path):
    """Whoever deleted: a command beside the server, for one."""
    engine = await filled(tmp_path / "a.db")
    other = open_sqlite(tmp_path / "a.db")
    await other.apply([Write("DELETE FROM t", (), ANY_ROWS)])
    assert await engine.erase()
    assert holders(tmp_path) == set()
    await other.close()
    await engine.close()


async def test_requests_go_on_meanwhile(tmp_path):
    """A batch that comes while the log is emptied waits for it and is written."""
    engine = await filled(tmp_path / "a.db")
    for number in range(1000, 1020):
        erasing = engine.erase()
        writing = engine.apply([Write("INSERT INTO t VALUES (?, ?)", (number, b"x"))])
        await writing
        await erasing
    assert await engine.fetch("SELECT count(*) FROM t") == [(320,)]
    await engine.close()
    with pytest.raises(EngineClosed):
        await engine.erase()


async def test_a_broken_file_is_a_failure(tmp_path):
    """What SQLite says of it is the engine's failure."""
    engine = await filled(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db", timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO t VALUES (5000, 'x')")
        assert not await engine.erase()
    (tmp_path / "a.db").rename(tmp_path / "b.db")
    with pytest.raises(EngineFailure):
        await engine.erase()
    (tmp_path / "b.db").rename(tmp_path / "a.db")
    await engine.close()
