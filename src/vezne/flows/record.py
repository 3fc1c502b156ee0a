"""Every write of a payment: the payment itself, what follows from it in the ledger, and notices."""

from typing import Final

from vezne.core.audit import name_payment
from vezne.core.changes import (
    AddBooking,
    AddJournalEntry,
    AddNotice,
    AddPayable,
    AddPayment,
    Change,
    ChangePayment,
)
from vezne.core.journal import journal_between
from vezne.core.ledger import booking_between
from vezne.core.notice import notice_between
from vezne.core.payable import payables_between
from vezne.core.payment import Payment

# How long after its promise an attempt counts as unanswered: longer than the line to a bank waits.
ANSWER_MAX_MS: Final = 15_000
# When the bank is asked what became of an attempt; the last delay is repeated until it says so.
INQUIRY_DELAYS_MS: Final = (5_000, 30_000, 300_000, 3_600_000)


def changes_of(
    before: Payment | None, after: Payment, now_ms: int, *, is_renamed: bool = False
) -> list[Change]:
    """The changes that take a payment from one version to the next; `before` is None for a new one.

    To be written in one batch, together with whatever else must not be without it.
    """
    name_payment(after.number)
    if before is None:
        return [AddPayment(after)]
    changes: list[Change] = [ChangePayment(after, is_renamed)]
    for entry in journal_between(before, after, now_ms):
        changes.append(AddJournalEntry(after.merchant_id, entry))  # noqa: PERF401 - one at most
    notice = notice_between(before, after, now_ms)
    if notice is not None:
        changes.append(AddNotice(notice))
    booking = booking_between(before, after, now_ms)
    if booking is not None:
        changes.append(AddBooking(booking))
        changes += map(AddPayable, payables_between(before, after, booking))
    return changes
