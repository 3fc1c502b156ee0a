"""Guards that count together: each tells the others what it has counted.

It does so a few times a second. Until then somebody who goes from server to server is counted by
each alone, and gets that many requests more.
"""

import time
from collections.abc import Callable
from typing import Final

from vezne.edge.guard_hearing import hear_news, locks_in_force
from vezne.edge.guard_news import GuardBatch
from vezne.edge.guard_visit import GuardMemory
from vezne.peers.messages import Counted, ListLocks
from vezne.peers.peers import Peers

# How old the others' counts may be.
TELL_S: Final = 0.2


class SharedGuard:
    """Connects the memory of this server's guard, which must be a shared one, with the others'.

    `now_s` is the guard's clock, in seconds.
    """

    def __init__(
        self, peers: Peers, memory: GuardMemory, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._peers = peers
        self._memory = memory
        self._now_s = now_s
        self._is_new = True
        peers.hear_with(Counted, self._hear)
        peers.answer_with(ListLocks, self._answer_locks)

    async def tell(self) -> None:
        """Tell the others what was counted since the last time: every `TELL_S`.

        At first this server hears from them who is locked out.
        """
        if self._is_new:
            self._is_new = False
            for batch in await self._peers.ask_all(ListLocks()):
                hear_news(self._memory, batch, self._now_s())
        news = self._memory.news.drain()
        if news is not None:
            self._peers.tell_all(Counted(news))

    async def _answer_locks(self, _: ListLocks) -> GuardBatch:
        return locks_in_force(self._memory, self._now_s())

    def _hear(self, told: Counted) -> None:
        hear_news(self._memory, told.batch, self._now_s())
