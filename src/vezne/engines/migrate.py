"""Forward-only, numbered migrations, each recorded in the transaction that it runs in."""

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

import msgspec

from vezne.engines.engine import Conflict, Engine, Queries

_BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL
);
"""


class SchemaTooNew(Exception):
    """A newer program has migrated this database; this one must not touch it."""


class SchemaChanged(Exception):
    """A migration that was already run reads differently now."""


class Migration(NamedTuple):
    """One step of a schema: its place in the order, a name for people, and its SQL."""

    number: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        """What tells that a script was edited after it ran."""
        return hashlib.sha256(self.script.encode()).hexdigest()


def load_migrations(package: str) -> tuple[Migration, ...]:
    """The files `migrations/NNNN_name.sql` of a package, in order.

    Raises ValueError unless their numbers are 1, 2, 3 and so on.
    """
    folder = resources.files(package) / "migrations"
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    migrations = tuple(
        Migration(int(number), name, (folder / file_name).read_text(encoding="utf-8"))
        for file_name in found
        for number, _, name in [file_name.removesuffix(".sql").partition("_")]
    )
    if [migration.number for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError(f"the migrations of {package} are not numbered from 1 without gaps")
    return migrations


async def pending(engine: Engine, migrations: Sequence[Migration]) -> list[Migration]:
    """The migrations that the database still lacks, in order.

    Raises SchemaTooNew, and SchemaChanged when a migration that ran reads differently now.
    """
    await engine.execute_script(_BOOKKEEPING)
    return await missing(engine, migrations)


async def missing(queries: Queries, migrations: Sequence[Migration]) -> list[Migration]:
    """The same for a database that was migrated before, without writing anything.

    Raises as `pending` does.
    """
    rows = await queries.fetch("SELECT number, checksum FROM schema_migrations")
    applied = dict(msgspec.convert(rows, list[tuple[int, str]]))
    known = max((migration.number for migration in migrations), default=0)
    newest = max(applied, default=0)
    if newest > known:
        raise SchemaTooNew(
            f"the database has schema version {newest}, this program knows up to {known}: "
            "run the newer program, or restore a backup from before it"
        )
    for migration in migrations:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise SchemaChanged(
                f"migration {migration.number} ({migration.name}) was edited after it had run"
            )
    return [migration for migration in migrations if migration.number not in applied]


async def migrate(engine: Engine, migrations: Sequence[Migration]) -> None:
    """Run what is pending, each migration in a transaction of its own.

    Two processes may do this at once: the bookkeeping row comes first, so the slower one conflicts
    before it has changed anything. Raises as `pending` does.
    """
    for migration in await pending(engine, migrations):
        try:
            await engine.execute_script(_recorded(migration))
        except Conflict:
            if migration in await pending(engine, migrations):
                raise


def _recorded(migration: Migration) -> str:
    name = migration.name.replace("'", "''")
    return (
        "INSERT INTO schema_migrations (number, name, checksum)"  # noqa: S608 - own literals
        f" VALUES ({migration.number}, '{name}', '{migration.checksum}');\n{migration.script}"
    )
