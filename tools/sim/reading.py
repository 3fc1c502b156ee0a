"""The books and the vault as they stand on the disks, read behind the gateway's back."""

import contextlib
from collections.abc import AsyncIterator, Sequence

import msgspec
from tools.sim.disk import Disk

from vezne.core.ledger import Balance, Booking
from vezne.core.ledger_check import Difference
from vezne.core.merchant import Merchant
from vezne.core.notice import Notice
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.sub_merchant import CrossBooking
from vezne.engines.engine import Queries, Row, Value, Write
from vezne.flows.check_ledger import check_ledger
from vezne.storage.books import SqlBooks
from vezne.storage.documents import Documents, Record
from vezne.storage.ledger_books import SqlLedgerBooks
from vezne.storage.merchants import SqlMerchants

_EVER_MS = 2**62
_ALL = 1_000_000


class DirectEngine:
    """Implements `vezne.engines.engine.Engine` without any delay."""

    name = "sqlite"

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query."""
        return self._disk.fetch(sql, params)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Queries]:
        """The database itself."""
        yield self

    async def apply(self, writes: Sequence[Write]) -> None:
        """Write at once. Raises Conflict."""
        (outcome,) = self._disk.write([writes])
        if outcome is not None:
            raise outcome

    async def execute_script(self, script: str) -> None:
        """Nobody migrates this way."""
        raise NotImplementedError(script)

    async def close(self) -> None:
        """Nothing to be done."""


class NoSecrets:
    """Implements `vezne.core.ports.SecretBox` for merchants without keys."""

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        """There are no secrets."""
        raise NotImplementedError(len(secret), len(context))

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        """There are no secrets."""
        raise NotImplementedError(len(sealed), len(context))


class _NoClock:
    def now_ms(self) -> int:
        return 0


class ReadOnly:
    """All that is stored."""

    def __init__(self, books_disk: Disk, vault_disk: Disk) -> None:
        self._books_disk = books_disk
        self._vault_disk = vault_disk
        engine = DirectEngine(books_disk)
        self.books = SqlBooks(engine)
        self.merchants = SqlMerchants(engine, NoSecrets(), _NoClock())

    def payments(self, merchant: Merchant) -> list[Payment]:
        """A merchant's payments, oldest first."""
        return _read(self._books_disk, "payments", Payment, merchant)

    def payouts(self, merchant: Merchant) -> list[Payout]:
        """A merchant's payouts, oldest first."""
        return _read(self._books_disk, "payouts", Payout, merchant)

    def bookings(self, merchant: Merchant) -> list[Booking]:
        """A merchant's bookings."""
        return _read(self._books_disk, "ledger_bookings", Booking, merchant)

    def notices(self, merchant: Merchant) -> list[Notice]:
        """A merchant's notices, in order."""
        return _read(self._books_disk, "notices", Notice, merchant)

    def cross_bookings(self, merchant: Merchant) -> list[CrossBooking]:
        """What a merchant has given its sellers."""
        return _read(self._books_disk, "cross_bookings", CrossBooking, merchant)

    def journal(self, merchant: Merchant) -> list[tuple[int, int]]:
        """Payment and attempt of each entry in a merchant's journal, in that order."""
        sql = "SELECT payment_number, attempt FROM journal WHERE merchant_id = ?"
        rows = self._books_disk.fetch(sql, (merchant.id,))
        return sorted(msgspec.convert(rows, list[tuple[int, int]]))

    async def differences(self, merchant: Merchant) -> list[Difference]:
        """What the program's own check of the ledger finds."""
        books = SqlLedgerBooks(DirectEngine(self._books_disk))
        return await check_ledger(merchant.id, books, lambda _: None)

    async def balances(self, merchant: Merchant) -> list[Balance]:
        """What is on a merchant's accounts."""
        return await self.books.list_balances(merchant.id)

    async def open_attempts(self) -> int:
        """How many attempts the bank has not answered."""
        count = 0
        for merchant in await self.merchants.list_merchants():
            due = await self.books.list_due_payments(merchant.id, until_ms=_EVER_MS, limit=_ALL)
            count += sum(payment.open_attempt is not None for payment in due)
        return count

    async def is_money_ahead(self) -> bool:
        """Whether some money becomes due later than now, by its merchant's clock."""
        for merchant in await self.merchants.list_merchants():
            if await self.books.list_due_payments(merchant.id, until_ms=_EVER_MS, limit=1):
                return True
        return False

    def counts(self) -> tuple[int, int]:
        """How many payments there are, and attempts that the bank answered only when asked."""
        rows = self._books_disk.fetch("SELECT document FROM payments")
        documents = Documents(Payment)
        payments = [documents.read(document) for (document,) in rows]
        found_out = sum(
            attempt.closed_ms is not None and attempt.closed_ms >= attempt.inquire_ms
            for payment in payments
            for attempt in payment.attempts
        )
        return len(payments), found_out

    def has_work_left(self) -> bool:
        """Whether a payment or a notice still waits for something."""
        return any(
            self._books_disk.fetch(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1")  # noqa: S608
            for table, column in (("payments", "due_ms"), ("notices", "next_try_ms"))
        )

    def payables(self) -> list[tuple[int, str, int | None, int]]:
        """Merchant, party, payout and amount of every payable."""
        rows = self._books_disk.fetch(
            "SELECT merchant_id, party, payout_number, amount_e8 FROM payables"
        )
        return msgspec.convert(rows, list[tuple[int, str, int | None, int]])

    def cards(self) -> set[bytes]:
        """The tokens of the cards in the books."""
        return _tokens(self._books_disk, "cards")

    def sealed_cards(self) -> set[bytes]:
        """The tokens of the cards in the vault."""
        return _tokens(self._vault_disk, "sealed_cards")


def _read(disk: Disk, table: str, kind: type[Record], merchant: Merchant) -> list[Record]:
    """The records in a table of documents, in the order of its primary key."""
    documents = Documents(kind)
    order = {"notices": "payment_number, version", "ledger_bookings": "subject, version"}
    keys = order.get(table, "number")
    sql = f"SELECT document FROM {table} WHERE merchant_id = ? ORDER BY {keys}"  # noqa: S608
    return [documents.read(document) for (document,) in disk.fetch(sql, (merchant.id,))]


def _tokens(disk: Disk, table: str) -> set[bytes]:
    rows = disk.fetch(f"SELECT token FROM {table}")  # noqa: S608 - a name of ours
    return {token for (token,) in rows if isinstance(token, bytes)}
