"""Medians of interleaved rounds, as a table for people and JSON for programs."""

import statistics
from collections.abc import Sequence

import msgspec
from tools.bench.load import Outcome


class Sample(msgspec.Struct):
    """One run: what the load saw, and the processor time of the server for a request."""

    outcome: Outcome
    server_cpu_us: float


class Line(msgspec.Struct):
    """The medians of all runs of one job. `ratio` is to the echo of the same sizes."""

    name: str
    title: str
    request_bytes: int
    response_bytes: int
    requests_per_s: float
    p50_us: float
    p99_us: float
    p99_to_p50: float
    ratio: float
    server_cpu_us: float
    load_cpu_share: float
    echo_requests_per_s: float
    echo_p50_us: float
    echo_p99_us: float
    echo_cpu_us: float
    requests: int
    errors: int


class Report(msgspec.Struct):
    """Everything that was measured."""

    python: str
    variant: str
    is_pinned: bool
    connections: int
    rounds: int
    seconds: float
    resident_mb_idle: float
    resident_mb_after: float
    lines: list[Line]


def median_line(
    name: str,
    title: str,
    sizes: tuple[int, int],
    samples: Sequence[Sample],
    echoes: Sequence[Sample],
) -> Line:
    """One line of the report. The ratio is the median of the ratios of neighbouring runs."""
    outcomes = [sample.outcome for sample in samples]
    return Line(
        name=name,
        title=title,
        request_bytes=sizes[0],
        response_bytes=sizes[1],
        requests_per_s=statistics.median(map(_rate, samples)),
        p50_us=statistics.median(outcome.p50_us for outcome in outcomes),
        p99_us=statistics.median(outcome.p99_us for outcome in outcomes),
        p99_to_p50=statistics.median(outcome.p99_us / outcome.p50_us for outcome in outcomes),
        ratio=statistics.median(
            _rate(sample) / _rate(echo) for sample, echo in zip(samples, echoes, strict=True)
        ),
        server_cpu_us=statistics.median(sample.server_cpu_us for sample in samples),
        load_cpu_share=statistics.median(outcome.cpu_share for outcome in outcomes),
        echo_requests_per_s=statistics.median(map(_rate, echoes)),
        echo_p50_us=statistics.median(echo.outcome.p50_us for echo in echoes),
        echo_p99_us=statistics.median(echo.outcome.p99_us for echo in echoes),
        echo_cpu_us=statistics.median(echo.server_cpu_us for echo in echoes),
        requests=sum(outcome.requests for outcome in outcomes),
        errors=sum(outcome.errors for outcome in outcomes),
    )


def to_text(report: Report) -> str:
    """The table."""
    pinned = "server and load on a core each" if report.is_pinned else "not pinned"
    title = (
        f"{report.variant}, {report.connections} connections, {pinned}; "
        f"medians of {report.rounds} interleaved rounds of {report.seconds:g} s"
    )
    heads = (
        "job",
        "req/s",
        "p50 ms",
        "p99 ms",
        "p99/p50",
        "x echo",
        "CPU us",
        "load CPU",
        "errors",
    )
    rows = [heads]
    for line in report.lines:
        rows.append(
            (
                line.title,
                f"{line.requests_per_s:,.0f}",
                f"{line.p50_us / 1e3:.2f}",
                f"{line.p99_us / 1e3:.2f}",
                f"{line.p99_to_p50:.1f}",
                f"{line.ratio:.2f}",
                f"{line.server_cpu_us:.0f}",
                f"{line.load_cpu_share:.0%}",
                str(line.errors),
            )
        )
        rows.append(
            (
                f"  echo {line.request_bytes} B in, {line.response_bytes} B out",
                f"{line.echo_requests_per_s:,.0f}",
                f"{line.echo_p50_us / 1e3:.2f}",
                f"{line.echo_p99_us / 1e3:.2f}",
                f"{line.echo_p99_us / line.echo_p50_us:.1f}",
                "1.00",
                f"{line.echo_cpu_us:.0f}",
                "",
                "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    body = "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    memory = (
        f"resident memory: {report.resident_mb_idle:.0f} MB idle, "
        f"{report.resident_mb_after:.0f} MB after the load"
    )
    return f"{title}\n\n{body}\n\n{memory}"


def _rate(sample: Sample) -> float:
    return sample.outcome.requests / sample.outcome.seconds
