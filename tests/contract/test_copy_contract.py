"""What a copy promises about rows, whatever they mean: from a SQLite file to a real PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from vezne.engines.compare_rows import Compared, compare_rows
from vezne.engines.copy_source import PAGE_BYTES, PAGE_ROWS, CopySource, open_source
from vezne.engines.copy_target import CopyTarget, open_target
from vezne.engines.engine import EngineFailure, Occupied, Row
from vezne.engines.postgres import open_postgres
from vezne.engines.tables import Table, Unlike, check_alike, is_unfinished

_SCRIPT = """
CREATE TABLE names (
    place BIGINT NOT NULL, name TEXT NOT NULL, token BYTEA NOT NULL, note TEXT,
    PRIMARY KEY (name, place)
);
CREATE TABLE tokens (document BYTEA, token BYTEA NOT NULL PRIMARY KEY);
CREATE TABLE numbers (id BIGINT NOT NULL PRIMARY KEY, next BIGINT);
"""
_WORDS = ("", "I", "i", "İ", "ı", "Ş", "ş", "s", "z", "Z", "Ö", "ö", "o", "€", "😀", "a b", "a'b")
_schemas = count(1)


@pytest.fixture
def schema() -> str:
    return f"copied_{next(_schemas)}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQLite file as a server leaves it."""
    path = tmp_path / "source.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_SCRIPT)
    return path


@pytest.fixture
def source(file: Path) -> Iterator[CopySource]:
    """The file, with rows whose order and bytes are easily mistaken."""
    names = [(n % 3, word * (1 + n % 2), word.encode(), None) for n, word in enumerate(_WORDS)]
    tokens = [(bytes(range(256)), bytes([n])) for n in range(256)] + [(None, b""), (b"", b"\0\0")]
    numbers = [(n, None if n % 7 else -n) for n in range(-PAGE_ROWS, PAGE_ROWS + 3)]
    fill(file, {"names": names, "tokens": tokens, "numbers": [*numbers, (2**63 - 1, -(2**63))]})
    with open_source(file) as opened:
        yield opened


@pytest.fixture
async def target(postgres_url: str, schema: str) -> AsyncIterator[CopyTarget]:
    """A schema that is marked, and its tables."""
    async with open_target(postgres_url, schema) as opened:
        await opened.begin("one", "here")
        await run(postgres_url, schema, _SCRIPT)
        await opened.drop_rows("one", "here")
        yield opened


def fill(path: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for table, its_rows in rows.items():
            marks = ", ".join("?" * len(its_rows[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", its_rows)  # noqa: S608


async def run(url: str, schema: str, script: str) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    try:
        await connection.execute(script)
    finally:
        await connection.close()


async def pages(source: CopySource, table: Table) -> AsyncIterator[list[Row]]:
    rows = await source.page(table, None)
    while rows:
        yield rows
        rows = await source.page(table, table.key_of(rows[-1]))


async def copy_all(source: CopySource, target: CopyTarget) -> None:
    check_alike(await source.tables(), await target.tables())
    for table in (await source.tables()).values():
        async for rows in pages(source, table):
            await target.put(table, rows)


async def compared(source: CopySource, target: CopyTarget, name: str) -> Compared:
    table = (await source.tables())[name]
    await target.tables()
    found = [each async for each in compare_rows(table, pages(source, table), target.pages(table))]
    assert isinstance(found[-1], Compared)
    assert sum(each for each in found if isinstance(each, int)) == await source.count(table)
    return found[-1]


async def test_all_rows_arrive_as_they_are(source: CopySource, target: CopyTarget) -> None:
    """Turkish letters, any bytes, nulls and the largest numbers, whatever the target sorts by."""
    await copy_all(source, target)
    for name in ("names", "tokens", "numbers"):
        found = await compared(source, target, name)
        assert found.is_equal, found.differences
        assert found.source[0] > 0


async def test_what_differs_is_named(
    source: CopySource, target: CopyTarget, postgres_url: str, schema: str
) -> None:
    """A row that was changed, one that is gone and one too many, each by its key."""
    await copy_all(source, target)
    await run(
        postgres_url,
        schema,
        "UPDATE names SET note = '' WHERE name = 'İİ';"
        r"DELETE FROM tokens WHERE token = '\x07'; DELETE FROM tokens WHERE token = '\xff';"
        "INSERT INTO numbers VALUES (987654, 1)",
    )
    (name,) = (await compared(source, target, "names")).differences
    assert (name.key, name.flaw) == ("name İİ, place 0", "differs")
    tokens = await compared(source, target, "tokens")
    assert [each.key for each in tokens.differences] == ["token 07", "token ff"]
    assert {each.flaw for each in tokens.differences} == {"missing"}
    assert tokens.source[0] == tokens.target[0] + 2
    (number,) = (await compared(source, target, "numbers")).differences
    assert (number.key, number.flaw) == ("id 987654", "too many")


async def test_an_empty_side(source: CopySource, target: CopyTarget) -> None:
    """Every row is missing; only the first ones are listed."""
    found = await compared(source, target, "numbers")
    assert found.target[0] == 0
    assert len(found.differences) == 20
    assert found.differences[0].key == f"id {-PAGE_ROWS}"


async def test_progress_stands_with_the_rows(
    source: CopySource, target: CopyTarget, postgres_url: str, schema: str
) -> None:
    """A page that the server refuses moves nothing on; whoever is next begins behind the last."""
    table = (await source.tables())["numbers"]
    check_alike(await source.tables(), await target.tables())
    rows = await source.page(table, None)
    await target.put(table, rows)
    with pytest.raises(EngineFailure, match="duplicate key"):
        await target.put(table, rows[-2:])
    async with AsyncExitStack() as stack:
        with pytest.raises(Occupied):
            # Not while somebody else is at it, however dead they may be.
            await stack.enter_async_context(open_target(postgres_url, schema, turn_timeout_s=1))
    assert dict(await target.progress()) == {"numbers": ((-1,), PAGE_ROWS)}


async def test_a_row_that_does_not_fit(file: Path, target: CopyTarget) -> None:
    """SQLite takes anything anywhere. The row and the column are named, not what is in them."""
    misfits: list[tuple[str, Row, str]] = [
        ("names", (1, "a\0b", b"", None), "column name is no text"),
        ("names", (1, "a", "text", None), "column token is no bytea"),
        ("numbers", (1, "many"), "table numbers, id 1: what is in column next is no bigint"),
        ("tokens", (12, b"\1"), "column document is no bytea"),
    ]
    for name, row, expected in misfits:
        fill(file, {name: [row]})
        with open_source(file) as source:
            table = (await source.tables())[name]
            await target.tables()
            with pytest.raises(Unlike, match=expected):
                await target.put(table, await source.page(table, None))
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(f"DELETE FROM {name}")  # noqa: S608
    assert await target.progress() == {}


async def test_long_rows_come_in_short_pages(file: Path) -> None:
    """However long rows are, a page fits into memory, and none is skipped."""
    document = b"x" * (PAGE_BYTES // 100)
    fill(file, {"tokens": [(document, n.to_bytes(2)) for n in range(1200)]})
    with open_source(file) as source:
        table = (await source.tables())["tokens"]
        lengths = [len(rows) async for rows in pages(source, table)]
    assert sum(lengths) == 1200
    assert max(lengths) * len(document) <= 3 * PAGE_BYTES


def test_nobody_else_opens_the_file(file: Path) -> None:
    """Neither before the copy, nor while it is at work; and it writes nothing itself."""
    with closing(sqlite3.connect(file, timeout=0)) as other:
        other.execute("SELECT * FROM numbers").fetchall()
        with pytest.raises(Occupied), open_source(file):
            pass
    with open_source(file) as source:
        with (
            closing(sqlite3.connect(file, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("SELECT * FROM numbers").fetchall()
        with pytest.raises(EngineFailure, match="readonly"):
            source._fetch("INSERT INTO numbers VALUES (1, 1)", ())


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A failure in the engine's own words."""
    (tmp_path / "source.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(EngineFailure, match="not a database"), open_source(tmp_path / "source.db"):
        pass


async def test_other_tables(source: CopySource, target: CopyTarget) -> None:
    """A table, a column or a key that only one side has is no copy."""
    here, there = await source.tables(), await target.tables()
    with pytest.raises(Unlike, match="table names is only in the source"):
        check_alike(here, {name: table for name, table in there.items() if name != "names"})
    with pytest.raises(Unlike, match="table more is only in the target"):
        check_alike(here, there | {"more": there["names"]})
    fewer = there["names"]._replace(columns=("place", "name"))
    with pytest.raises(Unlike, match="table names has other columns"):
        check_alike(here, there | {"names": fewer})


async def test_a_marked_schema(postgres_url: str, schema: str) -> None:
    """Whoever opens it sees the mark, until the copy takes it off."""
    engine = await open_postgres(postgres_url, schema)
    try:
        assert not await is_unfinished(engine)
        async with open_target(postgres_url, schema) as target:
            assert await target.mark() is None
            assert await target.is_empty()
            await target.begin("one", "here")
            mark = await target.mark()
            assert mark is not None
            assert (mark.copy_id, mark.source, mark.state) == ("one", "here", "begun")
            assert not await target.is_empty()
            assert await is_unfinished(engine)
            await target.drop_mark()
            assert await target.mark() is None
        assert not await is_unfinished(engine)
    finally:
        await engine.close()


async def test_a_server_out_of_reach() -> None:
    """One line that says where, and no password."""
    with pytest.raises(EngineFailure, match="cannot use PostgreSQL at") as failure:
        async with open_target("postgresql://me:geheim@127.0.0.1:1/db", "vezne_books"):
            pass
    assert "geheim" not in str(failure.value)
