"""Traces of a real server, as a collector gets them over HTTP."""

import json
from collections import Counter

import pytest

from fakes.command import run_vezne
from fakes.control import Control
from fakes.doors import IyzicoCaller
from fakes.iyzico_client import CARD
from fakes.receiver import Receiver
from fakes.server import Server, wait_until
from fakes.split_server import SplitServer
from fakes.trace_receiver import TraceReceiver

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def collector():
    with TraceReceiver() as receiver:
        yield receiver


def traced(server, collector):
    server.environment |= {
        "VEZNE_TRACING__EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        # The vault and the gateway are told apart by it.
        "OTEL_SERVICE_NAME": server.command,
    }
    return server


class TracedCaller(IyzicoCaller):
    """A merchant's server that has a trace of its own."""

    def send(self, method, path, body=b"", headers=None, *, url=None):
        context = {
            "traceparent": f"00-{TRACE}-{PARENT}-01",
            "tracestate": f"shop={CARD['cardNumber']}",
            "baggage": f"card={CARD['cardNumber']}",
        }
        return super().send(method, path, body, (headers or {}) | context, url=url)


def test_a_payment_is_one_trace_with_what_it_waited_for(tmp_path, collector):
    """The caller's trace goes on through vault, bank and database; nothing secret is in it."""
    server = traced(Server(tmp_path / "data"), collector).start()
    try:
        caller = TracedCaller(server)
        assert caller.ok(caller.store("traced-customer"))
        assert caller.ok(caller.pay(CARD["cardNumber"], "traced-reference"))
        paid = collector.wait_for("iyzico POST /payment/auth")
        stored = collector.wait_for("iyzico POST /cardstorage/card")
    finally:
        assert server.stop() == 0
    assert (paid.trace, paid.parent) == (TRACE, PARENT)
    assert paid.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": "200",
        "vezne.door": "iyzico",
        "vezne.operation": "POST /payment/auth",
        "vezne.outcome": "served",
    }
    assert {"bank authorize", "database books apply"} <= collector.children(paid)
    assert "vault keep" in collector.children(stored)
    bank = collector.wait_for("bank authorize")
    assert bank.attributes["vezne.result"] == "approved"
    seen = b"".join(collector.bodies)
    secrets = [CARD["cardNumber"], CARD["cardHolderName"], "traced-customer", "traced-reference"]
    secrets += [server.keys["iyzico"][name] for name in ("api_key", "secret_key")]
    assert [secret for secret in secrets if secret.encode() in seen] == []


def test_what_nobody_asked_for_is_no_trace(tmp_path, collector):
    """A server at rest looks for work all the time, and would drown the rest in that."""
    server = traced(Server(tmp_path / "data"), collector).start()
    try:
        caller = IyzicoCaller(server)
        caller.send_bad_body()
        collector.wait_for("iyzico POST /payment/auth")
    finally:
        assert server.stop() == 0
    first = Counter(span.name for span in collector.spans if not span.parent)
    assert first == {"iyzico POST /payment/auth": 1}


def test_a_webhook_is_a_span(tmp_path, collector):
    """With the door and what the merchant's server said, and not where that is."""
    server = traced(Server(tmp_path / "data"), collector).start()
    try:
        with Receiver() as receiver:
            url = f"iyzico={receiver.url()}?secret=knock"
            told = run_vezne(
                "merchants", "set", "Demo", "--webhook-url", url, "--data", str(server.data)
            )
            assert told.returncode == 0, told.stderr
            caller = IyzicoCaller(server)
            caller.pay(CARD["cardNumber"], "told-reference")
            told = collector.wait_for("webhook")
    finally:
        assert server.stop() == 0
    assert told.attributes == {"vezne.door": "iyzico", "http.response.status_code": "200"}
    assert b"knock" not in b"".join(collector.bodies)


def test_the_gateway_goes_on_with_the_trace_of_the_vault_s_process(tmp_path, collector):
    """Two processes, one trace."""
    server = SplitServer(tmp_path / "data")
    traced(server, collector)
    server.gateway.environment = server.environment
    server.start()
    try:
        caller = TracedCaller(server)
        assert caller.ok(caller.pay(CARD["cardNumber"], "split-reference"))
        collector.wait_for("bank authorize")
        # Each process sends its spans when it likes.
        wait_until(lambda: len(paid_in(collector)) == 2)
    finally:
        assert server.stop() == 0
    paid = paid_in(collector)
    gateway = [each for each in paid.values() if each.parent in paid]
    assert (len(paid), len(gateway)) == (2, 1)
    assert {each.trace for each in paid.values()} == {TRACE}


def paid_in(collector):
    """The spans of requests to pay so far, by their ids."""
    return {each.id: each for each in collector.spans if each.name == "iyzico POST /payment/auth"}


def test_lines_of_the_log_name_request_and_trace(tmp_path, collector):
    """So that one leads to the other, and to the answer that the caller has."""
    server = traced(Server(tmp_path / "data"), collector)
    server.environment |= {"VEZNE_LOG_FORMAT": "json"}
    server.start()
    try:
        caller = TracedCaller(server)
        Control(server).fault("answer_500_after_commit")
        caller.pay(CARD["cardNumber"], "faulty-reference")
        paid = collector.wait_for("iyzico POST /payment/auth")
    finally:
        assert server.stop() == 0
    lines = [json.loads(line) for line in server.output if line.startswith("{")]
    (line,) = (line for line in lines if line["event"] == "fault on demand")
    assert {"timestamp", "level", "event", "request_id", "trace_id"} <= set(line)
    assert line["trace_id"] == TRACE
    assert paid.is_error
    assert paid.attributes["vezne.outcome"] == "failed"


def test_without_the_package_the_server_says_what_to_install(tmp_path):
    """And without the setting it does not even look for it."""
    blocked = tmp_path / "blocked" / "opentelemetry"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('not here')\n")
    server = Server(tmp_path / "data")
    path = [str(blocked.parent), server.environment["PYTHONPATH"]]
    server.environment |= {"PYTHONPATH": ":".join(path)}
    server.start()
    assert server.stop() == 0
    server.environment |= {"VEZNE_TRACING__EXPORTER": "otlp"}
    with pytest.raises(AssertionError, match=r"pip install vezne\[tracing\]"):
        server.start()
