"""The way to a PostgreSQL database, and what is told of it when it ends: never a password."""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from typing import Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

import asyncpg

from vezne.engines.engine import EngineFailure

LINE_ERRORS: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# Any constant will do, as long as no other program on the same database uses it.
SCHEMA_LOCK: Final = 0x76657A6E65
# What a URL, or a variable like PGSSLCERT, names files with.
_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "passfile")
_ENCODING: Final = "UTF8"
_PROCESS: Final = "SELECT pg_backend_pid()"
_KNOWN: Final = """
SELECT current_user AS role, pg_get_userbyid(nspowner) AS owner,
    has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE') AS is_usable
FROM pg_namespace WHERE nspname = $1
"""

_Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Whatever keeps a program from using the database of a URL raises EngineFailure."""
    try:
        _check_files(url)
        yield
    except (*LINE_ERRORS, asyncpg.PostgresError) as error:
        why = _reason_of(error)
        raise EngineFailure(f"cannot use PostgreSQL at {_host_of(url)}: {why}") from error
    except ValueError:
        # The error quotes what was taken for a port or a host, and may be a part of a password.
        raise EngineFailure(
            "the URL of a PostgreSQL database cannot be read: is its port a number, and are signs "
            "like / # [ in the password written as %2F %23 %5B?"
        ) from None


async def prepare(pool: asyncpg.Pool, schema: str) -> None:
    """Look at what a program will work with, and make its schema if it is missing.

    Raises EngineFailure for what it cannot work with, and what asyncpg raises.
    """
    async with pool.acquire() as connection:
        await check_sessions(connection, pool.acquire())
        check_encoding(connection)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
            await make_schema(connection, schema)


async def begin_session(connection: _Connection, schema: str, settings: Mapping[str, str]) -> None:
    """Work in a schema, and with some settings, from now on. Raises what asyncpg raises.

    Not by parameters of the connection, of which poolers know few and refuse the others.
    """
    wanted = "".join(f"; SET {name} = '{value}'" for name, value in settings.items())
    await connection.execute(f'SET search_path = "{schema}"{wanted}')


async def keep_session(_connection: _Connection) -> None:
    """Nothing changes a session after its begin, so it needs no round trip to be reset."""


async def check_sessions(
    connection: _Connection, another: AbstractAsyncContextManager[_Connection]
) -> None:
    """Whether two connections, neither in a transaction, are two sessions of the server.

    Another is opened only if there is a pooler between, which tells its own number of a process.
    Raises EngineFailure, and what asyncpg raises.
    """
    process = await connection.fetchval(_PROCESS)
    if process == connection.get_server_pid():
        return
    async with another as other:
        if await other.fetchval(_PROCESS) == process:
            raise EngineFailure(
                "the pooler shares a session among connections: it has to pool sessions "
                "(pool_mode = session)"
            )


def check_encoding(connection: _Connection) -> None:
    """Whether a database takes every text. Raises EngineFailure, before anything is in it."""
    encoding = connection.get_settings().server_encoding
    if encoding != _ENCODING:
        raise EngineFailure(
            f"the database has the encoding {encoding} and would not take every name: make it with "
            f"CREATE DATABASE … ENCODING '{_ENCODING}' TEMPLATE template0"
        )


async def make_schema(connection: _Connection, schema: str) -> None:
    """Make a schema if it is missing; a role that owns it needs no right to make any.

    Raises EngineFailure for a schema that is somebody else's, and what asyncpg raises.
    """
    # CREATE … IF NOT EXISTS asks for the right to create even when there is nothing to do.
    known = await connection.fetchrow(_KNOWN, schema)
    if known is None:
        await connection.execute(f'CREATE SCHEMA "{schema}"')
    elif not known["is_usable"]:
        raise EngineFailure(
            f"the role {known['role']} may not work in the schema {schema}: it is the role "
            f"{known['owner']}'s"
        )


def text_of(error: Exception) -> str:
    """What an error says, without the details, in which the server shows the row."""
    if isinstance(error, OSError):
        return str(error) or "no answer in time"
    return str(error.args[0] if error.args else "") or "no answer in time"


def _check_files(url: str) -> None:
    """Whether the files that are named can be read. Raises EngineFailure; ValueError for the URL.

    The driver does not say which one cannot, and goes without those of passwords.
    """
    address = urlsplit(url)
    named = parse_qs(address.query)
    for kind in _FILES:
        path = named.get(kind, [os.environ.get(f"PG{kind.upper()}", "")])[-1]
        if not path or (kind == "passfile" and address.password):
            continue
        try:
            with Path(path).open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
        except OSError as error:
            raise EngineFailure(f"{kind}: cannot read {path}: {error.strerror}") from error
        if kind == "passfile" and mode & (S_IRWXG | S_IRWXO):
            raise EngineFailure(f"passfile: others may read {path}: chmod 600 {path}")


def _reason_of(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        why = (error.reason or "no private key").replace("_", " ").lower()
        return f"no TLS: {why}; are sslrootcert, sslcert and sslkey the right files?"
    if isinstance(error, asyncpg.ConnectionDoesNotExistError):
        return "it hung up, and its own log says why"
    return text_of(error)


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or "the local socket"
