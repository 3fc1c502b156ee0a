"""What the books know of payouts, and how they are read from end to end."""

from typing import Protocol

from vezne.core.journal import JournalEntry
from vezne.core.ledger import Balance, Booking
from vezne.core.payable import Batch, Payable, Unpaid
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.sub_merchant import CrossBooking


class ReportBooks(Protocol):
    """The part of the books that reports read."""

    async def list_payments_named(
        self, merchant_id: int, conversation_id: str, limit: int
    ) -> list[Payment]:
        """The payments with the merchant's own reference, newest first."""

    async def count_journal(self, merchant_id: int, *, since_ms: int, until_ms: int) -> int:
        """How many entries a merchant's journal has from one time on and before another."""

    async def find_journal_entry(
        self, merchant_id: int, attempt: int, *, since_ms: int, until_ms: int
    ) -> JournalEntry | None:
        """The entry of an attempt, if it lies between the two times."""

    async def list_journal(
        self,
        merchant_id: int,
        *,
        since_ms: int,
        until_ms: int,
        beyond: JournalEntry | None = None,
        is_newest_first: bool = True,
        skip: int = 0,
        limit: int,
    ) -> list[JournalEntry]:
        """Entries from one time on and before another; those after `beyond` in their order."""


class PayoutBooks(ReportBooks, Protocol):
    """The part of the books that is about payouts."""

    async def list_payouts(self, merchant_id: int, *, since_ms: int, until_ms: int) -> list[Payout]:
        """A merchant's payouts whose value date lies between two times, in that order."""

    async def list_open_payouts(self, merchant_id: int) -> list[Payout]:
        """A merchant's payouts that are on their way, oldest first."""

    async def find_last_payout(self, merchant_id: int, currency: str, party: str) -> Payout | None:
        """A party's payout in a currency that no other follows."""

    async def find_turn(self, merchant_id: int, currency: str, party: str) -> int:
        """How often a party's money in a currency was spent, by a payout or a cross booking.

        Whoever decides to spend it reads this first, and takes the next turn.
        """

    async def list_unpaid_parties(
        self, merchant_id: int, *, until_ms: int
    ) -> list[tuple[str, str]]:
        """The currencies and parties that something may be paid to.

        Those of payables available by a time that no payout has taken, and those whose last payout
        left over as much as can be paid.
        """

    async def find_batch(
        self, merchant_id: int, currency: str, party: str, *, until_ms: int, limit: int
    ) -> Batch:
        """The first of a party's payables available by a time that no payout has taken."""

    async def list_payables(self, merchant_id: int, payout_number: int) -> list[Payable]:
        """What a payout has taken."""

    async def find_paid_until(self, merchant_id: int) -> int | None:
        """Until when a merchant's payouts are made; None when none were looked for yet."""


class LedgerBooks(Protocol):
    """All that a check of the ledger reads."""

    async def count_payments(self, merchant_id: int) -> int:
        """How many payments a merchant has."""

    async def list_payments_after(self, merchant_id: int, number: int, limit: int) -> list[Payment]:
        """A merchant's payments beyond a number, in the order of their numbers."""

    async def list_payouts_after(self, merchant_id: int, number: int, limit: int) -> list[Payout]:
        """A merchant's payouts beyond a number, in the order of their numbers."""

    async def list_payouts_in_sequence(
        self, merchant_id: int, *, after: tuple[str, str, int], limit: int
    ) -> list[Payout]:
        """A merchant's payouts by currency, party and sequence, beyond one of them."""

    async def list_payables_after(
        self, merchant_id: int, *, after: tuple[int, int, str], limit: int
    ) -> list[Payable]:
        """A merchant's payables by subject, version and party, beyond one of them."""

    async def list_bookings(
        self, merchant_id: int, *, after: tuple[int, int], limit: int
    ) -> list[Booking]:
        """A merchant's bookings beyond a subject and version, in that order."""

    async def list_balances(self, merchant_id: int) -> list[Balance]:
        """What is on a merchant's accounts, and on those of its sub-merchants, by currency."""

    async def list_unpaid_parties(
        self, merchant_id: int, *, until_ms: int
    ) -> list[tuple[str, str]]:
        """The currencies and parties that something may be paid to, as in `PayoutBooks`."""

    async def sum_unpaid(
        self, merchant_id: int, currency: str, party: str, *, until_ms: int
    ) -> Unpaid:
        """A party's payables available by a time that no payout has taken."""

    async def sum_taken(self, merchant_id: int, payout_number: int) -> Unpaid:
        """The payables that a payout has taken."""

    async def list_cross_bookings_after(
        self, merchant_id: int, number: int, limit: int
    ) -> list[CrossBooking]:
        """A merchant's cross bookings beyond a number, in the order of their numbers."""
