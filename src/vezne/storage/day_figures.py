"""What the panel's first page counts, and where a payment's money went.

Counting reads every payment of the span in an index that holds all that is needed, and goes in
short steps: SQLite answers on the event loop, which must not wait.
"""

import asyncio
from typing import Final

import msgspec

from vezne.core.day_figures import Figure, PaidOut, joined
from vezne.core.money import UNIT
from vezne.core.payable import Payable
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.standing import Standing
from vezne.engines.engine import Queries
from vezne.storage.documents import Documents

# A step of so many payments takes about two milliseconds.
STEP_ROWS: Final = 2_000

_STEP_END = """SELECT created_ms FROM payments
WHERE merchant_id = ? AND created_ms >= ? AND created_ms < ?
ORDER BY created_ms LIMIT 1 OFFSET ?"""

# Whole units apart from the rest, because a 64-bit sum of 1e-8 could overflow. Rows that have no
# standing yet are older than the column and are being filled in.
_COUNT: Final = f"""SELECT standing, currency, count(*),
CAST(sum(paid_e8 / {UNIT}) AS BIGINT), CAST(sum(paid_e8 % {UNIT}) AS BIGINT)
FROM payments
WHERE merchant_id = ? AND created_ms >= ? AND created_ms < ? AND standing IS NOT NULL
GROUP BY standing, currency"""  # noqa: S608 - a constant of ours

_LIST_WAITING = """SELECT document FROM payments
WHERE merchant_id = ? AND standing IN ('uncertain', 'review')
ORDER BY created_ms, number LIMIT ?"""

_LIST_PAID_OUT = """SELECT payables.document, payouts.document FROM payables
LEFT JOIN payouts ON payouts.merchant_id = payables.merchant_id
AND payouts.number = payables.payout_number
WHERE payables.merchant_id = ? AND payables.subject = ?
ORDER BY payables.version, payables.party"""

_payments: Final = Documents(Payment)
_payables: Final = Documents(Payable)
_payouts: Final = Documents(Payout)


class _Row(msgspec.Struct, array_like=True):
    standing: Standing
    currency: str
    count: int
    units: int
    rest_e8: int


class SqlFigures:
    """Implements `vezne.core.day_figures.Figures` over the database of the books.

    It counts `step_rows` payments at a time, or all of one millisecond where they are more.
    """

    def __init__(self, engine: Queries, step_rows: int = STEP_ROWS) -> None:
        self._engine = engine
        self._step_rows = step_rows
        # Spans that are asked for together are counted one after the other.
        self._turn = asyncio.Lock()

    async def count_span(self, merchant_id: int, since_ms: int, until_ms: int) -> list[Figure]:
        """The payments made from `since_ms` on and before `until_ms`, by standing and currency."""
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
        return joined(figures)

    async def list_waiting(self, merchant_id: int, limit: int) -> list[Payment]:
        """Payments that are uncertain or under review, the oldest first."""
        rows = await self._engine.fetch(_LIST_WAITING, (merchant_id, limit))
        return [_payments.read(document) for (document,) in rows]

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

    async def _step_end(self, merchant_id: int, start_ms: int, until_ms: int) -> int:
        """Where a step ends that begins at a time: at least one millisecond later."""
        params = (merchant_id, start_ms, until_ms, self._step_rows)
        rows = await self._engine.fetch(_STEP_END, params)
        if not rows:
            return until_ms
        return max(msgspec.convert(rows[0][0], int), start_ms + 1)


def _figure(row: _Row) -> Figure:
    return Figure(
        standing=row.standing,
        currency=row.currency,
        count=row.count,
        amount_e8=row.units * UNIT + row.rest_e8,
    )
