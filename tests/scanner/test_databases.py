"""Databases are read by column, and SQLite files by page as well."""

import sqlite3
from contextlib import closing

import asyncpg
import pytest

from vezne.scanner.files import scan_file
from vezne.scanner.postgres_database import DatabaseUnreachable, scan_postgres
from vezne.scanner.text import TextScanner

PAN, OTHER, GONE = "5528790000000008", "4111111111111111", "374427000000003"


def scan(path):
    scanner = TextScanner()
    scan_file(path, scanner, lambda _count: None)
    return scanner.report()


def places(path):
    return sorted(finding.place.replace(str(path), "") for finding in scan(path).findings)


@pytest.fixture
def database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        yield connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "shop.db"


def test_every_column_is_read(database, path):
    """Texts, integers and blobs of any table, by table, column and row; codes by their column."""
    database.execute(
        'CREATE TABLE "odd ""name" (id INTEGER, note TEXT, n INTEGER, b BLOB, cvv TEXT)'
    )
    insert = 'INSERT INTO "odd ""name" VALUES (?, ?, ?, ?, ?)'
    for number in range(20):
        database.execute(insert, (number, "nothing", 12, b"\0\1", None))
    database.execute(insert, (20, f"Ayşe {PAN}", int(OTHER), f"x{GONE}x".encode(), "123"))
    wide = PAN.encode("utf-16-le")
    database.execute(insert, (21, "", 4.5, wide, ""))
    assert places(path) == [
        ' odd "name.b:22',
        ' odd "name.cvv:21',
        ' odd "name.n:21',
        ' odd "name.note:21',
    ]


def test_what_sql_no_longer_shows(database, path):
    """Rows of free pages and in the gaps of used ones, each value by itself."""
    database.execute("CREATE TABLE gone (who TEXT, pan TEXT, amount TEXT)")
    database.execute("CREATE TABLE kept (who TEXT, pan TEXT, amount TEXT)")
    for number in range(300):
        database.execute("INSERT INTO gone VALUES ('Ali', ?, '250')", (GONE,))
        if number < 9:
            database.execute("INSERT INTO kept VALUES ('Ali', ?, '250')", (OTHER,))
    database.execute("DELETE FROM kept WHERE rowid = 5")
    database.execute("DELETE FROM kept WHERE rowid <> 5")
    database.execute("DROP TABLE gone")
    found = scan(path).findings
    assert {finding.mask for finding in found} == {"374427*****0003", "411111******1111"}
    assert all(" page " in finding.place for finding in found)


def test_the_log_is_read_too(database, path):
    """A row that was never written back stands in the write-ahead log only."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE t (a TEXT, b TEXT, n INTEGER)")
    database.execute("INSERT INTO t VALUES ('Ayşe', ?, ?)", (PAN, int(OTHER)))
    database.execute("DELETE FROM t")
    found = scan(path).findings
    assert {finding.mask for finding in found} == {"552879******0008", "411111******1111"}
    assert all("shop.db-wal frame " in finding.place for finding in found)


def test_what_is_found_in_a_table_is_not_found_again(database, path):
    """Neither in its pages nor in an index on it, of one level or more."""
    database.execute("CREATE TABLE t (pan TEXT, long TEXT)")
    database.execute("CREATE INDEX i ON t (long, pan)")
    rows = [(PAN, f"{number} " * 40) for number in range(2000)]
    database.execute("BEGIN")
    database.executemany("INSERT INTO t VALUES (?, ?)", rows)
    database.execute("COMMIT")
    database.execute("INSERT INTO t VALUES ('x', ?)", ("long " * 4000,))
    report = scan(path)
    assert report.found == 2000
    assert {finding.place.partition(" ")[2].partition(":")[0] for finding in report.findings} == {
        "t.pan"
    }


def test_a_file_that_is_no_database_inside(tmp_path):
    """A header alone says nothing: the rest is read as bytes, and the reader is told."""
    path = tmp_path / "broken.db"
    page = b"SQLite format 3\0" + (512).to_bytes(2, "big") + bytes(494)
    cells = bytes((13, 0, 0, 0, 9, 0, 0, 0)) + b"\xff\xff" * 9 + b" pan 5528790000000008 "
    path.write_bytes(page + cells.ljust(512, b"\x81"))
    report = scan(path)
    assert len(report.unread) == 1
    assert [finding.mask for finding in report.findings] == ["552879******0008"]


async def test_every_table_of_a_postgresql_database(postgres_url):
    """All schemas, all types; the password of the URL stays out of the places."""
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("CREATE SCHEMA scanned")
        await connection.execute(
            'CREATE TABLE scanned."a b" (n BIGINT, b BYTEA, j JSONB, cvv TEXT)'
        )
        await connection.execute("CREATE TABLE scanned.empty ()")
        await connection.execute(
            'INSERT INTO scanned."a b" VALUES ($1, $2, $3, $4)',
            int(PAN),
            OTHER.encode(),
            f'{{"a": ["{GONE}"]}}',
            "123",
        )
        scanner = TextScanner()
        await scan_postgres(postgres_url, scanner, lambda _count: None)
        found = [
            finding.place.partition(" ")[2]
            for finding in scanner.report().findings
            if "scanned." in finding.place
        ]
        assert sorted(found) == [f"scanned.a b.{name}:(0,1)" for name in ("b", "cvv", "j", "n")]
    finally:
        await connection.execute("DROP SCHEMA scanned CASCADE")
        await connection.close()


async def test_a_database_that_is_not_there():
    """The reason comes without the password."""
    url = "postgresql://user:secret@127.0.0.1:1/shop"
    with pytest.raises(DatabaseUnreachable) as failure:
        await scan_postgres(url, TextScanner(), lambda _count: None)
    assert "secret" not in str(failure.value)
    assert "127.0.0.1/shop" in str(failure.value)
