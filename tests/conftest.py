"""What more than one layer of tests needs."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from fakes.postgres_server import Postgres, PostgresUnavailable, running_postgres

# Ours is found by its entry point, too, where the package is installed as of today.
pytest_plugins = ("pytester", "vezne_pytest")

# `make fuzz` asks for more, where a reader is tried by itself.
_EXAMPLES = 10 * int(os.environ.get("VEZNE_FUZZ_EXAMPLES", "10"))
# No test asserts anything about time, and a busy machine must not fail one.
settings.register_profile("vezne", deadline=None, max_examples=_EXAMPLES)
settings.load_profile("vezne")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that at the end no process waits for another that has one left."""
    items.sort(key=lambda item: "long" not in item.keywords)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session. Skips where none can be started."""
    try:
        with running_postgres() as running:
            yield running
    except PostgresUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Postgres) -> str:
    """The URL of the session's PostgreSQL server."""
    return postgres_server.url
