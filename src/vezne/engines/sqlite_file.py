"""The files of a SQLite database: how they are opened, shared, and rid of what was deleted."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Final

# Another process that writes to the file holds it for one group, so milliseconds.
BUSY_TIMEOUT_S: Final = 10
# A payment's document is about 2.3 KB: three of them share a page of this size, one a page of 4 KB.
PAGE_BYTES: Final = 8192
WRITER_CACHE_KIB: Final = 16_000
READER_CACHE_KIB: Final = 8_000
# The log is written back every thousand pages; a longer one, left by a burst, is cut to this.
LOG_PAGES: Final = 1000
LOG_BYTES_MAX: Final = 32_000_000
STATEMENTS_CACHED: Final = 256
# Readers are done in milliseconds; whoever reads on is waited for next time.
EMPTY_TIMEOUT_MS: Final = 500


def open_turn(path: Path) -> int:
    """The file by whose lock the processes that write to a database take turns."""
    turn = path.with_name(f"{path.name}-turn")
    return os.open(turn, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, mode=0o600)


@contextlib.contextmanager
def held(turn: int) -> Iterator[None]:
    """Hold the lock by which processes take turns.

    SQLite would wait as well, but by sleeping up to a tenth of a second between looks, and whoever
    comes first after a release wins. Here the kernel wakes who waits, so that no batch waits long.
    """
    fcntl.flock(turn, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(turn, fcntl.LOCK_UN)


def connect_writer(path: Path) -> sqlite3.Connection:
    """The connection that writes. What it deletes is overwritten with zeros."""
    writer = connect(path, "rw", WRITER_CACHE_KIB)
    try:
        writer.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        (mode,) = writer.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"the disk takes no write-ahead log, only {mode}")
        writer.execute("PRAGMA synchronous = FULL")
        writer.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        writer.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_MAX}")
        writer.execute("PRAGMA busy_timeout = 0")
        # Some builds of SQLite do so by default, some do not.
        writer.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        writer.close()
        raise
    return writer


def connect(path: Path, mode: str, cache_kib: int) -> sqlite3.Connection:
    """A connection without implicit transactions, usable in the commit thread too."""
    _take_values_as_they_are()
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


def _take_values_as_they_are() -> None:
    """Spare `sqlite3` an exception for each value.

    It looks for an adapter of every value that is neither number nor text. Where it finds none, it
    raises and drops an AttributeError, which takes twice as long as all else it does with a value.
    """
    sqlite3.register_adapter(bytes, bytes.__bytes__)
    sqlite3.register_adapter(NoneType, _as_it_is)


def _as_it_is(value: None) -> None:
    return value


def empty_log(path: Path) -> bool:
    """Write a database's log back and cut it to nothing; False: somebody still reads from it.

    Until then the log holds pages as they were before a deletion, even those that were written
    back. Writers wait meanwhile, some milliseconds. Raises sqlite3.Error.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return True
    # A turn of its own: locks of one open file are no hindrance to each other.
    turn = open_turn(path)
    try:
        with held(turn), contextlib.closing(connect(path, "rw", READER_CACHE_KIB)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {EMPTY_TIMEOUT_MS}")
            ((is_busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        os.close(turn)
    return not is_busy
