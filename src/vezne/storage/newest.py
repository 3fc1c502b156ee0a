"""The newest payments with the merchant's own reference.

Several servers claim numbers in blocks, so the payment with the greatest number may not be it.
"""

from typing import Final

import msgspec

from vezne.core.ids import REFERENCE_SLICE
from vezne.core.payment import Payment
from vezne.engines.engine import Engine
from vezne.storage.payment_documents import payment_documents

# A reference of more payments than these is no name. Of its payments those with the greatest
# numbers are looked at, and the merchant's latest ones.
HITS_MAX: Final = 100
LATEST: Final = 1000

# Walks down from the newest slice, payment by payment. A row's number is the hit below that of the
# row before it, or the greatest of the slice that the row before it names; none when there is no
# more. Its slice is the one to go on with then. So a slice without the reference costs one row.
_WALK = f"""WITH RECURSIVE walk (slice, number, hits) AS (
    SELECT max(slice), CAST(NULL AS BIGINT), 0 FROM payments
    WHERE merchant_id = ? AND conversation_id IS NOT NULL
    UNION ALL
    SELECT
        CASE WHEN walk.number IS NOT NULL THEN walk.slice ELSE
            (SELECT max(older.slice) FROM payments AS older
             WHERE older.merchant_id = ? AND older.conversation_id IS NOT NULL
             AND older.slice < walk.slice) END,
        (SELECT max(hit.number) FROM payments AS hit
         WHERE hit.merchant_id = ? AND hit.conversation_id = ?
         AND hit.slice = COALESCE(walk.number / {REFERENCE_SLICE}, walk.slice)
         AND hit.number < COALESCE(walk.number, 9223372036854775807)),
        CASE WHEN walk.number IS NOT NULL THEN walk.hits + 1 ELSE walk.hits END
    FROM walk WHERE (walk.slice IS NOT NULL OR walk.number IS NOT NULL) AND walk.hits < ?
)"""  # noqa: S608 - a constant

# The sum keeps PostgreSQL from going through all payments in the order of time.
_AMONG_HITS = f"""{_WALK}
SELECT payments.document, (SELECT max(hits) FROM walk) FROM walk JOIN payments
ON payments.merchant_id = ? AND payments.number = walk.number
ORDER BY payments.created_ms + 0 DESC, payments.number DESC LIMIT ?"""  # noqa: S608 - a constant

_AMONG_LATEST = """SELECT document FROM payments WHERE merchant_id = ? AND number IN (
    SELECT number FROM (
        SELECT created_ms, number, conversation_id FROM payments
        WHERE merchant_id = ? ORDER BY created_ms DESC, number DESC LIMIT ?
    ) AS latest
    WHERE conversation_id = ? ORDER BY created_ms DESC, number DESC LIMIT ?
)"""


async def list_newest(engine: Engine, merchant_id: int, key: bytes, limit: int) -> list[Payment]:
    """At most `limit` payments under a reference, newest first; those of one moment by number.

    Where more than `HITS_MAX` have the reference, they are the newest of those with the greatest
    numbers and of the merchant's `LATEST` payments. So `limit` is no more than `HITS_MAX`.
    """
    ids = (merchant_id, merchant_id, merchant_id)
    rows = await engine.fetch(_AMONG_HITS, (*ids, key, HITS_MAX, merchant_id, limit))
    if not rows:
        return []
    found = [payment_documents.read(document) for document, _ in rows]
    if msgspec.convert(rows[0][1], int) >= HITS_MAX:
        latest = (merchant_id, merchant_id, LATEST, key, limit)
        rows = await engine.fetch(_AMONG_LATEST, latest)
        found += [payment_documents.read(document) for (document,) in rows]
    by_number = {payment.number: payment for payment in found}
    newest = sorted(by_number.values(), key=_time_of, reverse=True)
    return newest[:limit]


def _time_of(payment: Payment) -> tuple[int, int]:
    return payment.created_ms, payment.number
