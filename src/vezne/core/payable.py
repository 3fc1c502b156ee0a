"""Money that a payout may take: what became available to a party, by one event of a subject.

The payables that no payout has taken, and what the last payout carried over, are what stands on the
party's `available` account. A payout takes whole payables, so that no money is in two.
"""

from typing import TypeAlias

import msgspec

from vezne.core.ledger import Account, Booking, EntryKind, due_amounts
from vezne.core.payment import Payment

# Where a payable stands among those of its party: `available_ms`, `subject` and `version`.
Place: TypeAlias = tuple[int, int, int]


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """An amount that became available at `available_ms`, or was taken back when it is negative.

    `lines` are pairs of a payment line's number and its part of the amount. There is at most one
    for each party of a booking, and it has the booking's subject and version.
    """

    merchant_id: int
    subject: int
    version: int
    party: str
    currency: str
    available_ms: int
    amount_e8: int
    lines: tuple[tuple[int, int], ...] = ()


class Unpaid(msgspec.Struct, frozen=True):
    """The payables of a party that no payout has taken: how many, and their sum."""

    count: int
    amount_e8: int


class Batch(Unpaid, frozen=True):
    """The first of them, in the order of their places; `last` is the place of the last one."""

    last: Place | None


def payables_between(before: Payment, after: Payment, booking: Booking) -> list[Payable]:
    """The payables of a payment's booking, with the lines that their money comes from."""
    if before.matured_ms is None and after.matured_ms is None:
        # As it is with every payment that was just made.
        return []
    if all(entry.kind is not EntryKind.MATURITY for entry in booking.entries):
        return []
    lines: dict[str, dict[int, int]] = {}
    for sign, payment in ((-1, before), (1, after)):
        for due in due_amounts(payment):
            parts = lines.setdefault(due.party, {})
            parts[due.line_number] = parts.get(due.line_number, 0) + sign * due.amount_e8
    return [
        _payable(booking, party, tuple((number, part) for number, part in parts.items() if part))
        for party, parts in lines.items()
        if any(parts.values())
    ]


def payables_of(booking: Booking) -> list[Payable]:
    """The payables of a booking that is about no payment line, such as a cross booking."""
    amounts: dict[str, int] = {}
    for entry in booking.entries:
        for posting in entry.postings:
            if posting.account is Account.AVAILABLE:
                amounts[posting.party] = amounts.get(posting.party, 0) - posting.amount_e8
    return [
        msgspec.structs.replace(_payable(booking, party, ()), amount_e8=amount_e8)
        for party, amount_e8 in amounts.items()
        if amount_e8
    ]


def _payable(booking: Booking, party: str, lines: tuple[tuple[int, int], ...]) -> Payable:
    return Payable(
        merchant_id=booking.merchant_id,
        subject=booking.subject,
        version=booking.version,
        party=party,
        currency=booking.currency,
        available_ms=booking.booked_ms,
        amount_e8=sum(part for _, part in lines),
        lines=lines,
    )
