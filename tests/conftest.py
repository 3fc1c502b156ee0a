"""What more than one layer of tests needs."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from fakes.postgres_server import ROOT_VARIABLE, Postgres, PostgresUnavailable, running_postgres

# Ours is found by its entry point, too, where the package is installed as of today.
pytest_plugins = ("pytester", "vezne_pytest")

# `make fuzz` asks for more, where a reader is tried by itself.
_EXAMPLES = 10 * int(os.environ.get("VEZNE_FUZZ_EXAMPLES", "10"))
# No test asserts anything about time, and a busy machine must not fail one.
settings.register_profile(
    "vezne",
    deadline=None,
    max_examples=_EXAMPLES,
    # A build passes again when nothing has changed; whoever works on it tries others every time.
    derandomize="CI" in os.environ and "VEZNE_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("vezne")

_TESTS = Path(__file__).parent
# Whose tests show that core, flows and vault are covered: tracing takes the others twice the time.
_TRACED = {"core", "flows", "vault", "contract"}
# What tests write they read back at once, and no test cuts the power: it need not reach a disk.
_MEMORY = Path("/dev/shm")  # noqa: S108 - where files are kept in memory
_MEMORY_BYTES_MIN = 8 << 30


def pytest_configure() -> None:
    """Directories of tests are kept in memory where there is enough, if no place is named."""
    if ROOT_VARIABLE in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES_MIN:
        os.environ[ROOT_VARIABLE] = str(_MEMORY)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tests of other rooms are not traced, nor are their fixtures."""
    tracing = Coverage.current()
    if tracing is None or item.path.relative_to(_TESTS).parts[0] in _TRACED:
        return (yield)
    tracing.stop()
    try:
        return (yield)
    finally:
        tracing.start()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that at the end no process waits for another that has one left."""
    items.sort(key=lambda item: "long" not in item.keywords)


@pytest.fixture
def disk() -> Iterator[Path]:
    """A directory on a disk, for what measures durable writes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


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
