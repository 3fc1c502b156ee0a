"""What the SQLite engine promises beyond the contract: durability, grouping, several processes."""

import asyncio
import fcntl
import os
import resource
import signal
import sqlite3
import stat
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.child import start_child
from vezne.engines.engine import Conflict, EngineFailure, Write
from vezne.engines.sqlite import GROUP_MAX, SqliteEngine, open_sqlite
from vezne.engines.sqlite_file import LOG_BYTES_MAX

TABLE = "CREATE TABLE things (id BIGINT PRIMARY KEY, note TEXT) {clustered};"
INSERT = "INSERT INTO things (id, note) VALUES (?, ?)"

WRITER = """
import asyncio, sys
from itertools import count
from pathlib import Path
from vezne.engines.engine import Write
from vezne.engines.sqlite import open_sqlite

INSERT = "INSERT INTO things (id, note) VALUES (?, ?)"

async def main(path, first, end):
    engine = open_sqlite(Path(path))
    ids = count(int(first))

    async def work():
        while (number := next(ids)) < int(end):
            pair = (2 * number, 2 * number + 1)
            await engine.apply([Write(INSERT, (thing_id, "")) for thing_id in pair])
            print(number, flush=True)

    await asyncio.gather(*(work() for _ in range(16)))
    await engine.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[SqliteEngine]:
    engine = open_sqlite(path)
    await engine.execute_script(TABLE)
    yield engine
    await engine.close()


def insert(thing_id: int, note: str = "") -> Write:
    return Write(INSERT, (thing_id, note))


async def ids(engine: SqliteEngine) -> list[object]:
    return [row[0] for row in await engine.fetch("SELECT id FROM things ORDER BY id")]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another writer that holds the database, so that batches pile up behind it."""
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    other.close()


def size_of(path: Path) -> int:
    return path.stat().st_size


def commits(path: Path) -> int:
    """The commits in the log: frames whose header names the size of the database after them."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    (page_bytes,) = struct.unpack(">I", log[8:12])
    frames = range(32, len(log), 24 + page_bytes)
    sizes = [struct.unpack(">I", log[at + 4 : at + 8])[0] for at in frames]
    return sum(size > 0 for size in sizes)


async def test_batches_that_wait_share_a_commit(engine: SqliteEngine, path: Path) -> None:
    """What piles up while the database is busy becomes durable by one COMMIT a group."""
    before = commits(path)
    with locked(path):
        waiting = [asyncio.ensure_future(engine.apply([insert(n)])) for n in range(2 * GROUP_MAX)]
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)
    # The writer took at least one before the rest had arrived, and then two full groups at most.
    assert 2 <= commits(path) - before <= 3


async def test_conflict_inside_a_group(engine: SqliteEngine, path: Path) -> None:
    """In a group that shares a commit, a conflicting batch is left out and nothing else."""
    before = commits(path)
    with locked(path):
        first = asyncio.ensure_future(engine.apply([insert(0)]))
        await asyncio.sleep(0.01)
        waiting = [
            asyncio.ensure_future(engine.apply([insert(100 + n), insert(n)])) for n in range(10)
        ]
        await asyncio.sleep(0)
    assert await first is None
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(outcomes[0], Conflict)
    assert outcomes[1:] == [None] * 9
    assert await ids(engine) == [*range(10), *range(101, 110)]
    assert commits(path) - before == 2


async def test_writers_take_turns(engine: SqliteEngine, path: Path) -> None:
    """A writer waits while another process has its turn, and goes on as soon as that ends."""
    with path.with_name("test.db-turn").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        waiting = asyncio.ensure_future(engine.apply([insert(1)]))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await waiting


async def test_commits_wait_for_the_disk(engine: SqliteEngine) -> None:
    """The log is flushed at every commit; 2 is SQLite's word for FULL."""
    await engine.apply([insert(1)])
    assert engine._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert engine._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_files_are_for_their_owner_only(engine: SqliteEngine, path: Path) -> None:
    """Neither the database nor a file beside it can be read by other users."""
    await engine.apply([insert(1)])
    files = ["test.db", "test.db-shm", "test.db-turn", "test.db-wal"]
    assert sorted(file.name for file in path.parent.iterdir()) == files
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_kill_loses_nothing_that_was_acknowledged(path: Path) -> None:
    """After kill -9 under load every acknowledged batch is there, and every batch is whole."""
    engine = open_sqlite(path)
    await engine.execute_script(TABLE)
    await engine.close()
    acknowledged: list[int] = []
    with start_child(WRITER, str(path), "0", "1000000") as child:
        for line in child.lines():
            acknowledged.append(int(line))
            if len(acknowledged) == 500:
                child.kill()
    assert child.status == -signal.SIGKILL
    engine = open_sqlite(path)
    stored = set(await ids(engine))
    await engine.close()
    assert {2 * number for number in acknowledged} <= stored
    assert all(int(str(thing)) ^ 1 in stored for thing in stored)


async def test_two_processes_write_to_one_file(path: Path) -> None:
    """Two engines in two processes both commit everything; neither needs the other to stop."""
    engine = open_sqlite(path)
    await engine.execute_script(TABLE)
    with (
        start_child(WRITER, str(path), "0", "300") as one,
        start_child(WRITER, str(path), "300", "600") as two,
    ):
        assert len(list(one.lines())) == len(list(two.lines())) == 300
        assert (one.finish(), two.finish()) == (0, 0)
    assert await ids(engine) == list(range(1200))
    await engine.close()


async def test_failed_commit_fails_its_group(engine: SqliteEngine, path: Path) -> None:
    """When the disk refuses a COMMIT, all of its group fail, none happened, and work goes on."""
    await engine.apply([insert(1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = size_of(path.with_name("test.db-wal"))
    with locked(path):
        first = asyncio.ensure_future(engine.apply([insert(2)]))
        await asyncio.sleep(0.01)
        others = [asyncio.ensure_future(engine.apply([insert(n)])) for n in range(3, 9)]
        await asyncio.sleep(0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        outcomes = await asyncio.gather(first, *others, return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert all(isinstance(outcome, EngineFailure) for outcome in outcomes)
    assert await ids(engine) == [1]
    await engine.apply([insert(2)])
    assert await ids(engine) == [1, 2]


async def test_a_lock_that_fails_hangs_nobody(engine: SqliteEngine) -> None:
    """A file system without locks is an error to who asks, not a silence."""
    real = engine._turn
    engine._turn = os.dup(real)
    os.close(engine._turn)
    for _ in range(2):
        with pytest.raises(EngineFailure):
            await asyncio.wait_for(engine.apply([insert(1)]), timeout=60)
    engine._turn = real
    await engine.apply([insert(2)])
    assert await ids(engine) == [2]


async def test_a_full_disk_is_the_engine_s_failure(engine: SqliteEngine) -> None:
    """What the database cannot take is said in the seam's words; what fits is taken afterwards."""
    engine._cursor.execute("PRAGMA max_page_count = 20")
    with pytest.raises(EngineFailure, match="full"):
        await engine.apply([insert(1, "x" * 1_000_000)])
    await engine.apply([insert(2)])
    assert await ids(engine) == [2]


async def test_log_stays_bounded(engine: SqliteEngine, path: Path) -> None:
    """Writing many times the bound does not let the log grow beyond it."""
    for number in range(60):
        await engine.apply([insert(number, "x" * 1_000_000)])
    assert size_of(path) > LOG_BYTES_MAX
    assert size_of(path.with_name("test.db-wal")) <= LOG_BYTES_MAX


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux's /proc")
async def test_idle_writer_sleeps(engine: SqliteEngine) -> None:
    """Without work the writer thread does not wake up at all."""
    await engine.apply([insert(1)])
    status = Path(f"/proc/self/task/{engine._thread.native_id}/status")

    def wake_ups() -> str:
        return next(line for line in status.read_text().splitlines() if "voluntary" in line)

    # On a busy machine it may take a while until it sleeps; one that looks for work never does.
    for _ in range(50):
        before = wake_ups()
        await asyncio.sleep(0.2)
        if wake_ups() == before:
            return
    pytest.fail("the writer wakes up again and again")


def test_file_that_is_no_database(path: Path) -> None:
    """A file of something else is refused with a clear error, and left alone."""
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(EngineFailure, match="not a database"):
        open_sqlite(path)
    assert path.read_bytes() == b"something else" * 1000


async def test_broken_query(engine: SqliteEngine) -> None:
    """A query that the database refuses raises the engine's own exception."""
    with pytest.raises(EngineFailure, match="nowhere"):
        await engine.fetch("SELECT * FROM nowhere")


def test_folder_that_is_missing(tmp_path: Path) -> None:
    """The file is made when it is missing; its folder is not."""
    with pytest.raises(OSError, match="missing"):
        open_sqlite(tmp_path / "missing" / "test.db")
    assert list(tmp_path.iterdir()) == []
