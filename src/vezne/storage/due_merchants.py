"""Which merchants there is something to do for by now, each by its own time.

A sandbox has thousands whom nobody calls any more. One question finds those few that have something
due, by indexes that hold only what waits.
"""

from typing import Final

import msgspec

from vezne.core.calendar import midnight_after_days
from vezne.core.payout import next_payout_ms
from vezne.engines.engine import Engine

# A question of its own for each merchant: PostgreSQL would rather read all that is due at any time.
_HAVE_DUE: Final = """SELECT id FROM merchants AS merchant WHERE (
    SELECT min(due_ms) FROM payments
    WHERE payments.merchant_id = merchant.id AND due_ms IS NOT NULL
) <= ? + clock_offset_ms ORDER BY id"""

# From one merchant to the next, because one may have very many payables.
_UNPAID: Final = """WITH RECURSIVE unpaid (id) AS (
    SELECT min(merchant_id) FROM payables WHERE payout_number IS NULL
    UNION ALL
    SELECT (SELECT min(merchant_id) FROM payables
            WHERE payout_number IS NULL AND merchant_id > unpaid.id)
    FROM unpaid WHERE unpaid.id IS NOT NULL
)"""

# Since when there were no payouts, which may lie ahead after a clock was moved back.
_SINCE: Final = "coalesce(paid_until_ms, created_ms)"

_HAVE_UNPAID: Final = f"""{_UNPAID}
SELECT merchant.id, clock_offset_ms, {_SINCE} FROM merchants AS merchant
LEFT JOIN payout_days ON payout_days.merchant_id = merchant.id
WHERE merchant.id IN (
    SELECT id FROM unpaid
    UNION SELECT merchant_id FROM payouts WHERE is_open = 1
    UNION SELECT merchant_id FROM parties WHERE is_carrying = 1
) AND (clock_offset_ms <> 0 OR {_SINCE} < ? OR {_SINCE} > ?)"""  # noqa: S608 - nothing from outside


async def find_due(engine: Engine, now_ms: int) -> list[int]:
    """Merchants with a payment that is due, or somebody to pay and a day on which to do it.

    Of whom nothing is unpaid, it is not noted that the day is over: that would be a write a day for
    each of them, and whoever looks at them next does it for all days at once.
    """
    due = {msgspec.convert(id_, int) for (id_,) in await engine.fetch(_HAVE_DUE, (now_ms,))}
    rows = await engine.fetch(_HAVE_UNPAID, (_payout_day_ms(now_ms), now_ms))
    for id_, offset_ms, since_ms in msgspec.convert(rows, list[tuple[int, int, int]]):
        there_ms = now_ms + offset_ms
        if since_ms > there_ms or next_payout_ms(since_ms) <= there_ms:
            due.add(id_)
    return sorted(due)


def _payout_day_ms(now_ms: int) -> int:
    """When the last business day began: who was paid before that is to be paid now."""
    days = 0
    while True:
        begun_ms = midnight_after_days(now_ms, -days)
        if next_payout_ms(begun_ms - 1) == begun_ms:
            return begun_ms
        days += 1
