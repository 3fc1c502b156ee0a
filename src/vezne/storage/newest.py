"""The newest payment with the merchant's own reference.

Several servers claim numbers in blocks, so the payment with the greatest number may not be it.
"""

from typing import Final

import msgspec

from vezne.core.payment import Payment
from vezne.engines.engine import Engine
from vezne.storage.documents import Documents

# A reference of more payments than these is no name. Of its payments those with the greatest
# numbers are looked at, and the merchant's latest ones.
HITS_MAX: Final = 100
LATEST: Final = 1000

# Walks down from the newest slice, payment by payment. A row's number is the hit below the row
# before it; none when its slice has no more; then comes the next slice, with a number above all.
_WALK = """WITH RECURSIVE walk (slice, number, hits) AS (
    SELECT max(slice), CAST(9223372036854775807 AS BIGINT), 0 FROM payments
    WHERE merchant_id = ? AND conversation_id IS NOT NULL
    UNION ALL
    SELECT
        CASE WHEN walk.number IS NOT NULL THEN walk.slice ELSE
            (SELECT max(older.slice) FROM payments AS older
             WHERE older.merchant_id = ? AND older.conversation_id IS NOT NULL
             AND older.slice < walk.slice) END,
        CASE WHEN walk.number IS NULL THEN CAST(9223372036854775807 AS BIGINT) ELSE
            (SELECT max(hit.number) FROM payments AS hit
             WHERE hit.merchant_id = ? AND hit.slice = walk.slice AND hit.conversation_id = ?
             AND hit.number < walk.number) END,
        CASE WHEN walk.number < 9223372036854775807 THEN walk.hits + 1 ELSE walk.hits END
    FROM walk WHERE walk.slice IS NOT NULL AND walk.hits < ?
)"""

# The sum keeps PostgreSQL from going through all payments in the order of time.
_AMONG_HITS = f"""{_WALK}
SELECT payments.document, (SELECT max(hits) FROM walk) FROM walk JOIN payments
ON payments.merchant_id = ? AND payments.number = walk.number
ORDER BY payments.created_ms + 0 DESC, payments.number DESC LIMIT 1"""  # noqa: S608 - a constant

_AMONG_LATEST = """SELECT document FROM payments WHERE merchant_id = ? AND number = (
    SELECT number FROM (
        SELECT created_ms, number, conversation_id FROM payments
        WHERE merchant_id = ? ORDER BY created_ms DESC, number DESC LIMIT ?
    ) AS latest
    WHERE conversation_id = ? ORDER BY created_ms DESC, number DESC LIMIT 1
)"""


async def find_newest(
    engine: Engine, documents: Documents[Payment], merchant_id: int, key: bytes
) -> Payment | None:
    """The payment under a reference that was made last; of those of one moment the last number.

    Where more than `HITS_MAX` have the reference, it is the newest of those with the greatest
    numbers and of the merchant's `LATEST` payments.
    """
    ids = (merchant_id, merchant_id, merchant_id)
    rows = await engine.fetch(_AMONG_HITS, (*ids, key, HITS_MAX, merchant_id))
    if not rows:
        return None
    ((document, hits),) = rows
    found = [documents.read(document)]
    if msgspec.convert(hits, int) >= HITS_MAX:
        latest = await engine.fetch(_AMONG_LATEST, (merchant_id, merchant_id, LATEST, key))
        found += [documents.read(document) for (document,) in latest]
    return max(found, key=lambda payment: (payment.created_ms, payment.number))
