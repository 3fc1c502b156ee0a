"""What is told when a PostgreSQL database cannot be used."""

import traceback
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from pathlib import Path
from socket import socket

import asyncpg
import pytest

from vezne.engines.copy_target import open_target
from vezne.engines.engine import EngineFailure
from vezne.engines.postgres import open_postgres
from vezne.engines.postgres_way import check_sessions

Try = Callable[[str], Coroutine[None, None, None]]


async def serve(url: str) -> None:
    await (await open_postgres(url, "way")).close()


async def copy(url: str) -> None:
    async with open_target(url, "way"):
        pass


both = pytest.mark.parametrize("attempt", [serve, copy])


@both
@pytest.mark.parametrize("password", ["gizli/2", "gizli#2", "12[gizli]", "gizli?2"])
async def test_a_url_that_cannot_be_read(attempt: Try, password: str) -> None:
    """The driver quotes what it takes for a port, which is a part of the password."""
    with pytest.raises(EngineFailure, match="URL of a PostgreSQL database cannot be read") as told:
        await attempt(f"postgresql://vezne:{password}@127.0.0.1/vezne")
    assert "gizli" not in "".join(traceback.format_exception(told.value))


@both
async def test_nobody_is_there(attempt: Try) -> None:
    """The reason is in words, not in the number of an error."""
    with socket() as taken:
        # Nobody else gets the port meanwhile, and nobody listens on it.
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://vezne:gizli@127.0.0.1:{taken.getsockname()[1]}/vezne"
        with pytest.raises(EngineFailure, match=r"at 127\.0\.0\.1: .*(refused|failed)") as told:
            await attempt(url)
    assert "gizli" not in str(told.value)


@both
async def test_a_database_that_does_not_take_every_text(attempt: Try, postgres_url: str) -> None:
    """It is refused before anything is in it: what it cannot take may come years later."""
    name = f"way_{attempt.__name__}"
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(
            f"CREATE DATABASE {name} ENCODING 'LATIN5' LOCALE 'C' TEMPLATE template0"
        )
    finally:
        await connection.close()
    url = postgres_url.replace("/postgres?", f"/{name}?")
    with pytest.raises(EngineFailure, match=r"has the encoding LATIN5 .* ENCODING 'UTF8'"):
        await attempt(url)
    connection = await asyncpg.connect(url)
    try:
        assert not await connection.fetch("SELECT 1 FROM pg_namespace WHERE nspname = 'way'")
    finally:
        await connection.close()


async def begin(url: str) -> None:
    async with open_target(url, "way") as target:
        await target.begin("copy", "here")


@pytest.mark.parametrize("attempt", [serve, begin])
async def test_a_schema_of_another_role(attempt: Try, postgres_url: str) -> None:
    """Whoever has mixed up two roles is told whose the schema is."""
    role = f"stranger_{attempt.__name__}"
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("CREATE SCHEMA IF NOT EXISTS way")
        await connection.execute(f"CREATE ROLE {role} LOGIN")
    finally:
        await connection.close()
    url = postgres_url.replace("//postgres@", f"//{role}@")
    with pytest.raises(
        EngineFailure, match=rf"role {role} may not .* way: it is the role postgres"
    ):
        await attempt(url)


@both
@pytest.mark.parametrize("kind", ["sslrootcert", "sslcert", "sslkey", "passfile"])
async def test_a_file_that_cannot_be_read(attempt: Try, kind: str) -> None:
    """The driver says of one that it is missing, and not which."""
    with pytest.raises(EngineFailure, match=f"{kind}: cannot read /nowhere/x: No such file"):
        await attempt(f"postgresql://vezne@127.0.0.1/vezne?{kind}=/nowhere/x")


async def test_a_file_that_a_variable_names(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts where the URL has no word of its own."""
    path = tmp_path / "passwords"
    path.touch(mode=0o644)
    monkeypatch.setenv("PGPASSFILE", str(path))
    with pytest.raises(EngineFailure, match=f"passfile: others may read {path}: chmod 600"):
        await serve(postgres_url)
    await serve(postgres_url.replace("//postgres@", "//postgres:gizli@"))


@both
async def test_a_file_of_something_else(attempt: Try, tmp_path: Path) -> None:
    """Nothing in it is a certificate."""
    path = tmp_path / "ca.pem"
    path.write_text("gizli")
    url = f"postgresql://vezne@127.0.0.1/vezne?sslmode=verify-full&sslrootcert={path}"
    with pytest.raises(EngineFailure, match=r"no TLS: no certificate .* the right files") as told:
        await attempt(url)
    assert "gizli" not in str(told.value)


class Pooled:
    """A connection through a pooler, which gives it the session of some process."""

    def __init__(self, process: int) -> None:
        self.process = process

    def get_server_pid(self) -> int:
        return 0

    async def fetchval(self, _sql: str) -> int:
        return self.process


async def test_a_pooler_of_sessions() -> None:
    """Each connection has a session."""
    await check_sessions(Pooled(1), nullcontext(Pooled(2)))


async def test_a_pooler_of_transactions() -> None:
    """Schemas would be mixed up, and locks lost, some day under load."""
    with pytest.raises(EngineFailure, match="it has to pool sessions"):
        await check_sessions(Pooled(1), nullcontext(Pooled(1)))
