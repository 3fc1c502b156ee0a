"""A real PostgreSQL for one test session."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tools import postgres_server
from tools.postgres_server import Postgres, PostgresUnavailable

__all__ = ["ROOT_VARIABLE", "Postgres", "PostgresUnavailable", "running_postgres"]

# Where pytest has the directories of tests, unless they are where all temporary files are.
ROOT_VARIABLE: Final = "PYTEST_DEBUG_TEMPROOT"

# A server that forgets on a power cut is good enough for tests, which cut no power.
SETTINGS: Final = {"fsync": "off", "max_connections": "120", "max_wal_size": "128MB"}


def running_postgres() -> AbstractContextManager[Postgres]:
    """A server that listens on a socket of its own. Raises PostgresUnavailable."""
    root = os.environ.get(ROOT_VARIABLE)
    return postgres_server.running_postgres(SETTINGS, None if root is None else Path(root))
