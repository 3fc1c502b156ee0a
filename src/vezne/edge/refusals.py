"""Lines of the trail about requests that were refused (PCI DSS v4.0.1 10.2.1.4)."""

import asyncio
import contextvars
from collections.abc import Mapping
from typing import Final

from vezne.core.audit import AuditAction, AuditEvent, Origin
from vezne.core.ports import Audit, AuditFailure
from vezne.edge.logs import mask_digits
from vezne.edge.messages import Outcome, Response

# Whoever has proven nothing must not be able to fill the disk: what goes beyond this in a second
# is counted, and gets one line.
LINES_A_SECOND_MAX: Final = 100
_NAME_LENGTH_MAX: Final = 64
HINT_LENGTH: Final = 8
# More is not looked at: masking takes time, and a caller may send a megabyte of digits.
_LOOKED_AT_MAX: Final = 2 * _NAME_LENGTH_MAX
_OF_NUMBERS: Final = "0123456789 -"
_ACTIONS: Final[Mapping[Outcome, AuditAction]] = {
    Outcome.REFUSED: AuditAction.REQUEST_REFUSED,
    Outcome.UNAUTHENTICATED: AuditAction.LOGIN_FAILED,
}


def show_claim(name: str) -> str:
    """A name as the trail may have it: whoever chooses it may choose a card number.

    Masked first and cut then, since nothing finds half a number (PCI DSS v4.0.1 3.4.1, 10.3.1).
    """
    looked_at = name[:_LOOKED_AT_MAX]
    if len(name) > _LOOKED_AT_MAX:
        looked_at = looked_at.rstrip(_OF_NUMBERS)
    return mask_digits(looked_at)[:_NAME_LENGTH_MAX]


def hinted(name: str) -> str:
    """The beginning of a name that nobody has: it may be a secret, or a signature, with a slip."""
    shown = show_claim(name)
    return shown if len(shown) <= HINT_LENGTH else f"{shown[:HINT_LENGTH]}…"


class Refusals:
    """Writes them; whoever is turned away by the guard is the guard's to tell of."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._lines = 0
        self._uncounted = 0
        self._second: asyncio.TimerHandle | None = None

    def note(self, origin: Origin, response: Response) -> None:
        """Record a refusal, if the response is one. Raises AuditFailure."""
        action = _ACTIONS.get(response.outcome)
        if action is None:
            return
        if not origin.caller and not self._has_room():
            self._uncounted += 1
            return
        self._audit.record(
            AuditEvent(
                action=action,
                is_success=False,
                subject=show_claim(origin.caller) or hinted(origin.claimed),
                reason=response.reason,
            )
        )

    def _has_room(self) -> bool:
        if self._second is None:
            # The count is of many: it must not stand under the address of whoever came first.
            context = contextvars.Context()
            loop = asyncio.get_running_loop()
            self._second = loop.call_later(1.0, self._end_second, context=context)
        self._lines += 1
        return self._lines <= LINES_A_SECOND_MAX

    def _end_second(self) -> None:
        self._second = None
        self._lines = 0
        count, self._uncounted = self._uncounted, 0
        if not count:
            return
        event = AuditEvent(
            action=AuditAction.REQUEST_REFUSED,
            is_success=False,
            reason="more than a line each is kept of in a second",
            count=count,
        )
        try:
            self._audit.record(event)
        except AuditFailure:
            # They are told of with those of the next second.
            self._uncounted += count
