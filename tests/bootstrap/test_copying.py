"""What a copy of an installation refuses, leaves behind and goes on with, within one process."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import asyncpg
import msgspec
import pytest

from fakes.databases import create_database
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.copy_parts import place_of
from vezne.bootstrap.copying import Copied, compare_installation, copy_installation
from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.front import BOOKS_LOCK, locked
from vezne.bootstrap.house import open_house
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.moved import MoveNote, read_note, remove_note, write_note
from vezne.engines.engine import EngineFailure
from vezne.settings import Settings

_numbers = count(1)


class Watching:
    """Remembers what it is told, and does something when some work begins."""

    def __init__(self, **on_begin: Callable[[], None]) -> None:
        self.works: list[tuple[str, int, int]] = []
        self.lines: list[str] = []
        self.done = 0
        self._on_begin = on_begin

    def begin(self, work: str, total: int, done: int) -> None:
        self.works.append((work, total, done))
        act = self._on_begin.get(work.replace(" ", "_"))
        if act is not None:
            act()

    def advance(self, count: int) -> None:
        self.done += count

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
async def source(tmp_path: Path) -> Settings:
    """A sandbox with a merchant, as its last server has left it."""
    settings = Settings(mode="sandbox", data=tmp_path / "veri şurada")
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        await ensure_demo_merchant(house)
    return settings


@pytest.fixture
async def settings(source: Settings, postgres_url: str) -> Settings:
    """The same, with a PostgreSQL database that nothing is in."""
    return msgspec.structs.replace(source, database=await new_database(postgres_url))


@pytest.fixture
async def half(settings: Settings) -> Settings:
    """A copy that ended when its comparison began."""
    with pytest.raises(CutError):
        await copied(settings, comparing_vault=cut)
    return settings


class CutError(Exception):
    """Ends a copy as a kill would."""


def cut() -> None:
    raise CutError


async def new_database(server_url: str) -> str:
    return await create_database(server_url, f"copying_{next(_numbers)}")


async def copied(
    settings: Settings,
    watching: Watching | None = None,
    *,
    is_afresh: bool = False,
    is_sealing: bool = True,
    **on_begin: Callable[[], None],
) -> Copied:
    watcher = watching or Watching(**on_begin)
    return await copy_installation(settings, watcher, is_afresh=is_afresh, is_sealing=is_sealing)


async def tables(url: str, schema: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1", schema
        )
    finally:
        await connection.close()
    return [row["tablename"] for row in rows]


async def change(url: str | None, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def opened(settings: Settings) -> asyncio.Task[None]:
    """Opens a house there and closes it again."""

    async def open_and_close() -> None:
        async with open_house(settings):
            pass

    return asyncio.ensure_future(open_and_close())


async def test_a_copy_from_its_begin_to_its_end(settings: Settings, source: Settings) -> None:
    """All is there, no mark is left, the new house opens and the old one says why it does not."""
    watching = Watching()
    result = await copied(settings, watching)
    assert not result.differing
    assert result.rows == sum(total for work, total, _ in watching.works if "comparing" in work)
    assert [work for work, _, _ in watching.works] == [
        *(f"copying {name}" for name in ("vault", "calls", "books")),
        *(f"comparing {name}" for name in ("vault", "calls", "books")),
        "checking the ledger",
    ]
    for name in ("vault", "calls", "books"):
        assert "unfinished_copy" not in await tables(settings.database or "", f"vezne_{name}")
    async with open_house(settings) as house:
        assert [each.name for each in await house.merchants.list_merchants()] == ["Demo"]
    with pytest.raises(CannotStart, match=r"was moved to PostgreSQL at .*moved\.json"):
        await opened(source)
    remove_note(source.data)
    await opened(source)


async def test_the_copy_is_told_in_the_trail(settings: Settings) -> None:
    """Who began it, and with how many rows and which digest it ended."""
    result = await copied(settings)
    lines = [
        msgspec.json.decode(line)
        for file in sorted((settings.data / "audit").glob("*.jsonl"))
        for line in file.read_bytes().splitlines()
    ]
    begun, ended = lines[-2:]
    assert (begun["action"], begun["subject"]) == ("operator.command", f"copy to {result.to}")
    assert (ended["action"], ended["count"]) == ("data.copied", result.rows)
    assert ended["reason"] == result.digest
    names = (settings.data / "audit.names").read_text().split()
    with closing(sqlite3.connect(settings.data / "vault.db")) as vault:
        assert names == [row[0] for row in vault.execute("SELECT stream FROM audit_anchors")]


async def test_a_vault_elsewhere(settings: Settings, postgres_url: str) -> None:
    """Books and vault go to a database each."""
    apart = msgspec.structs.replace(settings, vault_database=await new_database(postgres_url))
    result = await copied(apart)
    assert result.to == (
        f"{place_of(apart.database or '')}, vault at {place_of(apart.vault_database or '')}"
    )
    assert await tables(apart.vault_database or "", "vezne_books") == []
    assert await tables(apart.database or "", "vezne_vault") == []
    await opened(apart)


async def test_half_a_copy_is_no_database(half: Settings, source: Settings) -> None:
    """Neither side can be used, and both say what to do."""
    with pytest.raises(CannotStart, match="unfinished copy in schema vezne_vault"):
        await opened(half)
    with pytest.raises(CannotStart, match=r"is being copied .* run the same `vezne copy` again"):
        await opened(source)


async def test_the_same_command_goes_on(half: Settings) -> None:
    """What is there is not copied again."""
    watching = Watching()
    result = await copied(half, watching)
    assert not result.differing
    assert [total - done for work, total, done in watching.works if "copying" in work] == [0, 0, 0]
    assert watching.lines[0].startswith("going on with the copy of ")
    await opened(half)


@pytest.mark.parametrize("name", ["vault", "calls", "books"])
async def test_cut_off_between_the_schemas(settings: Settings, name: str) -> None:
    """Whichever of them was being copied: the ones before are whole, the ones behind empty."""
    with pytest.raises(CutError):
        await copied(settings, **{f"copying_{name}": cut})
    assert not (await copied(settings)).differing
    await opened(settings)


async def test_cut_off_before_the_last_marks_are_gone(settings: Settings) -> None:
    """All is compared and the directory is closed: whoever goes on only takes the marks off."""
    with pytest.raises(CutError):
        await copied(settings, checking_the_ledger=cut)
    note = read_note(settings.data)
    assert note is not None
    write_note(settings.data, msgspec.structs.replace(note, state="moved"))
    await change(settings.database, "UPDATE vezne_books.unfinished_copy SET state = 'whole'")
    await change(settings.database, "DROP TABLE vezne_vault.unfinished_copy")
    result = await copied(settings)
    assert {each.database for each in result.tables} == {"calls", "books"}
    await opened(settings)


async def test_a_row_that_changes_on_the_way(settings: Settings) -> None:
    """It is named, and the target stays closed; beginning afresh mends it."""

    def spoil() -> None:
        sql = "UPDATE vezne_books.merchants SET name = 'Ürün'"
        with closing(asyncio.new_event_loop()) as loop:
            in_thread(lambda: loop.run_until_complete(change(settings.database, sql)))

    result = await copied(settings, comparing_vault=spoil)
    (table,) = result.differing
    assert (table.database, table.table) == ("books", "merchants")
    assert [(each.key, each.flaw) for each in table.differences] == [("id 1", "differs")]
    with pytest.raises(CannotStart, match="unfinished copy"):
        await opened(settings)
    assert (await copied(settings)).differing
    assert not (await copied(settings, is_afresh=True)).differing
    await opened(settings)


def in_thread(work: Callable[[], None]) -> None:
    import threading

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


async def test_a_ledger_that_is_wrong(settings: Settings) -> None:
    """Equal rows are not enough: the target stays closed."""
    with closing(sqlite3.connect(settings.data / "books.db")) as books, books:
        columns = [row[1] for row in books.execute("PRAGMA table_info(balances)")][4:]
        zeros = ", ".join("0" for _ in columns[1:])
        books.execute(f"INSERT INTO balances VALUES (1, 'TRY', '', 0, 1, {zeros})")  # noqa: S608
    with pytest.raises(CannotStart, match="ledger has 1 differences, and had them before"):
        await copied(settings)
    with pytest.raises(CannotStart, match="unfinished copy"):
        await opened(settings)


async def test_comparing_only(settings: Settings) -> None:
    """Changes nothing: neither marks, nor note, nor rows; and finds what was changed since."""
    with pytest.raises(CannotStart, match="has no tables: nothing was copied there"):
        await compare_installation(settings, Watching())
    assert read_note(settings.data) is None
    await copied(settings)
    assert not (await compare_installation(settings, Watching())).differing
    await change(settings.database, "DELETE FROM vezne_vault.master_keys")
    (table,) = (await compare_installation(settings, Watching())).differing
    assert (table.table, [each.flaw for each in table.differences]) == ("master_keys", ["missing"])


async def test_without_a_seal(settings: Settings, source: Settings) -> None:
    """Both sides can be used afterwards."""
    await copied(settings, is_sealing=False)
    assert read_note(settings.data) is None
    await opened(settings)
    await opened(source)


async def test_a_target_that_is_in_use(settings: Settings, source: Settings) -> None:
    """Whatever is there stays: a house, or somebody's table. Nothing is closed for that."""
    await change(settings.database, "CREATE SCHEMA vezne_vault CREATE TABLE mine (id INT)")
    with pytest.raises(CannotStart, match=r"schema vezne_vault of .* holds something already"):
        await copied(settings, is_afresh=True)
    await change(settings.database, "DROP TABLE vezne_vault.mine")
    async with open_house(settings):
        with pytest.raises(CannotStart, match=r"schema vezne_vault of .* holds something already"):
            await copied(settings)
    await opened(source)


async def test_an_unfinished_copy_of_something_else(half: Settings, source: Settings) -> None:
    """Also of this directory, once somebody has opened it: its rows may have changed since."""
    remove_note(source.data)
    await opened(source)
    for note in (None, MoveNote(state="copying", to="", at="", copy_id="other")):
        if note is not None:
            write_note(source.data, note)
        with pytest.raises(CannotStart, match=r"unfinished copy of .*veri şurada that this data"):
            await copied(half)
    assert not (await copied(half, is_afresh=True)).differing


async def test_a_directory_that_was_moved(settings: Settings, postgres_url: str) -> None:
    """It is not copied again, wherever to, unless somebody says that the files are right."""
    await copied(settings)
    elsewhere = msgspec.structs.replace(settings, database=await new_database(postgres_url))
    for target in (settings, elsewhere):
        with pytest.raises(CannotStart, match=r"was moved to .*--verify-only"):
            await copied(target, is_afresh=True)
    remove_note(settings.data)
    assert not (await copied(elsewhere)).differing


async def test_another_target_on_the_way(half: Settings, postgres_url: str) -> None:
    """The note says where the rows go now."""
    elsewhere = msgspec.structs.replace(half, database=await new_database(postgres_url))
    assert not (await copied(elsewhere)).differing
    note = read_note(half.data)
    assert note is not None
    assert (note.state, note.to) == ("moved", place_of(elsewhere.database or ""))


async def test_a_directory_in_use(settings: Settings, source: Settings) -> None:
    """By a server, or by a command that has the books open."""
    with (
        locked(settings.data, BOOKS_LOCK),
        pytest.raises(CannotStart, match="another server is running"),
    ):
        await copied(settings)
    async with open_house(source):
        with pytest.raises(CannotStart, match=r"vault\.db is in use"):
            await copied(settings)


async def test_nothing_to_copy(tmp_path: Path) -> None:
    """A directory without databases, or without a target."""
    with pytest.raises(CannotStart, match="holds no SQLite database"):
        await copied(Settings(data=tmp_path, database="postgresql://x/y"))
    (tmp_path / "books.db").touch()
    with pytest.raises(CannotStart, match="say where to"):
        await copied(Settings(data=tmp_path))
    with pytest.raises(CannotStart, match=r"books\.db: no such table"):
        await copied(Settings(data=tmp_path, database="postgresql://x/y"))


async def test_files_of_an_older_version(settings: Settings) -> None:
    """They are not changed for the copy; a command does that."""
    with closing(sqlite3.connect(settings.data / "books.db")) as books, books:
        books.execute(
            "DELETE FROM schema_migrations WHERE number = "
            "(SELECT max(number) FROM schema_migrations)"
        )
    with pytest.raises(CannotStart, match=r"books\.db is of an older version: run `vezne migrate"):
        await copied(settings)


async def test_a_row_that_postgresql_does_not_take(settings: Settings) -> None:
    """It is named; nothing is lost."""
    with closing(sqlite3.connect(settings.data / "books.db")) as books, books:
        books.execute("UPDATE merchants SET name = 'a' || char(0) || 'b'")
    with pytest.raises(CannotStart, match="table merchants, id 1: what is in column name"):
        await copied(settings)


async def test_a_line_that_breaks(settings: Settings) -> None:
    """The server ends the connection: the same command goes on."""
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'vezne copy' AND datname = current_database()"
    )

    def break_line() -> None:
        with closing(asyncio.new_event_loop()) as loop:
            in_thread(lambda: loop.run_until_complete(change(settings.database, end)))

    with pytest.raises((CannotStart, EngineFailure)):
        await copied(settings, copying_calls=break_line)
    assert not (await copied(settings)).differing


def test_a_note_that_is_damaged(tmp_path: Path) -> None:
    """It is not taken for none."""
    (tmp_path / "moved.json").write_text("{}")
    with pytest.raises(CannotStart, match="not what `vezne copy` has written"):
        read_note(tmp_path)


def test_places_without_passwords() -> None:
    """Whom a database is opened for is nobody's business."""
    assert place_of("postgresql://me:geheim@db.example:5433/shop") == "db.example:5433/shop"
    assert place_of("postgresql://me@/shop?host=/run/pg") == "localhost/shop"
