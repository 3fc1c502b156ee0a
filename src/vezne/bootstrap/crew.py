"""The workers of a server: who is there, who takes whose place, and when all of them end.

Each has a place with sockets of its own. Nothing here waits or knows a process: whoever does tells
what has happened, and asks for what is due.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from signal import SIGKILL, SIGTERM
from signal import Signals as Signal
from typing import Final, Protocol

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.worker import GIVE_WAY, HURRY, LEAVE, Report
from vezne.edge.server import Urls
from vezne.event_log import EventLog
from vezne.settings import InvalidSettings

# A worker that ends sooner after its start is in trouble that may stay for a while.
STEADY_S: Final = 10.0
PAUSE_FIRST_S: Final = 0.5
PAUSE_MAX_S: Final = 30.0
# When nobody serves any more, so many failures in a row at a place are enough.
FAILURES_MAX: Final = 6
# For one to be ready that starts beside others; the first of all may have schemas to change.
START_MAX_S: Final = 120.0
# More than the servers of a worker wait for requests in flight.
END_MAX_S: Final = 60.0
HURRY_MAX_S: Final = 10.0

_log = EventLog(__name__)


class Hand(Protocol):
    """A worker, as far as it matters here."""

    number: int
    pid: int
    started_s: float
    is_ready: bool

    def order(self, order: bytes) -> None:
        """Tell it something."""

    def signal(self, number: Signal) -> None:
        """Send it a signal."""


# Starts a worker for a place; whether it is the first of all. Raises OSError.
Hire = Callable[[int, bool], Hand]


class _Place:
    """Somewhere a worker serves, another may be about to, and a third may still finish."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: Hand | None = None
        self.successor: Hand | None = None
        self.retiring: Hand | None = None
        self.failures = 0
        self.begin_s = 0.0

    def __iter__(self) -> Iterator[Hand]:
        """Whoever is there."""
        return (each for each in (self.worker, self.successor, self.retiring) if each is not None)


class Crew:
    """The workers of `count` places. Times are in seconds of the caller's clock."""

    def __init__(
        self, count: int, hire: Hire, on_ready: Callable[[Sequence[Urls]], None], drain_s: float
    ) -> None:
        self._places = [_Place(number) for number in range(count)]
        self._hire = hire
        self._on_ready = on_ready
        self._drain_s = drain_s
        self._is_announced = False
        self._rolling: deque[_Place] = deque()
        self._turn: _Place | None = None
        self._end_s: float | None = None

    def __iter__(self) -> Iterator[Hand]:
        """Every worker that has not ended."""
        return (worker for place in self._places for worker in place)

    @property
    def is_over(self) -> bool:
        """Whether all is done: the end was asked for, and nobody is left."""
        return self._end_s is not None and not any(self)

    def advance(self, now_s: float) -> None:
        """Do what is due. Raises CannotStart when nobody can be kept running."""
        if self._end_s is not None:
            if now_s > self._end_s:
                self._send(SIGKILL)
            return
        for place in self._places:
            if place.worker is None and place.successor is None and now_s >= place.begin_s:
                place.worker = self._start(place, now_s)
            if not self._is_announced and not self._is_first_ready():
                return
            self._watch_start(place, now_s)
        self._roll(now_s)

    def report(self, worker: Hand, report: Report) -> None:
        """A worker is ready or says why it cannot be. Raises CannotStart and InvalidSettings."""
        place = self._places[worker.number]
        if report.error:
            _log.error("a worker cannot start", worker=worker.number, why=report.error)
            if not self._is_announced and self._end_s is None:
                kind = InvalidSettings if report.is_about_settings else CannotStart
                raise kind(report.error)
            return
        worker.is_ready = True
        if worker is place.successor:
            place.successor, place.retiring, place.worker = None, place.worker, worker
            if place.retiring is None:
                self._turn = None
            elif self._end_s is None:
                place.retiring.order(GIVE_WAY)
        if not self._is_announced and all(self._is_ready(each) for each in self._places):
            self._is_announced = True
            self._on_ready(report.urls)

    def end(self, worker: Hand, now_s: float) -> None:
        """A worker has ended. Raises CannotStart before all were ready for the first time."""
        place = self._places[worker.number]
        if worker is place.retiring:
            place.retiring = None
            self._turn = None
            return
        if self._end_s is None:
            _log.error("a worker has ended", worker=worker.number, process=worker.pid)
            if not self._is_announced:
                raise CannotStart("a worker ended before it was ready; the lines above may say why")
        if worker is place.successor:
            # Who was to be replaced stays, and so do those after it.
            place.successor = self._turn = None
            self._rolling.clear()
            return
        place.worker = None
        self._wait(place, worker, now_s)

    def roll(self) -> None:
        """Replace every worker, one after the other."""
        if self._is_announced and self._end_s is None:
            self._rolling = deque(self._places)

    def leave(self, now_s: float) -> None:
        """Have all of them end; without waiting for requests in flight when asked again."""
        order = LEAVE if self._end_s is None else HURRY
        wait_s = HURRY_MAX_S if order is HURRY else self._drain_s + END_MAX_S
        self._end_s = now_s + wait_s
        self._rolling.clear()
        for worker in self:
            worker.order(order)
            if not worker.is_ready:
                # It takes orders once it serves.
                worker.signal(SIGTERM)

    def due_s(self, now_s: float) -> float:
        """In how many seconds something may be due although nothing has happened."""
        if self._end_s is not None:
            times = [self._end_s]
        elif not self._is_announced and not self._is_first_ready():
            # The others start after it, and it has as long as it needs.
            times = [] if any(self._places[0]) else [self._places[0].begin_s]
        else:
            times = [place.begin_s for place in self._places if not any(place)]
            times += [each.started_s + START_MAX_S for each in self if not each.is_ready]
        return max(min(times, default=now_s + PAUSE_MAX_S) - now_s, 0.0) + 0.01

    def _start(self, place: _Place, now_s: float) -> Hand | None:
        try:
            worker = self._hire(place.number, not self._is_announced and place is self._places[0])
        except OSError as error:
            _log.error("no worker can be started", why=error.strerror)
            place.failures += 1
            place.begin_s = now_s + PAUSE_MAX_S
            return None
        return worker

    def _watch_start(self, place: _Place, now_s: float) -> None:
        """Give up a worker that is not ready in time."""
        for worker in place:
            if not worker.is_ready and now_s > worker.started_s + START_MAX_S:
                _log.error("a worker is not ready in time", worker=place.number)
                worker.signal(SIGKILL)

    def _roll(self, now_s: float) -> None:
        """Start the next replacement, once the last one is done."""
        while self._turn is None and self._rolling:
            place = self._rolling.popleft()
            # Where a worker is starting anyway, it is a new one.
            if self._is_ready(place):
                place.successor = self._start(place, now_s)
                self._turn = place if place.successor is not None else None

    def _wait(self, place: _Place, worker: Hand, now_s: float) -> None:
        """See when a place has its next worker. Raises CannotStart."""
        is_steady = worker.is_ready and now_s - worker.started_s >= STEADY_S
        place.failures = 0 if is_steady else place.failures + 1
        if is_steady:
            place.begin_s = now_s
            return
        pause_s = PAUSE_FIRST_S * 2 ** (place.failures - 1)
        place.begin_s = now_s + min(pause_s, PAUSE_MAX_S)
        is_hopeless = place.failures >= FAILURES_MAX and not any(each.is_ready for each in self)
        if self._end_s is None and is_hopeless:
            raise CannotStart("no worker stays alive; the lines above may say why")

    def _is_first_ready(self) -> bool:
        return self._is_ready(self._places[0])

    def _is_ready(self, place: _Place) -> bool:
        return place.worker is not None and place.worker.is_ready

    def _send(self, number: Signal) -> None:
        for worker in self:
            worker.signal(number)
