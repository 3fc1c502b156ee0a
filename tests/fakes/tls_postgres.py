"""A real PostgreSQL server that nobody gets to but over TLS."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import asyncpg
from tools.postgres_server import running_postgres

from fakes.authority import Authority
from fakes.ports import free_port
from fakes.postgres_server import ROOT_VARIABLE, SETTINGS, Postgres, PostgresUnavailable
from fakes.server import wait_until

ADMIN: Final = "postgres"
BOOKS: Final = "vezne_books"
# Who has to show a certificate besides.
VAULT: Final = "vezne_vault"
# One of them has all the signs that mean something in a URL.
PASSWORDS: Final = {ADMIN: "yönetici", BOOKS: "gizli/d@fter:#1", VAULT: "gizlikasa"}
HOST: Final = "127.0.0.1"

_CLIENTS: Final = f"""
hostssl all {VAULT} {HOST}/32 scram-sha-256 clientcert=verify-full
hostssl all all {HOST}/32 scram-sha-256
"""
_SET_UP: Final = (
    *(f"CREATE ROLE {role} LOGIN" for role in (BOOKS, VAULT)),
    *(f"ALTER ROLE {role} PASSWORD '{password}'" for role, password in PASSWORDS.items()),
    "ALTER SYSTEM SET ssl_ca_file = 'root.crt'",
    "ALTER SYSTEM SET ssl = on",
    "SELECT pg_reload_conf()",
)
_PLACES: Final = ("lib/postgresql/*/bin", "pgsql-*/bin")


class TlsPostgres:
    """`authority` is whose certificates both sides show; `database` is what URLs name."""

    def __init__(self, postgres: Postgres, port: int, authority: Authority) -> None:
        self.port = port
        self.authority = authority
        self.database = ADMIN
        self._names = count(1)
        local = f"{postgres.url}&port={port}"
        _close_doors(postgres.folder / "data", authority)
        for statement in _SET_UP:
            _run(local, statement)
        wait_until(lambda: _is_closed(local))

    def renew(self) -> None:
        """From now on there is nothing in the database."""
        self.database = f"vezne_{next(self._names)}"
        admin = self.url(ADMIN, PASSWORDS[ADMIN]).replace(f"/{self.database}?", f"/{ADMIN}?")
        _run(admin, f"CREATE DATABASE {self.database}")
        _run(admin, f"GRANT CREATE ON DATABASE {self.database} TO {BOOKS}, {VAULT}")

    def url(self, role: str, password: str = "", host: str = HOST, **parameters: object) -> str:
        """The URL of the database; parameters are libpq's."""
        ours = {"sslmode": "verify-full", "sslrootcert": self.authority.file}
        known = f"{role}:{quote(password, safe='')}" if password else role
        place = f"{host}:{self.port}/{self.database}"
        return f"postgresql://{known}@{place}?{urlencode(ours | parameters)}"

    def fetch(self, sql: str) -> list[dict[str, Any]]:
        """What an administrator sees."""
        return _run(self.url(ADMIN, PASSWORDS[ADMIN]), sql)


@contextmanager
def running_tls_postgres(folder: Path) -> Iterator[TlsPostgres]:
    """A server whose authority's files are in a folder. Raises PostgresUnavailable."""
    port, root = free_port(), os.environ.get(ROOT_VARIABLE)
    settings = SETTINGS | {"listen_addresses": HOST, "port": str(port)}
    parent = None if root is None else Path(root)
    with running_postgres(settings, parent, _binaries()) as running:
        yield TlsPostgres(running, port, Authority(folder / "authority"))


def _binaries() -> Path:
    """The newest installation that knows TLS; those of the package are built without."""
    found = [place for pattern in _PLACES for place in Path("/usr").glob(pattern)]
    for place in sorted(found, key=_version, reverse=True):
        if (place / "initdb").exists() and b"libssl" in (place / "postgres").read_bytes():
            return place
    raise PostgresUnavailable("no PostgreSQL server with TLS is installed")


def _version(binaries: Path) -> int:
    return int("".join(filter(str.isdigit, binaries.parent.name)) or "0")


def _close_doors(data: Path, authority: Authority) -> None:
    """All that a server reads when it is asked to read its files again."""
    certificate, key = authority.issue("database", [HOST])
    (data / "pg_hba.conf").write_text(_CLIENTS)
    for name, path in {
        "root.crt": authority.file,
        "server.crt": certificate,
        "server.key": key,
    }.items():
        copied = Path(shutil.copy(path, data / name))
        os.chown(copied, data.stat().st_uid, data.stat().st_gid)


def _is_closed(url: str) -> bool:
    try:
        _run(url, "SELECT 1")
    except asyncpg.InvalidAuthorizationSpecificationError:
        return True
    return False


def _run(url: str, sql: str) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(url)
        try:
            return [dict(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(run())
