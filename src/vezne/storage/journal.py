"""The journal as rows, which stand in the order of time."""

from typing import Final, NamedTuple

import msgspec

from vezne.core.changes import AddJournalEntry
from vezne.core.journal import JournalEntry
from vezne.engines.engine import Engine, Row, Write

_ADD = """INSERT INTO journal (merchant_id, at_ms, payment_number, attempt)
VALUES (?, ?, ?, ?)"""

_COUNT = "SELECT count(*) FROM journal WHERE merchant_id = ? AND at_ms >= ? AND at_ms < ?"

_LIST: Final = """SELECT at_ms, payment_number, attempt FROM journal
WHERE merchant_id = ? AND at_ms >= ? AND at_ms < ?"""

_FIND: Final = f"{_LIST} AND attempt = ?"

_NEWEST: Final = f"""{_LIST} AND (at_ms, payment_number, attempt) < (?, ?, ?)
ORDER BY at_ms DESC, payment_number DESC, attempt DESC LIMIT ? OFFSET ?"""

_OLDEST: Final = f"""{_LIST} AND (at_ms, payment_number, attempt) > (?, ?, ?)
ORDER BY at_ms, payment_number, attempt LIMIT ? OFFSET ?"""

_FIRST: Final = (-1, -1, -1)
_LAST: Final = (2**63 - 1,) * 3


class Period(NamedTuple):
    """A merchant's entries from `since_ms` on and before `until_ms`."""

    merchant_id: int
    since_ms: int
    until_ms: int


def add_entry(change: AddJournalEntry) -> Write:
    """The write that stores an entry."""
    entry = change.entry
    return Write(_ADD, (change.merchant_id, entry.at_ms, entry.payment_number, entry.attempt))


async def count_entries(engine: Engine, period: Period) -> int:
    """How many entries a period has."""
    ((count,),) = await engine.fetch(_COUNT, period)
    return msgspec.convert(count, int)


async def find_entry(engine: Engine, period: Period, attempt: int) -> JournalEntry | None:
    """The entry of an attempt, if it is of the period."""
    rows = await engine.fetch(_FIND, (*period, attempt))
    return _entry(rows[0]) if rows else None


async def list_entries(
    engine: Engine,
    period: Period,
    *,
    beyond: JournalEntry | None,
    is_newest_first: bool,
    skip: int,
    limit: int,
) -> list[JournalEntry]:
    """Entries of a period in the order of time, those after `beyond` in that order."""
    place: tuple[int, ...] = _LAST if is_newest_first else _FIRST
    if beyond is not None:
        place = (beyond.at_ms, beyond.payment_number, beyond.attempt)
    sql = _NEWEST if is_newest_first else _OLDEST
    return [_entry(row) for row in await engine.fetch(sql, (*period, *place, limit, skip))]


def _entry(row: Row) -> JournalEntry:
    return JournalEntry(*msgspec.convert(row, tuple[int, int, int]))
