"""A server under a mix of calls: how much it can do, and how it does at a rate."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
from tools.bench.jobs import Caller, Keys, store_owners
from tools.bench.placement import Placement
from tools.bench.servers import Server, vezne_server
from tools.soak.arrivals import Order, Outcome
from tools.soak.mix import write_calls
from tools.soak.watch import Sight, Watch

# As many as a pool of a busy shop: all are busy, and hardly anything waits.
SATURATING: Final = 64
WARM_UP_S: Final = 3.0
_SETTLE_S: Final = 1.0
_PATIENCE_S: Final = 120.0


class Field:
    """A server of its own, with everything prepared to load it."""

    def __init__(self, server: Server, data: Path, placement: Placement) -> None:
        self.server = server
        self.data = data
        self._placement = placement
        self._calls = data.with_name("calls")
        said = json.loads((data / "sandbox.json").read_text(encoding="utf-8"))["iyzico"]
        self._keys = msgspec.convert(said, Keys)
        caller = Caller(server.host, server.port, self._keys)
        write_calls(self._calls, caller, store_owners(caller))
        caller.close()

    def load(self, rate: float, seconds: float, connections: int) -> Outcome:
        """Put calls on the server at a rate, or as many as it takes with rate 0."""
        order = Order(
            host=self.server.host,
            port=self.server.port,
            keys=self._keys,
            rate=rate,
            seconds=seconds,
            connections=connections,
            calls_file=str(self._calls),
            cores=self._placement.load,
        )
        done = subprocess.run(
            [sys.executable, "-m", "tools.soak.arrivals"],
            input=msgspec.json.encode(order),
            stdout=subprocess.PIPE,
            check=True,
            timeout=seconds + _PATIENCE_S,
        )
        return msgspec.json.decode(done.stdout, type=Outcome)

    def watched(self, rate: float, seconds: float, connections: int) -> tuple[Outcome, list[Sight]]:
        """The same, and what was seen meanwhile."""
        with Watch(self.server, self.data) as watch:
            outcome = self.load(rate, seconds, connections)
        return outcome, watch.sights_since(outcome.begun_s)

    def saturation(self, seconds: float) -> float:
        """How many calls of the mix are served in a second when none is waited for."""
        self.load(0, WARM_UP_S, SATURATING)
        outcome = self.load(0, seconds, SATURATING)
        if outcome.errors or not outcome.served:
            raise SystemExit(f"soak: a call went wrong: {outcome.first_error}")
        time.sleep(_SETTLE_S)
        return outcome.served / outcome.seconds


def server_of(data: Path, placement: Placement, lag_ms_max: int, database: str | None) -> Server:
    """The server to be loaded, with one worker."""
    return vezne_server(data, placement.server, lag_ms_max=lag_ms_max, database=database)


def is_ledger_right(data: Path, database: str | None) -> bool:
    """Whether every payment's entries balance, and agree with states and balances."""
    command = [sys.executable, "-m", "vezne", "ledger", "check", "--data", str(data)]
    if database is not None:
        command += ["--database", database]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0
