"""How fast anybody may try: counted in memory, before a password costs us anything."""

from typing import Final

PACE_MAX: Final = 30
ADDRESSES_MAX: Final = 10_000

_MINUTE_MS: Final = 60_000


class Pace:
    """Counts tries by where they come from, anew in every minute of the clock.

    Of more addresses than `addresses_max` in one minute the later ones are not counted: what is
    kept in the books goes on counting them.
    """

    def __init__(self, *, tries_max: int = PACE_MAX, addresses_max: int = ADDRESSES_MAX) -> None:
        self._tries_max = tries_max
        self._addresses_max = addresses_max
        self._minute = 0
        self._tries: dict[str, int] = {}

    def take(self, address: str, now_ms: int) -> bool:
        """Count a try, unless there were as many as may be in this minute."""
        minute = now_ms // _MINUTE_MS
        if minute != self._minute:
            self._minute = minute
            self._tries.clear()
        tries = self._tries.get(address, 0)
        if tries >= self._tries_max:
            return False
        if tries or len(self._tries) < self._addresses_max:
            self._tries[address] = tries + 1
        return True

    def give_back(self, address: str) -> None:
        """A try was none after all."""
        if address in self._tries:
            self._tries[address] -= 1
