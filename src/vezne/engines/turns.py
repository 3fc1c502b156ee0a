"""How long a batch waits before its group begins."""


class Turns:
    """Watches groups of at most `group_max` batches go by. Times are a loop's, in seconds.

    What fits into the next group waits for nobody but the group under way, however slow the disk
    is: an engine is behind only when whole groups wait.
    """

    __slots__ = ("_begun_s", "_group_max", "_group_s")

    def __init__(self, group_max: int) -> None:
        self._group_max = group_max
        self._group_s = 0.0
        self._begun_s: float | None = None

    def begin(self, now_s: float) -> None:
        """A group begins."""
        self._begun_s = now_s

    def end(self, now_s: float) -> None:
        """The group under way is over."""
        if self._begun_s is not None:
            self._group_s = now_s - self._begun_s
            self._begun_s = None

    def behind_s(self, waiting: int, now_s: float) -> float:
        """How long a batch that comes now would wait, with so many in front of it."""
        groups = waiting // self._group_max
        if not groups:
            return 0.0
        under_way_s = 0.0 if self._begun_s is None else now_s - self._begun_s
        return groups * max(self._group_s, under_way_s)
