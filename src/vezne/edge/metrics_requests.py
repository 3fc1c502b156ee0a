"""How many requests there were at each door and for each operation, and how long they took.

An operation is a route, as the doors' tables have it, or a site; what fits none counts as `other`,
so that nobody makes up names by asking for them.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from vezne.core.audit import Origin, current_origin
from vezne.edge.messages import Door, Outcome, Response
from vezne.edge.metrics import REQUEST_BOUNDS_S, Family, Sample, histogram_samples, single
from vezne.edge.service import Handle
from vezne.edge.sites import BROWSER, Incoming

# The door of what the server answers by itself.
SERVER: Final = "server"
OTHER: Final = "other"
_OWN_PATHS: Final = frozenset({"/health"})
# A plain number: comparing with an enumeration's takes longer than all the counting.
_BROKEN: Final = 500

Call = tuple[str, str, str]


class _Operation:
    """What became of the requests for one operation. Whatever is not among the others was served.

    `durations` has, place by place, how many took no longer than the bounds of requests.
    """

    __slots__ = ("duration_s", "durations", "others")

    def __init__(self) -> None:
        self.durations = [0] * (len(REQUEST_BOUNDS_S) + 1)
        self.duration_s = 0.0
        self.others: dict[Outcome, int] = {
            outcome: 0 for outcome in Outcome if outcome is not Outcome.SERVED
        }

    def outcomes(self) -> dict[Outcome, int]:
        """How many requests had each outcome."""
        count = sum(self.durations)
        return {Outcome.SERVED: count - sum(self.others.values())} | self.others


class RequestFigures:
    """Counts what passes through handlers. `now_s` never goes back."""

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        self.in_flight = 0
        self._now_s = now_s
        # Every route by door, method and path; sites and what fits nothing join as they are used.
        self._routes: dict[Call, _Operation] = {}
        self._others: dict[tuple[str, str], _Operation] = {}
        self._sites: tuple[str, ...] = ()

    def watch(self, handle: Handle, doors: Sequence[Door], sites: Iterable[str]) -> Handle:
        """The handler of these doors and sites, with everything counted that it answers."""
        for door in doors:
            for route in door.routes:
                self._routes.setdefault((door.name, route.method, route.path), _Operation())
        self._sites = tuple(dict.fromkeys((*self._sites, *sites)))
        # Names of this function are found fastest, and this is on every request's way.
        routes, now_s, bounds, served = self._routes, self._now_s, REQUEST_BOUNDS_S, Outcome.SERVED

        async def measure(incoming: Incoming) -> Response:
            before = current_origin()
            self.in_flight += 1
            outcome = Outcome.FAILED
            begun_s = now_s()
            try:
                response = await handle(incoming)
                outcome = response.outcome
                if outcome is served and response.status >= _BROKEN:
                    outcome = Outcome.FAILED
                return response
            finally:
                duration_s = now_s() - begun_s
                self.in_flight -= 1
                origin = current_origin()
                door = origin.door if origin is not before else SERVER
                operation = routes.get((door, incoming.method, origin.path)) or self._find(
                    door, incoming, origin.path
                )
                operation.durations[bisect_left(bounds, duration_s)] += 1
                operation.duration_s += duration_s
                if outcome is not served:
                    operation.others[outcome] += 1

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

    def _find(self, door: str, incoming: Incoming, path: str) -> _Operation:
        """The operation of a request that is no route's as it stands."""
        if incoming.method == "HEAD":
            found = self._routes.get((door, "GET", path))
            if found is not None:
                return found
        labels = door, self._name(door, incoming, path)
        operation = self._others.get(labels)
        if operation is None:
            operation = self._others[labels] = _Operation()
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
