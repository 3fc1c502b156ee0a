"""The load generator: a process of its own, whose calls come when they come.

Reads one `Order` as JSON from standard input and prints one `Outcome` as JSON. Calls are due at a
fixed rate, whether or not earlier ones are answered, and a latency counts from the moment when a
call was due: a server that stands still for a second is seen to have made everybody wait who came
in that second, and not only those it had let in (coordinated omission). Without a rate every
connection is busy all the time, which is how the most is found that the server can do.
"""

import os
import re
import select
import sys
import time
from array import array
from collections import deque
from pathlib import Path
from typing import Final

import msgspec
from tools.bench.jobs import Caller, Keys
from tools.bench.wire import Wire
from tools.soak.mix import Calls

_LAST: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
# How long answers are waited for when nothing is sent any more.
_PATIENCE_NS: Final = 20_000_000_000
_POLL_S: Final = 0.05
_SERVED: Final = b"200"
_REFUSED: Final = b"503"


class Order(msgspec.Struct, kw_only=True):
    """What to send, where, how often a second and for how long. Rate 0 is as often as possible."""

    host: str
    port: int
    keys: Keys
    rate: float
    seconds: float
    connections: int
    calls_file: str
    cores: tuple[int, ...] = ()


class Latency(msgspec.Struct, kw_only=True):
    """In milliseconds, from when a call was due."""

    p50_ms: float = 0.0
    p99_ms: float = 0.0
    p999_ms: float = 0.0
    max_ms: float = 0.0


class Outcome(msgspec.Struct, kw_only=True):
    """What became of the calls. `unsent` are those that were due and found no connection.

    `begun_s` is a time of the monotonic clock, and `answered_each_s` counts by seconds since then.
    """

    seconds: float
    served: int
    refused: int
    errors: int
    unsent: int
    of_served: Latency
    of_refused: Latency
    cpu_share: float
    connections: int
    begun_s: float
    answered_each_s: list[int]
    first_error: str = ""


class _Due(Wire):
    """A connection, and since when the call on it has been due."""

    __slots__ = ("due_ns",)

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.due_ns = 0


class _Generator:
    def __init__(self, order: Order) -> None:
        self._order = order
        caller = Caller(order.host, order.port, order.keys)
        self._calls = Calls(Path(order.calls_file), caller)
        self._poll = select.epoll()
        self._busy: dict[int, _Due] = {}
        self._idle: list[_Due] = []
        self._opened = 0
        self._due: deque[int] = deque()
        self._served = array("Q")
        self._refused = array("Q")
        self._errors = 0
        self._first_error = ""
        self._begun_ns = 0
        self._answered_each_s: list[int] = []

    def run(self) -> Outcome:
        order = self._order
        clock_s = time.monotonic()
        begun_s, begun_ns = time.process_time(), time.perf_counter_ns()
        self._begun_ns = begun_ns
        end_ns = begun_ns + int(order.seconds * 1e9)
        gap_ns = int(1e9 / order.rate) if order.rate else 0
        next_ns, now_ns = begun_ns, begun_ns
        while now_ns < end_ns:
            while gap_ns and next_ns <= now_ns:
                self._due.append(next_ns)
                next_ns += gap_ns
            self._send(now_ns)
            self._hear(max(min(next_ns - now_ns, int(_POLL_S * 1e9)), 0) / 1e9 if gap_ns else None)
            now_ns = time.perf_counter_ns()
        took_s = (now_ns - begun_ns) / 1e9
        cpu_share = (time.process_time() - begun_s) / took_s
        unsent = len(self._due)
        while self._busy and time.perf_counter_ns() < now_ns + _PATIENCE_NS:
            self._hear(_POLL_S)
        for _ in self._busy:
            self._note_error(b"no answer")
        return Outcome(
            seconds=took_s,
            served=len(self._served),
            refused=len(self._refused),
            errors=self._errors,
            unsent=unsent,
            of_served=_latency(self._served),
            of_refused=_latency(self._refused),
            cpu_share=cpu_share,
            connections=self._opened,
            begun_s=clock_s,
            answered_each_s=self._answered_each_s,
            first_error=self._first_error,
        )

    def _send(self, now_ns: int) -> None:
        """Send what is due over connections that are free, or new as long as there may be more."""
        while self._due or not self._order.rate:
            if self._idle:
                wire = self._idle.pop()
            elif len(self._busy) < self._order.connections:
                wire = _Due(self._order.host, self._order.port)
                self._poll.register(wire.socket.fileno(), select.EPOLLIN)
                self._opened += 1
            else:
                return
            self._busy[wire.socket.fileno()] = wire
            due_ns = self._due.popleft() if self._order.rate else now_ns
            try:
                wire.due_ns = due_ns
                wire.send(self._calls.next())
            except ConnectionError as error:
                self._note_error(str(error).encode())
                self._drop(wire)

    def _hear(self, timeout_s: float | None) -> None:
        for descriptor, _ in self._poll.poll(_POLL_S if timeout_s is None else timeout_s):
            wire = self._busy.get(descriptor)
            if wire is None:
                self._forget(descriptor)
                continue
            try:
                response = wire.receive()
            except ConnectionError as error:
                self._note_error(str(error).encode())
                self._drop(wire)
                continue
            if response is not None:
                self._note(wire, response)

    def _forget(self, descriptor: int) -> None:
        """The server has closed a connection that nobody used for long."""
        self._poll.unregister(descriptor)
        closed = [wire for wire in self._idle if wire.socket.fileno() == descriptor]
        self._idle = [wire for wire in self._idle if wire.socket.fileno() != descriptor]
        for wire in closed:
            wire.socket.close()

    def _note(self, wire: _Due, response: bytes) -> None:
        now_ns = time.perf_counter_ns()
        took_us = (now_ns - wire.due_ns) // 1000
        second = (now_ns - self._begun_ns) // 1_000_000_000
        while len(self._answered_each_s) <= second:
            self._answered_each_s.append(0)
        self._answered_each_s[second] += 1
        status = response[9:12]
        if status == _SERVED and b'"status":"success"' in response:
            self._served.append(took_us)
            self._calls.learn(response)
        elif status == _REFUSED:
            self._refused.append(took_us)
        else:
            self._note_error(response)
        if _LAST.search(response, 0, response.find(b"\r\n\r\n") + 2):
            self._drop(wire)
        else:
            self._idle.append(self._busy.pop(wire.socket.fileno()))

    def _note_error(self, said: bytes) -> None:
        self._errors += 1
        self._first_error = self._first_error or said[-300:].decode("utf-8", "replace")

    def _drop(self, wire: _Due) -> None:
        del self._busy[wire.socket.fileno()]
        self._poll.unregister(wire.socket.fileno())
        wire.socket.close()


def _latency(took_us: "array[int]") -> Latency:
    if not took_us:
        return Latency()
    ordered = sorted(took_us)

    def at(share: float) -> float:
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] / 1e3

    return Latency(p50_ms=at(0.5), p99_ms=at(0.99), p999_ms=at(0.999), max_ms=ordered[-1] / 1e3)


def main() -> None:
    """Do what the order says."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    if order.cores:
        os.sched_setaffinity(0, order.cores)
    sys.stdout.buffer.write(msgspec.json.encode(_Generator(order).run()))


if __name__ == "__main__":
    main()
