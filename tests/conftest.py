"""What more than one layer of tests needs."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from fakes.postgres_server import PostgresUnavailable, running_postgres

# No test asserts anything about time, and a busy machine must not fail one.
settings.register_profile("vezne", deadline=None)
settings.load_profile("vezne")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the whole session. Skips where none can be started."""
    try:
        with running_postgres() as url:
            yield url
    except PostgresUnavailable as reason:
        pytest.skip(str(reason))
