"""Directories that take long to make, made once in a process and copied from memory."""

import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from vezne.engines.migrate import load_migrations, migrate
from vezne.engines.sqlite import open_sqlite

# The migrations of a house's databases, by what their files are called.
_SCHEMAS = {"books.db": "vezne.storage", "vault.db": "vezne.vault"}

Make = Callable[[Path], Awaitable[None]]


class _File(NamedTuple):
    """What is copied, and who may read it."""

    name: str
    mode: int
    content: bytes


_made: dict[Make, list[_File]] = {}


async def fill(folder: Path, make: Make) -> None:
    """Put into a folder what `make` makes in an empty one; nobody has it open then."""
    if make not in _made:
        with tempfile.TemporaryDirectory(dir=folder.parent) as first:
            await make(Path(first))
            _made[make] = list(_files(Path(first)))
    for file in _made[make]:
        path = folder / file.name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=file.mode)
        path.write_bytes(file.content)


async def empty_databases(folder: Path) -> None:
    """Books and vault of a house, with their tables and nothing in them."""
    for name, room in _SCHEMAS.items():
        engine = open_sqlite(folder / name)
        await migrate(engine, load_migrations(room))
        await engine.close()


def _files(folder: Path) -> Iterator[_File]:
    for path in folder.rglob("*"):
        if path.is_file():
            mode = path.stat().st_mode & 0o777
            yield _File(str(path.relative_to(folder)), mode, path.read_bytes())
