"""Tries to tell notices as rows, each with its notice."""

from typing import Final

from vezne.core.delivery import Delivery
from vezne.core.notice_archive import NoticePlace
from vezne.engines.engine import Engine, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO deliveries
(merchant_id, payment_number, version, id, document) VALUES (?, ?, ?, ?, ?)"""

_LIST = """SELECT document FROM deliveries
WHERE merchant_id = ? AND payment_number = ? AND version = ? ORDER BY id DESC LIMIT ?"""

_documents: Final = Documents(Delivery)


def add_delivery(delivery: Delivery) -> Write:
    """The write that stores a try."""
    name = (delivery.merchant_id, delivery.payment_number, delivery.version)
    return Write(_ADD, (*name, delivery.id, _documents.write(delivery)))


async def list_deliveries(
    engine: Engine, merchant_id: int, place: NoticePlace, limit: int
) -> list[Delivery]:
    """The newest tries to tell a notice, newest first."""
    rows = await engine.fetch(_LIST, (merchant_id, *place, limit))
    return [_documents.read(document) for (document,) in rows]
