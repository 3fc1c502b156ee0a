"""The gate before the doors: when the process falls behind, a share of what is new is refused.

How many requests are under way says nothing: a slow bank keeps thousands waiting at no cost. What
counts is how long something waits for its turn at what there is one of: the event loop, and the
commits of a database. Nothing is measured while nobody asks.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Final

import msgspec

from vezne.core.ports import Audit, AuditFailure
from vezne.edge.guard_tallies import Tallies
from vezne.edge.messages import BadRequest, Door, Outcome, Response

# The smaller of the mean waits of two intervals says how far behind the process is: a burst ends
# within one, a queue that stands does not (the idea of CoDel, RFC 8289).
INTERVAL_S: Final = 0.2
# A payment stands in line about so often: at the loop, for a group of changes, for the trail. What
# is measured is one such wait, what a caller feels is all of them.
TURNS: Final = 10
# With fewer under way nobody is refused, however slow the machine is: so many are no crowd, but
# the tests of a shop that run side by side on a laptop which has other things to do.
FEW: Final = 96
# How much the share grows in an interval for a wait that is twice what it may be, and for one that
# has grown by as much (PIE, RFC 8033, 4.2, whose second factor is ten times the first as well).
_GAIN: Final = 0.05
_GAIN_OF_GROWTH: Final = 0.5
# A wait counts for no more than so many times what it may be: after a stall the way back is short.
_EXCESS_MAX: Final = 3.0
# Some are let in however far the process is behind: their wait is what tells when it has caught up.
SHARE_MAX: Final = 0.98
# What finishes something that has begun is refused only when it is so many times further behind.
PATIENCE: Final = 4.0
# Without a wait in so many intervals nobody was there.
_INTERVALS_IDLE: Final = 5
# For so long, times the share, a refusal is kept back. It costs nothing but a timer meanwhile.
PAUSE_MAX_S: Final = 0.5
# Those who are refused come again after one, two or three seconds, and not all at once.
_RETRY_S: Final = 1
_RETRY_SPREAD_S: Final = 3
# The fractional parts of its multiples are spread evenly (Weyl), in every subsequence too, so that
# callers who take turns share what is refused. No sequence of requests can hit upon a period.
_GOLDEN: Final = 0.618033988749895
# As many as there are doors, and more.
_SUBJECTS_MAX: Final = 16
BEHIND: Final = "the server is behind"

BehindS = Callable[[], float]


class ControlLaw:
    """Which share of new requests to refuse, from how long things wait, in seconds.

    The share grows while waits are longer than `wait_s_max` for two intervals, the more so while
    they grow, and falls when they are shorter. It is never above `SHARE_MAX`.
    """

    __slots__ = (
        "_begun_s",
        "_count",
        "_heard_s",
        "_mean_s",
        "_sum_s",
        "_wait_s_max",
        "lag_s",
        "share",
    )

    def __init__(self, wait_s_max: float) -> None:
        self.share = 0.0
        # The smaller of the mean waits of the last two whole intervals.
        self.lag_s = 0.0
        self._wait_s_max = wait_s_max
        self._mean_s = self._sum_s = 0.0
        self._count = 0
        self._begun_s = self._heard_s = -1.0

    @property
    def is_far_behind(self) -> bool:
        """Whether even what should be finished has to wait outside."""
        return self.lag_s > PATIENCE * self._wait_s_max

    def hear(self, wait_s: float, now_s: float) -> None:
        """Something waited so long for its turn. `now_s` never goes back."""
        if self._begun_s < 0 or now_s - self._heard_s > _INTERVALS_IDLE * INTERVAL_S + wait_s:
            self.share = self.lag_s = self._mean_s = self._sum_s = 0.0
            self._begun_s, self._count = now_s, 0
        self._heard_s = now_s
        self._sum_s += wait_s
        self._count += 1
        if now_s - self._begun_s >= INTERVAL_S:
            mean_s = self._sum_s / self._count
            self._decide(min(mean_s, self._mean_s))
            self._begun_s, self._count = now_s, 0
            self._mean_s, self._sum_s = mean_s, 0.0

    def _decide(self, lag_s: float) -> None:
        excess = min(lag_s / self._wait_s_max - 1.0, _EXCESS_MAX)
        growth = (lag_s - self.lag_s) / self._wait_s_max
        self.lag_s = lag_s
        if excess <= 0 and not self.share:
            # A queue that grows below the limit is what queues are for.
            return
        step = _GAIN * excess + _GAIN_OF_GROWTH * max(min(growth, 1.0), -1.0)
        self.share = min(max(self.share + step, 0.0), SHARE_MAX)


class LoadGate:
    """Says of each request whether it may come in, and answers for those that may not.

    `behind` are the waits, in seconds, at what there is one of beside the event loop of this
    process, each as it is now. What is refused leaves one line a minute for each door in the trail,
    with how many. With `lag_ms_max` 0 everybody comes in, always.
    """

    def __init__(self, lag_ms_max: int, behind: Sequence[BehindS], audit: Audit) -> None:
        self._law = ControlLaw(lag_ms_max / 1000) if lag_ms_max else None
        self._behind = behind
        self._tallies = Tallies(audit, time.monotonic, _SUBJECTS_MAX)
        self._is_probing = False
        self._draw = 0.0
        self._refused = 0
        # How many requests are being answered.
        self.under_way = 0

    @property
    def lag_s(self) -> float:
        """How far the process is behind, as last measured."""
        return 0.0 if self._law is None else self._law.lag_s

    @property
    def share(self) -> float:
        """Which share of new requests is refused now."""
        return 0.0 if self._law is None else self._law.share

    def admits(self, *, is_last: bool = False) -> bool:
        """Whether a request may come in. `is_last`: it finishes what has begun."""
        law = self._law
        if law is None:
            return True
        if not self._is_probing:
            self._is_probing = True
            # What is put in line now has its turn after all that stands there already.
            asyncio.get_running_loop().call_soon(self._probe, time.monotonic())
        if not law.share or self.under_way < FEW:
            return True
        if is_last:
            return not law.is_far_behind
        self._draw = (self._draw + _GOLDEN) % 1.0
        return self._draw >= law.share

    async def refuse(self, door: Door, request: BadRequest) -> Response:
        """The door's answer to a request that does not come in, with when to try again.

        It comes after a pause: whoever is refused at once asks again at once, and saying no would
        take the time that those need who were let in.
        """
        self._note(door.name)
        await asyncio.sleep(self.share * PAUSE_MAX_S)
        response = door.overloaded(request)
        return msgspec.structs.replace(
            response,
            headers=(*response.headers, self._wait()),
            outcome=Outcome.OVERLOADED,
        )

    def refuse_page(self, page: Response) -> Response:
        """A page that says to a browser that it does not come in, with when to try again."""
        self._note("browser")
        return msgspec.structs.replace(
            page, headers=(*page.headers, self._wait()), outcome=Outcome.OVERLOADED
        )

    def tell_of_rest(self) -> None:
        """Say how many were refused since that was last said: for when the server stops."""
        self._tallies.tell()

    def _probe(self, begun_s: float) -> None:
        self._is_probing = False
        now_s = time.monotonic()
        behind_s = max((each() for each in self._behind), default=0.0)
        if self._law is not None:
            self._law.hear(TURNS * (now_s - begun_s + behind_s), now_s)

    def _note(self, subject: str) -> None:
        self._refused += 1
        # What is said of many is nobody's doing; and a count that cannot be told stays counted.
        with suppress(AuditFailure):
            Context().run(self._tallies.count, BEHIND, subject)

    def _wait(self) -> tuple[bytes, bytes]:
        """Retry-After (RFC 9110, 10.2.3), in seconds."""
        return b"retry-after", b"%d" % (_RETRY_S + self._refused % _RETRY_SPREAD_S)
