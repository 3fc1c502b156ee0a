"""Tries to tell notices as rows, each with its notice."""

from typing import Final

from vezne.core.delivery import FIRST_KEPT, NEWEST_KEPT, Delivery
from vezne.core.notice_archive import NoticePlace
from vezne.engines.engine import ANY_ROWS, Engine, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO deliveries
(merchant_id, payment_number, version, id, document) VALUES (?, ?, ?, ?, ?)"""

_LIST = """SELECT document FROM deliveries
WHERE merchant_id = ? AND payment_number = ? AND version = ? ORDER BY id DESC LIMIT ?"""

# However often somebody has a notice sent again.
_REMOVE_MIDDLE: Final = """DELETE FROM deliveries
WHERE merchant_id = ? AND payment_number = ? AND version = ?
AND id > (SELECT id FROM deliveries
    WHERE merchant_id = ? AND payment_number = ? AND version = ?
    ORDER BY id LIMIT 1 OFFSET ?)
AND id < (SELECT id FROM deliveries
    WHERE merchant_id = ? AND payment_number = ? AND version = ?
    ORDER BY id DESC LIMIT 1 OFFSET ?)"""

_documents: Final = Documents(Delivery)


def add_delivery(delivery: Delivery) -> tuple[Write, ...]:
    """The writes that store a try, and forget those between the first and the newest ones."""
    name = (delivery.merchant_id, delivery.payment_number, delivery.version)
    return (
        Write(_ADD, (*name, delivery.id, _documents.write(delivery))),
        Write(
            _REMOVE_MIDDLE,
            (*name, *name, FIRST_KEPT - 1, *name, NEWEST_KEPT - 1),
            rows=ANY_ROWS,
        ),
    )


async def list_deliveries(
    engine: Engine, merchant_id: int, place: NoticePlace, limit: int
) -> list[Delivery]:
    """The newest tries to tell a notice, newest first."""
    rows = await engine.fetch(_LIST, (merchant_id, *place, limit))
    return [_documents.read(document) for (document,) in rows]
