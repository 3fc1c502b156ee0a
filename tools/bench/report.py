"""What was measured: medians of interleaved rounds, and how far the rounds were apart."""

import statistics
from collections.abc import Sequence

import msgspec
from tools.bench.load import Outcome
from tools.bench.processes import Memory

_QUARTERS = 4


class Sample(msgspec.Struct):
    """One run: what the load saw, and the processor time that a request took of each process."""

    outcome: Outcome
    server_cpu_us: float
    database_cpu_us: float | None = None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.outcome.requests / self.outcome.seconds


class Round(msgspec.Struct):
    """A run of a job, and that of the echo right before it, if there was one."""

    number: int
    sample: Sample
    echo: Sample | None = None


class Spread(msgspec.Struct):
    """A figure over all rounds. The quartiles hold the middle half of them between them."""

    median: float
    low: float
    quartile: float
    third_quartile: float
    high: float


class Line(msgspec.Struct, kw_only=True):
    """A job on a variant. `ratio` is to the echo of the same sizes, run by run.

    `peer_ratio` is to the peer's payments of the same rounds.
    """

    job: str
    title: str
    variant: str
    variant_title: str
    workers: int | None = None
    request_bytes: int = 0
    response_bytes: int = 0
    requests_per_s: Spread
    p50_us: float
    p99_us: float
    p99_to_p50: float
    ratio: Spread | None = None
    peer_ratio: Spread | None = None
    server_cpu_us: float
    database_cpu_us: float | None = None
    load_cpu_share: float
    requests: int
    errors: int
    first_error: str = ""


class MemoryLine(msgspec.Struct, kw_only=True):
    """A variant's memory, or a database's, before any load and after all of it."""

    variant: str
    variant_title: str
    workers: int | None = None
    idle: Memory
    after: Memory


class Missing(msgspec.Struct):
    """A variant that did not run, or not to the end, and why."""

    variant: str
    reason: str
    is_failure: bool = False


class Report(msgspec.Struct, kw_only=True):
    """Everything that was measured."""

    machine: str
    python: str
    sqlite: str
    postgres: str
    peer: str
    placement: str
    connections: int
    rounds: int
    seconds: float
    lines: list[Line]
    memory: list[MemoryLine]
    missing: list[Missing]

    @property
    def is_clean(self) -> bool:
        """Whether every response was a success and nothing broke on the way."""
        errors = any(line.errors for line in self.lines)
        return not errors and not any(item.is_failure for item in self.missing)


def spread(values: Sequence[float]) -> Spread:
    """Median, extremes and quartiles of at least one value."""
    ordered = sorted(values)
    if len(ordered) == 1:
        return Spread(*ordered * 5)
    quartiles = statistics.quantiles(ordered, n=_QUARTERS, method="inclusive")
    return Spread(quartiles[1], ordered[0], quartiles[0], quartiles[2], ordered[-1])


class Subject(msgspec.Struct, kw_only=True):
    """What a line is about."""

    job: str
    title: str
    variant: str
    variant_title: str
    workers: int | None = None
    request_bytes: int = 0
    response_bytes: int = 0


def line_of(subject: Subject, rounds: Sequence[Round], peer: Sequence[Round] = ()) -> Line:
    """A line from all its runs. A ratio is the median of the ratios of neighbouring runs."""
    samples = [each.sample for each in rounds]
    outcomes = [sample.outcome for sample in samples]
    ratios = [each.sample.rate / each.echo.rate for each in rounds if each.echo is not None]
    rates_of_peer = {each.number: each.sample.rate for each in peer}
    peer_ratios = [
        each.sample.rate / rates_of_peer[each.number]
        for each in rounds
        if each.number in rates_of_peer
    ]
    database = [each for sample in samples if (each := sample.database_cpu_us) is not None]
    return Line(
        **msgspec.structs.asdict(subject),
        requests_per_s=spread([sample.rate for sample in samples]),
        p50_us=statistics.median(outcome.p50_us for outcome in outcomes),
        p99_us=statistics.median(outcome.p99_us for outcome in outcomes),
        p99_to_p50=statistics.median(outcome.p99_us / outcome.p50_us for outcome in outcomes),
        ratio=spread(ratios) if ratios else None,
        peer_ratio=spread(peer_ratios) if peer_ratios else None,
        server_cpu_us=statistics.median(sample.server_cpu_us for sample in samples),
        database_cpu_us=statistics.median(database) if database else None,
        load_cpu_share=statistics.median(outcome.cpu_share for outcome in outcomes),
        requests=sum(outcome.requests for outcome in outcomes),
        errors=sum(outcome.errors for outcome in outcomes),
        first_error=next((each.first_error for each in outcomes if each.first_error), ""),
    )
