"""SQLite with a write-ahead log, and one COMMIT for all that waits meanwhile."""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from vezne.engines.engine import (
    ANY_ROWS,
    Conflict,
    EngineClosed,
    EngineFailure,
    Row,
    Value,
    Write,
)
from vezne.engines.figures import EngineFigures
from vezne.engines.file_hold import hold_file
from vezne.engines.gathering import Gathering
from vezne.engines.sqlite_file import (
    BUSY_TIMEOUT_S,
    READER_CACHE_KIB,
    connect,
    connect_writer,
    empty_log,
    held,
    open_turn,
)
from vezne.engines.turns import Turns

# Bounds how long the event loop is kept busy at a time; fsync is well amortised by then.
GROUP_MAX = 64
_UNIQUE_ERRORS = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }
)


# A batch of writes and who waits for it.
_Job: TypeAlias = tuple[Sequence[Write], "asyncio.Future[None]"]
Outcomes = Sequence[Exception | None]


class SqliteEngine:
    """Implements `vezne.engines.engine.Engine` over one file, for one event loop.

    Statements run on the event loop: they take microseconds, and a thread of their own would spend
    more on taking turns with the loop at the interpreter than on SQLite. Only COMMIT, which waits
    for the disk, runs in a thread; what comes meanwhile makes the next group. Reads have a
    connection of their own and never wait. Several processes may have the same file open; they
    take turns at writing.
    """

    name = "sqlite"

    def __init__(
        self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection, turn: int
    ) -> None:
        self._path = path
        self._writer = writer
        self._reader = reader
        # One for all reads: each is over when it returns.
        self._read = reader.cursor().execute
        self._turn = turn
        self._loop = asyncio.get_running_loop()
        self._cursor = writer.cursor()
        self._waiting: deque[_Job] = deque()
        self._turns = Turns(GROUP_MAX)
        self.figures = EngineFigures(self._waiting, GROUP_MAX)
        self._is_busy = False
        self._gathering = Gathering(
            self._loop, self._waiting.__len__, self._write_or_rest, enough=GROUP_MAX
        )
        self._is_closing = False
        self._idle: asyncio.Future[None] | None = None
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sqlite-commit", daemon=True)
        self._thread.start()

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query, as committed. Raises EngineFailure and EngineClosed."""
        if self._is_closing:
            raise EngineClosed
        try:
            return self._read(sql, params).fetchall()
        except sqlite3.DatabaseError as error:
            raise EngineFailure(str(error)) from error

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator["_Snapshot"]:
        """The database as it stands at this moment; the log grows while it is open."""
        if self._is_closing:
            raise EngineClosed
        try:
            connection = connect(self._path, "ro", READER_CACHE_KIB)
        except sqlite3.Error as error:
            raise EngineFailure(str(error)) from error
        with contextlib.closing(connection):
            found = _Snapshot(connection)
            await found.begin()
            yield found

    def apply(self, writes: Sequence[Write]) -> "asyncio.Future[None]":
        """Run all writes in one transaction, durable when the future is done.

        It raises Conflict, in which case none of them happened; EngineFailure. This raises
        EngineClosed.
        """
        if self._is_closing:
            raise EngineClosed
        written = self._loop.create_future()
        self._waiting.append((writes, written))
        if not self._is_busy:
            self._is_busy = True
            self._gathering.start()
        return written

    @contextlib.asynccontextmanager
    async def exclusive(self, name: str, *, retry_s: float | None = None) -> AsyncIterator[None]:
        """Hold a name, by a lock on a file of its own. Raises Occupied; EngineClosed."""
        if self._is_closing:
            raise EngineClosed
        async with hold_file(self._path.with_name(f"{self._path.name}-{name}"), retry_s):
            yield

    async def execute_script(self, script: str) -> None:
        """Run a migration's statements in one transaction. Raises as `apply` does."""
        clustered = script.replace("{clustered}", "WITHOUT ROWID")
        await self.apply([Write(sql, (), ANY_ROWS) for sql in _statements(clustered)])

    async def erase(self) -> bool:
        """Empty the write-ahead log, whichever process wrote to it; False: somebody still reads it.

        Raises EngineFailure and EngineClosed.
        """
        if self._is_closing:
            raise EngineClosed
        try:
            return await asyncio.to_thread(empty_log, self._path)
        except sqlite3.Error as error:
            raise EngineFailure(str(error)) from error

    def behind_s(self) -> float:
        """How long a batch that comes now would wait for those in front of it; mostly 0."""
        return self._turns.behind_s(len(self._waiting), time.monotonic())

    async def close(self) -> None:
        """Finish what was accepted, then close."""
        if not self._is_closing:
            self._is_closing = True
            if self._is_busy:
                self._idle = self._loop.create_future()
                await self._idle
            self._tasks.put(None)
        await asyncio.to_thread(self._thread.join)

    def _start_group(self) -> None:
        """Write what waits, and have it committed."""
        self._turns.begin(time.monotonic())
        count = min(len(self._waiting), GROUP_MAX)
        group = [self._waiting.popleft() for _ in range(count)]
        try:
            outcomes = self._write_now(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are answered
            self._end_group(group, self._give_up(group, error))
        else:
            self._tasks.put(partial(self._commit_group, group, outcomes))

    def _end_group(self, group: Sequence[_Job], outcomes: Outcomes) -> None:
        """Answer those who waited, then see what they and others want next."""
        self._turns.end(time.monotonic())
        self.figures.end_group(outcomes)
        for (_, written), outcome in zip(group, outcomes, strict=True):
            if written.done():
                continue
            if outcome is None:
                written.set_result(None)
            else:
                written.set_exception(outcome)
        # Whoever was answered runs first, so that its next batch joins the group.
        self._gathering.start()

    def _write_or_rest(self) -> None:
        if self._waiting:
            self._start_group()
            return
        self._is_busy = False
        if self._idle is not None:
            self._idle.set_result(None)

    def _write_now(self, group: Sequence[_Job]) -> Outcomes | None:
        """Write a group and hold the turn; None when another process is at it."""
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        outcomes = self._write_group(group)
        if outcomes is None:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        return outcomes

    # In the thread.

    def _run(self) -> None:
        try:
            while (task := self._tasks.get()) is not None:
                task()
        finally:
            self._reader.close()
            self._writer.close()
            os.close(self._turn)

    def _commit_group(self, group: Sequence[_Job], outcomes: Outcomes | None) -> None:
        """Make a group durable; write it first when that had to wait for another process."""
        try:
            if outcomes is None:
                fcntl.flock(self._turn, fcntl.LOCK_EX)
                outcomes = self._write_patiently(group)
            if self._writer.in_transaction:
                self._cursor.execute("COMMIT")
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are answered
            outcomes = self._give_up(group, error)
        # A closed loop has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end_group, group, outcomes)

    def _write_patiently(self, group: Sequence[_Job]) -> Outcomes:
        """Write a group even if a program that knows no turns is writing to the file."""
        self._cursor.execute(f"PRAGMA busy_timeout = {1000 * BUSY_TIMEOUT_S}")
        outcomes = self._write_group(group)
        self._cursor.execute("PRAGMA busy_timeout = 0")
        return outcomes or [EngineFailure("the database is locked") for _ in group]

    # In either; never in both at once.

    def _give_up(self, group: Sequence[_Job], error: Exception) -> Outcomes:
        """Leave nothing half done behind after a failure of database or lock."""
        with contextlib.suppress(sqlite3.Error):
            self._roll_back()
        with contextlib.suppress(OSError):
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        return [_failure_of(error) for _ in group]

    def _write_group(self, group: Sequence[_Job], *, is_careful: bool = False) -> Outcomes | None:
        """Run a group's writes; returns the outcome of each batch, None when the file is locked.

        The transaction stays open unless nothing is to be committed. A savepoint makes SQLite keep
        the old form of every page it changes, so it is used only in a second round, when a batch
        of the group has failed.
        """
        write = self._write_apart if is_careful else self._write
        outcomes: list[Exception | None] = []
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
            for writes, _ in group:
                outcomes.append(write(writes))
                if outcomes[-1] is not None and not is_careful:
                    self._roll_back()
                    if len(group) == 1:
                        return outcomes
                    return self._write_group(group, is_careful=True)
        except sqlite3.Error as error:
            self._roll_back()
            if not outcomes and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
                return None
            return [_failure_of(error) for _ in group]
        return outcomes

    def _write(self, writes: Sequence[Write]) -> Exception | None:
        """Run a batch up to its first failure, which is returned."""
        execute = self._cursor.execute
        try:
            for write in writes:
                touched, rows = execute(write.sql, write.params).rowcount, write.rows
                if touched != rows != ANY_ROWS:
                    return Conflict("a write touched another number of rows than expected")
        except sqlite3.IntegrityError as error:
            return Conflict(str(error)) if error.sqlite_errorcode in _UNIQUE_ERRORS else error
        except sqlite3.OperationalError as error:
            # A statement that makes no sense is a mistake in the caller, not a failing database.
            is_mistake = error.sqlite_errorcode == sqlite3.SQLITE_ERROR
            return error if is_mistake else _failure_of(error)
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


class _Snapshot:
    """Implements `vezne.engines.engine.Queries`. Each query runs in a thread: they may be long."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def begin(self) -> None:
        """From now on, see nothing that is written later."""
        await self.fetch("BEGIN")
        # The transaction begins with its first read.
        await self.fetch("SELECT 1 FROM sqlite_master")

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query. Raises EngineFailure."""
        return await asyncio.to_thread(self._fetch, sql, params)

    def _fetch(self, sql: str, params: Sequence[Value]) -> list[Row]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.DatabaseError as error:
            raise EngineFailure(str(error)) from error


def open_sqlite(path: Path) -> SqliteEngine:
    """An engine over a file, which is made, for its owner's eyes only, when it is missing.

    Raises EngineFailure when the file is no database or its disk cannot hold a write-ahead log.
    """
    turn = open_turn(path)
    try:
        with held(turn):
            # Never opened when it exists: closing it again would drop SQLite's locks on it.
            if not path.exists():
                path.touch(mode=0o600)
            writer = connect_writer(path)
            reader = connect(path, "ro", READER_CACHE_KIB)
    except sqlite3.Error as error:
        os.close(turn)
        raise EngineFailure(str(error)) from error
    return SqliteEngine(path, writer, reader, turn)


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


def _failure_of(error: Exception) -> EngineFailure:
    """The engine's word for an error, which stays its cause."""
    failure = EngineFailure(str(error))
    failure.__cause__ = error
    return failure
