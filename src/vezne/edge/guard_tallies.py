"""Lines of the trail about who was turned away: one a minute for each, with how often."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Final

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.ports import Audit, AuditFailure
from vezne.edge.logs import describe_fault
from vezne.event_log import EventLog

_SAID_AGAIN_S: Final = 60.0

_log = EventLog(__name__)


class Tallies:
    """Counts them, and says how many there were: at once, then every minute, and at the end.

    `now_s` is a clock that never goes back, in seconds. Beyond `entries_max` subjects all others
    are told of together: neither memory nor trail is for an attacker to fill.
    """

    def __init__(self, audit: Audit, now_s: Callable[[], float], entries_max: int) -> None:
        self._audit = audit
        self._now_s = now_s
        self._entries_max = entries_max
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._minute: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._tallies)

    def count(self, kind: str, shown: str) -> None:
        """Somebody was turned away, for a reason of that kind. Raises AuditFailure."""
        now_s = self._now_s()
        key = kind, shown
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= self._entries_max:
                key = kind, ""
            tally = self._tallies.setdefault(key, _Tally(now_s - _SAID_AGAIN_S))
        tally.count += 1
        self._arm()
        if now_s - tally.said_s >= _SAID_AGAIN_S:
            self._say(key, tally)

    def tell(self) -> None:
        """Say what was not said yet, and forget who has not been turned away for a minute."""
        now_s = self._now_s()
        for key, tally in list(self._tallies.items()):
            if not tally.count:
                if now_s - tally.said_s >= _SAID_AGAIN_S:
                    del self._tallies[key]
                continue
            try:
                self._say(key, tally)
            except AuditFailure as failure:
                # They are told of a minute later.
                _log.error(
                    "who was turned away is missing from the trail", **describe_fault(failure)
                )
                return

    def _arm(self) -> None:
        if self._minute is None:
            # What is said then is nobody's doing, least of all that of who comes just now.
            self._minute = asyncio.get_running_loop().call_later(
                _SAID_AGAIN_S, self._end_minute, context=Context()
            )

    def _end_minute(self) -> None:
        self._minute = None
        self.tell()
        if self._tallies:
            self._arm()

    def _say(self, key: tuple[str, str], tally: "_Tally") -> None:
        kind, shown = key
        self._audit.record(
            AuditEvent(
                action=AuditAction.REQUEST_REFUSED,
                is_success=False,
                subject=shown,
                reason=f"turned away: {kind}",
                count=tally.count,
            )
        )
        tally.said_s = self._now_s()
        tally.count = 0


class _Tally:
    """How many were turned away since that was last said."""

    __slots__ = ("count", "said_s")

    def __init__(self, said_s: float) -> None:
        self.said_s = said_s
        self.count = 0
