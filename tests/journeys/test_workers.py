"""A server of several processes on one data directory: `vezne serve --workers`."""

import http.client
import os
import signal
import time
from urllib.parse import urlsplit

import pytest

from fakes.command import run_vezne
from fakes.processes import children, cpu_ticks, is_alive
from fakes.server import wait_until
from fakes.steady_load import ConnectedCaller, Load


@pytest.fixture(params=["sqlite", "postgres"])
def workers(request, start):
    """A server of two workers, over each of the engines."""
    options = ()
    if request.param == "postgres":
        options = ("--database", request.getfixturevalue("own_database")())
    return start("--workers", "2", *options)


@pytest.fixture
def connect():
    """Makes callers, whose connections end with the test."""
    callers = []

    def make(server, **kind):
        callers.append(ConnectedCaller(server, **kind))
        return callers[-1]

    yield make
    for caller in callers:
        caller.connection.close()


@pytest.fixture
def merchants_of(connect):
    """Callers of every kind of connection."""
    kinds = [(is_tls, is_kept) for is_tls in (False, True) for is_kept in (False, True)]

    def make(server):
        return [connect(server, is_tls=tls, is_kept=kept) for tls, kept in kinds]

    return make


def test_workers_share_the_work_and_are_replaced(workers, connect, merchants_of):
    """Both serve; one that is killed is replaced; a rolling restart fails not one request."""
    first = children(workers.pid)
    assert len(first) == 2
    callers = [*merchants_of(workers), *merchants_of(workers)]
    before = {pid: cpu_ticks(pid) for pid in first}
    with Load(*(caller.work for caller in callers)) as load:
        wait_until(lambda: sum(load.counts) > 60 or load.failures, 120)
    assert load.failures == []
    assert all(cpu_ticks(pid) > before[pid] for pid in first)
    for caller in callers:
        caller.connection.close()

    resting = connect(workers)
    with Load(*(caller.work for caller in merchants_of(workers)), resting.look) as load:
        wait_until(lambda: all(load.counts) or load.failures)
        os.kill(workers.pid, signal.SIGHUP)
        wait_until(lambda: load.failures or not any(map(is_alive, first)), 120)
        done = list(load.counts)
        wait_until(lambda: load.failures or all(map(int.__lt__, done, load.counts)), 120)
    assert load.failures == []
    second = children(workers.pid)
    assert len(second) == 2

    os.kill(second[0], signal.SIGKILL)
    wait_until(lambda: len(children(workers.pid)) == 2 and second[0] not in children(workers.pid))
    for caller in merchants_of(workers):
        caller.work()
    assert workers.stop() == 0
    assert not any(map(is_alive, second))


def test_the_end_of_the_parent_is_the_end_of_all(start, connect):
    """When the parent is killed its workers finish and end, and another server can start."""
    server = start("--workers", "2")
    workers = children(server.pid)
    server.kill()
    wait_until(lambda: not any(map(is_alive, workers)))
    again = start("--workers", "2", data=server.data)
    connect(again).work()
    assert again.stop() == 0


def test_nobody_else_gets_the_same_address_or_data(start, tmp_path):
    """Neither a second server on the data directory, nor one on the port, shared as it is."""
    server = start("--workers", "2")
    place = server.http.removeprefix("http://")
    options = ("--sandbox", "--workers", "2", "--tls-listen", "off", "--listen", place)
    done = run_vezne("serve", *options, "--data", str(server.data))
    assert (done.returncode, done.stderr.count("another server is running")) == (1, 1)
    done = run_vezne("serve", *options, "--data", str(tmp_path / "other"))
    assert done.returncode == 1
    assert f"cannot listen on {place}: Address already in use" in done.stderr


@pytest.mark.sqlite("it is the file of the books that is broken")
def test_what_keeps_the_first_worker_from_starting_is_said_once(tmp_path):
    """By the parent, as a single process says it."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "books.db").write_text("no database " * 1000)
    options = ("--sandbox", "--listen", "127.0.0.1:0", "--tls-listen", "off", "--data", str(data))
    alone = run_vezne("serve", *options)
    done = run_vezne("serve", *options, "--workers", "2")
    assert done.returncode == alone.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("vezne: ")]
    assert line in alone.stderr


def test_a_stopped_server_says_so_and_serves_on_for_a_while(
    start, connect, merchants_of, monkeypatch
):
    """With `drain_s`: not ready, alive, every answer the last of its connection; then the end."""
    # Longer than anything here takes; asked once more, the server ends at once.
    monkeypatch.setenv("VEZNE_DRAIN_S", "60")
    server = start("--workers", "2")
    kept, fresh = connect(server), connect(server, is_kept=False)
    assert kept.get("/ready") == fresh.get("/ready") == (200, {"status": "ready"})
    with Load(*(caller.work for caller in merchants_of(server))) as load:
        wait_until(lambda: all(load.counts) or load.failures)
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: fresh.get("/ready") == (503, {"status": "leaving"}))
        assert fresh.get("/health") == (200, {"status": "ok"})
        assert kept.get("/ready")[0] == 503
        assert kept.closed == 1
        time.sleep(0.5)
        load.stop()
    assert load.failures == []
    assert server.stop() == 0


def test_every_listener_is_shared(start, monkeypatch):
    """Those of the panel and of the figures too: whoever serves, they answer at one address."""
    monkeypatch.setenv("VEZNE_PANEL__LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("VEZNE_METRICS__LISTEN", "127.0.0.1:0")
    server = start("--workers", "2")
    wait_until(lambda: any(line.startswith("metrics ") for line in server.output))
    said = {line.split()[0]: line.split()[1] for line in server.output if " http" in line}
    assert said["panel"] == server.keys["panel"]["url"]
    assert len({urlsplit(url).port for url in said.values()}) == 3
    for name in ("panel", "metrics"):
        where = urlsplit(said[name])
        for _ in range(8):
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
            connection.request("GET", where.path)
            assert connection.getresponse().status in {200, 302, 303}
            connection.close()
