"""Delete what is past its time: from the books, and of cards from the vault as well.

Cards are found by reading all of them, in the order in which they stand: an index by expiry would
be written in a hundred places at once, with every card that is stored. As a card expires with its
month, reading them once a day is early enough, and takes less than indexing them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.card import CardScope, StoredCard
from vezne.core.merchant import Merchant
from vezne.core.ports import Audit, Ports
from vezne.core.retention import (
    DAY_MS,
    ORPHAN_AGE_MS,
    CardPlace,
    DataClass,
    OldRecords,
    Retention,
    Swept,
    is_past_keeping,
)
from vezne.core.sketch import TokenSketch
from vezne.flows.merchant_time import ports_at

# Rows that are read or deleted at a time, so that no request waits longer than milliseconds,
BATCH: Final = 200
# and how long requests have the books for themselves between two batches.
PAUSE_S: Final = 0.01
_TIME_BYTES: Final = 6

# Is told how many more cards were looked at.
Progress = Callable[[int], None]


class Sweep:
    """What a sweep works with. A rehearsal counts and deletes nothing.

    `orphans_max` is how many numbers without a card it deletes of a merchant; with more it deletes
    none. None: any number.
    """

    def __init__(
        self,
        retention: Retention,
        old: OldRecords,
        audit: Audit,
        ports: Ports,
        *,
        orphans_max: int | None,
        is_rehearsal: bool = False,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.retention = retention
        self.old = old
        self.audit = audit
        self.ports = ports
        self.orphans_max = orphans_max
        self.is_rehearsal = is_rehearsal
        self.pause_s = pause_s

    async def rest(self) -> None:
        """Let others work."""
        await asyncio.sleep(self.pause_s)

    async def tell(self, swept: Swept) -> Swept:
        """Put what was deleted into the trail. Raises AuditFailure."""
        if swept.count and not self.is_rehearsal:
            self.audit.record(
                AuditEvent(
                    action=AuditAction.SWEPT,
                    merchant_id=swept.merchant_id,
                    subject=swept.data.value,
                    count=swept.count,
                )
            )
            await self.audit.settled()
        return swept


async def sweep_records(sweep: Sweep, merchants: Sequence[Merchant]) -> list[Swept]:
    """Delete sessions, idempotency keys and notices that are past their time.

    Raises AuditFailure.
    """
    old, ports, retention = sweep.old, sweep.ports, sweep.retention
    now_ms = ports.clock.now_ms()
    over_ms = now_ms - retention.sessions_days * DAY_MS
    swept = [
        await _sweep(
            sweep,
            DataClass.SESSIONS,
            lambda: old.count_sessions(over_ms),
            lambda: old.remove_sessions(over_ms, BATCH),
        ),
        await _sweep(
            sweep,
            DataClass.ONCE_KEYS,
            lambda: old.count_once_keys(now_ms),
            lambda: old.remove_once_keys(now_ms, BATCH),
        ),
    ]
    for merchant in merchants:
        told_ms = ports_at(merchant, ports).clock.now_ms() - retention.notices_days * DAY_MS
        swept.append(await _sweep_notices(sweep, merchant, told_ms))
    return swept


async def _sweep_notices(sweep: Sweep, merchant: Merchant, told_ms: int) -> Swept:
    return await _sweep(
        sweep,
        DataClass.NOTICES,
        lambda: sweep.old.count_notices(merchant.id, told_ms),
        lambda: sweep.old.remove_notices(merchant.id, told_ms, BATCH),
        merchant.id,
    )


async def _sweep(
    sweep: Sweep,
    data: DataClass,
    count: Callable[[], Awaitable[int]],
    remove: Callable[[], Awaitable[int]],
    merchant_id: int = 0,
) -> Swept:
    if sweep.is_rehearsal:
        return Swept(data=data, merchant_id=merchant_id, count=await count())
    removed = 0
    while taken := await remove():
        removed += taken
        await sweep.rest()
    return await sweep.tell(Swept(data=data, merchant_id=merchant_id, count=removed))


async def sweep_cards(
    sweep: Sweep, merchant: Merchant, on_progress: Progress | None = None
) -> list[Swept]:
    """Delete a merchant's cards that expired too long ago, and numbers that no card names.

    A card goes from the books first, then its number from the vault, as when it is deleted by its
    merchant. The clock of expiry is the merchant's. Raises AuditFailure.
    """
    named = TokenSketch()
    begun_ms = sweep.ports.clock.now_ms()
    removed, place = 0, (b"", b"")
    while cards := await sweep.old.list_cards_after(merchant.id, place, BATCH):
        place = _place_of(cards[-1])
        expired = [card for card in cards if _is_past(sweep, merchant, card)]
        for card in cards:
            named.add(card.token)
        removed += await _remove(sweep, expired)
        if on_progress is not None:
            on_progress(len(cards))
        await sweep.rest()
    swept = Swept(data=DataClass.EXPIRED_CARDS, merchant_id=merchant.id, count=removed)
    await sweep.tell(swept)
    return [swept, await _sweep_orphans(sweep, merchant, named, begun_ms - ORPHAN_AGE_MS)]


def _place_of(card: StoredCard) -> CardPlace:
    return card.owner_key, card.token


def _is_past(sweep: Sweep, merchant: Merchant, card: StoredCard) -> bool:
    days = sweep.retention.expired_cards_days
    now_ms = ports_at(merchant, sweep.ports).clock.now_ms()
    return days is not None and is_past_keeping(card.expiry, now_ms, days)


async def _remove(sweep: Sweep, cards: Sequence[StoredCard]) -> int:
    """Delete cards; returns how many. One that was renewed or deleted meanwhile is left alone."""
    if sweep.is_rehearsal:
        return len(cards)
    is_gone = await asyncio.gather(*(sweep.old.remove_card(card) for card in cards))
    removed = [card for card, gone in zip(cards, is_gone, strict=True) if gone]
    await asyncio.gather(
        *(
            sweep.ports.vault.forget(card.merchant_id, card.token)
            for card in removed
            if card.scope is CardScope.PAYMENT
        )
    )
    return len(removed)


async def _sweep_orphans(
    sweep: Sweep, merchant: Merchant, named: TokenSketch, before_ms: int
) -> Swept:
    """Delete numbers of before a time that no card of the books names."""
    orphans: list[bytes] = []
    last = b""
    vault = sweep.ports.vault
    while tokens := await vault.list_tokens(merchant.id, last, BATCH):
        last = tokens[-1]
        orphans += [
            token
            for token in tokens
            if int.from_bytes(token[:_TIME_BYTES], "big") < before_ms and token not in named
        ]
        await sweep.rest()
    is_many = sweep.orphans_max is not None and len(orphans) > sweep.orphans_max
    if is_many:
        return Swept(data=DataClass.ORPHANS, merchant_id=merchant.id, count=0, left=len(orphans))
    for start in range(0, 0 if sweep.is_rehearsal else len(orphans), BATCH):
        batch = orphans[start : start + BATCH]
        await asyncio.gather(*(vault.forget(merchant.id, token) for token in batch))
        await sweep.rest()
    return await sweep.tell(
        Swept(data=DataClass.ORPHANS, merchant_id=merchant.id, count=len(orphans))
    )
