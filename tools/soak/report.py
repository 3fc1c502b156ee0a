"""What a run has shown, as text and as JSON."""

from collections.abc import Callable, Sequence

import msgspec
from tools.soak.arrivals import Outcome
from tools.soak.stalls import STALL_MS, Stalls
from tools.soak.watch import FLAT_MB_PER_HOUR, Sight, Slope


class Soak(msgspec.Struct, kw_only=True):
    """A long run at one rate."""

    saturation: float
    rate: float
    minutes: float
    lag_ms_max: int
    placement: str
    outcome: Outcome
    memory: Slope
    stalls: Stalls
    is_ledger_right: bool
    sights: list[Sight]

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong: no error, a right ledger, a memory that does not grow."""
        is_served = not (self.outcome.errors or self.outcome.refused or self.outcome.unsent)
        return is_served and self.is_ledger_right and self.memory.verdict != "grows"


class Step(msgspec.Struct, kw_only=True):
    """One rate of an overload."""

    times: float
    rate: float
    outcome: Outcome
    resident_mb: float
    lag_ms: float
    open_files: int


class Overload(msgspec.Struct, kw_only=True):
    """Rates below and above what the server can do."""

    saturation: float
    seconds: float
    connections: int
    lag_ms_max: int
    placement: str
    is_ledger_right: bool
    steps: list[Step]

    @property
    def is_good(self) -> bool:
        """Whether every call was answered, with a success or with a refusal."""
        return self.is_ledger_right and not any(step.outcome.errors for step in self.steps)


def soak_text(soak: Soak) -> str:
    """A run in lines."""
    outcome, memory = soak.outcome, soak.memory
    served, sights = outcome.of_served, soak.sights
    slope = f"{memory.mb_per_hour:+.1f} ± {memory.error_mb_per_hour:.1f} MB/hour"
    lines = [
        (
            f"soak: {soak.minutes:g} minutes at {soak.rate:.0f}/s, which is "
            f"{soak.rate / soak.saturation:.2f} of {soak.saturation:.0f}/s"
        ),
        soak.placement,
        "",
        f"requests   {outcome.served + outcome.refused + outcome.errors:,}",
        f"refused    {outcome.refused:,}",
        f"errors     {outcome.errors:,}{_said(outcome.first_error)}",
        f"unsent     {outcome.unsent:,}",
        (
            f"latency    p50 {served.p50_ms:.1f} ms, p99 {served.p99_ms:.1f}, "
            f"p99.9 {served.p999_ms:.1f}, max {served.max_ms:.0f}"
        ),
        (
            f"memory     {slope} in the second half: {memory.verdict} "
            f"(flat is at most {FLAT_MB_PER_HOUR:g})"
        ),
        f"           {_range(sights, lambda each: each.resident_mb)} MB",
        f"lag        {_range(sights, lambda each: each.lag_ms)} ms, seen from outside",
        f"stalls     {_stalls_text(soak.stalls)}",
        f"files      {_range(sights, lambda each: each.open_files)} open",
        f"threads    {_range(sights, lambda each: each.threads)}",
        f"logs       {_range(sights, lambda each: each.log_mb)} MB of write-ahead logs",
        f"data       {_range(sights, lambda each: each.data_mb)} MB on the disk",
        f"ledger     {'right' if soak.is_ledger_right else 'WRONG'}",
        f"generator  {outcome.cpu_share:.0%} of a core",
        "",
        "good" if soak.is_good else "NOT GOOD",
    ]
    return "\n".join(lines)


def overload_text(overload: Overload) -> str:
    """The table of an overload."""
    lines = [
        (
            f"overload: steps of {overload.seconds:g} s, up to {overload.connections} connections, "
            f"saturation {overload.saturation:.0f}/s, load.lag_ms_max {overload.lag_ms_max}"
        ),
        overload.placement,
        "",
        "                served                            refused",
        (
            "  load   rate/s    /s  p50 ms  p99 ms  max ms    share  p50 ms  p99 ms  errors unsent"
            "   lag ms     MB  files"
        ),
    ]
    for step in overload.steps:
        outcome = step.outcome
        served, refused = outcome.of_served, outcome.of_refused
        answered = max(outcome.served + outcome.refused, 1)
        lines.append(
            f"{step.times:5.2f}x {step.rate:8.0f} {outcome.served / outcome.seconds:5.0f}"
            f" {served.p50_ms:7.0f} {served.p99_ms:7.0f} {served.max_ms:7.0f}"
            f"   {outcome.refused / answered:6.1%} {refused.p50_ms:7.0f} {refused.p99_ms:7.0f}"
            f" {outcome.errors:7d} {outcome.unsent:6d} {step.lag_ms:8.0f}"
            f" {step.resident_mb:6.0f} {step.open_files:6d}"
        )
    errors = "; ".join(filter(None, (step.outcome.first_error for step in overload.steps)))
    ledger = f"ledger {'right' if overload.is_ledger_right else 'WRONG'}"
    return "\n".join([*lines, "", ledger, *([f"an error: {errors}"] if errors else [])])


def _range(sights: Sequence[Sight], number: Callable[[Sight], float]) -> str:
    numbers = sorted(map(number, sights))
    if not numbers:
        return "nothing seen"
    middle = numbers[len(numbers) // 2]
    return f"{numbers[0]:.0f} to {numbers[-1]:.0f}, mostly {middle:.0f}"


def _stalls_text(stalls: Stalls) -> str:
    found = f"{stalls.count} of {stalls.looks} looks found a lag above {STALL_MS:g} ms"
    if not stalls.count:
        return found
    return (
        f"{found}, {stalls.longest_s:.0f} s in a row at most; the server used "
        f"{stalls.cpu_share:.0%} of a core then, and {stalls.times_cpu:.1f} times the usual a call"
    )


def _said(error: str) -> str:
    return f" ({error})" if error else ""
