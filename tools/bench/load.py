"""The load generator: a process of its own that keeps a number of connections busy.

Reads one `Order` as JSON from standard input and prints one `Outcome` as JSON. Requests are whole
byte strings in a file, made and signed beforehand, so that a request costs one send, one receive
and one look for a substring here. Every connection has one request on its way at any time.
"""

import itertools
import os
import re
import resource
import select
import socket
import sys
import time
from collections.abc import Iterator

import msgspec

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_RECEIVE_BYTES = 16 * 1024
_SILENCE_S = 10.0
_SILENCE_MS = 10_000


class Order(msgspec.Struct, kw_only=True):
    """What to send, where and for how long. A response without `expect` in it is an error."""

    host: str
    port: int
    connections: int
    seconds: float
    requests_file: str
    expect: str
    core: int | None = None


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


class _Wire:
    """One connection: the response that is arriving, and when its request left."""

    __slots__ = ("buffer", "needed", "sent_ns", "socket")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=_SILENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A socket with a time-out costs one more system call each time; the poll has one instead.
        self.socket.settimeout(None)
        self.buffer = b""
        self.needed = 0
        self.sent_ns = 0

    def send(self, request: bytes) -> None:
        self.buffer = b""
        self.needed = 0
        self.sent_ns = time.perf_counter_ns()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole response once it is there."""
        data = self.socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed a connection")
        if self.buffer:
            data = self.buffer + data
        if not self.needed:
            end = data.find(b"\r\n\r\n")
            length = _LENGTH.search(data, 0, end) if end > 0 else None
            self.needed = end + 4 + int(length[1]) if length else 0
        if self.needed and len(data) >= self.needed:
            return data
        self.buffer = data
        return None


def read_requests(path: str) -> list[bytes]:
    """The requests of a file that `write_requests` made."""
    with open(path, "rb") as file:  # noqa: PTH123 - a path as the order names it
        return msgspec.msgpack.decode(file.read(), type=list[bytes])


def run(order: Order) -> Outcome:
    """Keep all connections busy for the time ordered, then wait for what is on its way."""
    if order.core is not None:
        os.sched_setaffinity(0, {order.core})
    requests = itertools.cycle(read_requests(order.requests_file))
    expect = order.expect.encode()
    wires = {}
    poll = select.poll()
    for _ in range(order.connections):
        wire = _Wire(order.host, order.port)
        wires[wire.socket.fileno()] = wire
        poll.register(wire.socket.fileno(), select.POLLIN)
    cpu_before = _cpu_s()
    start_ns = time.perf_counter_ns()
    latencies, wrong = _drive(poll, wires, requests, expect, int(order.seconds * 1e9))
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


def _drive(
    poll: select.poll,
    wires: dict[int, _Wire],
    requests: Iterator[bytes],
    expect: bytes,
    duration_ns: int,
) -> tuple[list[int], list[bytes]]:
    latencies: list[int] = []
    wrong: list[bytes] = []
    stop_ns = time.perf_counter_ns() + duration_ns
    for wire in wires.values():
        wire.send(next(requests))
    busy = len(wires)
    while busy:
        ready = poll.poll(_SILENCE_MS)
        if not ready:
            raise TimeoutError("the server is silent")
        for descriptor, _ in ready:
            wire = wires[descriptor]
            response = wire.receive()
            if response is None:
                continue
            now_ns = time.perf_counter_ns()
            latencies.append(now_ns - wire.sent_ns)
            if expect not in response:
                wrong.append(response)
            if now_ns < stop_ns:
                wire.send(next(requests))
            else:
                busy -= 1
    return latencies, wrong


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    )
