"""How a merchant's payments went in a span of time, counted by how they stand now."""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec

from vezne.core.money import divide_half_up
from vezne.core.payable import Payable
from vezne.core.payment import Payment, PaymentState
from vezne.core.payout import Payout
from vezne.core.standing import Standing

# The bank said yes, whatever became of the money later.
_APPROVED: Final = frozenset({PaymentState.AUTHORIZED, PaymentState.CAPTURED, PaymentState.VOIDED})
_FAILED: Final = frozenset({PaymentState.DECLINED, PaymentState.UNAUTHENTICATED})
# The state of every payment that stands so. Those that wait for a bank or for somebody may be in
# several: a captured one of which a refund is open is uncertain too.
STATES: Final[Mapping[Standing, PaymentState]] = {
    Standing.AUTHENTICATING: PaymentState.AUTHENTICATING,
    Standing.PENDING: PaymentState.PENDING,
    Standing.AUTHORIZED: PaymentState.AUTHORIZED,
    Standing.CAPTURED: PaymentState.CAPTURED,
    Standing.PARTLY_REFUNDED: PaymentState.CAPTURED,
    Standing.REFUNDED: PaymentState.CAPTURED,
    Standing.CHARGED_BACK: PaymentState.CAPTURED,
    Standing.VOIDED: PaymentState.VOIDED,
    Standing.DECLINED: PaymentState.DECLINED,
    Standing.UNAUTHENTICATED: PaymentState.UNAUTHENTICATED,
    # Whether or not its money is given back yet: it is nobody's sale.
    Standing.REJECTED: PaymentState.VOIDED,
}
PER_MILLE: Final = 1000


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """How many payments stand so in a currency, and what they come to in 1e-8 of it.

    `state` is that of all of them.
    """

    standing: Standing
    state: PaymentState
    currency: str
    count: int
    amount_e8: int

    @property
    def is_taken(self) -> bool:
        """Whether money was taken, be it under review, or given back later or just now."""
        return self.state is PaymentState.CAPTURED

    @property
    def is_failed(self) -> bool:
        """Whether bank, cardholder or fraud filter said no."""
        return self.standing is Standing.REJECTED or self.state in _FAILED

    @property
    def is_approved(self) -> bool:
        """Whether the bank said yes, and the fraud filter has not said no."""
        return self.state in _APPROVED and not self.is_failed


class PaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a payment that became payable, and the payout that took it; None: none has yet."""

    payable: Payable
    payout: Payout | None


class Figures(Protocol):
    """What the books tell people about many payments at once, or about one payment's money."""

    async def count_span(self, merchant_id: int, since_ms: int, until_ms: int) -> list[Figure]:
        """The payments made from `since_ms` on and before `until_ms`, as they stand now.

        By standing, state and currency.
        """

    async def list_waiting(self, merchant_id: int, limit: int) -> list[Payment]:
        """Payments that are uncertain or under review, the oldest first."""

    async def list_paid_out(self, merchant_id: int, payment_number: int) -> list[PaidOut]:
        """What of a payment became payable, in that order."""


def joined(figures: Iterable[Figure]) -> list[Figure]:
    """The figures of several spans as those of one, by standing, state and currency."""
    sums: dict[tuple[Standing, PaymentState, str], tuple[int, int]] = {}
    for figure in figures:
        key = (figure.standing, figure.state, figure.currency)
        count, amount_e8 = sums.get(key, (0, 0))
        sums[key] = (count + figure.count, amount_e8 + figure.amount_e8)
    return [
        Figure(standing=standing, state=state, currency=currency, count=count, amount_e8=amount_e8)
        for (standing, state, currency), (count, amount_e8) in sorted(sums.items())
    ]


def taken_e8(figures: Iterable[Figure], currency: str) -> int:
    """The money that was taken in a currency, before anything was given back."""
    return sum(x.amount_e8 for x in figures if x.currency == currency and x.is_taken)


def success_per_mille(figures: Iterable[Figure]) -> int | None:
    """How many of a thousand answered payments were approved, rounded half up; None: no answer.

    What is still open, or uncertain, counts for neither side.
    """
    approved = failed = 0
    for figure in figures:
        approved += figure.count if figure.is_approved else 0
        failed += figure.count if figure.is_failed else 0
    if not approved + failed:
        return None
    return divide_half_up(approved * PER_MILLE, approved + failed)
