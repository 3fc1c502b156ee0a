"""Figures that a process counts of itself: plain numbers, changed where things happen.

What is counted on a request's way costs a list's increment. Nobody but whoever looks at the figures
pays for their names and labels: they are put into families then (`Family`).
"""

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, Literal, NoReturn, TypeVar

import msgspec

Kind = Literal["counter", "gauge", "histogram"]
Asked = TypeVar("Asked")
Said = TypeVar("Said")

# From a stored card in a quiet second to a bank that is waited for.
REQUEST_BOUNDS_S: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip
LAG_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LAG_EVERY_S: Final = 0.25

FAILED: Final = "failed"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """What is told under a name. A counter's ends in `_total`.

    `is_shared` says that it is of what all processes have in common, and so told by one of them.
    """

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    is_shared: bool = False


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """A number: what stands behind the metric's name, the values of its labels, the number.

    `bound` is the upper one of a histogram's bucket, as it is written.
    """

    suffix: str
    labels: tuple[str, ...]
    value: float
    bound: str = ""


class Family(msgspec.Struct, frozen=True, array_like=True):
    """Every sample of a metric."""

    name: str
    samples: list[Sample]


# What a part of the process has to tell.
Tell = Callable[[], Sequence[Family]]


class Histogram:
    """How many observations were at most as large as each bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Count something of that size."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def samples(self, labels: tuple[str, ...] = ()) -> list[Sample]:
        """The cumulative buckets, their count and the sum."""
        return histogram_samples(self.bounds, self.counts, self.total, labels)


class CallFigures:
    """Calls of one sort: how many ended how, and how long they took.

    A call is known by labels, which must be few: names of ours, never of a caller's. `results` are
    those that a kind of call is shown with from its first one on, so that a rate has a zero to
    begin at.
    """

    def __init__(
        self, results: Sequence[str] = (), bounds_s: tuple[float, ...] = REQUEST_BOUNDS_S
    ) -> None:
        self._results = results
        self._bounds_s = bounds_s
        self._kinds: dict[tuple[str, ...], tuple[Counter[str], Histogram]] = {}

    def watched(
        self,
        labels: tuple[str, ...],
        call: Callable[[Asked], Awaitable[Said]],
        name: Callable[[Said], str],
    ) -> Callable[[Asked], Coroutine[Any, Any, Said]]:
        """A call that is counted by the name of what it returns; it raises what it raises."""
        counts, durations = self._kinds.setdefault(
            labels, (Counter(dict.fromkeys(self._results, 0)), Histogram(self._bounds_s))
        )

        async def watch(asked: Asked) -> Said:
            begun_s = time.perf_counter()
            result = FAILED
            try:
                said = await call(asked)
                result = name(said)
            finally:
                durations.observe(time.perf_counter() - begun_s)
                counts[result] += 1
            return said

        return watch

    def families(self, total: str, duration: str) -> list[Family]:
        """Both families, under these names."""
        counted = [
            Sample("", (*labels, result), count)
            for labels, (counts, durations) in self._kinds.items()
            if counts.total()
            for result, count in counts.items()
        ]
        lasted = [
            sample
            for labels, (counts, durations) in self._kinds.items()
            if counts.total()
            for sample in durations.samples(labels)
        ]
        return [Family(total, counted), Family(duration, lasted)]


class GuardFigures:
    """Whom the guard turned away and locked out, by its own words for why."""

    def __init__(self) -> None:
        self.turned_away: Counter[str] = Counter()
        self.locked_out: Counter[str] = Counter()

    def families(self) -> list[Family]:
        """What there is to tell."""
        return [
            by_label("vezne_guard_turned_away_total", self.turned_away),
            by_label("vezne_guard_locked_out_total", self.locked_out),
        ]


class LoopLag:
    """How late the event loop comes to what is due: what everybody waits for in vain."""

    def __init__(self) -> None:
        self._late_s = Histogram(LAG_BOUNDS_S)

    async def measure(self) -> NoReturn:
        """Look again and again."""
        while True:
            due_s = time.perf_counter() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._late_s.observe(max(time.perf_counter() - due_s, 0.0))

    def families(self) -> list[Family]:
        """What there is to tell."""
        return [Family("vezne_event_loop_lag_seconds", self._late_s.samples())]


def single(name: str, value: float, labels: tuple[str, ...] = ()) -> Family:
    """A family of one sample."""
    return Family(name, [Sample("", labels, value)])


def by_label(name: str, counts: Mapping[str, float]) -> Family:
    """A family with one sample for each value of its only label."""
    return Family(name, [Sample("", (label,), value) for label, value in counts.items()])


def histogram_samples(
    bounds: Sequence[float], counts: Sequence[int], total: float, labels: tuple[str, ...]
) -> list[Sample]:
    """Cumulative buckets, their count and the sum, from the counts between the bounds."""
    written = [*(repr(float(bound)) for bound in bounds), "+Inf"]
    below = list(accumulate(counts))
    buckets = [
        Sample("_bucket", labels, count, bound) for bound, count in zip(written, below, strict=True)
    ]
    return [*buckets, Sample("_count", labels, below[-1]), Sample("_sum", labels, total)]
