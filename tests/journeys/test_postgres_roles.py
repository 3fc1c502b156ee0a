"""Books and vault with a role of PostgreSQL each, neither of which can read the other's tables."""

import asyncio
import itertools

import asyncpg
import pytest

from fakes.command import run_vezne
from fakes.databases import IS_POSTGRES, create_database
from fakes.iyzico_client import Client
from fakes.server import Server
from fakes.split_server import SplitServer

pytestmark = pytest.mark.skipif(not IS_POSTGRES, reason="`make test-postgres` runs it")

# What docs/postgresql.md has an administrator do.
SET_UP = """
CREATE ROLE {books} LOGIN;
CREATE ROLE {vault} LOGIN;
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
GRANT CONNECT ON DATABASE {name} TO {books}, {vault};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA vezne_books AUTHORIZATION {books};
CREATE SCHEMA vezne_calls AUTHORIZATION {books};
CREATE SCHEMA vezne_vault AUTHORIZATION {vault};
"""
TABLES = """SELECT schemaname || '.' || tablename FROM pg_tables
WHERE schemaname IN ('vezne_books', 'vezne_calls', 'vezne_vault') ORDER BY 1"""

_names = itertools.count(1)


class Roles:
    """A database with both roles; `books` and `vault` are the URLs of each."""

    def __init__(self, server_url):
        number = next(_names)
        name = f"roles_{number}"
        self.admin = asyncio.run(create_database(server_url, name))
        roles = {"books": f"books_{number}", "vault": f"vault_{number}"}
        self.run(self.admin, SET_UP.format(name=name, **roles))
        self.books, self.vault = (
            self.admin.replace("//postgres@", f"//{role}@") for role in roles.values()
        )

    def run(self, url, sql):
        async def run():
            connection = await asyncpg.connect(url)
            try:
                return await connection.execute(sql)
            finally:
                await connection.close()

        return asyncio.run(run())

    def readable(self, url):
        """The tables that a role can read, and those that it cannot."""

        async def read():
            connection = await asyncpg.connect(url)
            can, cannot = set(), set()
            try:
                for (table,) in await connection.fetch(TABLES):
                    try:
                        await connection.fetch(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608
                    except asyncpg.InsufficientPrivilegeError:
                        cannot.add(table)
                    else:
                        can.add(table)
            finally:
                await connection.close()
            return can, cannot

        return asyncio.run(read())


@pytest.fixture
def roles(postgres_url):
    return Roles(postgres_url)


def check_walls(roles):
    """Each reads its own tables, and not a single one of the other's."""
    of_books, not_of_books = roles.readable(roles.books)
    of_vault, not_of_vault = roles.readable(roles.vault)
    assert "vezne_vault.sealed_cards" in of_vault
    assert "vezne_books.payments" in of_books
    assert {table.partition(".")[0] for table in of_books} == {"vezne_books", "vezne_calls"}
    assert {table.partition(".")[0] for table in of_vault} == {"vezne_vault"}
    assert (not_of_books, not_of_vault) == (of_vault, of_books)


def shop(server):
    client = Client(server)
    stored = client.store_card()
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    assert client.pay(paymentCard=names)["status"] == "success"


def test_two_roles_of_one_process(roles, tmp_path, monkeypatch):
    """Neither may create a schema; server and commands work in those that were made for them."""
    options = ("--database", roles.books, "--vault-database", roles.vault)
    server = Server(tmp_path / "data", *options).start()
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))
        shop(server)
        place = ("--data", str(server.data), *options)
        for command in (
            ("migrate",),
            ("ledger", "check"),
            ("keys", "rotate", "data"),
            ("retention", "run"),
            ("audit", "verify"),
        ):
            done = run_vezne(*command, *place)
            assert done.returncode == 0, done.stdout + done.stderr
        assert not list(server.data.glob("*.db"))
        check_walls(roles)
        server.kill()
        shop(server.start())
    finally:
        server.kill()


def test_two_roles_of_two_processes(roles, tmp_path, monkeypatch):
    """The gateway is not even told the vault's role, nor the vault that of the books."""
    server = SplitServer(tmp_path / "data")
    server.arguments = ("--vault-database", roles.vault)
    server.gateway.arguments = ("--database", roles.books)
    for process in (server, server.gateway):
        process.environment.pop("VEZNE_DATABASE", None)
    # The gateway takes the vault's environment when it starts.
    server.start()
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))
        shop(server)
        assert not list(server.data.glob("*.db"))
        check_walls(roles)
    finally:
        server.kill()


def test_a_role_without_a_schema_is_told_so(roles, tmp_path):
    """One line says what is missing."""
    roles.run(roles.admin, "DROP SCHEMA vezne_vault")
    options = ("--database", roles.books, "--vault-database", roles.vault)
    done = run_vezne("serve", "--sandbox", "--data", str(tmp_path / "data"), *options)
    assert done.returncode == 1
    assert "permission denied for database" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
