"""What happened in a run, in order: the last events for people, a hash of all for comparison."""

from collections import deque
from hashlib import blake2b

from tools.sim.virtual_time import VirtualLoop

_KEPT = 60


class EventLog:
    """The log of a run."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._hash = blake2b(digest_size=16)
        self._last: deque[tuple[float, str, object]] = deque(maxlen=_KEPT)
        self.count = 0

    def note(self, what: str, about: object = "") -> None:
        """Write an event down."""
        self.count += 1
        now_s = self._loop.now_s
        self._last.append((now_s, what, about))
        self._hash.update(f"{now_s!r} {what} {about}\n".encode())

    def digest(self) -> str:
        """What two runs have in common when they are the same."""
        return self._hash.hexdigest()

    def last(self, count: int) -> list[str]:
        """The last events, oldest first."""
        kept = list(self._last)[-count:]
        return [" ".join(f"{now_s:.4f} {what} {about}".split()) for now_s, what, about in kept]
