"""PostgreSQL in trouble under load: nothing acknowledged is lost, nobody is charged twice."""

import asyncio
import random
import threading
import time
from contextlib import contextmanager

import asyncpg
import pytest

from fakes.chaos import (
    OfficialShopper,
    Prober,
    RawShopper,
    check_books,
    check_cards,
    memory_mb,
)
from fakes.databases import create_database, remember
from fakes.faulty_line import FaultyLine
from fakes.ledger_proof import unanswered
from fakes.postgres_server import PostgresUnavailable, running_postgres
from fakes.server import Server, wait_until
from vezne.built_in_bank import JOURNAL

pytestmark = [pytest.mark.proof, pytest.mark.long]

RAW_SHOPPERS = 4
# How soon somebody is served again. A statement that is never answered ends after ten seconds, and
# may be followed by another.
BACK_WITHIN_S = 120
# Promises that were cut off are looked at after fifteen seconds.
SETTLED_WITHIN_S = 180
GROWTH_MAX_MB = 60

CUT_BACKENDS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'vezne' AND pid <> pg_backend_pid() AND random() < 0.5"""


@pytest.fixture(scope="module")
def postgres():
    """A server that nobody else uses: it will crash."""
    try:
        with running_postgres() as running:
            yield running
    except PostgresUnavailable as reason:
        pytest.skip(str(reason))


class Scene:
    """A database behind a faulty line, and servers over it."""

    names = iter(range(1, 100))

    def __init__(self, postgres, line, folder, monkeypatch):
        self.postgres = postgres
        self.line = line
        self.folder = folder
        self.name = f"chaos_{next(self.names)}"
        self.direct = asyncio.run(create_database(postgres.url, self.name))
        self.servers = []
        self.probers = []
        self.environment = monkeypatch
        self.dice = random.Random(8)  # noqa: S311 - when things happen

    def serve(self):
        """Start one more server. All of them share the master key, and have one bank."""
        data = self.folder / f"data{len(self.servers)}"
        if self.servers:
            first = self.servers[0]
            data.mkdir(mode=0o700)
            (data / JOURNAL).symlink_to(first.data / JOURNAL)
            self.environment.setenv("VEZNE_MASTER_KEY", f"file:{first.data / 'master.key'}")
        server = OneOfMany(data, "--database", self.line.url_of(self.name))
        server.first = self.servers[0] if self.servers else server
        server.start()
        # Whoever looks into the books has a line of their own.
        remember(data, self.direct)
        if not self.servers:
            self.environment.setenv("SSL_CERT_FILE", str(data / "ca.pem"))
        self.servers.append(server)
        return server

    @property
    def data(self):
        return self.servers[0].data

    @contextmanager
    def shopping(self):
        """The load, which must get on again after everything that is done meanwhile."""
        shoppers = [OfficialShopper([self.servers[0]])]
        shoppers += [RawShopper(self.servers) for _ in range(RAW_SHOPPERS)]
        self.probers = [Prober([server]) for server in self.servers]
        for shopper in shoppers:
            shopper.start()
        try:
            wait_until(lambda: all(shopper.progress > 3 for shopper in shoppers), BACK_WITHIN_S)
            yield [*self.probers, *shoppers]
            self.wait_until_served()
        finally:
            for shopper in shoppers:
                shopper.is_over = True
            for shopper in shoppers:
                shopper.join(BACK_WITHIN_S + 60)
                assert shopper.broken == []
                assert not shopper.is_alive()

    def wait_until_served(self):
        """Service is back, at every server."""
        for prober in self.probers:
            wait_until(prober.probe, BACK_WITHIN_S)

    def cut_backends(self):
        async def cut():
            connection = await asyncpg.connect(self.postgres.url)
            try:
                await connection.execute(CUT_BACKENDS)
            finally:
                await connection.close()

        asyncio.run(cut())

    def prove(self, shoppers):
        """Everything is settled, and all that was said is true."""
        for shopper in shoppers:
            assert shopper.broken == []
        wait_until(lambda: unanswered(self.data) == 0, SETTLED_WITHIN_S)
        payments = check_books(self.data, self.data / JOURNAL, shoppers)
        check_cards(self.servers[0], shoppers)
        return payments


class OneOfMany(Server):
    """A server whose demo merchant has the keys that the first one wrote down."""

    @property
    def keys(self):
        return super().keys if self.first is self else self.first.keys


@pytest.fixture
def scene(postgres, tmp_path, monkeypatch):
    with FaultyLine(postgres.folder) as line:
        made = Scene(postgres, line, tmp_path, monkeypatch)
        yield made
        for server in made.servers:
            server.kill()


def test_a_server_that_is_killed_again_and_again(scene):
    server = scene.serve()
    with scene.shopping() as shoppers:
        for _ in range(5):
            time.sleep(scene.dice.uniform(0.5, 1.5))
            server.kill()
            server.start()
            scene.wait_until_served()
    scene.prove(shoppers)


def test_connections_that_are_cut_and_delayed(scene):
    """By the database's administrator, by the network, and slowly."""
    server = scene.serve()
    with scene.shopping() as shoppers:
        before_mb = memory_mb(server)
        for _ in range(10):
            time.sleep(scene.dice.uniform(0.1, 0.6))
            scene.cut_backends()
            time.sleep(scene.dice.uniform(0.1, 0.6))
            scene.line.cut()
        scene.wait_until_served()
        scene.line.delay_s = 0.05
        scene.wait_until_served()
        scene.line.cut()
        scene.wait_until_served()
        scene.line.delay_s = 0
    assert memory_mb(server) < before_mb + GROWTH_MAX_MB
    scene.prove(shoppers)


@pytest.mark.parametrize("hole_s", [2, 14])
def test_connections_that_are_swallowed(scene, hole_s):
    """Nothing arrives any more, for a moment or for longer than a statement may take."""
    server = scene.serve()
    with scene.shopping() as shoppers:
        before_mb = memory_mb(server)
        with scene.line.hole():
            time.sleep(hole_s)
        scene.wait_until_served()
    assert memory_mb(server) < before_mb + GROWTH_MAX_MB
    scene.prove(shoppers)


def test_a_database_that_crashes(scene):
    scene.serve()
    with scene.shopping() as shoppers:
        for _ in range(4):
            time.sleep(scene.dice.uniform(0.5, 1.5))
            scene.postgres.crash()
            scene.wait_until_served()
    scene.prove(shoppers)


def test_two_servers_while_everything_happens(scene):
    """One of them is killed, connections are cut, the database crashes."""
    scene.serve()
    second = scene.serve()
    with scene.shopping() as shoppers:
        for _ in range(3):
            scene.cut_backends()
            time.sleep(scene.dice.uniform(0.2, 0.8))
            scene.line.cut()
            second.kill()
            time.sleep(scene.dice.uniform(0.2, 0.8))
            crash = threading.Thread(target=scene.postgres.crash)
            crash.start()
            time.sleep(0.3)
            crash.join()
            second.start()
            scene.wait_until_served()
    scene.prove(shoppers)
