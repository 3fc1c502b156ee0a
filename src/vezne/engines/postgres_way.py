"""The way to a PostgreSQL database, and what is told of it when it ends: never a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import asyncpg

from vezne.engines.engine import EngineFailure

LINE_ERRORS: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_ENCODING: Final = "UTF8"
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
        yield
    except (*LINE_ERRORS, asyncpg.PostgresError) as error:
        why = text_of(error)
        raise EngineFailure(f"cannot use PostgreSQL at {_host_of(url)}: {why}") from error
    except ValueError:
        # The error quotes what was taken for a port or a host, and may be a part of a password.
        raise EngineFailure(
            "the URL of a PostgreSQL database cannot be read: is its port a number, and are signs "
            "like / # [ in the password written as %2F %23 %5B?"
        ) from None


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


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or "the local socket"
