"""Payments as rows: the whole record as a JSON document, beside the columns that are searched."""

from typing import Final, NamedTuple

import msgspec

from vezne.core.changes import AddPayment, ChangePayment
from vezne.core.ids import reference_slice
from vezne.core.payment import Payment
from vezne.core.standing import standing_of
from vezne.engines.engine import Engine, Queries, Row, Value, Write
from vezne.storage.newest import list_newest
from vezne.storage.payment_documents import payment_documents

_ADD = """INSERT INTO payments
(merchant_id, number, slice, version, state, created_ms, due_ms, conversation_id, document,
standing, paid_e8, door, currency, bin, last4, basket_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_CHANGE = """UPDATE payments
SET version = ?, state = ?, due_ms = ?, document = ?, standing = ?, paid_e8 = ?
WHERE merchant_id = ? AND number = ? AND version = ?"""

# The reference is in an index, which no other change touches.
_CHANGE_RENAMED = """UPDATE payments
SET version = ?, state = ?, due_ms = ?, document = ?, standing = ?, paid_e8 = ?,
conversation_id = ?
WHERE merchant_id = ? AND number = ? AND version = ?"""

_FIND = "SELECT document FROM payments WHERE merchant_id = ? AND number = ?"

_FIND_LAST_BEFORE = """SELECT document FROM payments
WHERE merchant_id = ? AND number < ? ORDER BY number DESC LIMIT 1"""

_FIND_TIME = "SELECT created_ms FROM payments WHERE merchant_id = ? AND number = ?"

_LIST = """SELECT document FROM payments
WHERE merchant_id = ? AND created_ms >= ? AND (created_ms, number) < (?, ?)
ORDER BY created_ms DESC, number DESC LIMIT ?"""

_COUNT = "SELECT count(*) FROM payments WHERE merchant_id = ?"

_LIST_AFTER = """SELECT number, document FROM payments
WHERE merchant_id = ? AND number > ? ORDER BY number LIMIT ?"""

_LIST_DUE = """SELECT document FROM payments
WHERE merchant_id = ? AND (due_ms, number) > (?, ?) AND due_ms <= ?
ORDER BY due_ms, number LIMIT ?"""

# What a 64-bit column holds. A caller may send any number; no payment has a greater one.
_NUMBER_MAX: Final = 2**63 - 1

# Names are rarely as long as this; the ends of longer ones are not compared.
BASKET_BYTES: Final = 64


def add_payment(change: AddPayment) -> Write:
    """The write that stores a new payment."""
    payment = change.payment
    return Write(
        _ADD,
        (
            payment.merchant_id,
            payment.number,
            reference_slice(payment.number),
            payment.version,
            payment.state._value_,
            payment.created_ms,
            payment.due_ms,
            _reference_key(payment.conversation_id),
            payment_documents.write(payment),
            standing_of(payment)._value_,
            payment.paid_e8,
            *lasting_columns(payment),
        ),
    )


def lasting_columns(payment: Payment) -> tuple[Value, ...]:
    """What the search knows of a payment from its beginning: door, currency, bin, last4, basket."""
    basket = payment.basket_id
    return (
        payment.door,
        payment.currency,
        payment.bin,
        payment.last4,
        None if basket is None else basket_key(basket),
    )


def basket_key(basket_id: str) -> bytes:
    """What of a basket's name is in its column: an index takes no text of any length."""
    return basket_id.encode()[:BASKET_BYTES]


def change_payment(change: ChangePayment) -> Write:
    """The write that stores a payment's next version over the one before it."""
    payment = change.payment
    new = (
        payment.version,
        payment.state._value_,
        payment.due_ms,
        payment_documents.write(payment),
        standing_of(payment)._value_,
        payment.paid_e8,
    )
    old = (payment.merchant_id, payment.number, payment.version - 1)
    if not change.is_renamed:
        return Write(_CHANGE, new + old)
    return Write(_CHANGE_RENAMED, (*new, _reference_key(payment.conversation_id), *old))


async def find_payment(engine: Engine, merchant_id: int, number: int) -> Payment | None:
    """A payment by number."""
    if not 0 <= number <= _NUMBER_MAX:
        return None
    return _only(await engine.fetch(_FIND, (merchant_id, number)))


async def find_payment_of_line(
    engine: Engine, merchant_id: int, line_number: int
) -> Payment | None:
    """The payment that has a line of this number: lines are numbered right after their payment."""
    if not 0 <= line_number <= _NUMBER_MAX:
        return None
    payment = _only(await engine.fetch(_FIND_LAST_BEFORE, (merchant_id, line_number)))
    return payment if payment and line_number in payment.line_numbers else None


async def find_payment_by_reference(
    engine: Engine, merchant_id: int, conversation_id: str
) -> Payment | None:
    """The newest payment with the merchant's own reference."""
    newest = await list_newest(engine, merchant_id, conversation_id.encode(), 1)
    return newest[0] if newest else None


class Span(NamedTuple):
    """Payments made from `since_ms` on and before `until_ms`, older than the payment `before`."""

    since_ms: int
    until_ms: int
    before: int | None


async def list_payments(engine: Engine, merchant_id: int, span: Span, limit: int) -> list[Payment]:
    """A merchant's payments of a span, newest first; those of one moment by their numbers.

    None are older than a payment that there is not.
    """
    end = (span.until_ms, 0)
    if span.before is not None:
        if not 0 <= span.before <= _NUMBER_MAX:
            return []
        rows = await engine.fetch(_FIND_TIME, (merchant_id, span.before))
        if not rows:
            return []
        end = min(end, (msgspec.convert(rows[0][0], int), span.before))
    rows = await engine.fetch(_LIST, (merchant_id, span.since_ms, *end, limit))
    return [payment_documents.read(document) for (document,) in rows]


class DueSpan(NamedTuple):
    """Payments that are due by `until_ms`, beyond the due time and number of another one."""

    after: tuple[int, int]
    until_ms: int


async def list_payments_named(
    engine: Engine, merchant_id: int, conversation_id: str, limit: int
) -> list[Payment]:
    """The newest payments with the merchant's own reference, newest first."""
    return await list_newest(engine, merchant_id, conversation_id.encode(), limit)


async def count_payments(engine: Queries, merchant_id: int) -> int:
    """How many payments a merchant has."""
    ((count,),) = await engine.fetch(_COUNT, (merchant_id,))
    return msgspec.convert(count, int)


async def list_payments_after(
    engine: Queries, merchant_id: int, number: int, limit: int
) -> list[Payment]:
    """A merchant's payments beyond a number, in the order of their numbers."""
    rows = await engine.fetch(_LIST_AFTER, (merchant_id, number, limit))
    return [payment_documents.read_as(document, {"number": number}) for number, document in rows]


async def list_due_payments(
    engine: Engine, merchant_id: int, span: DueSpan, limit: int
) -> list[Payment]:
    """Payments that somebody has to look at by a time, the oldest first."""
    rows = await engine.fetch(_LIST_DUE, (merchant_id, *span.after, span.until_ms, limit))
    return [payment_documents.read(document) for (document,) in rows]


def _reference_key(conversation_id: str | None) -> bytes | None:
    return None if conversation_id is None else conversation_id.encode()


def _only(rows: list[Row]) -> Payment | None:
    return payment_documents.read(rows[0][0]) if rows else None
