"""A server that falls behind says so in every protocol's words, and is as before afterwards."""

import threading
import time

import pytest

from fakes.attacker import IyzicoFrom, PaynetFrom, PaywallFrom, come
from fakes.control import Control
from fakes.doors import unique
from fakes.server import Server, wait_until
from vezne.edge.load import FEW

PAN = "5528790000000008"
PATIENCE_S = 60
BANK_MS = 5_000
BUSY = {
    IyzicoFrom: {"status": "failure", "errorCode": "93303"},
    PaywallFrom: {"Result": False, "ErrorCode": 503},
    PaynetFrom: {"code": 503, "result_code": 8, "type": "api_error"},
}


@pytest.fixture
def impatient(tmp_path):
    """A server for which a millisecond of waiting is too long, as it is when there are many."""
    server = Server(tmp_path / "data")
    server.environment |= {"VEZNE_LOAD__LAG_MS_MAX": "1"}
    server.start()
    yield server
    server.kill()


class Crowd:
    """Customers whose bank takes its time, from `with` to the end of its block."""

    def __init__(self, server):
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._pay) for _ in range(FEW + 16)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _pay(self):
        caller = come(IyzicoFrom, self._server)
        while not self._stop.is_set():
            caller.pay(PAN, unique("order"))
            time.sleep(0.01)


def test_too_much_is_refused_and_what_comes_later_is_served(impatient):
    """503, how long to wait, the protocol's error; health all the while; success afterwards."""
    control = Control(impatient)
    control.fault("latency", delay_ms=BANK_MS, times=None)
    callers = [come(kind, impatient) for kind in BUSY]
    with Crowd(impatient):
        for caller in callers:
            answers = []

            def is_refused(caller=caller, answers=answers):
                answers.append(caller.store(unique("buyer")))
                return caller.heard[0] == 503

            wait_until(is_refused, PATIENCE_S)
            assert answers[-1].items() >= BUSY[type(caller)].items()
            assert caller.heard[1] in {1, 2, 3}
            assert callers[0].send("GET", "/health") == (200, {"status": "ok"})
    wait_until(lambda: control.ask("DELETE", "faults")[0] == 200, PATIENCE_S)
    for caller in callers:
        wait_until(lambda caller=caller: caller.ok(caller.store(unique("buyer"))), PATIENCE_S)
    assert impatient.stop() == 0
    trail = "".join(file.read_text() for file in (impatient.data / "audit").rglob("*.jsonl"))
    assert "turned away: the server is behind" in trail
