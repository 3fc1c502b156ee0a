"""Loading migrations from a package, and what a crash in the middle of one leaves."""

import signal
from pathlib import Path

import pytest

from fakes.child import start_child
from vezne.engines.migrate import Migration, load_migrations, migrate
from vezne.engines.sqlite import open_sqlite

CHILD = """
import asyncio, sys
from pathlib import Path
from vezne.engines.migrate import Migration, migrate
from vezne.engines.sqlite import open_sqlite

ENDLESS = '''
CREATE TABLE numbers (n BIGINT PRIMARY KEY, filler TEXT);
INSERT INTO numbers WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count)
SELECT n, printf('%1000d', n) FROM count;
'''

async def main():
    engine = open_sqlite(Path(sys.argv[1]))
    await migrate(engine, [Migration(1, "endless", ENDLESS)])

asyncio.run(main())
"""


def package_with(root: Path, name: str, files: dict[str, str]) -> None:
    folder = root / name / "migrations"
    folder.mkdir(parents=True)
    (root / name / "__init__.py").touch()
    for file_name, text in files.items():
        (folder / file_name).write_text(text)


def test_files_are_loaded_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Number and name come from the file name; other files are none of ours."""
    files = {"0002_more_things.sql": "B;", "0001_first.sql": "A; -- ş", "README.md": "…"}
    package_with(tmp_path, "ordered_package", files)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_migrations("ordered_package") == (
        Migration(1, "first", "A; -- ş"),
        Migration(2, "more_things", "B;"),
    )


@pytest.mark.parametrize("numbers", [(1, 3), (2,), (1, 1)])
def test_gaps_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbers: tuple[int, ...]
) -> None:
    """Numbers start at 1 and neither skip nor repeat."""
    name = "gaps_" + "_".join(map(str, numbers))
    files = {f"{number:04}_{place}.sql": "" for place, number in enumerate(numbers)}
    package_with(tmp_path, name, files)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="not numbered from 1"):
        load_migrations(name)


async def test_kill_during_a_migration(tmp_path: Path) -> None:
    """A process that dies inside a migration leaves the database as it was before it."""
    path = tmp_path / "test.db"
    log = path.with_name("test.db-wal")
    with start_child(CHILD, str(path)) as child:
        child.wait_until(lambda: log.exists() and log.stat().st_size > 4_000_000)
        child.kill()
    assert child.status == -signal.SIGKILL
    engine = open_sqlite(path)
    assert await engine.fetch("SELECT name FROM sqlite_schema WHERE name = 'numbers'") == []
    await migrate(engine, [Migration(1, "calm", "CREATE TABLE numbers (n BIGINT PRIMARY KEY);")])
    assert await engine.fetch("SELECT name FROM schema_migrations") == [("calm",)]
    await engine.close()
