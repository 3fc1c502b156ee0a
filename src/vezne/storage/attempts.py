"""Attempts as rows: the whole record as a JSON document. Open ones have an index of their own."""

from typing import Final

from vezne.core.attempt import Attempt
from vezne.engines.engine import Engine, Write
from vezne.storage.documents import Documents

_OPEN = """INSERT INTO attempts
(merchant_id, number, payment_number, created_ms, outcome, document)
VALUES (?, ?, ?, ?, ?, ?)"""

_CLOSE = """UPDATE attempts SET outcome = ?, document = ?
WHERE merchant_id = ? AND number = ? AND outcome IS NULL"""

_LIST_OPEN = "SELECT document FROM attempts WHERE outcome IS NULL ORDER BY created_ms, number"

_documents: Final = Documents(Attempt)


def open_attempt(attempt: Attempt) -> Write:
    """The write that stores an attempt that is about to be sent."""
    return Write(
        _OPEN,
        (
            attempt.merchant_id,
            attempt.number,
            attempt.payment_number,
            attempt.created_ms,
            attempt.outcome,
            _documents.write(attempt),
        ),
    )


def close_attempt(attempt: Attempt) -> Write:
    """The write that stores an attempt's outcome; it touches no row when there is one already."""
    return Write(
        _CLOSE,
        (
            attempt.outcome,
            _documents.write(attempt),
            attempt.merchant_id,
            attempt.number,
        ),
    )


async def list_open_attempts(engine: Engine) -> list[Attempt]:
    """Attempts without an outcome, oldest first."""
    return [_documents.read(document) for (document,) in await engine.fetch(_LIST_OPEN)]
