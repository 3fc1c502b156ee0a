"""What waits in the books: payments for a bank's answer or a person, notices for their time.

For whoever watches the server, and asks every few seconds. Each question reads an index that holds
only what waits, and no more of that than a bound: SQLite answers on the event loop.
"""

from typing import Final, cast

import msgspec

from vezne.core.standing import Standing
from vezne.engines.engine import Engine

# So many rows are read in some milliseconds. With more, the first of them are enough to know.
ROWS_MAX: Final = 10_000

_WAITING: Final = """SELECT standing, count(*), min(created_ms) FROM (
    SELECT standing, created_ms FROM payments
    WHERE standing IN ('uncertain', 'review') LIMIT ?
) AS waiting GROUP BY standing"""
_NOTICES: Final = """SELECT count(*), min(next_try_ms) FROM (
    SELECT next_try_ms FROM notices WHERE next_try_ms IS NOT NULL AND next_try_ms <= ? LIMIT ?
) AS due"""
_PLANNED: Final = """SELECT count(*) FROM (
    SELECT 1 AS one FROM notices WHERE next_try_ms IS NOT NULL LIMIT ?
) AS planned"""

_STANDINGS: Final = (Standing.UNCERTAIN, Standing.REVIEW)


class Waiting(msgspec.Struct, frozen=True):
    """How many of a kind wait, at most `ROWS_MAX`, and for how long the oldest of these has."""

    count: int
    oldest_ms: int


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What waits. `payments` is by standing; `planned` are all notices, `due` those due by now."""

    payments: dict[str, Waiting]
    due: Waiting
    planned: int


class SqlBacklog:
    """Asks an engine with the migrations of `vezne.storage`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def look(self, now_ms: int) -> Backlog:
        """What waits at that time. Raises what the engine raises."""
        rows = await self._engine.fetch(_WAITING, (ROWS_MAX,))
        found = {
            cast("str", standing): _waiting(cast("int", count), since_ms, now_ms)
            for standing, count, since_ms in rows
        }
        [(due, due_ms)] = await self._engine.fetch(_NOTICES, (now_ms, ROWS_MAX))
        [(planned,)] = await self._engine.fetch(_PLANNED, (ROWS_MAX,))
        return Backlog(
            payments={name: found.get(name, Waiting(0, 0)) for name in _STANDINGS},
            due=_waiting(cast("int", due), due_ms, now_ms),
            planned=cast("int", planned),
        )


def _waiting(count: int, since_ms: object, now_ms: int) -> Waiting:
    since = since_ms if isinstance(since_ms, int) else now_ms
    return Waiting(count, max(now_ms - since, 0))
