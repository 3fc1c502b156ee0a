"""Disks that lose what was not synced, and databases on them that outlive the gateway.

Both hold one SQLite database. A group of batches is written and synced at one moment of virtual
time; a crash in the middle of that leaves it whole or not at all, in memory by a coin, in a file by
what SQLite makes of a write-ahead log that was cut off somewhere.
"""

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tools.sim.dice import Dice

from vezne.engines.engine import ANY_ROWS, Conflict, Row, Value, Write

_UNIQUE_ERRORS = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }
)

Batch = Sequence[Write]


class Disk(Protocol):
    """A database that outlives who uses it."""

    def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query."""

    def write(self, group: Sequence[Batch]) -> list[Exception | None]:
        """Write and sync a group; the outcome of each batch."""

    def crash(self, group: Sequence[Batch] | None, dice: Dice) -> None:
        """Lose the power, perhaps while a group is being written."""

    def close(self) -> None:
        """Throw the database away."""


class MemoryDisk:
    """A database in memory."""

    def __init__(self) -> None:
        self._database = _connect(":memory:")

    def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query."""
        return self._database.execute(sql, params).fetchall()

    def write(self, group: Sequence[Batch]) -> list[Exception | None]:
        """Write and sync a group; the outcome of each batch."""
        return _write_group(self._database, group)

    def crash(self, group: Sequence[Batch] | None, dice: Dice) -> None:
        """Lose the power: a group that is being written is written, or it is not."""
        if group is not None and dice.hits(0.5):
            _write_group(self._database, group)

    def close(self) -> None:
        """Throw the database away."""
        self._database.close()


class FileDisk:
    """A database in a file with a write-ahead log, of which a crash leaves what had been synced.

    What was being written is torn: the log ends anywhere behind its synced part, or goes on with
    bytes that make no sense.
    """

    def __init__(self, room: Path, name: str) -> None:
        self._room = room
        self._name = name
        self._lives = 0
        self._database = self._open()

    def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query."""
        return self._database.execute(sql, params).fetchall()

    def write(self, group: Sequence[Batch]) -> list[Exception | None]:
        """Write and sync a group; the outcome of each batch."""
        return _write_group(self._database, group)

    def crash(self, group: Sequence[Batch] | None, dice: Dice) -> None:
        """Lose the power, and start over with what is left in the files."""
        synced_bytes = self._log.stat().st_size
        if group is not None:
            _write_group(self._database, group)
        old, old_log = self._path, self._log
        self._lives += 1
        shutil.copyfile(old, self._path)
        shutil.copyfile(old_log, self._log)
        self._database.close()
        old.unlink()
        self._tear(synced_bytes, dice)
        self._database = self._open()

    def close(self) -> None:
        """Throw the database away."""
        self._database.close()

    @property
    def _path(self) -> Path:
        return self._room / f"{self._name}-{self._lives}.db"

    @property
    def _log(self) -> Path:
        return self._room / f"{self._name}-{self._lives}.db-wal"

    def _open(self) -> sqlite3.Connection:
        database = _connect(str(self._path))
        database.execute("PRAGMA journal_mode = WAL")
        # When the log is synced is this disk's affair, and it is never written back meanwhile.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # The log of a database that nothing was written to is made now.
        database.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        self._log.touch()
        return database

    def _tear(self, synced_bytes: int, dice: Dice) -> None:
        """Cut the log off, or spoil it, somewhere in what was not synced."""
        written_bytes = self._log.stat().st_size
        if written_bytes == synced_bytes:
            return
        if dice.hits(0.4):
            # The sync was done, only nobody heard of it.
            return
        kept_bytes = dice.randint(synced_bytes, written_bytes)
        is_spoilt = dice.hits(0.5)
        with self._log.open("r+b") as log:
            log.truncate(kept_bytes)
            if is_spoilt:
                log.seek(kept_bytes)
                log.write(dice.randbytes(written_bytes - kept_bytes))


def _connect(name: str) -> sqlite3.Connection:
    return sqlite3.connect(name, isolation_level=None, cached_statements=256)


def _write_group(database: sqlite3.Connection, group: Sequence[Batch]) -> list[Exception | None]:
    """Write a group in one transaction; a batch that fails leaves the others untouched."""
    database.execute("BEGIN IMMEDIATE")
    outcomes = []
    for batch in group:
        database.execute("SAVEPOINT batch")
        failure = _write_batch(database, batch)
        if failure is not None:
            database.execute("ROLLBACK TO batch")
        database.execute("RELEASE batch")
        outcomes.append(failure)
    database.execute("COMMIT")
    return outcomes


def _write_batch(database: sqlite3.Connection, batch: Batch) -> Exception | None:
    try:
        for write in batch:
            touched = database.execute(write.sql, write.params).rowcount
            if write.rows not in (touched, ANY_ROWS):
                return Conflict("a write touched another number of rows than expected")
    except sqlite3.IntegrityError as error:
        return Conflict(str(error)) if error.sqlite_errorcode in _UNIQUE_ERRORS else error
    return None
