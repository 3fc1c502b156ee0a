"""All that a check of the ledger reads, over a database or over a snapshot of one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vezne.core.ledger import Balance, Booking
from vezne.core.payable import Payable, Unpaid
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.sub_merchant import CrossBooking
from vezne.engines.engine import Engine, Queries
from vezne.storage import ledger, payments, payouts, sub_merchants


class SqlLedgerBooks:
    """Implements `vezne.core.payout_books.LedgerBooks`."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def count_payments(self, merchant_id: int) -> int:
        """How many payments a merchant has."""
        return await payments.count_payments(self._queries, merchant_id)

    async def list_payments_after(self, merchant_id: int, number: int, limit: int) -> list[Payment]:
        """A merchant's payments beyond a number, in the order of their numbers."""
        return await payments.list_payments_after(self._queries, merchant_id, number, limit)

    async def list_payouts_after(self, merchant_id: int, number: int, limit: int) -> list[Payout]:
        """A merchant's payouts beyond a number, in the order of their numbers."""
        return await payouts.list_payouts_after(self._queries, merchant_id, number, limit)

    async def list_payouts_in_sequence(
        self, merchant_id: int, *, after: tuple[str, str, int], limit: int
    ) -> list[Payout]:
        """A merchant's payouts by currency, party and sequence, beyond one of them."""
        return await payouts.list_payouts_in_sequence(self._queries, merchant_id, after, limit)

    async def list_payables_after(
        self, merchant_id: int, *, after: tuple[int, int, str], limit: int
    ) -> list[Payable]:
        """A merchant's payables by subject, version and party, beyond one of them."""
        return await payouts.list_payables_after(self._queries, merchant_id, after, limit)

    async def list_bookings(
        self, merchant_id: int, *, after: tuple[int, int], limit: int
    ) -> list[Booking]:
        """A merchant's bookings beyond a subject and version, in that order."""
        return await ledger.list_bookings(self._queries, merchant_id, after, limit)

    async def list_balances(self, merchant_id: int) -> list[Balance]:
        """What is on a merchant's accounts, and on those of its sub-merchants, by currency."""
        return await ledger.list_balances(self._queries, merchant_id)

    async def list_unpaid_parties(
        self, merchant_id: int, *, until_ms: int
    ) -> list[tuple[str, str]]:
        """The currencies and parties that something may be paid to."""
        return await payouts.list_unpaid_parties(self._queries, merchant_id, until_ms)

    async def sum_unpaid(
        self, merchant_id: int, currency: str, party: str, *, until_ms: int
    ) -> Unpaid:
        """A party's payables available by a time that no payout has taken."""
        return await payouts.sum_unpaid(self._queries, merchant_id, (currency, party), until_ms)

    async def sum_taken(self, merchant_id: int, payout_number: int) -> Unpaid:
        """The payables that a payout has taken."""
        return await payouts.sum_taken(self._queries, merchant_id, payout_number)

    async def list_cross_bookings_after(
        self, merchant_id: int, number: int, limit: int
    ) -> list[CrossBooking]:
        """A merchant's cross bookings beyond a number, in the order of their numbers."""
        return await sub_merchants.list_cross_bookings(self._queries, merchant_id, number, limit)


@asynccontextmanager
async def open_ledger(engine: Engine) -> AsyncIterator[SqlLedgerBooks]:
    """The ledger as it stands at this moment, whatever is written meanwhile."""
    async with engine.snapshot() as snapshot:
        yield SqlLedgerBooks(snapshot)
