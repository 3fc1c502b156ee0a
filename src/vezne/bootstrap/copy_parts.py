"""The rows of a whole installation go from SQLite files to PostgreSQL, and are compared there.

What rows mean is nobody's business here. Cards stay sealed, and no key is needed.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.front import BOOKS_LOCK, VAULT_LOCK, locked
from vezne.engines.compare_rows import Compared, RowDifference, compare_rows
from vezne.engines.copy_source import CopySource, open_source
from vezne.engines.copy_target import CopyTarget, open_target
from vezne.engines.engine import EngineFailure, Occupied, Row
from vezne.engines.migrate import load_migrations, migrate, missing
from vezne.engines.postgres import open_postgres
from vezne.engines.tables import Table, Unlike, check_alike
from vezne.settings import Settings

# The books come last: a server opens them last, and refuses as long as they are marked.
_PACKAGES: Final = {
    "vault": "vezne.vault",
    "calls": "vezne.storage.calls",
    "books": "vezne.storage",
}


class Watcher(Protocol):
    """Whoever shows how far it is."""

    def begin(self, work: str, total: int, done: int) -> None:
        """Something begins that has so many rows or payments, of which some are done already."""

    def advance(self, count: int) -> None:
        """So many more of them are done."""

    def say(self, line: str) -> None:
        """Something to know."""


class ComparedTable(msgspec.Struct, frozen=True):
    """A table on both sides. `rows` and `digest` are the source's."""

    database: str
    table: str
    rows: int
    digest: str
    is_equal: bool
    differences: list[RowDifference]


class Part(NamedTuple):
    """One of the databases, on both sides."""

    name: str
    source: CopySource
    target: CopyTarget
    tables: Mapping[str, Table]
    url: str

    @property
    def place(self) -> str:
        """Where it goes, as people read it."""
        return f"schema {schema_of(self.name)} of {place_of(self.url)}"


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[list[Part]]:
    """All databases of a data directory, and where the settings want them, the books last.

    Nobody else can open the files meanwhile, be it a server or a command. Raises CannotStart, and
    EngineFailure.
    """
    with ExitStack() as locks:
        present = [name for name in _PACKAGES if (settings.data / f"{name}.db").exists()]
        if not present:
            raise CannotStart(f"{settings.data} holds no SQLite database: there is nothing to copy")
        for lock in (VAULT_LOCK, BOOKS_LOCK):
            locks.enter_context(locked(settings.data, lock))
        async with AsyncExitStack() as stack:
            parts = []
            for name in present:
                path, url = settings.data / f"{name}.db", _url_of(settings, name)
                with told_apart():
                    source = locks.enter_context(open_source(path))
                    await _check_schema(name, source, path)
                    target = await stack.enter_async_context(open_target(url, schema_of(name)))
                    parts.append(Part(name, source, target, await source.tables(), url))
            yield parts


@contextmanager
def told_apart() -> Iterator[None]:
    """What a person can mend becomes CannotStart."""
    try:
        yield
    except Occupied as error:
        raise CannotStart(
            f"{error} is in use: end the command or the copy that works on it, then try again"
        ) from error
    except Unlike as error:
        raise CannotStart(f"this cannot be copied: {error}") from error


async def prepare(part: Part, copy_id: str, source: str) -> None:
    """Make the tables of a target that is marked, and have nothing in them. Raises EngineFailure.

    Raises Unlike when the tables of the source are others.
    """
    engine = await open_postgres(part.url, schema_of(part.name))
    try:
        await migrate(engine, load_migrations(_PACKAGES[part.name]))
    finally:
        await engine.close()
    check_alike(part.tables, await part.target.tables())
    await part.target.drop_rows(copy_id, source)


async def copy_rows(parts: Sequence[Part], watcher: Watcher) -> None:
    """Bring all rows over that are not there yet. Raises EngineFailure, and Unlike."""
    totals = [sum([await part.source.count(each) for each in _sorted(part)]) for part in parts]
    for part, total in zip(parts, totals, strict=True):
        check_alike(part.tables, await part.target.tables())
        known = await part.target.progress()
        watcher.begin(f"copying {part.name}", total, sum(count for _, count in known.values()))
        for table in _sorted(part):
            last, _ = known.get(table.name, (None, 0))
            await _copy_table(part, table, last, watcher)


async def compare(parts: Sequence[Part], watcher: Watcher) -> list[ComparedTable]:
    """Look at every row of both sides. Raises EngineFailure, and Unlike."""
    found = []
    for part in parts:
        check_alike(part.tables, await part.target.tables())
        total = sum([await part.source.count(each) for each in _sorted(part)])
        watcher.begin(f"comparing {part.name}", total, 0)
        for table in _sorted(part):
            compared = await _compare_table(part, table, watcher)
            rows, digest = compared.source
            is_equal = compared.is_equal
            found.append(
                ComparedTable(part.name, table.name, rows, digest, is_equal, compared.differences)
            )
    return found


def digest_of(tables: Sequence[ComparedTable]) -> str:
    """One for all tables, by their names."""
    lines = (f"{each.database}.{each.table} {each.rows} {each.digest}\n" for each in tables)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def schema_of(name: str) -> str:
    """What a database is called in PostgreSQL, as `engines.open_engine` has it."""
    return f"vezne_{name}"


def place_of(url: str) -> str:
    """Server and database of an address, without who enters there and how."""
    parts = urlsplit(url)
    return (parts.netloc.rpartition("@")[2] or "localhost") + parts.path


async def _copy_table(part: Part, table: Table, last: Row | None, watcher: Watcher) -> None:
    """The next page is read while one is on its way."""
    rows = await part.source.page(table, last)
    while rows:
        upcoming = asyncio.create_task(part.source.page(table, table.key_of(rows[-1])))
        try:
            await part.target.put(table, rows)
        except BaseException:
            # The file must not be closed under the thread that reads it.
            await asyncio.wait({upcoming})
            raise
        watcher.advance(len(rows))
        rows = await upcoming


async def _compare_table(part: Part, table: Table, watcher: Watcher) -> Compared:
    async with aclosing(part.target.pages(table)) as theirs:
        async for found in compare_rows(table, _pages(part.source, table), theirs):
            if isinstance(found, Compared):
                return found
            watcher.advance(found)
    raise AssertionError("a comparison has ended without a result")


async def _pages(source: CopySource, table: Table) -> AsyncIterator[list[Row]]:
    rows = await source.page(table, None)
    while rows:
        yield rows
        rows = await source.page(table, table.key_of(rows[-1]))


async def _check_schema(name: str, source: CopySource, path: Path) -> None:
    """Whether this program made the file's tables. Raises CannotStart."""
    try:
        lacking = await missing(source, load_migrations(_PACKAGES[name]))
    except EngineFailure as error:
        raise CannotStart(f"{path}: {error}") from error
    if lacking:
        raise CannotStart(
            f"{path} is of an older version: run `vezne migrate --data {path.parent}` first"
        )


def _url_of(settings: Settings, name: str) -> str:
    url = settings.vault_url if name == "vault" else settings.database
    if url is None:
        raise CannotStart("say where to: --to postgresql://…")
    return url


def _sorted(part: Part) -> list[Table]:
    return [part.tables[name] for name in sorted(part.tables)]
