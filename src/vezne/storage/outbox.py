"""Notices as rows. What is still to be told is in an index of its own, which stays small."""

from typing import Final

import msgspec

from vezne.core.notice import Notice, NoticeState
from vezne.engines.engine import ANY_ROWS, Engine, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO notices
(merchant_id, payment_number, version, door, revision, state, is_retry, next_try_ms,
closed_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_CHANGE = """UPDATE notices SET revision = ?, state = ?, is_retry = ?, next_try_ms = ?,
closed_ms = ?, document = ?
WHERE merchant_id = ? AND payment_number = ? AND version = ? AND revision = ?"""

# The documents keep what was planned, which only people read.
_HASTEN = """UPDATE notices SET next_try_ms = ?
WHERE merchant_id = ? AND next_try_ms > ?"""

# No older notice of the payment holds it up.
_IS_NEXT = """NOT EXISTS (
    SELECT 1 FROM notices AS older
    WHERE older.merchant_id = notice.merchant_id
    AND older.payment_number = notice.payment_number
    AND older.version < notice.version
    AND older.next_try_ms IS NOT NULL
)"""

# From one merchant with something to be told to the next: of the others there may be thousands.
_HAVE_NOTICES: Final = f"""WITH RECURSIVE waiting (id) AS (
    SELECT min(merchant_id) FROM notices WHERE next_try_ms IS NOT NULL
    UNION ALL
    SELECT (SELECT min(merchant_id) FROM notices
            WHERE next_try_ms IS NOT NULL AND merchant_id > waiting.id)
    FROM waiting WHERE waiting.id IS NOT NULL
)
SELECT merchant.id FROM waiting JOIN merchants AS merchant ON merchant.id = waiting.id
WHERE (
    SELECT 1 FROM notices AS notice WHERE notice.merchant_id = merchant.id
    AND next_try_ms <= ? + merchant.clock_offset_ms AND {_IS_NEXT} LIMIT 1
) IS NOT NULL ORDER BY merchant.id"""  # noqa: S608 - nothing from outside

_LIST_DUE = f"""SELECT document FROM notices AS notice
WHERE merchant_id = ? AND door = ? AND is_retry = ? AND next_try_ms <= ? AND {_IS_NEXT}
ORDER BY next_try_ms, payment_number, version LIMIT ?"""  # noqa: S608 - nothing from outside

_OF_PAYMENT = """SELECT document FROM notices
WHERE merchant_id = ? AND payment_number = ? ORDER BY version"""

_LIST = """SELECT document FROM notices
WHERE merchant_id = ? ORDER BY payment_number DESC, version DESC LIMIT ?"""

_LIST_IN_STATE = """SELECT document FROM notices
WHERE merchant_id = ? AND state = ? ORDER BY payment_number DESC, version DESC LIMIT ?"""

# What a 64-bit column holds. A person may name any number; no payment has a greater one.
_NUMBER_MAX: Final = 2**63 - 1

_documents: Final = Documents(Notice)


def add_notice(notice: Notice) -> Write:
    """The write that stores a new notice."""
    return Write(
        _ADD,
        (
            notice.merchant_id,
            notice.payment_number,
            notice.version,
            notice.door,
            notice.revision,
            notice.state.value,
            int(notice.tries > 0),
            notice.next_try_ms,
            _closed_ms(notice),
            _documents.write(notice),
        ),
    )


def change_notice(notice: Notice) -> Write:
    """The write that stores a notice's next revision over the one before it."""
    document = _documents.write(notice)
    is_retry = int(notice.tries > 0)
    times = (notice.next_try_ms, _closed_ms(notice))
    new = (notice.revision, notice.state.value, is_retry, *times, document)
    old = (notice.merchant_id, notice.payment_number, notice.version, notice.revision - 1)
    return Write(_CHANGE, (*new, *old))


def _closed_ms(notice: Notice) -> int | None:
    """From when the time runs that a closed notice is kept; None as long as it is to be told."""
    return notice.at_ms if notice.next_try_ms is None else None


def hasten_notices(merchant_id: int, now_ms: int) -> Write:
    """The write that makes a merchant's notices due that wait for a later time."""
    return Write(_HASTEN, (now_ms, merchant_id, now_ms), ANY_ROWS)


class SqlOutbox:
    """Implements `vezne.core.webhook.Outbox`. The engine has the migrations of `vezne.storage`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def find_to_tell(self, now_ms: int) -> list[int]:
        """The merchants with a notice to be tried by now, each by its own time.

        One that no older notice of its payment holds up.
        """
        rows = await self._engine.fetch(_HAVE_NOTICES, (now_ms,))
        return [msgspec.convert(id_, int) for (id_,) in rows]

    async def list_due_notices(
        self, merchant_id: int, door: str, *, until_ms: int, limit: int
    ) -> list[Notice]:
        """Notices to be tried by a time that no older one of their payment holds up."""
        rows = await self._engine.fetch(_LIST_DUE, (merchant_id, door, 0, until_ms, limit))
        if len(rows) < limit:
            again = (merchant_id, door, 1, until_ms, limit - len(rows))
            rows = [*rows, *await self._engine.fetch(_LIST_DUE, again)]
        return [_documents.read(document) for (document,) in rows]

    async def find_notices(self, merchant_id: int, payment_number: int) -> list[Notice]:
        """All notices of a payment, in order."""
        if not 0 <= payment_number <= _NUMBER_MAX:
            return []
        rows = await self._engine.fetch(_OF_PAYMENT, (merchant_id, payment_number))
        return [_documents.read(document) for (document,) in rows]

    async def list_notices(
        self, merchant_id: int, state: NoticeState | None, *, limit: int
    ) -> list[Notice]:
        """A merchant's notices, of one state or of all, those of the newest payments first."""
        if state is None:
            rows = await self._engine.fetch(_LIST, (merchant_id, limit))
        else:
            rows = await self._engine.fetch(_LIST_IN_STATE, (merchant_id, state.value, limit))
        return [_documents.read(document) for (document,) in rows]
