"""A real PostgreSQL for one test session."""

from contextlib import AbstractContextManager
from typing import Final

from tools import postgres_server
from tools.postgres_server import Postgres, PostgresUnavailable

__all__ = ["Postgres", "PostgresUnavailable", "running_postgres"]

# A server that forgets on a power cut is good enough for tests, which cut no power.
SETTINGS: Final = {"fsync": "off", "max_connections": "120", "max_wal_size": "128MB"}


def running_postgres() -> AbstractContextManager[Postgres]:
    """A server that listens on a socket of its own. Raises PostgresUnavailable."""
    return postgres_server.running_postgres(SETTINGS)
