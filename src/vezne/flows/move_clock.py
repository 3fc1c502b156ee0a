"""Move a merchant's time, which the sandbox lets its users do.

It goes ahead as far as they like; back only to the real time, and what happened meanwhile stays.
"""

from collections.abc import Callable
from typing import Final

from vezne.core.changes import HastenNotices
from vezne.core.merchant import Merchant
from vezne.core.ports import Clock, MerchantClocks, Ports
from vezne.flows.recover import recover
from vezne.flows.uncertain import list_uncertain

_DAY_MS: Final = 86_400_000
# Ten years: cards have expired by then, and holidays are known that far.
AHEAD_MAX_MS: Final = 3653 * _DAY_MS
# Two that move one clock at once wait for each other; more than a few are a fault of the caller.
TRIES_MAX: Final = 20


class ClockGoesBack(Exception):
    """The merchant's time is later already."""


class ClockTooFar(Exception):
    """The merchant's time would be too far ahead."""


class ClockContested(Exception):
    """Others kept moving the clock at the same time."""


async def advance_clock(
    merchant_id: int, by_ms: int, clocks: MerchantClocks, *, instead_of_ms: int | None = None
) -> Merchant:
    """Move a merchant's time ahead. Raises ClockTooFar, ClockContested.

    With `instead_of_ms` only if the merchant is that far ahead so far: whoever asks twice by
    mistake moves it once.
    """

    def ahead(offset_ms: int) -> int:
        if instead_of_ms not in (None, offset_ms):
            raise ClockContested
        return offset_ms + by_ms

    return await _move(merchant_id, clocks, ahead)


async def set_clock(merchant_id: int, at_ms: int, clocks: MerchantClocks, clock: Clock) -> Merchant:
    """Make it a certain time for a merchant. Raises ClockGoesBack, ClockTooFar, ClockContested."""

    def ahead(offset_ms: int) -> int:
        moved_ms = at_ms - clock.now_ms()
        if moved_ms < offset_ms:
            raise ClockGoesBack
        return moved_ms

    return await _move(merchant_id, clocks, ahead)


async def reset_clock(merchant_id: int, clocks: MerchantClocks, ports: Ports) -> Merchant:
    """Give a merchant the real time again. Raises ClockContested.

    `ports` have the real clock. The bank is asked at once about every attempt that it has not
    answered, and every notice that waits for its next try is tried: the time at which that was to
    be done lies far ahead now.
    """
    before = await _find(merchant_id, clocks)
    merchant = await _move(merchant_id, clocks, lambda _: 0)
    if before.clock_offset_ms:
        async for payment in list_uncertain(before, ports):
            await recover(payment, ports)
        await ports.books.apply([HastenNotices(merchant_id, ports.clock.now_ms())])
    return merchant


async def _move(merchant_id: int, clocks: MerchantClocks, moved: Callable[[int], int]) -> Merchant:
    """Change how far a merchant is ahead, by what it is now."""
    for _ in range(TRIES_MAX):
        merchant = await _find(merchant_id, clocks)
        before_ms = merchant.clock_offset_ms
        offset_ms = moved(before_ms)
        if offset_ms > AHEAD_MAX_MS:
            raise ClockTooFar
        if await clocks.change_clock(merchant_id, offset_ms, instead_of_ms=before_ms):
            return await _find(merchant_id, clocks)
    raise ClockContested


async def _find(merchant_id: int, clocks: MerchantClocks) -> Merchant:
    merchant = await clocks.find_merchant(merchant_id)
    if merchant is None:
        raise LookupError(f"there is no merchant {merchant_id}")
    return merchant
