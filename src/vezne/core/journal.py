"""The journal: when the bank approved what, so that a day's operations can be listed."""

from typing import Final

import msgspec

from vezne.core.attempt import Operation, Outcome
from vezne.core.payment import Payment

# A capture changes what a hold was for; it is no operation that merchants are told of by itself.
_LISTED: Final = frozenset({Operation.AUTHORIZE, Operation.VOID, Operation.REFUND})
_APPROVED: Final = Outcome.APPROVED


class JournalEntry(msgspec.Struct, frozen=True, order=True):
    """An approved attempt of a payment. Entries sort by time."""

    at_ms: int
    payment_number: int
    attempt: int


def journal_between(before: Payment, after: Payment, at_ms: int) -> list[JournalEntry]:
    """The entries for what was approved between two versions of a payment."""
    entries: list[JournalEntry] = []
    if after.attempts is before.attempts:
        return entries
    # Only the last attempt may be open, and what is closed stays as it is.
    closed = len(before.attempts) - (before.open_attempt is not None)
    for attempt in after.attempts[closed:]:
        if attempt.outcome is _APPROVED and attempt.operation in _LISTED:
            entries.append(JournalEntry(at_ms, after.number, attempt.number))  # noqa: PERF401
    return entries
