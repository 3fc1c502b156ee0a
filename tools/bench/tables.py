"""Reports as text: one table, with what must be known to read it above and below."""

from collections.abc import Sequence

from tools.bench import peer
from tools.bench.bars import IDLE_MB, P99_TO_P50, RATIO
from tools.bench.report import Line, MemoryLine, Report, Spread

# From here on the load generator may be what limits a rate.
_LOAD_SHARE_MAX = 0.9
_HEADS = (
    "job",
    "on",
    "req/s",
    "min-max",
    "p50 ms",
    "p99 ms",
    "p99/p50",
    "bars",
    "x echo",
    "quartiles",
    "bars",
    "x peer",
    "server us",
    "database us",
    "load",
    "errors",
)
_MEMORY_HEADS = (
    "resident memory, MB",
    "idle",
    "bars",
    "idle, shared once",
    "after",
    "after, shared once",
)


def to_text(report: Report) -> str:
    """The table with its head and what is to be known about it."""
    head = [
        f"{report.machine}, CPython {report.python}",
        (
            f"{report.connections} connections kept alive; medians of {report.rounds} interleaved "
            f"rounds of {report.seconds:g} s; an echo of the same sizes before every run"
        ),
        f"SQLite: {report.sqlite}",
        *([f"PostgreSQL: {report.postgres}"] if report.postgres else []),
        *([f"peer: {report.peer}"] if report.peer else []),
        report.placement,
    ]
    parts = ["\n".join(head), aligned([_HEADS, *(_row(line) for line in report.lines)])]
    if report.memory:
        parts.append(aligned([_MEMORY_HEADS, *map(_memory_row, report.memory)], texts=1))
    notes = [
        (
            "x echo, x peer: median of the ratios of neighbouring runs. server us, database us: "
            "processor time a request of each. load: the load generator's share of its core. Bars "
            "on x echo and memory are for one worker. shared once: a page that several processes "
            "have counts once."
        ),
        *_warnings(report),
    ]
    return "\n\n".join([*parts, "\n".join(notes)])


def aligned(rows: Sequence[Sequence[str]], texts: int = 2) -> str:
    """Rows as a table that is Markdown as well; so many columns of text, the rest are figures."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = [
        "-" * width if column < texts else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join(_aligned_row(row, widths, texts) for row in (rows[0], rule, *rows[1:]))


def _aligned_row(row: Sequence[str], widths: Sequence[int], texts: int) -> str:
    cells = (
        cell.ljust(width) if column < texts else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"| {' | '.join(cells)} |"


def _row(line: Line) -> tuple[str, ...]:
    ratio = line.ratio
    bar = RATIO.get(line.job) if line.workers == 1 else None
    slow, steep = "", ""
    if line.workers is not None:
        slow = _both(P99_TO_P50.verdicts(line.p99_to_p50))
    if ratio and bar:
        steep = _both(bar.verdicts(ratio.median))
    return (
        line.title,
        line.variant_title,
        f"{line.requests_per_s.median:,.0f}",
        _range(line.requests_per_s, ",.0f"),
        f"{line.p50_us / 1e3:.2f}",
        f"{line.p99_us / 1e3:.2f}",
        f"{line.p99_to_p50:.1f}",
        slow,
        f"{ratio.median:.2f}" if ratio else "",
        f"{ratio.quartile:.2f}-{ratio.third_quartile:.2f}" if ratio else "",
        steep,
        f"{line.peer_ratio.median:.1f}" if line.peer_ratio else "",
        f"{line.server_cpu_us:.0f}",
        "" if line.database_cpu_us is None else f"{line.database_cpu_us:.0f}",
        f"{line.load_cpu_share:.0%}",
        f"{line.errors:,}",
    )


def _memory_row(line: MemoryLine) -> tuple[str, ...]:
    bars = _both(IDLE_MB.verdicts(line.idle.resident_mb)) if line.workers == 1 else ""
    return (
        line.variant_title,
        f"{line.idle.resident_mb:.0f}",
        bars,
        f"{line.idle.shared_once_mb:.0f}",
        f"{line.after.resident_mb:.0f}",
        f"{line.after.shared_once_mb:.0f}",
    )


def _warnings(report: Report) -> list[str]:
    busy = {
        f"{line.title} on {line.variant_title}"
        for line in report.lines
        if line.load_cpu_share >= _LOAD_SHARE_MAX
    }
    words = [
        f"{'FAILED' if item.is_failure else 'skipped'}: {item.variant}: {item.reason}"
        for item in report.missing
    ]
    if busy:
        words.append(f"the load generator had no time left for: {', '.join(sorted(busy))}")
    words += [
        f"an error of {line.title} on {line.variant_title}: {line.first_error}"
        for line in report.lines
        if line.errors
    ]
    if any(line.peer_ratio for line in report.lines):
        words.append(f"the peer's payment is a {peer.TITLE}, two calls")
    return words


def _both(verdicts: tuple[str, str]) -> str:
    return ", ".join(verdicts)


def _range(figure: Spread, form: str) -> str:
    return f"{figure.low:{form}}-{figure.high:{form}}"
