"""How many requests there were at each door and for each operation, and how long they took.

An operation is a route, as the doors' tables have it, or a site; what fits none counts as `other`,
so that nobody makes up names by asking for them.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vezne.core.audit import Origin, current_origin
from vezne.edge.messages import Door, Outcome, Response, Route
from vezne.edge.metrics import REQUEST_BOUNDS_S, Family, Sample, histogram_samples, single
from vezne.edge.sites import BROWSER, Handle, Incoming

# The door of what the server answers by itself.
SERVER: Final = "server"
OTHER: Final = "other"
_OWN_PATHS: Final = frozenset({"/health"})
# Plain names: those of an enumeration take longer than all the counting.
_BROKEN: Final = 500
_SERVED: Final = Outcome.SERVED

_NO_OTHERS: Final[Mapping[Outcome, int]] = {
    outcome: 0 for outcome in Outcome if outcome is not Outcome.SERVED
}

Call = tuple[str, str, str]


class Operation:
    """What became of the requests for one operation. Whatever is not among the others was served.

    `durations` has, place by place, how many took no longer than the bounds of requests.
    """

    __slots__ = ("duration_s", "durations", "others")

    def __init__(self) -> None:
        self.durations = [0] * (len(REQUEST_BOUNDS_S) + 1)
        self.duration_s = 0.0
        self.others = dict(_NO_OTHERS)

    def note(self, response: Response | None, duration_s: float) -> None:
        """Count a request by its response; None: it was cut off before it had one."""
        self.durations[bisect_left(REQUEST_BOUNDS_S, duration_s)] += 1
        self.duration_s += duration_s
        if response is None or (response.outcome is _SERVED and response.status >= _BROKEN):
            self.others[Outcome.FAILED] += 1
        elif response.outcome is not _SERVED:
            self.others[response.outcome] += 1

    def outcomes(self) -> dict[Outcome, int]:
        """How many requests had each outcome."""
        count = sum(self.durations)
        return {Outcome.SERVED: count - sum(self.others.values())} | self.others


class RequestFigures:
    """What is counted of requests. `now_s` never goes back.

    Whoever finds the route of a request counts it at the route's `operation`; `watch` is for those
    that have none.
    """

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        self.in_flight = 0
        self.now_s = now_s
        # Every route by door, method and path; sites and what fits nothing join as they are used.
        self._routes: dict[Call, Operation] = {}
        self._others: dict[tuple[str, str], Operation] = {}
        self._sites: tuple[str, ...] = ()

    def operation(self, door: Door, route: Route) -> Operation:
        """Where the requests for a route are counted."""
        return self._routes.setdefault((door.name, route.method, route.path), Operation())

    def watch(self, handle: Handle, sites: Iterable[str]) -> Handle:
        """The handler of these sites, with everything counted that it answers."""
        self._sites = tuple(dict.fromkeys((*self._sites, *sites)))

        async def measure(incoming: Incoming) -> Response:
            before = current_origin()
            self.in_flight += 1
            response = None
            begun_s = self.now_s()
            try:
                response = await handle(incoming)
                return response
            finally:
                duration_s = self.now_s() - begun_s
                self.in_flight -= 1
                origin = current_origin()
                door = origin.door if origin is not before else SERVER
                self._find(door, incoming, origin.path).note(response, duration_s)

        return measure

    def families(self) -> list[Family]:
        """What there is to tell; of operations that were never asked for, nothing."""
        used = [
            ((door, f"{method} {path}"), operation)
            for (door, method, path), operation in self._routes.items()
        ]
        used += list(self._others.items())
        counts: list[Sample] = []
        durations: list[Sample] = []
        for labels, operation in used:
            if not any(operation.durations):
                continue
            counts += [
                Sample("", (*labels, outcome.value), count)
                for outcome, count in operation.outcomes().items()
            ]
            durations += histogram_samples(
                REQUEST_BOUNDS_S, operation.durations, operation.duration_s, labels
            )
        return [
            Family("vezne_requests_total", counts),
            Family("vezne_request_duration_seconds", durations),
            single("vezne_requests_in_flight", self.in_flight),
        ]

    def labels(self, incoming: Incoming, before: Origin) -> tuple[str, str]:
        """The door and operation of a request that was answered; before it there was that origin.

        For whoever else wants names of which there are few.
        """
        origin = current_origin()
        door = origin.door if origin is not before else SERVER
        method = "GET" if incoming.method == "HEAD" else incoming.method
        if (door, method, origin.path) in self._routes:
            return door, f"{method} {origin.path}"
        return door, self._name(door, incoming, origin.path)

    def _find(self, door: str, incoming: Incoming, path: str) -> Operation:
        """The operation of a request that has no route."""
        labels = door, self._name(door, incoming, path)
        operation = self._others.get(labels)
        if operation is None:
            operation = self._others[labels] = Operation()
        return operation

    def _name(self, door: str, incoming: Incoming, path: str) -> str:
        if door == SERVER:
            own = incoming.target.partition("?")[0].removesuffix("/")
            return own if own in _OWN_PATHS else OTHER
        if door != BROWSER:
            return OTHER
        for site in self._sites:
            if path == site or path.startswith(f"{site}/"):
                return site
        return OTHER
