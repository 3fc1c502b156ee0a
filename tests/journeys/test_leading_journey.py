"""What one server of a database does for all of them: who does it, and that it is done once."""

import shutil
import time
from collections import Counter

import pytest

from fakes.command import run_vezne
from fakes.databases import query, remember
from fakes.iyzico_client import CARD
from fakes.receiver import Receiver
from fakes.server import Server, wait_until
from fakes.steady_load import ConnectedCaller

# What servers of one database have alike here.
SHARED_FILES = ("master.key", "sandbox.json", "ca.pem", "ca-key.pem")
# Longer than a look for what is to be told takes, several times over.
SEVERAL_LOOKS_S = 2.0


class Town:
    """Servers of one PostgreSQL, and a merchant that takes webhooks."""

    def __init__(self, folder, url, receiver):
        self.folder = folder
        self.url = url
        self.receiver = receiver
        self.servers = []
        self.told = 0

    def start(self):
        data = self.folder / f"data{len(self.servers)}"
        data.mkdir()
        remember(data, self.url)
        for name in SHARED_FILES if self.servers else ():
            shutil.copy2(self.servers[0].data / name, data / name)
        server = Server(data, "--database", self.url).start()
        self.servers.append(server)
        if len(self.servers) == 1:
            hook = f"iyzico={self.receiver.url()}"
            options = ("--webhook-url", hook, "--data", str(data))
            assert run_vezne("merchants", "set", "Demo", *options).returncode == 0
        return server

    def pay(self, *servers, count=1):
        """Pay on servers; every payment is told of once."""
        for server in servers:
            caller = ConnectedCaller(server)
            for _ in range(count):
                caller.pay()
            caller.connection.close()
        self.told += len(servers) * count
        self.receiver.wait_for(self.told)
        time.sleep(SEVERAL_LOOKS_S)
        told = Counter(each.fields["iyziReferenceCode"] for each in self.receiver.received)
        assert len(told) == self.told
        assert set(told.values()) == {1}


@pytest.fixture
def town(tmp_path, own_database):
    with Receiver() as receiver:
        opened = Town(tmp_path, own_database(), receiver)
        yield opened
        for server in opened.servers:
            server.kill()


def leads(server):
    """How often a server has taken the lead."""
    return sum("in the lead" in line for line in server.output)


def test_the_lead_moves_between_two_servers(town):
    """One has it; the other takes over within seconds of a crash, and at once after an end."""
    first = town.start()
    wait_until(lambda: leads(first) == 1)
    second = town.start()
    town.pay(first, second, count=3)
    assert leads(second) == 0

    first.kill()
    wait_until(lambda: leads(second) == 1)
    town.pay(second)

    third = town.start()
    town.pay(second, third)
    assert leads(third) == 0
    second.stop()
    wait_until(lambda: leads(third) == 1)
    town.pay(third)


def test_a_lead_that_is_lost_is_taken_again(town):
    """When its line to the database breaks, by whoever is first, and never by two."""
    servers = [town.start(), town.start()]
    wait_until(lambda: sum(map(leads, servers)) == 1)
    held = (
        "FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    query(servers[0].data, "books", f"SELECT pg_terminate_backend(pid) {held}")
    wait_until(lambda: sum(map(leads, servers)) == 2)
    (row,) = query(servers[0].data, "books", f"SELECT count(*) AS holders {held}")
    assert row["holders"] == 1
    town.pay(*servers, count=2)
    assert CARD["cardNumber"] not in "".join(line for each in servers for line in each.output)
