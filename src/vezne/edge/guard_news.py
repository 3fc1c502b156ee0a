"""What a guard has counted lately, for the guards of other servers that share the work.

Nothing here is worth a disk: addresses, digests of names, and the tags that vaults give to cards.
"""

from collections import Counter
from typing import Any, Final

import msgspec

Key = tuple[str | bytes, ...]

# What is counted one by one: requests of strangers at an address, of an address that is known to
# have a key, and of the key itself; attempts on a card and declines of it.
STRANGER: Final = "stranger"
VISIT: Final = "visit"
PROOF: Final = "proof"
ATTEMPT: Final = "attempt"
DECLINE: Final = "decline"
# What is told in its order, beside what lockouts tell of: that a bank has approved a card, and that
# it has said a thing of it that does not count twice.
GOOD_CARD: Final = "good card"
SAID: Final = "said"


# A key as it is read: msgspec knows no type for what may be text or bytes.
_ReadKey = tuple[Any, ...]


class GuardBatch(msgspec.Struct, frozen=True, array_like=True):
    """What happened in a while. An event is what it is, where, of which key, and how much."""

    counts: list[tuple[str, _ReadKey, int]]
    events: list[tuple[str, str, _ReadKey, float]]


class GuardNews:
    """Collects what is counted, if anybody wants to know."""

    __slots__ = ("_counts", "_events", "_is_open")

    def __init__(self, *, is_wanted: bool) -> None:
        self._is_open = is_wanted
        self._counts: Counter[tuple[str, Key]] = Counter()
        self._events: list[tuple[str, str, Key, float]] = []

    def count(self, what: str, key: Key) -> None:
        """Something was counted once."""
        if self._is_open:
            self._counts[what, key] += 1

    def tell(self, where: str, what: str, key: Key, amount: float = 0.0) -> None:
        """Something has happened."""
        if self._is_open:
            self._events.append((what, where, key, amount))

    def hush(self, *, is_hushed: bool) -> None:
        """Collect nothing, or again: what others have told must not go back to them."""
        self._is_open = not is_hushed

    def drain(self) -> GuardBatch | None:
        """What was collected since the last time; None: nothing."""
        if not self._counts and not self._events:
            return None
        batch = GuardBatch(
            [(what, sendable(key), times) for (what, key), times in self._counts.items()],
            [(what, where, sendable(key), amount) for what, where, key, amount in self._events],
        )
        self._counts.clear()
        self._events.clear()
        return batch


def sendable(key: Key) -> Key:
    """A key as it can be sent: what a caller names as an address may be no proper text."""
    return tuple(
        part if isinstance(part, bytes) or part.isascii() else part.encode("utf-8", "replace")
        for part in key
    )
