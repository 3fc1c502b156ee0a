"""What is wrong with a ledger: every difference between what it holds and what it must hold."""

import enum
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from vezne.core.ledger import (
    Account,
    Balance,
    Booking,
    Due,
    EntryKind,
    Position,
    due_amounts,
    position,
)
from vezne.core.money import plain_text
from vezne.core.payable import Payable, Unpaid, payables_of
from vezne.core.payment import Payment
from vezne.core.payout import Payout, PayoutState, payout_position
from vezne.core.sub_merchant import CrossBooking, booking_of

Key = TypeVar("Key", bound=Hashable)


class Flaw(enum.StrEnum):
    """The kinds of differences."""

    UNBALANCED_ENTRY = "an entry does not sum to zero"
    OTHER_CURRENCY = "a booking is in another currency than its subject"
    OTHER_POSITION = "the bookings are not what the state says"
    NO_SUBJECT = "there are bookings or payables of a subject that there is not"
    OTHER_PAYABLES = "the payables are not what the state says"
    OTHER_TAKEN = "a payout is not the sum of its payables"
    BROKEN_SEQUENCE = "a payout does not begin where the one before it ended"
    OTHER_UNPAID = "what is unpaid is not what is available"
    OTHER_BALANCE = "a balance is not the sum of its bookings"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `subject` is the number of a payment, a payout or the like.

    `found` is what the books hold at `where`, `expected` what they must hold.
    """

    merchant_id: int
    flaw: Flaw
    subject: int | None = None
    where: str = ""
    found: str = ""
    expected: str = ""


class LedgerCheck:
    """The check of one merchant's ledger, subject by subject and then as a whole.

    `differences` are those that were found so far.
    """

    def __init__(self, merchant_id: int) -> None:
        self.differences: list[Difference] = []
        self._merchant_id = merchant_id
        self._totals: dict[tuple[str, str, Account], int] = {}
        self._last: Payout | None = None
        self._carried: dict[tuple[str, str], int] = {}

    @property
    def parties(self) -> set[tuple[str, str]]:
        """The currencies and parties that were ever paid or had anything available."""
        booked = {
            (currency, party)
            for currency, party, account in self._totals
            if account is Account.AVAILABLE
        }
        return booked | self._carried.keys()

    def check_payment(
        self, payment: Payment, bookings: Sequence[Booking], payables: Sequence[Payable]
    ) -> None:
        """Compare a payment with what is booked of it, and with what became payable."""
        self._compare(payment.number, payment.currency, bookings, position(payment))
        if payables or payment.matured_ms is not None:
            self._compare_payables(payment, payables)

    def check_payout(self, payout: Payout, bookings: Sequence[Booking], taken: Unpaid) -> None:
        """Compare a payout with what is booked of it, and with the payables that are in it."""
        self._compare(payout.number, payout.currency, bookings, payout_position(payout))
        is_bounced = payout.state is PayoutState.BOUNCED
        due = Unpaid(0, 0) if is_bounced else Unpaid(payout.payables, payout.taken_e8)
        if taken != due:
            self._note(Flaw.OTHER_TAKEN, payout.number, "", _text(taken), _text(due))

    def check_cross_booking(
        self,
        cross_booking: CrossBooking,
        bookings: Sequence[Booking],
        payables: Sequence[Payable],
    ) -> None:
        """Compare a cross booking with what is booked of it, and with what became payable."""
        expected = booking_of(cross_booking)
        amounts = {
            entry.kind: {(item.account, item.party): item.amount_e8 for item in entry.postings}
            for entry in expected.entries
        }
        self._compare(cross_booking.number, cross_booking.currency, bookings, amounts)
        found = {item.party: item.amount_e8 for item in payables}
        due = {item.party: item.amount_e8 for item in payables_of(expected)}
        if found != due:
            self._note(Flaw.OTHER_PAYABLES, cross_booking.number, "", str(found), str(due))

    def check_unknown(self, subject: int, bookings: Sequence[Booking]) -> None:
        """Note that there is no such subject. What is booked of it counts in the totals."""
        for booking in bookings:
            self._add(subject, booking, {})
        self._note(Flaw.NO_SUBJECT, subject, "", f"{len(bookings)} bookings", "")

    def check_sequence(self, payout: Payout) -> None:
        """Compare a payout with the one before it. They come by currency, party and sequence."""
        last, self._last = self._last, payout
        if last is None or (last.currency, last.party) != (payout.currency, payout.party):
            expected = (1, 0)
        else:
            expected = (last.sequence + 1, last.carried_out_e8)
        if (payout.sequence, payout.carried_in_e8) != expected:
            found = (payout.sequence, payout.carried_in_e8)
            self._note(Flaw.BROKEN_SEQUENCE, payout.number, "", str(found), str(expected))
        self._carried[payout.currency, payout.party] = payout.carried_out_e8

    def check_available(self, currency: str, party: str, unpaid: Unpaid) -> None:
        """Compare what is available to a party with what is unpaid, and what payouts left over.

        All sequences were checked before.
        """
        carried_e8 = self._carried.get((currency, party), 0)
        available_e8 = -self._totals.get((currency, party, Account.AVAILABLE), 0)
        if unpaid.amount_e8 + carried_e8 != available_e8:
            self._note(
                Flaw.OTHER_UNPAID,
                None,
                f"{currency} {party}".strip(),
                plain_text(unpaid.amount_e8 + carried_e8),
                plain_text(available_e8),
            )

    def check_balances(self, balances: Iterable[Balance]) -> None:
        """Compare the balances with the sum of all bookings."""
        found = {(item.currency, item.party, item.account): item.amount_e8 for item in balances}
        booked = {key: amount_e8 for key, amount_e8 in self._totals.items() if amount_e8}
        if found == booked:
            return
        for key in sorted({*found, *booked}):
            if found.get(key, 0) != booked.get(key, 0):
                self._note(
                    Flaw.OTHER_BALANCE,
                    None,
                    " ".join(part for part in key if part),
                    plain_text(found.get(key, 0)),
                    plain_text(booked.get(key, 0)),
                )

    def _compare(
        self, subject: int, currency: str, bookings: Sequence[Booking], expected: Position
    ) -> None:
        """Compare what is booked of a subject with the position that it must have."""
        booked: dict[EntryKind, dict[tuple[Account, str], int]] = {}
        for booking in bookings:
            if booking.currency != currency:
                self._note(
                    Flaw.OTHER_CURRENCY, subject, _version(booking), booking.currency, currency
                )
            self._add(subject, booking, booked)
        due = {kind: _without_zeros(amounts) for kind, amounts in expected.items()}
        for kind in sorted({*booked, *due}):
            found, wanted = _without_zeros(booked.get(kind, {})), due.get(kind, {})
            if found == wanted:
                continue
            for key in sorted({*found, *wanted}):
                if found.get(key, 0) != wanted.get(key, 0):
                    where = " ".join(part for part in (kind, *key) if part)
                    texts = plain_text(found.get(key, 0)), plain_text(wanted.get(key, 0))
                    self._note(Flaw.OTHER_POSITION, subject, where, *texts)

    def _add(
        self,
        subject: int,
        booking: Booking,
        booked: dict[EntryKind, dict[tuple[Account, str], int]],
    ) -> None:
        """Add a booking to its subject's sums and to the totals."""
        totals = self._totals
        currency = booking.currency
        for entry in booking.entries:
            amounts = booked.setdefault(entry.kind, {})
            left_e8 = 0
            for posting in entry.postings:
                account, party, amount_e8 = posting.account, posting.party, posting.amount_e8
                left_e8 += amount_e8
                amounts[account, party] = amounts.get((account, party), 0) + amount_e8
                total = (currency, party, account)
                totals[total] = totals.get(total, 0) + amount_e8
            if left_e8:
                where = f"{_version(booking)} {entry.kind}"
                self._note(Flaw.UNBALANCED_ENTRY, subject, where, plain_text(left_e8), "0")

    def _compare_payables(self, payment: Payment, payables: Sequence[Payable]) -> None:
        found: dict[tuple[int, str], int] = {}
        for payable in payables:
            for number, amount_e8 in payable.lines:
                key = (number, payable.party)
                found[key] = found.get(key, 0) + amount_e8
        due: list[Due] = due_amounts(payment)
        expected = {(item.line_number, item.party): item.amount_e8 for item in due}
        is_whole = all(
            (item.currency, item.amount_e8) == (payment.currency, sum(e8 for _, e8 in item.lines))
            for item in payables
        )
        if is_whole and _without_zeros(found) == _without_zeros(expected):
            return
        self._note(Flaw.OTHER_PAYABLES, payment.number, "", str(found), str(expected))

    def _note(self, flaw: Flaw, subject: int | None, where: str, found: str, expected: str) -> None:
        self.differences.append(
            Difference(
                merchant_id=self._merchant_id,
                flaw=flaw,
                subject=subject,
                where=where,
                found=found,
                expected=expected,
            )
        )


def _without_zeros(amounts: Mapping[Key, int]) -> dict[Key, int]:
    return {key: amount_e8 for key, amount_e8 in amounts.items() if amount_e8}


def _version(booking: Booking) -> str:
    return f"version {booking.version}"


def _text(unpaid: Unpaid) -> str:
    return f"{plain_text(unpaid.amount_e8)} of {unpaid.count}"
