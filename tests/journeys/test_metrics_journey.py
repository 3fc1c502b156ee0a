"""`/metrics` of a real server, after real traffic."""

import re
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.command import run_vezne
from fakes.doors import CALLERS, IyzicoCaller
from fakes.iyzico_client import CARD
from fakes.ports import free_port
from fakes.receiver import Receiver
from fakes.server import Server, wait_until
from fakes.split_server import SplitServer
from vezne.bootstrap.metrics_table import BY_NAME

DECLINED = "4124111111111116"


@pytest.fixture
def start(tmp_path):
    """Starts servers that are stopped in the end."""
    running = []

    def start_one(*arguments, kind=Server, **environment):
        server = kind(tmp_path / "data", *arguments)
        server.environment |= environment
        running.append(server)
        return server.start()

    yield start_one
    for server in running:
        server.stop()


def scrape(url):
    """Every sample by name and labels, the worker's left out; and the text."""
    with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310
        text = response.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.samples == [] or family.documentation
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name != "worker"}
            key = (sample.name, *sorted(labels.items()))
            assert key not in found, f"told twice: {key}"
            found[key] = sample.value
    return found, text


def requests(found, door, operation, outcome="served"):
    labels = {"door": door, "operation": operation, "outcome": outcome}
    return found.get(("vezne_requests_total", *sorted(labels.items())), 0)


def delivered(found):
    """How many webhooks somebody has taken, as the server knows."""
    names = [key for key in found if key[0] == "vezne_webhook_deliveries_total"]
    return sum(found[key] for key in names if ("result", "delivered") in key)


def test_the_figures_are_those_of_the_traffic(start):
    """Requests, bank calls, cards, webhooks and lines; in them nothing that is secret."""
    server = start()
    iyzico = IyzicoCaller(server)
    with Receiver() as receiver:
        for door in CALLERS:
            url = f"{door.name}={receiver.url()}"
            run_vezne("merchants", "set", "Demo", "--webhook-url", url, "--data", str(server.data))
        for number in range(3):
            assert iyzico.ok(iyzico.store(f"watched-{number}"))
            for door in CALLERS:
                caller = door(server)
                assert caller.ok(caller.pay(CARD["cardNumber"], f"watched-{door.name}-{number}"))
        assert not iyzico.ok(iyzico.pay(DECLINED, "watched-decline"))
        iyzico.send_bad_body()
        IyzicoCaller(server, api_key="nobody").store("watched-stranger")
        receiver.wait_for(3)
        seen = []

        def is_counted():
            seen[:] = scrape(f"{server.http}/metrics")
            return delivered(seen[0]) >= 3 and seen[0]["vezne_audit_lines_waiting",] == 0

        # The receiver has a webhook before the server knows so; lines are written a moment later.
        wait_until(is_counted)
        found, text = seen
    assert requests(found, "iyzico", "POST /cardstorage/card") == 3
    assert requests(found, "iyzico", "POST /cardstorage/card", "unauthenticated") == 1
    assert requests(found, "iyzico", "POST /payment/auth") == 3
    assert requests(found, "iyzico", "POST /payment/auth", "declined") == 1
    assert requests(found, "iyzico", "POST /payment/auth", "refused") == 1
    asked = {key: value for key, value in found.items() if key[0] == "vezne_bank_calls_total"}
    assert sum(value for key, value in asked.items() if ("result", "approved") in key) >= 9
    assert sum(value for key, value in asked.items() if ("result", "declined") in key) == 1
    lasted = ("door", "iyzico"), ("operation", "POST /payment/auth")
    assert found["vezne_request_duration_seconds_count", *lasted] == 5
    assert found["vezne_database_group_batches_count", ("database", "books")] > 12
    assert found["vezne_audit_lines_total",] > 12
    assert found["vezne_cards_in_transit",] == 0
    assert found["vezne_keys_active",] >= 3
    assert found["vezne_connections_open",] >= 1
    assert {value for key, value in found.items() if key[0] == "vezne_figures_missing"} == {0}
    keys = server.keys
    secrets = [secret for door in ("iyzico", "paywall", "paynet") for secret in keys[door].values()]
    secrets += [CARD["cardNumber"], DECLINED, "watched", CARD["cardHolderName"], "Demo"]
    assert [secret for secret in secrets if str(secret) in text] == []


def test_everything_that_is_told_is_in_the_table(start):
    """And the other way round: what is documented is there, with its kind."""
    server = start()
    IyzicoCaller(server).pay(CARD["cardNumber"], "told")
    _, text = scrape(f"{server.http}/metrics")
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert kinds == {name: metric.kind for name, metric in BY_NAME.items()}


def test_a_listener_of_its_own(start):
    """Then the doors have no such page, and the listener has nothing else."""
    server = start(VEZNE_METRICS__LISTEN="127.0.0.1:0")
    pattern = re.compile(r"^metrics (http://127\.0\.0\.1:\d+)/metrics$", re.MULTILINE)
    wait_until(lambda: pattern.search("".join(server.output)))
    origin = pattern.search("".join(server.output))[1]
    found, _ = scrape(f"{origin}/metrics")
    assert found["vezne_workers_told",] == 1
    for url in (f"{server.http}/metrics", f"{origin}/cardstorage/card"):
        with pytest.raises(urllib.error.HTTPError) as failure:
            urllib.request.urlopen(url, timeout=60)  # noqa: S310
        assert failure.value.code == 404
        failure.value.close()


def test_off_is_off(start):
    """Neither beside the doors nor elsewhere."""
    server = start(VEZNE_METRICS__LISTEN="off")
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(f"{server.http}/metrics", timeout=60)  # noqa: S310
    assert failure.value.code == 404
    failure.value.close()


def test_two_processes_tell_what_is_theirs(start, tmp_path):
    """The vault has the requests, the keys and the trail; the gateway books, bank and webhooks."""
    port = free_port()
    server = SplitServer(tmp_path / "data")
    server.gateway.environment |= {"VEZNE_METRICS__LISTEN": f"127.0.0.1:{port}"}
    server.start_vault()
    server.gateway.start()
    try:
        caller = IyzicoCaller(server)
        assert caller.ok(caller.pay(CARD["cardNumber"], "split"))
        of_vault, _ = scrape(f"{server.http}/metrics")
        of_gateway, _ = scrape(f"http://127.0.0.1:{port}/metrics")
    finally:
        server.stop()
    assert requests(of_vault, "iyzico", "POST /payment/auth") == 1
    assert of_vault["vezne_keys_active",] >= 1
    assert ("vezne_notices_due",) not in of_vault
    call = ("acquirer", "simulator"), ("operation", "authorize"), ("result", "approved")
    assert of_gateway["vezne_bank_calls_total", *call] == 1
    assert of_gateway["vezne_notices_due",] == 0
    assert ("vezne_keys_active",) not in of_gateway


def test_any_of_several_workers_tells_of_all(start):
    """Whichever gets the scrape; together they have every request."""
    server = start("--workers", "2")
    callers = [IyzicoCaller(server) for _ in range(10)]
    for number, caller in enumerate(callers):
        assert caller.ok(caller.store(f"customer-{number}"))

    def both():
        with urllib.request.urlopen(f"{server.http}/metrics", timeout=60) as response:  # noqa: S310
            families = text_string_to_metric_families(response.read().decode())
            return [sample for family in families for sample in family.samples]

    samples = []

    def is_told_by_both():
        samples[:] = both()
        return [each.value for each in samples if each.name == "vezne_workers_told"] == [2.0]

    wait_until(is_told_by_both)
    served = [
        sample
        for sample in samples
        if sample.name == "vezne_requests_total"
        and sample.labels["operation"] == "POST /cardstorage/card"
        and sample.labels["outcome"] == "served"
    ]
    assert sum(sample.value for sample in served) == 10
    assert {sample.labels["worker"] for sample in served} <= {"0", "1"}
