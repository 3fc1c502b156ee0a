"""Requests that are sent again, word for word, by somebody who has listened.

A signature proves who wrote a request, not when. Its random key is new for every request of an
official client, so one that comes a second time was copied; a switch has them refused. Clocks of
callers play no part in it, for no signature names a time.
"""

import hashlib
from collections import OrderedDict
from typing import Final

from vezne.core.ports import Clock

# About a hundred requests a second for half an hour; beyond it the oldest are forgotten.
SEEN_MAX: Final = 200_000
_MINUTE_MS: Final = 60_000
_MARK_BYTES: Final = 16


class RandomKeys:
    """The random keys that callers have used in the last minutes, in the memory of the process."""

    def __init__(self, minutes: int, clock: Clock, seen_max: int = SEEN_MAX) -> None:
        self._life_ms = minutes * _MINUTE_MS
        self._clock = clock
        self._seen_max = seen_max
        self._seen_ms: OrderedDict[bytes, int] = OrderedDict()

    def is_repeated(self, key: str, random_key: bytes) -> bool:
        """Whether the caller with an API key has used a random key lately; now it has."""
        now_ms = self._clock.now_ms()
        # A random key may be as long as a header; what is kept of it is not.
        text = b"%b\n%b" % (key.encode(), random_key)
        mark = hashlib.blake2b(text, digest_size=_MARK_BYTES).digest()
        self._forget(now_ms)
        if mark in self._seen_ms:
            return True
        self._seen_ms[mark] = now_ms
        return False

    def _forget(self, now_ms: int) -> None:
        """Drop what is too old, and the oldest when there is too much."""
        seen_ms = self._seen_ms
        while seen_ms:
            oldest_ms = next(iter(seen_ms.values()))
            if now_ms - oldest_ms < self._life_ms and len(seen_ms) < self._seen_max:
                return
            seen_ms.popitem(last=False)
