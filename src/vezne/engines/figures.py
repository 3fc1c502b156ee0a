"""What an engine counts of itself while it works, for whoever watches the server."""

from collections.abc import Sequence, Sized

from vezne.engines.engine import Conflict, EngineFailure


class EngineFigures:
    """Counts since an engine was opened. They cost a microsecond a group.

    `group_sizes` has, at place n, how many groups of n batches there were. A batch that lost a race
    and goes into another group counts in both, and as neither a conflict nor a failure.
    """

    __slots__ = ("_waiting", "conflicts", "failures", "group_sizes")

    def __init__(self, waiting: Sized, group_max: int) -> None:
        self._waiting = waiting
        self.group_sizes = [0] * (group_max + 1)
        self.conflicts = 0
        self.failures = 0

    @property
    def waiting(self) -> int:
        """How many batches no group has taken yet."""
        return len(self._waiting)

    def end_group(self, outcomes: Sequence[Exception | None]) -> None:
        """A group was written; that is what became of its batches, one by one."""
        self.group_sizes[len(outcomes)] += 1
        for outcome in outcomes:
            if outcome is None:
                continue
            if isinstance(outcome, Conflict):
                self.conflicts += 1
            elif type(outcome) is EngineFailure:
                self.failures += 1
