"""The log of calls as rows: what lists show in one table, the calls themselves in another."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from vezne.core.call_log import ApiCall, CallPage, CallQuery, CallSummary
from vezne.engines.engine import ANY_ROWS, Engine, Row, Value, Write
from vezne.storage.documents import Documents

_COLUMNS: Final = """number, merchant_id, at_ms, duration_us, door, method, path, status, outcome,
reason, reference, payment_number"""

_ADD: Final = f"""INSERT INTO calls ({_COLUMNS}, path_folded, reference_folded)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""  # noqa: S608 - nothing from outside

_ADD_DOCUMENT: Final = """INSERT INTO call_documents (number, merchant_id, document)
VALUES (?, ?, ?)"""

_FIND: Final = "SELECT document FROM call_documents WHERE number = ? AND merchant_id = ?"

_OF_PAYMENT: Final = f"""SELECT {_COLUMNS} FROM calls
WHERE merchant_id = ? AND payment_number = ?
ORDER BY number DESC LIMIT ?"""  # noqa: S608 - nothing from outside

# The newest calls, and of these those that are wanted.
_WALK: Final = f"""SELECT {_COLUMNS} FROM (
    SELECT {_COLUMNS}, path_folded, reference_folded FROM calls WHERE merchant_id = ? AND number < ?
    ORDER BY number DESC LIMIT ?
) AS newest"""  # noqa: S608 - nothing from outside

_END_OF_WALK: Final = """SELECT number FROM calls WHERE merchant_id = ? AND number < ?
ORDER BY number DESC LIMIT 1 OFFSET ?"""

_NEWEST: Final = "SELECT max(number) FROM call_documents"
_COUNT: Final = "SELECT count(*) FROM call_documents"
_OLDEST: Final = "SELECT number FROM call_documents ORDER BY number LIMIT 1 OFFSET ?"
_THEIR_MERCHANTS: Final = "SELECT DISTINCT merchant_id FROM call_documents WHERE number <= ?"
_FORGET: Final = "DELETE FROM calls WHERE merchant_id = ? AND number <= ?"
_FORGET_DOCUMENTS: Final = "DELETE FROM call_documents WHERE number <= ?"

_ONE_LETTER: Final = str.maketrans("\u0130\u0131", "ii")
_NUMBER_MAX: Final = 2**63 - 1
_documents: Final = Documents(ApiCall)


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is done at a time.

    `walk_max` is how many of a merchant's calls one search looks at, `of_payment_max` how many are
    listed of a payment's, and `prune_max` how many are forgotten at once. Every `recount_every`
    times they are counted anew, because other processes may have written meanwhile.
    """

    walk_max: int = 20_000
    of_payment_max: int = 200
    prune_max: int = 1_000
    recount_every: int = 100


class _Row(NamedTuple):
    number: int
    merchant_id: int
    at_ms: int
    duration_us: int
    door: str
    method: str
    path: str
    status: int
    outcome: str
    reason: str
    reference: str
    payment_number: int | None


class SqlCallLog:
    """Implements `vezne.core.call_log.CallBook`.

    The engine has the migrations of `vezne.storage.calls`.
    """

    def __init__(self, engine: Engine, limits: CallLimits | None = None) -> None:
        self._engine = engine
        self._limits = limits or CallLimits()
        self._count = 0
        self._prunes = 0

    async def list_calls(self, query: CallQuery) -> CallPage:
        """The calls that a query asks for."""
        before = _NUMBER_MAX if query.before is None else query.before
        wanted, params = _conditions(query)
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        sql = f"{_WALK}{where} ORDER BY number DESC LIMIT ?"
        walk: tuple[Value, ...] = (query.merchant_id, before, self._limits.walk_max)
        rows = await self._engine.fetch(sql, (*walk, *params, query.limit + 1))
        calls = [_summary_from_row(row) for row in rows[: query.limit]]
        if len(rows) > query.limit:
            return CallPage(calls=calls, before=calls[-1].number, is_partial=False)
        end = (query.merchant_id, before, self._limits.walk_max - 1)
        rest = await self._engine.fetch(_END_OF_WALK, end)
        if not rest:
            return CallPage(calls=calls, before=None, is_partial=False)
        return CallPage(calls=calls, before=msgspec.convert(rest[0][0], int), is_partial=True)

    async def list_calls_of(self, merchant_id: int, payment_number: int) -> list[CallSummary]:
        """The calls about a payment, the oldest first; of very many the newest."""
        params = (merchant_id, payment_number, self._limits.of_payment_max)
        rows = await self._engine.fetch(_OF_PAYMENT, params)
        return [_summary_from_row(row) for row in reversed(rows)]

    async def find_call(self, merchant_id: int, number: int) -> ApiCall | None:
        """A merchant's call by number."""
        rows = await self._engine.fetch(_FIND, (number, merchant_id))
        return _documents.read(rows[0][0]) if rows else None

    async def add_calls(self, calls: Sequence[ApiCall]) -> None:
        """Write calls, all or none."""
        writes = []
        for call in calls:
            summary = call.summary
            name = (summary.number, summary.merchant_id)
            writes.append(Write(_ADD, _row_from_summary(summary)))
            writes.append(Write(_ADD_DOCUMENT, (*name, _documents.write(call))))
        await self._engine.apply(writes)
        self._count += len(calls)

    async def find_newest(self) -> int:
        """The greatest number of a call; 0 when there is none."""
        ((number,),) = await self._engine.fetch(_NEWEST)
        return msgspec.convert(number, int | None) or 0

    async def prune(self, rows_max: int) -> None:
        """Forget some of the oldest of all merchants' calls beyond that many."""
        if self._prunes % self._limits.recount_every == 0:
            ((count,),) = await self._engine.fetch(_COUNT)
            self._count = msgspec.convert(count, int)
        self._prunes += 1
        excess = min(self._count - rows_max, self._limits.prune_max)
        if excess <= 0:
            return
        ((last,),) = await self._engine.fetch(_OLDEST, (excess - 1,))
        merchants = await self._engine.fetch(_THEIR_MERCHANTS, (last,))
        writes = [Write(_FORGET, (merchant_id, last), ANY_ROWS) for (merchant_id,) in merchants]
        await self._engine.apply([*writes, Write(_FORGET_DOCUMENTS, (last,), ANY_ROWS)])
        self._count -= excess


def _conditions(query: CallQuery) -> tuple[list[str], list[Value]]:
    """What is asked of a row beyond whose it is, with the parameters."""
    found: list[tuple[str, tuple[Value, ...]]] = []
    if query.door:
        found.append(("door = ?", (query.door,)))
    if query.outcome:
        found.append(("outcome = ?", (query.outcome,)))
    if query.status is not None:
        found.append(("status BETWEEN ? AND ?", query.status))
    for column, text in (("path", query.path), ("reference", query.reference)):
        if text:
            found.append((f"{column}_folded LIKE ? ESCAPE '!'", (_pattern(text),)))
    if query.since_ms is not None:
        found.append(("at_ms >= ?", (query.since_ms,)))
    if query.until_ms is not None:
        found.append(("at_ms < ?", (query.until_ms,)))
    return [sql for sql, _ in found], [value for _, values in found for value in values]


def _pattern(text: str) -> str:
    """A text as a part of another one, its own wildcards made plain."""
    plain = _folded(text)
    for sign in ("!", "%", "_"):
        plain = plain.replace(sign, f"!{sign}")
    return f"%{plain}%"


def _row_from_summary(summary: CallSummary) -> tuple[Value, ...]:
    return (
        summary.number,
        summary.merchant_id,
        summary.at_ms,
        summary.duration_us,
        summary.door,
        summary.method,
        summary.path,
        summary.status,
        summary.outcome,
        summary.reason,
        summary.reference,
        summary.payment_number,
        _folded(summary.path),
        _folded(summary.reference),
    )


def _folded(text: str) -> str:
    """A text in one case, the dotted and the dotless I of Turkish as one letter."""
    return text.translate(_ONE_LETTER).casefold()


def _summary_from_row(row: Row) -> CallSummary:
    return CallSummary(**msgspec.convert(row, _Row)._asdict())
