"""Where the databases are."""

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.moved import check_not_moved
from vezne.engines.engine import Engine
from vezne.engines.sqlite import open_sqlite
from vezne.engines.tables import is_unfinished
from vezne.settings import Settings


async def open_engine(settings: Settings, name: str) -> Engine:
    """Books and vault have a database, or a schema, each of their own.

    Raises CannotStart when a copy into it has not ended, or it was copied elsewhere
    (`vezne.bootstrap.moved`); EngineFailure.
    """
    url = settings.vault_url if name == "vault" else settings.database
    if url is None:
        check_not_moved(settings.data)
        return open_sqlite(settings.data / f"{name}.db")
    # Its driver takes as long to load as SQLite with everything around it.
    from vezne.engines.postgres import open_postgres  # noqa: PLC0415

    engine = await open_postgres(url, f"vezne_{name}")
    try:
        await _check_whole(engine, name)
    except BaseException:
        await engine.close()
        raise
    return engine


async def _check_whole(engine: Engine, name: str) -> None:
    """Whether no copy into a schema is under way. Raises CannotStart, and EngineFailure."""
    if await is_unfinished(engine):
        raise CannotStart(
            f"the database holds an unfinished copy in schema vezne_{name}: run the same "
            "`vezne copy` again to end it, or drop the schema"
        )
