"""Notices a worker that lives and does nothing: its event loop has not turned for long.

Looks are counted, and not seconds: when everything was frozen for an hour, as a machine that
sleeps and a stopped session are, one look has passed for whoever looks as well.
"""

from collections.abc import Iterable
from signal import SIGKILL
from signal import Signals as Signal
from typing import Final, Protocol

from vezne.event_log import EventLog

# How often a worker gives a sign of life, and how often somebody looks for one.
BEAT_S: Final = 2.0
LOOK_S: Final = 5.0
# So many looks in a row that find none, which is half a minute: no request takes that long.
SILENT_LOOKS_MAX: Final = 6

_log = EventLog(__name__)


class Beating(Protocol):
    """A worker, as far as it matters here. It sets `silent_looks` to zero when it is heard."""

    number: int
    pid: int
    is_ready: bool
    silent_looks: int

    def signal(self, number: Signal) -> None:
        """Send it a signal."""


class Liveness:
    """Looks at workers from time to time. Times are in seconds of the caller's clock."""

    def __init__(self) -> None:
        self._look_s = 0.0

    def look(self, workers: Iterable[Beating], now_s: float) -> None:
        """Kill who has been silent for too long, if it is time to look.

        What has been said by now must have been heard. Who is not ready yet may be silent.
        """
        if now_s < self._look_s:
            return
        self._look_s = now_s + LOOK_S
        for worker in workers:
            if not worker.is_ready:
                continue
            worker.silent_looks += 1
            if worker.silent_looks > SILENT_LOOKS_MAX:
                _log.error("a worker hangs: killed", worker=worker.number, process=worker.pid)
                worker.signal(SIGKILL)

    def due_s(self, now_s: float) -> float:
        """In how many seconds it is time to look."""
        return max(self._look_s - now_s, 0.0)
