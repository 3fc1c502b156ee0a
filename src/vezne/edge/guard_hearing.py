"""Counting what the guards of other servers have counted, without telling of it again."""

from itertools import islice
from typing import Final, cast

from vezne.edge.guard_memory import CLEARED, EASED, FAILED, LOCKED
from vezne.edge.guard_news import (
    ATTEMPT,
    DECLINE,
    GOOD_CARD,
    PROOF,
    SAID,
    STRANGER,
    VISIT,
    GuardBatch,
    Key,
    sendable,
)
from vezne.edge.guard_visit import GuardMemory, Pair

# Of how many lock-outs a new server is told; more are in force under the worst of attacks only.
LOCKS_MAX: Final = 10_000


def hear_news(memory: GuardMemory, batch: GuardBatch, now_s: float) -> None:
    """Add another server's counts to a memory that is shared. Nobody hears of lock-outs.

    What is not understood is left out.
    """
    memory.news.hush(is_hushed=True)
    try:
        for what, key, times in batch.counts:
            _count(memory, what, key, times, now_s)
        for what, where, key, amount in batch.events:
            if where in memory.lockouts:
                _fail(memory, what, where, key, amount, now_s)
            elif what == SAID and where in memory.said:
                memory.said[where].put(key, now_s)
            elif what == GOOD_CARD:
                memory.card_of(_tag(key)).approved_s = now_s
    finally:
        memory.news.hush(is_hushed=False)


def locks_in_force(memory: GuardMemory, now_s: float) -> GuardBatch:
    """The lock-outs of a memory, for a server that has just been started."""
    found = (
        (LOCKED, where, sendable(key), left_s)
        for where, lockout in memory.lockouts.items()
        for key, left_s in lockout.locked(now_s)
    )
    return GuardBatch([], list(islice(found, LOCKS_MAX)))


def _count(memory: GuardMemory, what: str, key: Key, times: int, now_s: float) -> None:
    """Requests and attempts that were let through elsewhere."""
    if what == STRANGER:
        memory.by_address.count(memory.stranger_at(str(key[0])), now_s, times)
    elif what == VISIT:
        known = memory.known.get(cast(Pair, key))
        if known is not None:
            memory.by_address.count(known.requests, now_s, times)
    elif what == PROOF:
        pair = cast(Pair, key)
        known = memory.known.get(pair) or memory.get_to_know(pair)
        known.proven_s = now_s
        memory.by_key.count(known.of_key, now_s, times)
    elif what == ATTEMPT:
        memory.by_card.count(memory.card_of(_tag(key)).attempts, now_s, times)
    elif what == DECLINE:
        memory.by_decline.count(memory.card_of(_tag(key)).declines, now_s, times)


def _fail(
    memory: GuardMemory, what: str, where: str, key: Key, amount: float, now_s: float
) -> None:
    """What a lockout tells of."""
    lockout = memory.lockouts[where]
    if what == FAILED:
        lockout.fail(key, now_s, weight=int(amount))
    elif what == LOCKED:
        lockout.lock(key, now_s, amount)
    elif what == EASED:
        lockout.ease(key, weight=int(amount))
    elif what == CLEARED:
        lockout.clear(key)


def _tag(key: Key) -> bytes:
    return cast(bytes, key[0])
