"""The moments when a server stood behind, and what it did then.

A call that takes its usual processor time while the core is full: too many calls. More than that:
the machine was slower, because of a neighbour. A core that is not full: the disk was waited for, or
the core was taken away.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import msgspec
from tools.soak.watch import Sight

STALL_MS: Final = 250.0


class Stalls(msgspec.Struct, kw_only=True):
    """The looks that found the server behind. Medians over them; 0 where there were none.

    `cpu_share` is the server's share of a core, `times_cpu` its processor time for a call in the
    stall relative to the run's median, and `longest_s` from the first to the last look in a row.
    """

    count: int
    looks: int
    longest_s: float
    cpu_share: float
    times_cpu: float


def stalls_of(sights: Sequence[Sight], answered_each_s: Sequence[int]) -> Stalls:
    """What a run's looks say, with how many calls were answered in each of its seconds."""
    spans = [
        (before, after, _answered(answered_each_s, before.at_s, after.at_s))
        for before, after in pairwise(sights)
        if before.at_s >= 0
    ]
    costs = [_cpu_s(span) / calls for span in spans if (calls := span[2]) >= 1]
    usual_s = median(costs) if costs else 0.0
    behind = [span for span in spans if span[1].lag_ms >= STALL_MS]
    busy = [span for span in behind if span[2] >= 1]
    return Stalls(
        count=len(behind),
        looks=len(spans),
        longest_s=_longest_s(spans),
        cpu_share=median(_cpu_s(span) / _took_s(span) for span in behind) if behind else 0.0,
        times_cpu=median(_cpu_s(span) / span[2] / usual_s for span in busy) if busy else 0.0,
    )


_Span = tuple[Sight, Sight, float]


def _cpu_s(span: _Span) -> float:
    return span[1].cpu_s - span[0].cpu_s


def _took_s(span: _Span) -> float:
    return span[1].at_s - span[0].at_s


def _longest_s(spans: Sequence[_Span]) -> float:
    longest_s = row_s = 0.0
    for span in spans:
        row_s = row_s + _took_s(span) if span[1].lag_ms >= STALL_MS else 0.0
        longest_s = max(longest_s, row_s)
    return longest_s


def _answered(each_s: Sequence[int], begin_s: float, end_s: float) -> float:
    """How many calls were answered between two moments, each second's spread evenly over it."""
    total = 0.0
    for second in range(int(begin_s), min(int(end_s) + 1, len(each_s))):
        share = min(end_s, second + 1.0) - max(begin_s, float(second))
        total += each_s[second] * max(share, 0.0)
    return total
