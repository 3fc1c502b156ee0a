"""SQLite with a write-ahead log: one writer thread, and one COMMIT for all that waits meanwhile."""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from vezne.engines.engine import (
    ANY_ROWS,
    Conflict,
    EngineClosed,
    EngineFailure,
    Row,
    Value,
    Write,
)

# Bounds how long the first of a group waits for the last; fsync is well amortised by then.
GROUP_MAX = 128
# Another process that writes to the file holds it for one group, so milliseconds.
BUSY_TIMEOUT_S = 10
# A payment's document is about 2.3 KB: three of them share a page of this size, one a page of 4 KB.
PAGE_BYTES = 8192
WRITER_CACHE_KIB = 16_000
READER_CACHE_KIB = 8_000
# The log is written back every thousand pages; a longer one, left by a burst, is cut to this.
LOG_PAGES = 1000
LOG_BYTES_MAX = 32_000_000
STATEMENTS_CACHED = 256

_UNIQUE_ERRORS = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }
)


class _Job(NamedTuple):
    """A batch of writes and who waits for it."""

    writes: Sequence[Write]
    future: "asyncio.Future[None]"


class SqliteEngine:
    """Implements `vezne.engines.engine.Engine` over one file.

    Reads run on the caller's thread and a connection of their own: they take microseconds and never
    wait for the writer. Several processes may have the same file open; they take turns at writing.
    """

    name = "sqlite"

    def __init__(self, writer: sqlite3.Connection, reader: sqlite3.Connection, turn: int) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = turn
        self._cursor = writer.cursor()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query, as committed. Raises EngineFailure and EngineClosed."""
        if self._is_closing:
            raise EngineClosed
        try:
            return self._reader.execute(sql, params).fetchall()
        except sqlite3.DatabaseError as error:
            raise EngineFailure(str(error)) from error

    async def apply(self, writes: Sequence[Write]) -> None:
        """Run all writes in one transaction, durable on return.

        Raises Conflict, in which case none of them happened; EngineFailure; EngineClosed.
        """
        job = _Job(writes, asyncio.get_running_loop().create_future())
        with self._gate:
            if self._is_closing:
                raise EngineClosed
            self._jobs.put(job)
        await job.future

    async def execute_script(self, script: str) -> None:
        """Run a migration's statements in one transaction. Raises as `apply` does."""
        clustered = script.replace("{clustered}", "WITHOUT ROWID")
        await self.apply([Write(sql, (), ANY_ROWS) for sql in _statements(clustered)])

    async def close(self) -> None:
        """Finish what was accepted, then close."""
        with self._gate:
            if not self._is_closing:
                self._is_closing = True
                self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        """The writer thread."""
        try:
            self._serve()
        finally:
            self._reader.close()
            self._writer.close()
            os.close(self._turn)

    def _serve(self) -> None:
        """Write until the engine closes. Sleeps without work; what comes meanwhile is one group."""
        while True:
            jobs = [self._jobs.get()]
            with contextlib.suppress(Empty):
                while len(jobs) < GROUP_MAX:
                    jobs.append(self._jobs.get_nowait())
            group = [job for job in jobs if job is not None]
            if group:
                with _held(self._turn):
                    outcomes = self._commit(group, is_careful=False)
                _answer(group, outcomes)
            if len(group) < len(jobs):
                return

    def _commit(self, group: list[_Job], *, is_careful: bool) -> Sequence[Exception | None]:
        """Write a group in one transaction; returns the outcome of each batch.

        A savepoint makes SQLite keep the old form of every page it changes, so it is used only
        in a second round, when a batch of the group has failed.
        """
        write = self._write_apart if is_careful else self._write
        outcomes: list[Exception | None] = []
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
            for job in group:
                outcomes.append(write(job.writes))
                if outcomes[-1] is not None and not is_careful:
                    self._roll_back()
                    return outcomes if len(group) == 1 else self._commit(group, is_careful=True)
            self._cursor.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            return [EngineFailure(str(error)) for _ in group]
        return outcomes

    def _write(self, writes: Sequence[Write]) -> Exception | None:
        """Run a batch up to its first failure, which is returned."""
        execute = self._cursor.execute
        try:
            for sql, params, rows in writes:
                if execute(sql, params).rowcount != rows and rows != ANY_ROWS:
                    return Conflict("a write touched another number of rows than expected")
        except sqlite3.IntegrityError as error:
            return Conflict(str(error)) if error.sqlite_errorcode in _UNIQUE_ERRORS else error
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this batch alone
            return error
        return None

    def _write_apart(self, writes: Sequence[Write]) -> Exception | None:
        """Run a batch so that its failure, which is returned, leaves the others untouched.

        Raises sqlite3.Error when it ended the whole transaction.
        """
        self._cursor.execute("SAVEPOINT batch")
        failure = self._write(writes)
        if failure is not None:
            self._cursor.execute("ROLLBACK TO batch")
        self._cursor.execute("RELEASE batch")
        return failure

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            self._cursor.execute("ROLLBACK")


def open_sqlite(path: Path) -> SqliteEngine:
    """An engine over a file, which is made, for its owner's eyes only, when it is missing.

    Raises EngineFailure when the file is no database or its disk cannot hold a write-ahead log.
    """
    turn = os.open(
        path.with_name(f"{path.name}-turn"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, mode=0o600
    )
    try:
        with _held(turn):
            # Never opened when it exists: closing it again would drop SQLite's locks on it.
            if not path.exists():
                path.touch(mode=0o600)
            writer = _connect_writer(path)
            reader = _connect(path, "ro", READER_CACHE_KIB)
    except sqlite3.Error as error:
        os.close(turn)
        raise EngineFailure(str(error)) from error
    return SqliteEngine(writer, reader, turn)


@contextlib.contextmanager
def _held(turn: int) -> Iterator[None]:
    """Hold the lock by which processes take turns.

    SQLite would wait as well, but by sleeping up to a tenth of a second between looks, and whoever
    comes first after a release wins. Here the kernel wakes who waits, so that no batch waits long.
    """
    fcntl.flock(turn, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(turn, fcntl.LOCK_UN)


def _connect_writer(path: Path) -> sqlite3.Connection:
    writer = _connect(path, "rw", WRITER_CACHE_KIB)
    try:
        writer.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        (mode,) = writer.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"the disk takes no write-ahead log, only {mode}")
        writer.execute("PRAGMA synchronous = FULL")
        writer.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        writer.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_MAX}")
    except sqlite3.Error:
        writer.close()
        raise
    return writer


def _connect(path: Path, mode: str, cache_kib: int) -> sqlite3.Connection:
    """A connection without implicit transactions, which may be handed to the writer thread."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_CACHED,
    )
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    return connection


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, whatever semicolons stand in their strings and comments."""
    statement = ""
    for piece in script.split(";"):
        statement += piece
        if sqlite3.complete_statement(statement + ";"):
            yield statement
            statement = ""
        else:
            statement += ";"
    if statement:
        yield statement


def _answer(group: Sequence[_Job], outcomes: Sequence[Exception | None]) -> None:
    """Wake those who wait, with one call for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Job, Exception | None]]] = {}
    for job, outcome in zip(group, outcomes, strict=True):
        by_loop.setdefault(job.future.get_loop(), []).append((job, outcome))
    for loop, answers in by_loop.items():
        # A closed loop has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: Sequence[tuple[_Job, Exception | None]]) -> None:
    for job, outcome in answers:
        if job.future.done():
            continue
        if outcome is None:
            job.future.set_result(None)
        else:
            job.future.set_exception(outcome)
