"""What the guard remembers: how often somebody came, and how often somebody failed.

All of it is in the memory of the process, and none of it grows beyond a bound, however many
addresses an attacker has. Times are seconds of a clock that never goes back.
"""

from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Kept = TypeVar("Kept")

ENTRIES_MAX: Final = 16_384
# A lock-out that was not followed by another one for a day was the last of its kind.
_LOCKS_FORGOTTEN_S: Final = 86_400.0
_SLACK_S: Final = 1e-6
# What a lockout tells of.
FAILED: Final = "failed"
LOCKED: Final = "locked"
EASED: Final = "eased"
CLEARED: Final = "cleared"


class Recent(Generic[Key, Kept]):
    """A mapping that keeps what was used lately: half of `entries_max` for certain.

    When the newer half is full, the older one is dropped as a whole, so that there is no order to
    keep and no entry to look for. What is kept is to be changed in place where it changes.
    """

    __slots__ = ("_half", "_newer", "_older")

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        self._half = max(entries_max // 2, 1)
        self._newer: dict[Key, Kept] = {}
        self._older: dict[Key, Kept] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def items(self) -> Iterator[tuple[Key, Kept]]:
        """Every key and what is kept under it, those used lately last."""
        for key, kept in self._older.items():
            if key not in self._newer:
                yield key, kept
        yield from self._newer.items()

    def get(self, key: Key) -> Kept | None:
        """What was put last under a key, unless it is forgotten."""
        found = self._newer.get(key)
        if found is None and self._older:
            found = self._older.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: Key, kept: Kept) -> None:
        """Keep something under a key, in place of what was there."""
        if len(self._newer) >= self._half and key not in self._newer:
            self._older, self._newer = self._newer, {}
        self._newer[key] = kept

    def drop(self, key: Key) -> None:
        """Forget what is under a key."""
        self._newer.pop(key, None)
        self._older.pop(key, None)


class Bucket:
    """When somebody who came too fast would be even with a velocity, in seconds."""

    __slots__ = ("even_s",)

    def __init__(self) -> None:
        self.even_s = 0.0


class Velocity:
    """So many times in a period, evenly or all at once; then as often as the time allows.

    The generic cell rate algorithm (ITU-T I.371): one number for each bucket. A limit of 0 is none.
    """

    __slots__ = ("_burst_s", "_interval_s")

    def __init__(self, limit: int, period_s: float) -> None:
        self._interval_s = period_s / limit if limit else 0.0
        # Sums of fractions of a second are not exact.
        self._burst_s = period_s - self._interval_s + _SLACK_S

    def wait_s(self, bucket: Bucket, now_s: float) -> float:
        """How long until once more is allowed; 0: now."""
        ahead_s = bucket.even_s - now_s
        return ahead_s - self._burst_s if ahead_s > self._burst_s else 0.0

    def take(self, bucket: Bucket, now_s: float) -> float:
        """Count once more, if that is allowed. How long until it is; 0: it was."""
        ahead_s = bucket.even_s - now_s
        if ahead_s > self._burst_s:
            return ahead_s - self._burst_s
        self.count(bucket, now_s)
        return 0.0

    def count(self, bucket: Bucket, now_s: float, times: int = 1) -> None:
        """Count so many that were let through, here or by another server."""
        bucket.even_s = max(bucket.even_s, now_s) + times * self._interval_s


class _Record:
    """How somebody failed."""

    __slots__ = ("failures", "last_s", "locks", "until_s")

    def __init__(self) -> None:
        self.failures = 0
        self.locks = 0
        self.last_s = 0.0
        self.until_s = 0.0


class Lockout(Generic[Key]):
    """So many failures, and the next thing to happen is a wait, each time twice as long.

    Failures count together while no two of them are `memory_s` apart. `failures_max` 0 never locks.
    `tell` hears of whatever is counted: what it was, of which key, and how much of it.
    """

    def __init__(
        self,
        failures_max: int,
        *,
        memory_s: float,
        first_s: float,
        longest_s: float,
        entries_max: int = ENTRIES_MAX,
        tell: Callable[[str, Key, float], None] | None = None,
    ) -> None:
        self._tell = tell
        self._failures_max = failures_max
        self._memory_s = memory_s
        self._first_s = first_s
        self._longest_s = longest_s
        self._records: Recent[Key, _Record] = Recent(entries_max)
        self._until_s = 0.0

    def is_idle(self, now_s: float) -> bool:
        """Whether nobody at all is locked out, as on most days."""
        return now_s >= self._until_s

    def wait_s(self, key: Key, now_s: float) -> float:
        """How long a key is locked out yet; 0: it is not."""
        if now_s >= self._until_s:
            return 0.0
        record = self._records.get(key)
        return 0.0 if record is None else max(record.until_s - now_s, 0.0)

    def fail(self, key: Key, now_s: float, *, weight: int = 1) -> float:
        """Count a failure. How long the key is locked out by it; 0: it is not.

        What fails while it is locked out counts for nothing.
        """
        if not self._failures_max:
            return 0.0
        record = self._record_of(key)
        if record.until_s > now_s:
            return 0.0
        if now_s - record.last_s > self._memory_s:
            record.failures = 0
        if now_s - record.until_s > _LOCKS_FORGOTTEN_S:
            record.locks = 0
        record.last_s = now_s
        record.failures += weight
        locked_s = 0.0
        if record.failures >= self._failures_max:
            locked_s = min(self._first_s * 2.0**record.locks, self._longest_s)
            record.failures = 0
            record.locks += 1
            record.until_s = now_s + locked_s
            self._until_s = max(self._until_s, record.until_s)
        if self._tell is not None:
            self._tell(FAILED, key, weight)
            if locked_s:
                self._tell(LOCKED, key, locked_s)
        return locked_s

    def ease(self, key: Key, *, weight: int = 1) -> None:
        """Take a failure back."""
        record = self._records.get(key)
        if record is not None:
            record.failures = max(record.failures - weight, 0)
        if self._tell is not None:
            self._tell(EASED, key, weight)

    def clear(self, key: Key) -> None:
        """Forget a key's failures and lock-outs."""
        self._records.drop(key)
        if self._tell is not None:
            self._tell(CLEARED, key, 0)

    def lock(self, key: Key, now_s: float, locked_s: float) -> None:
        """Lock a key out for that long, as another server has done."""
        record = self._record_of(key)
        if record.until_s <= now_s:
            record.failures = 0
            record.locks += 1
        record.until_s = max(record.until_s, now_s + locked_s)
        self._until_s = max(self._until_s, record.until_s)

    def locked(self, now_s: float) -> Iterator[tuple[Key, float]]:
        """The keys that are locked out, and how long yet."""
        for key, record in self._records.items():
            if record.until_s > now_s:
                yield key, record.until_s - now_s

    def _record_of(self, key: Key) -> _Record:
        record = self._records.get(key)
        if record is None:
            record = _Record()
            self._records.put(key, record)
        return record
