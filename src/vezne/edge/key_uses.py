"""When each key was last used, so that nobody revokes one that is still in use."""

from collections.abc import Callable

from vezne.core.audit import Origin


class KeyUses:
    """Remembers it for keys that were proven, for as long as the process lives.

    `now_ms` is the real time. There are no more entries than keys.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last_ms: dict[tuple[int, str], int] = {}

    def note(self, origin: Origin) -> None:
        """A request is answered; if its caller has proven a key, that was used now."""
        if origin.caller:
            self._last_ms[origin.merchant_id, origin.caller] = self._now_ms()

    def last_ms(self, merchant_id: int, key: str) -> int | None:
        """When a merchant's key was last used here; None: not since the process began."""
        return self._last_ms.get((merchant_id, key))
