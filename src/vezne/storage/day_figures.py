"""What the panel's first page counts, and where a payment's money went.

Counting reads every payment of the span in an index that holds all that is needed, and goes in
short steps: SQLite answers on the event loop, which must not wait.
"""

import asyncio
from typing import Final

import msgspec

from vezne.core.day_figures import STATES, Figure, PaidOut, joined
from vezne.core.money import UNIT
from vezne.core.payable import Payable
from vezne.core.payment import Payment, PaymentState
from vezne.core.payout import Payout
from vezne.core.standing import Standing
from vezne.engines.engine import Queries
from vezne.storage.documents import Documents
from vezne.storage.payment_documents import payment_documents

# A step of so many payments takes about two milliseconds.
STEP_ROWS: Final = 2_000
# And one of a tenth as many documents.
_DOCUMENTS_FACTOR: Final = 10

_STEP_END = """SELECT created_ms FROM payments
WHERE merchant_id = ? AND created_ms >= ? AND created_ms < ?
ORDER BY created_ms LIMIT 1 OFFSET ?"""

# Whole units apart from the rest, because a 64-bit sum of 1e-8 could overflow. Rows that have no
# standing yet are older than the column and are being filled in.
_COUNT: Final = f"""SELECT standing, currency, count(*),
CAST(sum(paid_e8 / {UNIT}) AS BIGINT), CAST(sum(paid_e8 % {UNIT}) AS BIGINT)
FROM payments
WHERE merchant_id = ? AND created_ms >= ? AND created_ms < ?
AND standing IS NOT NULL AND standing NOT IN ('uncertain', 'review')
GROUP BY standing, currency"""  # noqa: S608 - a constant of ours

# Of these the documents say what their state is. They have an index of their own.
_PAGE_WAITING = """SELECT created_ms, number, standing, document FROM payments
WHERE merchant_id = ? AND standing IN ('uncertain', 'review')
AND created_ms >= ? AND created_ms < ? AND (created_ms > ? OR number > ?)
ORDER BY created_ms, number LIMIT ?"""

_LIST_WAITING = """SELECT document FROM payments
WHERE merchant_id = ? AND standing IN ('uncertain', 'review')
ORDER BY created_ms, number LIMIT ?"""

_LIST_PAID_OUT = """SELECT payables.document, payouts.document FROM payables
LEFT JOIN payouts ON payouts.merchant_id = payables.merchant_id
AND payouts.number = payables.payout_number
WHERE payables.merchant_id = ? AND payables.subject = ?
ORDER BY payables.version, payables.party"""

_payables: Final = Documents(Payable)
_payouts: Final = Documents(Payout)


class _Waiting(msgspec.Struct):
    """What is counted of a payment that waits; the rest of its document is passed over."""

    state: PaymentState
    currency: str
    paid_e8: int


_waiting: Final = Documents(_Waiting)


class _WaitingRow(msgspec.Struct, array_like=True):
    created_ms: int
    number: int
    standing: Standing
    document: bytes


class _Row(msgspec.Struct, array_like=True):
    standing: Standing
    currency: str
    count: int
    units: int
    rest_e8: int


class SqlFigures:
    """Implements `vezne.core.day_figures.Figures` over the database of the books.

    It counts `step_rows` payments at a time (ten or more), or all of one millisecond where they
    are more; of documents it reads a tenth as many.
    """

    def __init__(self, engine: Queries, step_rows: int = STEP_ROWS) -> None:
        self._engine = engine
        self._step_rows = step_rows
        # Spans that are asked for together are counted one after the other.
        self._turn = asyncio.Lock()

    async def count_span(self, merchant_id: int, since_ms: int, until_ms: int) -> list[Figure]:
        """The payments made from `since_ms` on and before `until_ms`, as they stand now.

        By standing, state and currency.
        """
        figures: list[Figure] = []
        start_ms = since_ms
        async with self._turn:
            while start_ms < until_ms:
                end_ms = await self._step_end(merchant_id, start_ms, until_ms)
                rows = await self._engine.fetch(_COUNT, (merchant_id, start_ms, end_ms))
                figures += map(_figure, msgspec.convert(rows, list[_Row]))
                start_ms = end_ms
                # Whoever else works here goes on meanwhile.
                await asyncio.sleep(0)
            figures += await self._count_waiting(merchant_id, since_ms, until_ms)
        return joined(figures)

    async def list_waiting(self, merchant_id: int, limit: int) -> list[Payment]:
        """Payments that are uncertain or under review, the oldest first."""
        rows = await self._engine.fetch(_LIST_WAITING, (merchant_id, limit))
        return [payment_documents.read(document) for (document,) in rows]

    async def list_paid_out(self, merchant_id: int, payment_number: int) -> list[PaidOut]:
        """What of a payment became payable, in that order."""
        rows = await self._engine.fetch(_LIST_PAID_OUT, (merchant_id, payment_number))
        return [
            PaidOut(
                payable=_payables.read(payable),
                payout=None if payout is None else _payouts.read(payout),
            )
            for payable, payout in rows
        ]

    async def _count_waiting(self, merchant_id: int, since_ms: int, until_ms: int) -> list[Figure]:
        """Those of them that wait for a bank or for somebody."""
        figures: list[Figure] = []
        after, limit = (since_ms, 0), self._step_rows // _DOCUMENTS_FACTOR
        while True:
            params = (merchant_id, after[0], until_ms, *after, limit)
            fetched = await self._engine.fetch(_PAGE_WAITING, params)
            rows = msgspec.convert(fetched, list[_WaitingRow])
            figures = joined([*figures, *map(_waiting_figure, rows)])
            if len(rows) < limit:
                return figures
            after = (rows[-1].created_ms, rows[-1].number)
            await asyncio.sleep(0)

    async def _step_end(self, merchant_id: int, start_ms: int, until_ms: int) -> int:
        """Where a step ends that begins at a time: at least one millisecond later."""
        params = (merchant_id, start_ms, until_ms, self._step_rows)
        rows = await self._engine.fetch(_STEP_END, params)
        if not rows:
            return until_ms
        return max(msgspec.convert(rows[0][0], int), start_ms + 1)


def _waiting_figure(row: _WaitingRow) -> Figure:
    payment = _waiting.read(row.document)
    return Figure(
        standing=row.standing,
        state=payment.state,
        currency=payment.currency,
        count=1,
        amount_e8=payment.paid_e8,
    )


def _figure(row: _Row) -> Figure:
    return Figure(
        standing=row.standing,
        state=STATES[row.standing],
        currency=row.currency,
        count=row.count,
        amount_e8=row.units * UNIT + row.rest_e8,
    )
