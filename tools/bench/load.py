"""The load generator: a process of its own that keeps a number of connections busy.

Reads one `Order` as JSON from standard input and prints one `Outcome` as JSON. Requests are whole
byte strings in a file, made and signed beforehand, so that a request costs one send, one receive
and one look for a substring here. Every connection has one request on its way at any time.

With a `Follow`, requests come in pairs that count as one: the second goes out when the first is
answered, on the same connection.
"""

import itertools
import os
import re
import resource
import select
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from tools.bench.wire import Wire

_SILENCE_MS = 10_000


class Follow(msgspec.Struct):
    """How the second request of a pair is filled in: what `pattern` finds in the first response.

    The placeholder is as long as what takes its place.
    """

    placeholder: str
    pattern: str


class Order(msgspec.Struct, kw_only=True):
    """What to send, where and for how long. A response without `expect` in it is an error."""

    host: str
    port: int
    connections: int
    seconds: float
    requests_file: str
    expect: str
    follow: Follow | None = None
    cores: tuple[int, ...] = ()


class Outcome(msgspec.Struct, kw_only=True):
    """What was measured. Latencies are in microseconds; `cpu_share` is the generator's own."""

    requests: int
    errors: int
    seconds: float
    p50_us: float
    p99_us: float
    max_us: float
    cpu_share: float
    first_error: str = ""


class _Timed(Wire):
    """A connection, when its request left, and what is to follow on it."""

    __slots__ = ("sent_ns", "then")

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.sent_ns = 0
        self.then = b""

    def begin(self, request: bytes, then: bytes = b"") -> None:
        """Send the first request of a pair, or the only one."""
        self.then = then
        self.sent_ns = time.perf_counter_ns()
        self.send(request)

    def send_then(self, name: bytes, placeholder: bytes) -> None:
        """The second request of the pair, for the time of which the first one's counts."""
        request, self.then = self.then.replace(placeholder, name), b""
        self.send(request)


def write_requests(path: Path, requests: Iterable[tuple[bytes, ...]]) -> None:
    """Put requests, each by itself or in pairs, into a file."""
    path.write_bytes(msgspec.msgpack.encode(list(requests)))


def run(order: Order) -> Outcome:
    """Keep all connections busy for the time ordered, then wait for what is on its way."""
    if order.cores:
        os.sched_setaffinity(0, order.cores)
    requests = msgspec.msgpack.decode(
        Path(order.requests_file).read_bytes(), type=list[tuple[bytes, ...]]
    )
    driver = _Driver(order, itertools.cycle(requests))
    cpu_before = _cpu_s()
    start_ns = time.perf_counter_ns()
    latencies, wrong = driver.run(int(order.seconds * 1e9))
    took_s = (time.perf_counter_ns() - start_ns) / 1e9
    cpu_s = _cpu_s() - cpu_before
    latencies.sort()
    return Outcome(
        requests=len(latencies),
        errors=len(wrong),
        seconds=took_s,
        p50_us=latencies[len(latencies) // 2] / 1e3,
        p99_us=latencies[len(latencies) * 99 // 100] / 1e3,
        max_us=latencies[-1] / 1e3,
        cpu_share=cpu_s / took_s,
        first_error=wrong[0][-300:].decode("utf-8", "replace") if wrong else "",
    )


class _Driver:
    """All connections together."""

    def __init__(self, order: Order, requests: Iterator[tuple[bytes, ...]]) -> None:
        self._requests = requests
        self._expect = order.expect.encode()
        follow = order.follow or Follow("", "")
        self._placeholder = follow.placeholder.encode()
        self._pattern = re.compile(follow.pattern.encode())
        self._poll = select.poll()
        self._wires: dict[int, _Timed] = {}
        for _ in range(order.connections):
            wire = _Timed(order.host, order.port)
            self._wires[wire.socket.fileno()] = wire
            self._poll.register(wire.socket.fileno(), select.POLLIN)

    def run(self, duration_ns: int) -> tuple[list[int], list[bytes]]:
        """The nanoseconds that every request took, and the responses that were no success."""
        latencies: list[int] = []
        wrong: list[bytes] = []
        stop_ns = time.perf_counter_ns() + duration_ns
        for wire in self._wires.values():
            wire.begin(*next(self._requests))
        busy = len(self._wires)
        while busy:
            ready = self._poll.poll(_SILENCE_MS)
            if not ready:
                raise TimeoutError("the server is silent")
            for descriptor, _ in ready:
                wire = self._wires[descriptor]
                response = wire.receive()
                if response is None or (wire.then and self._follow(wire, response)):
                    continue
                now_ns = time.perf_counter_ns()
                latencies.append(now_ns - wire.sent_ns)
                if self._expect not in response:
                    wrong.append(response)
                if now_ns < stop_ns:
                    wire.begin(*next(self._requests))
                else:
                    busy -= 1
        return latencies, wrong

    def _follow(self, wire: _Timed, response: bytes) -> bool:
        """Send the second request of a pair; not if the first had no success."""
        match = self._pattern.search(response)
        if match is None:
            return False
        wire.send_then(match[1], self._placeholder)
        return True


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    )
