"""Sub-merchants and cross bookings as rows."""

from typing import Final

from vezne.core.changes import AddCrossBooking
from vezne.core.sub_merchant import CrossBooking, SubMerchant
from vezne.engines.engine import Engine, Queries, Write
from vezne.storage.documents import Documents
from vezne.storage.parties import take_turn

_ADD = """INSERT INTO sub_merchants (merchant_id, key, external_id, version, document)
VALUES (?, ?, ?, ?, ?)"""

_CHANGE = """UPDATE sub_merchants SET version = ?, document = ?
WHERE merchant_id = ? AND key = ? AND version = ?"""

_FIND = "SELECT document FROM sub_merchants WHERE merchant_id = ? AND key = ?"

_FIND_NAMED = "SELECT document FROM sub_merchants WHERE merchant_id = ? AND external_id = ?"

_ADD_CROSS_BOOKING = """INSERT INTO cross_bookings (merchant_id, number, sequence, document)
VALUES (?, ?, ?, ?)"""

_FIND_LAST_CROSS_BOOKING = """SELECT document FROM cross_bookings
WHERE merchant_id = ? ORDER BY sequence DESC LIMIT 1"""

_LIST_CROSS_BOOKINGS = """SELECT document FROM cross_bookings
WHERE merchant_id = ? AND number > ? ORDER BY number LIMIT ?"""

_sub_merchants: Final = Documents(SubMerchant)
_cross_bookings: Final = Documents(CrossBooking)


def add_sub_merchant(sub_merchant: SubMerchant) -> Write:
    """The write that stores a new sub-merchant."""
    return Write(
        _ADD,
        (
            sub_merchant.merchant_id,
            sub_merchant.key.encode(),
            sub_merchant.external_id.encode(),
            sub_merchant.version,
            _sub_merchants.write(sub_merchant),
        ),
    )


def change_sub_merchant(sub_merchant: SubMerchant) -> Write:
    """The write that stores a sub-merchant's next version over the one before it."""
    return Write(
        _CHANGE,
        (
            sub_merchant.version,
            _sub_merchants.write(sub_merchant),
            sub_merchant.merchant_id,
            sub_merchant.key.encode(),
            sub_merchant.version - 1,
        ),
    )


def add_cross_booking(change: AddCrossBooking) -> tuple[Write, ...]:
    """The writes that store a cross booking and take the giver's turn."""
    cross_booking = change.cross_booking
    document = _cross_bookings.write(cross_booking)
    key = (cross_booking.merchant_id, cross_booking.number, cross_booking.sequence)
    giver = (cross_booking.merchant_id, cross_booking.currency, cross_booking.giver)
    return (Write(_ADD_CROSS_BOOKING, (*key, document)), take_turn(giver, change.turn))


async def find_sub_merchant(engine: Engine, merchant_id: int, key: str) -> SubMerchant | None:
    """A sub-merchant by key."""
    rows = await engine.fetch(_FIND, (merchant_id, key.encode()))
    return _sub_merchants.read(rows[0][0]) if rows else None


async def find_sub_merchant_named(
    engine: Engine, merchant_id: int, external_id: str
) -> SubMerchant | None:
    """The sub-merchant that has the merchant's own name."""
    rows = await engine.fetch(_FIND_NAMED, (merchant_id, external_id.encode()))
    return _sub_merchants.read(rows[0][0]) if rows else None


async def find_last_cross_booking(engine: Engine, merchant_id: int) -> CrossBooking | None:
    """A merchant's cross booking that no other follows."""
    rows = await engine.fetch(_FIND_LAST_CROSS_BOOKING, (merchant_id,))
    return _cross_bookings.read(rows[0][0]) if rows else None


async def list_cross_bookings(
    engine: Queries, merchant_id: int, number: int, limit: int
) -> list[CrossBooking]:
    """A merchant's cross bookings beyond a number, in the order of their numbers."""
    rows = await engine.fetch(_LIST_CROSS_BOOKINGS, (merchant_id, number, limit))
    return [_cross_bookings.read(document) for (document,) in rows]
