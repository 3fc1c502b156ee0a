"""Cards in transit: numbers and security codes held in memory while a request lasts.

Whoever lifted a card releases it when the request ends. The bounds on age and count are the net
beneath that, checked whenever a card comes in or is asked for. Nothing here touches a disk.
"""

from typing import Final

import msgspec

from vezne.core.ports import CardGone, Clock
from vezne.vault.pan import Cvv, Pan

# The longest that a security code may wait for its authorization answer.
AGE_MAX_MS: Final = 15 * 60 * 1000

# Far more than requests can be in flight at once; a few megabytes.
COUNT_MAX: Final = 10_000


class _Held(msgspec.Struct, gc=False):
    pan: Pan | None
    cvv: Cvv | None
    expires_ms: int


class Transit:
    """What the vault holds for the requests of this process. Zero is never a transit id."""

    def __init__(
        self, clock: Clock, *, age_max_ms: int = AGE_MAX_MS, count_max: int = COUNT_MAX
    ) -> None:
        self._clock = clock
        self._age_max_ms = age_max_ms
        self._count_max = count_max
        self._held: dict[int, _Held] = {}
        self._last_id = 0
        # Nothing that is held is too old before.
        self._due_ms = 0

    def __len__(self) -> int:
        return len(self._held)

    def count_from(self, last_id: int) -> None:
        """Give out ids that follow this one.

        For a vault whose ids outlive it elsewhere: an id of the process before must name no card of
        this one's, so each begins at a random number.
        """
        self._last_id = last_id

    def hold(self, pan: Pan | None, cvv: Cvv | None) -> int:
        """Take over a card; returns its transit id. The oldest one gives way when full."""
        expires_ms = self.sweep() + self._age_max_ms
        held = self._held
        if not held:
            self._due_ms = expires_ms
        elif len(held) >= self._count_max:
            self.release(next(iter(held)))
        self._last_id = transit_id = self._last_id + 1
        held[transit_id] = _Held(pan, cvv, expires_ms)
        return transit_id

    def find(self, transit_id: int | None) -> tuple[Pan | None, Cvv | None]:
        """The number and the security code under an id, as far as there are any."""
        self.sweep()
        held = self._held.get(transit_id or 0)
        return (None, None) if held is None else (held.pan, held.cvv)

    def pan(self, transit_id: int | None) -> Pan:
        """The number under an id. Raises CardGone."""
        self.sweep()
        held = self._held.get(transit_id or 0)
        if held is None or held.pan is None:
            raise CardGone("no card number in transit")
        return held.pan

    def cvv(self, transit_id: int | None) -> Cvv:
        """The security code under an id. Raises CardGone."""
        _, cvv = self.find(transit_id)
        if cvv is None:
            raise CardGone("no security code in transit")
        return cvv

    def drop_cvv(self, transit_id: int | None) -> None:
        """Wipe a security code that has served (PCI DSS v4.0.1 3.3.1), if there is one."""
        held = self._held.get(transit_id or 0)
        if held is not None and held.cvv is not None:
            held.cvv.wipe()
            held.cvv = None

    def release(self, transit_id: int) -> None:
        """Wipe what is held under an id. Safe to call twice."""
        held = self._held.pop(transit_id, None)
        if held is None:
            return
        if held.pan is not None:
            held.pan.wipe()
        if held.cvv is not None:
            held.cvv.wipe()

    def sweep(self) -> int:
        """Release every card that is too old; returns the time."""
        now_ms = self._clock.now_ms()
        if now_ms >= self._due_ms:
            self._release_until(now_ms)
        return now_ms

    def _release_until(self, now_ms: int) -> None:
        while self._held:
            oldest = next(iter(self._held))
            expires_ms = self._held[oldest].expires_ms
            if expires_ms > now_ms:
                self._due_ms = expires_ms
                break
            self.release(oldest)
