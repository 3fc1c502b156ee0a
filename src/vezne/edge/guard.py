"""The guard at the doors: who asks too often or guesses is turned away for a while.

It stands between the edge and the handlers of a door. What it counts, it counts by

* **address**: requests, and callers that could not prove who they said they were;
* **key**: requests of whoever proved to have it;
* **card**: attempts on one number, and how often a bank said no to it. The guard knows no number,
  only the tag that the vault gives it for as long as the process lives;
* **many cards**: different cards that banks say no to, from one address or with one key, unless
  as many are approved meanwhile. That is how stolen numbers are tried out.

An address that has proven a key lately is never locked out of that key by what others do: neither
by those who guess the same key from elsewhere nor by those who share the address. Who guesses from
many addresses gets one try at each instead of several.
"""

import math
from collections.abc import Callable

import msgspec

from vezne.core.audit import AuditAction, AuditEvent, visitor
from vezne.core.ports import Audit
from vezne.edge.guard_memory import ENTRIES_MAX
from vezne.edge.guard_tallies import Tallies
from vezne.edge.guard_visit import GuardMemory, TurnedAway, Visit
from vezne.edge.messages import Answer, Door, Handler, Outcome, Request, Response, Route
from vezne.edge.metrics import GuardFigures
from vezne.edge.refusals import show_claim
from vezne.event_log import EventLog

_log = EventLog(__name__)


class Guard:
    """Watches over doors. `now_s` is a clock that never goes back, in seconds.

    What happens is written to the audit trail (PCI DSS v4.0.1 10.2.1.4): every lock-out, and at
    most once a minute how many requests of somebody were turned away.
    """

    def __init__(
        self,
        memory: GuardMemory,
        audit: Audit,
        now_s: Callable[[], float],
        *,
        entries_max: int = ENTRIES_MAX,
        figures: GuardFigures | None = None,
    ) -> None:
        self._memory = memory
        self.figures = figures or GuardFigures()
        self._audit = audit
        self._now_s = now_s
        self._tallies = Tallies(audit, now_s, entries_max)

    def protect(self, door: Door) -> Door:
        """The door with the guard in front of every handler.

        A handler is called for an origin that has come in (`vezne.core.audit.begin_origin`).
        """
        routes = tuple(self._protected(door, route) for route in door.routes)
        return msgspec.structs.replace(door, routes=routes)

    def tell_of_rest(self) -> None:
        """Say how many were turned away since that was last said: for when the server stops."""
        self._tallies.tell()

    def _lock(self, locked_s: float, kind: str, subject: str) -> None:
        """Say that somebody is locked out, if so, for that long."""
        if not locked_s:
            return
        self.figures.locked_out[kind] += 1
        reason = f"{kind}, for {locked_s:.0f} s"
        shown = _shown(subject)
        _log.warning("locked out", subject=shown, reason=reason)
        self._audit.record(
            AuditEvent(
                action=AuditAction.LOCKED_OUT, is_success=False, subject=shown, reason=reason
            )
        )

    def _turn_away(self, door: Door, request: Request, why: TurnedAway) -> Response:
        """The answer of the door, with how long to wait (RFC 9110, 10.2.3)."""
        self.figures.turned_away[why.kind] += 1
        self._tallies.count(why.kind, _shown(why.subject))
        response = door.too_many(request)
        wait = (b"retry-after", b"%d" % max(math.ceil(why.wait_s), 1))
        return msgspec.structs.replace(
            response, headers=(*response.headers, wait), outcome=Outcome.TURNED_AWAY
        )

    def _protected(self, door: Door, route: Route) -> Route:
        return msgspec.structs.replace(route, handle=self._watching(door, route.handle))

    def _watching(self, door: Door, handle: Handler) -> Handler:
        memory, now_s, lock, name = self._memory, self._now_s, self._lock, door.name

        async def watch(request: Request) -> Answer:
            origin = visitor()
            card = request.body.card
            tag = b"" if card is None else card.tag
            origin.gate = visit = Visit(memory, name, origin.address, tag, now_s(), lock)
            try:
                answer = await handle(request)
                if isinstance(answer, Response):
                    visit.end(answer.outcome)
            except TurnedAway as why:
                return self._turn_away(door, request, why)
            return answer

        return watch


def _shown(subject: str) -> str:
    """A name as the trail may have it: an attacker chooses it, and may choose a card number."""
    return show_claim(subject)
