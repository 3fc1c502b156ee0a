"""What becomes due without anybody's asking: unanswered attempts, money, and payouts."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from vezne.core.calendar import days_later
from vezne.core.changes import Change, Conflict
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment
from vezne.core.payout import next_payout_ms
from vezne.core.ports import Ports
from vezne.core.settlement import settle
from vezne.flows.merchant_time import ports_at
from vezne.flows.payout import pay_out, skip_idle_days
from vezne.flows.record import changes_of
from vezne.flows.recover import recover

# Bounds how many payments are in memory at a time.
DUE_MAX: Final = 100


async def catch_up(merchant: Merchant, ports: Ports, *, count_max: int | None = None) -> int:
    """Do what is due for a merchant until nothing more is, in the order in which it became due.

    When several days have passed, each business day between has the payouts of its own, with what
    was available by then. Returns how many payments were looked at; from `count_max` on no more
    are.
    """
    books = ports.books
    done = 0
    while count_max is None or done < count_max:
        now_ms = ports_at(merchant, ports).clock.now_ms()
        paid_until_ms = await books.find_paid_until(merchant.id)
        since_ms = merchant.created_ms if paid_until_ms is None else paid_until_ms
        if since_ms > now_ms:
            # The clock was moved back. Today's payouts are made, those of later days not yet.
            since_ms = days_later(now_ms, -1)
        day_ms = next_payout_ms(since_ms)
        found = await look_at_due(merchant, ports, until_ms=day_ms)
        if not found:
            if now_ms < day_ms:
                break
            if not await skip_idle_days(merchant, ports, paid_until_ms, now_ms):
                await pay_out(merchant, ports, value_ms=day_ms, paid_until_ms=paid_until_ms)
        done += found
        # Requests first.
        await asyncio.sleep(0)
    return done


async def look_at_due(merchant: Merchant, ports: Ports, *, until_ms: int | None = None) -> int:
    """Look at the merchant's payments that are due, up to `DUE_MAX`; returns how many there were.

    With `until_ms` only at those that are due by then. None is due again at once: each attempt's
    next inquiry lies ahead, and money becomes due once.
    """
    there = ports_at(merchant, ports)
    now_ms = there.clock.now_ms()
    due = await there.books.list_due_payments(
        merchant.id, until_ms=now_ms if until_ms is None else min(now_ms, until_ms), limit=DUE_MAX
    )
    # Side by side: a silent bank takes its time for each.
    await asyncio.gather(
        *(recover(payment, there) for payment in due if payment.open_attempt is not None)
    )
    await _settle(
        [
            _settled(payment, payment.due_ms)
            for payment in due
            if payment.open_attempt is None and payment.due_ms is not None
        ],
        there,
    )
    return len(due)


async def _settle(batches: Sequence[list[Change]], ports: Ports) -> None:
    """Book that money has become due, all at once unless somebody interferes."""
    if batches and not await _is_booked(chain.from_iterable(batches), ports) and len(batches) > 1:
        for batch in batches:
            await _is_booked(batch, ports)


async def _is_booked(changes: Iterable[Change], ports: Ports) -> bool:
    """Book it; False when somebody refunds a payment just now, which then stays due."""
    try:
        await ports.books.apply(list(changes))
    except Conflict:
        return False
    return True


def _settled(payment: Payment, due_ms: int) -> list[Change]:
    """The changes by which money becomes due at its own time, however late somebody looks."""
    return changes_of(payment, settle(payment, due_ms), due_ms)
