"""How a merchant's payments went in a span of time, counted by how they stand now."""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

from vezne.core.payable import Payable
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.standing import Standing

# The bank said yes, whatever became of the money later.
APPROVED: Final = frozenset(
    {
        Standing.AUTHORIZED,
        Standing.REVIEW,
        Standing.CAPTURED,
        Standing.PARTLY_REFUNDED,
        Standing.REFUNDED,
        Standing.CHARGED_BACK,
        Standing.VOIDED,
    }
)
FAILED: Final = frozenset({Standing.DECLINED, Standing.UNAUTHENTICATED, Standing.REJECTED})
# Money was taken, and counts whole even where some of it was given back later.
TAKEN: Final = frozenset(
    {
        Standing.CAPTURED,
        Standing.PARTLY_REFUNDED,
        Standing.REFUNDED,
        Standing.CHARGED_BACK,
    }
)
PER_MILLE: Final = 1000


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """How many payments stand so in a currency, and what they come to in 1e-8 of it."""

    standing: Standing
    currency: str
    count: int
    amount_e8: int


class PaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a payment that became payable, and the payout that took it; None: none has yet."""

    payable: Payable
    payout: Payout | None


class Figures(Protocol):
    """What the books tell people about many payments at once, or about one payment's money."""

    async def count_span(self, merchant_id: int, since_ms: int, until_ms: int) -> list[Figure]:
        """The payments made from `since_ms` on and before `until_ms`, by standing and currency."""

    async def list_waiting(self, merchant_id: int, limit: int) -> list[Payment]:
        """Payments that are uncertain or under review, the oldest first."""

    async def list_paid_out(self, merchant_id: int, payment_number: int) -> list[PaidOut]:
        """What of a payment became payable, in that order."""


def joined(figures: Iterable[Figure]) -> list[Figure]:
    """The figures of several spans as those of one, by standing and currency."""
    sums: dict[tuple[Standing, str], tuple[int, int]] = {}
    for figure in figures:
        key = (figure.standing, figure.currency)
        count, amount_e8 = sums.get(key, (0, 0))
        sums[key] = (count + figure.count, amount_e8 + figure.amount_e8)
    return [
        Figure(standing=standing, currency=currency, count=count, amount_e8=amount_e8)
        for (standing, currency), (count, amount_e8) in sorted(sums.items())
    ]


def taken_e8(figures: Iterable[Figure], currency: str) -> int:
    """The money that was taken in a currency, before anything was given back."""
    return sum(x.amount_e8 for x in figures if x.currency == currency and x.standing in TAKEN)


def success_per_mille(figures: Iterable[Figure]) -> int | None:
    """How many of a thousand answered payments were approved; None when none was answered.

    What is still open, or uncertain, counts for neither side.
    """
    approved = failed = 0
    for figure in figures:
        if figure.standing in APPROVED:
            approved += figure.count
        elif figure.standing in FAILED:
            failed += figure.count
    if not approved + failed:
        return None
    return approved * PER_MILLE // (approved + failed)
