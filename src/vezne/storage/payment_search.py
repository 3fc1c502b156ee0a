"""Payments as people look for them, by an index in the order of time that has all of a list."""

from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.ids import reference_slice
from vezne.core.payment import Payment
from vezne.core.search import WALK_ROWS, FoundPayment, PaymentPage, PaymentQuery, Place
from vezne.core.standing import standing_of
from vezne.engines.engine import ANY_ROWS, Engine, Queries, Row, Value, Write
from vezne.storage.payment_documents import payment_documents
from vezne.storage.payments import basket_key, lasting_columns

# How many slices of the references are looked into for one page that has a filter as well: some
# callers give all their payments one reference.
SLICES_MAX: Final = 4
# As many as one statement asks for.
_LOAD_MAX: Final = 100
# What fits every BIN, whatever comes after the digits that are looked for.
_BIN_LENGTH_MAX: Final = 8

_COLUMNS: Final = """SELECT created_ms, number, standing, door, currency, paid_e8, bin, last4,
basket_id FROM payments """

# Everything that a walk is about stands in one index, payments_by_time.
_WALK: Final = """WHERE merchant_id = ? AND created_ms >= ? AND (created_ms, number) < (?, ?)
AND door IS NOT NULL"""
_NEWEST_FIRST: Final = " ORDER BY created_ms DESC, number DESC LIMIT ?"

_WALK_END: Final = """SELECT created_ms, number FROM payments
WHERE merchant_id = ? AND created_ms >= ? AND (created_ms, number) < (?, ?)
ORDER BY created_ms DESC, number DESC LIMIT 1 OFFSET ?"""

_NAMED: Final = """WHERE merchant_id = ? AND slice = ? AND conversation_id = ? AND number < ?
AND created_ms >= ? AND created_ms < ? AND door IS NOT NULL"""
_LATEST_FIRST: Final = " ORDER BY number DESC LIMIT ?"

# Each step of the walk names the next slice.
_SLICES: Final = """WITH RECURSIVE walk (slice) AS (
    SELECT max(slice) FROM payments
    WHERE merchant_id = ? AND conversation_id IS NOT NULL AND slice <= ?
    UNION ALL
    SELECT (SELECT max(older.slice) FROM payments AS older
            WHERE older.merchant_id = ? AND older.conversation_id IS NOT NULL
            AND older.slice < walk.slice)
    FROM walk WHERE walk.slice IS NOT NULL
)
SELECT slice FROM walk WHERE EXISTS (
    SELECT 1 FROM payments AS hit
    WHERE hit.merchant_id = ? AND hit.slice = walk.slice AND hit.conversation_id = ?
) ORDER BY slice DESC"""

_OLDEST_NAMED: Final = """SELECT created_ms, number FROM payments
WHERE merchant_id = ? AND slice = ? AND conversation_id = ? ORDER BY number LIMIT 1"""

_LOAD: Final = "SELECT document FROM payments WHERE merchant_id = ? AND number IN "

_FIND_UNFILLED: Final = """SELECT merchant_id FROM payments
WHERE door IS NULL ORDER BY merchant_id LIMIT 1"""
_LIST_UNFILLED: Final = """SELECT number, version, document FROM payments
WHERE merchant_id = ? AND door IS NULL ORDER BY created_ms DESC, number DESC LIMIT ?"""
_UNFILLED_MS: Final = "SELECT max(created_ms) FROM payments WHERE merchant_id = ? AND door IS NULL"
_FILL: Final = """UPDATE payments SET standing = ?, paid_e8 = ?,
door = ?, currency = ?, bin = ?, last4 = ?, basket_id = ?
WHERE merchant_id = ? AND number = ? AND version = ?"""

_NUMBER_MAX: Final = 2**63 - 1
_FIRST: Final = Place(_NUMBER_MAX, _NUMBER_MAX)


class SqlPaymentSearch:
    """Implements `vezne.core.search.PaymentSearch`. The engine has the migrations of storage.

    A walk takes tens of milliseconds and so has a snapshot, which keeps nobody waiting.
    """

    def __init__(self, engine: Engine, walk_rows: int = WALK_ROWS) -> None:
        self._engine = engine
        self._walk_rows = walk_rows

    async def find_page(
        self, merchant_id: int, query: PaymentQuery, before: Place | None, limit: int
    ) -> PaymentPage:
        """A merchant's payments that fit, older than the one at `before`, `limit` at most."""
        start = before or _FIRST
        async with self._engine.snapshot() as queries:
            if query.conversation_id is not None:
                named = _Named(queries, merchant_id, query, query.conversation_id.encode())
                return await named.find_page(start, limit)
            start = min(start, Place(query.until_ms, 0), key=_order)
            since_ms, end = query.since_ms, None
            if query.has_filter:
                params = (merchant_id, since_ms, *_order(start), self._walk_rows - 1)
                ends = await queries.fetch(_WALK_END, params)
                end = _place(ends[0]) if ends else None
            conditions, values = _conditions(query)
            if end is not None:
                # The time by itself is what ends the walk over the index.
                since_ms = end.created_ms
                conditions += " AND (created_ms, number) >= (?, ?)"
                values += _order(end)
            walk = (merchant_id, since_ms, *_order(start))
            sql = _COLUMNS + _WALK + conditions + _NEWEST_FIRST
            rows = await queries.fetch(sql, (*walk, *values, limit + 1))
        return _page(rows, limit, end)

    async def list_payments(self, merchant_id: int, numbers: list[int]) -> list[Payment]:
        """Payments by number, those that there are, in that order."""
        found: dict[int, Payment] = {}
        for start in range(0, len(numbers), _LOAD_MAX):
            some = numbers[start : start + _LOAD_MAX]
            # One statement, whatever their number.
            padding = (some[0],) * (_LOAD_MAX - len(some))
            sql = _LOAD + _places(_LOAD_MAX)
            for (document,) in await self._engine.fetch(sql, (merchant_id, *some, *padding)):
                payment = payment_documents.read(document)
                found[payment.number] = payment
        return [found[number] for number in numbers if number in found]

    async def find_unknown_ms(self, merchant_id: int) -> int | None:
        """When the newest payment was made whose row is not filled in; None: there is none."""
        ((at_ms,),) = await self._engine.fetch(_UNFILLED_MS, (merchant_id,))
        return msgspec.convert(at_ms, int | None)

    async def fill(self, limit: int) -> int:
        """Fill in rows from before there was a search, newest first; returns how many there were.

        A row that changes meanwhile is left for the next time.
        """
        for (merchant_id,) in await self._engine.fetch(_FIND_UNFILLED):
            rows = await self._engine.fetch(_LIST_UNFILLED, (merchant_id, limit))
            writes = []
            for number, version, document in rows:
                payment = payment_documents.read(document)
                columns = (standing_of(payment).value, payment.paid_e8, *lasting_columns(payment))
                writes.append(Write(_FILL, (*columns, merchant_id, number, version), ANY_ROWS))
            await self._engine.apply(writes)
            return len(rows)
        return 0


class _Named:
    """Looks for payments with one reference, by the index that has them slice by slice."""

    def __init__(self, queries: Queries, merchant_id: int, query: PaymentQuery, key: bytes) -> None:
        self._queries = queries
        self._merchant_id = merchant_id
        self._query = query
        self._key = key

    async def find_page(self, start: Place, limit: int) -> PaymentPage:
        """The page below a number."""
        slices = await self._list_slices(reference_slice(start.number))
        looked = slices[:SLICES_MAX] if self._query.is_narrowed else slices
        rows: list[Row] = []
        for slice_number in looked:
            rows += await self._look_into(slice_number, start.number, limit + 1 - len(rows))
            if len(rows) > limit:
                break
        end = None
        if len(looked) < len(slices):
            params = (self._merchant_id, looked[-1], self._key)
            (oldest,) = await self._queries.fetch(_OLDEST_NAMED, params)
            end = _place(oldest)
        return _page(rows, limit, end)

    async def _list_slices(self, first: int) -> list[int]:
        params = (self._merchant_id, first, self._merchant_id, self._merchant_id, self._key)
        return [msgspec.convert(row[0], int) for row in await self._queries.fetch(_SLICES, params)]

    async def _look_into(self, slice_number: int, below: int, limit: int) -> list[Row]:
        conditions, more = _conditions(self._query)
        params = (self._merchant_id, slice_number, self._key, below)
        span = (self._query.since_ms, self._query.until_ms)
        sql = _COLUMNS + _NAMED + conditions + _LATEST_FIRST
        return await self._queries.fetch(sql, (*params, *span, *more, limit))


def _conditions(query: PaymentQuery) -> tuple[str, tuple[Value, ...]]:
    """What the index's other columns must be, and the values for it."""
    sql = ""
    params: list[Value] = []
    if query.standings:
        sql += " AND standing IN " + _places(len(query.standings))
        params += [standing.value for standing in query.standings]
    for condition, value in _values(query):
        if value is not None:
            sql += condition
            params.append(value)
    return sql, tuple(params)


def _values(query: PaymentQuery) -> Sequence[tuple[str, Value]]:
    """Each condition with its value, if there is one."""
    is_bin = query.bin is not None
    basket = query.basket_id
    return (
        (" AND paid_e8 >= ?", query.least_e8),
        (" AND paid_e8 <= ?", query.most_e8),
        # Digits sort as digits in every collation.
        (" AND bin >= ?", query.bin),
        (" AND bin <= ?", (query.bin or "").ljust(_BIN_LENGTH_MAX, "9") if is_bin else None),
        (" AND last4 = ?", query.last4),
        (" AND door = ?", query.door),
        (" AND basket_id = ?", None if basket is None else basket_key(basket)),
    )


def _page(rows: Sequence[Row], limit: int, end: Place | None) -> PaymentPage:
    """A page of rows, of which one more was asked for; `end` is where the walk ended early."""
    found = tuple(map(_found, rows[:limit]))
    if len(rows) > limit:
        return PaymentPage(rows=found, next=found[-1].place, is_cut=False)
    return PaymentPage(rows=found, next=end, is_cut=end is not None)


def _found(row: Row) -> FoundPayment:
    """A row as a record. The name of a basket may be cut within a letter."""
    names = FoundPayment.__struct_fields__
    *values, basket = row
    text = basket.decode(errors="ignore") if isinstance(basket, bytes) else None
    return msgspec.convert(
        {**dict(zip(names, values, strict=False)), "basket_id": text}, FoundPayment
    )


def _place(row: Row) -> Place:
    return Place(*msgspec.convert(row, tuple[int, int]))


def _places(count: int) -> str:
    return f"({', '.join('?' * count)})"


def _order(place: Place) -> tuple[int, int]:
    return (place.created_ms, place.number)
