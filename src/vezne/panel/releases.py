"""When the money that is withheld of payments is released."""

import asyncio
from typing import Final

import msgspec

from vezne.core.calendar import midnight_after_days
from vezne.core.payment import Payment, PaymentState
from vezne.core.ports import Ports

# A merchant with more payments waiting learns the first days only.
PAYMENTS_MAX: Final = 20_000
# Documents that are read at a time: two milliseconds of it.
_STEP: Final = 100
_END_MS: Final = 2**63 - 1


class Releases(msgspec.Struct, frozen=True, kw_only=True):
    """By currency the first days on which money of the merchant itself is released.

    Days are named by their beginning, with the amount in 1e-8. What is blocked beyond them is
    released later, or waits for a person's verdict.
    """

    days: dict[str, list[tuple[int, int]]]

    def fitting(
        self, currency: str, blocked_e8: int, today_ms: int
    ) -> list[tuple[int, int]] | None:
        """The days of a currency; None where they contradict a balance, or today.

        Payments and balances are read one after the other, and may change between.
        """
        days = self.days.get(currency, [])
        is_past = any(day_ms < today_ms for day_ms, _ in days)
        if is_past or sum(amount_e8 for _, amount_e8 in days) > blocked_e8:
            return None
        return days


async def find_releases(
    merchant_id: int, ports: Ports, *, payments_max: int = PAYMENTS_MAX
) -> Releases:
    """The releases that are known from the payments that are due first.

    Each payment is due no later than its release, so whatever is released before the last of them
    is due is among them.
    """
    sums: dict[tuple[str, int], int] = {}
    until_ms, after, count = _END_MS, (0, 0), 0
    while payments := await ports.books.list_due_payments(
        merchant_id, until_ms=_END_MS, limit=_STEP, after=after
    ):
        for payment in payments:
            key = (payment.currency, midnight_after_days(payment.blockage_resolved_ms, 0))
            sums[key] = sums.get(key, 0) + _blocked_e8(payment)
        after = (payments[-1].due_ms or 0, payments[-1].number)
        count += len(payments)
        if count >= payments_max:
            # Of the last day perhaps not all are known.
            until_ms = midnight_after_days(after[0], 0)
            break
        # Whoever else works here goes on meanwhile.
        await asyncio.sleep(0)
    days: dict[str, list[tuple[int, int]]] = {}
    for (currency, day_ms), amount_e8 in sorted(sums.items()):
        if amount_e8 and day_ms < until_ms:
            days.setdefault(currency, []).append((day_ms, amount_e8))
    return Releases(days=days)


def _blocked_e8(payment: Payment) -> int:
    """What of a payment is withheld from the merchant itself."""
    if payment.state is not PaymentState.CAPTURED or payment.released_ms is not None:
        return 0
    return sum(line.blockage_e8 for line in payment.pricing.lines)
