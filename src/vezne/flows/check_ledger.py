"""Prove that a ledger is right, subject by subject, within bounded memory."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from vezne.core.ledger import Booking
from vezne.core.ledger_check import Difference, LedgerCheck
from vezne.core.payable import Payable
from vezne.core.payment import Payment
from vezne.core.payout import Payout
from vezne.core.payout_books import LedgerBooks
from vezne.core.sub_merchant import CrossBooking

# How many records are read at a time.
PAGE: Final = 5_000
# After so many differences the rest are of no more help.
DIFFERENCES_MAX: Final = 100
# What a 64-bit column holds.
_LAST: Final = 2**63 - 1

Item = TypeVar("Item", Booking, Payable, Payout, CrossBooking)
Key = TypeVar("Key")


async def check_ledger(
    merchant_id: int,
    books: LedgerBooks,
    on_progress: Callable[[int], None],
    page: int = PAGE,
) -> list[Difference]:
    """What is wrong with a merchant's ledger: nothing, in a sound one.

    Every entry sums to zero; what is booked of every payment, payout and cross booking is what its
    state says; what is payable is what has matured, and what is unpaid is what is available; each
    payout holds what it has taken and follows the one before it; the balances are the sums of the
    bookings. The check ends early once it has found `DIFFERENCES_MAX`. The books must not change
    meanwhile: read a snapshot. `on_progress` is told how many payments were checked, page by page.
    """
    check = LedgerCheck(merchant_id)
    subjects = _Subjects(merchant_id, books, check, page)
    last = 0
    while last < _LAST and len(check.differences) < DIFFERENCES_MAX:
        payments = await books.list_payments_after(merchant_id, last, page)
        last = payments[-1].number if len(payments) == page else _LAST
        await subjects.check_until(last, payments)
        on_progress(len(payments))
    if len(check.differences) < DIFFERENCES_MAX:
        await _check_whole(merchant_id, books, check, page)
    return check.differences[:DIFFERENCES_MAX]


class _Ahead(Generic[Item, Key]):
    """Records in the order of their subjects, read in pages."""

    def __init__(
        self,
        fetch: Callable[[Key], Awaitable[list[Item]]],
        key_of: Callable[[Item], Key],
        subject_of: Callable[[Item], int],
        start: Key,
    ) -> None:
        self._fetch: Callable[[Key], Awaitable[list[Item]]] = fetch
        self._key_of: Callable[[Item], Key] = key_of
        self._subject_of: Callable[[Item], int] = subject_of
        self._at: Key | None = start
        self._items: list[Item] = []

    async def take_until(self, subject: int) -> dict[int, list[Item]]:
        """The records up to a subject, by subject."""
        items, subject_of = self._items, self._subject_of
        while self._at is not None and not (items and subject_of(items[-1]) > subject):
            found = await self._fetch(self._at)
            self._at = self._key_of(found[-1]) if found else None
            items += found
        taken: dict[int, list[Item]] = {}
        count = 0
        for item in items:
            if subject_of(item) > subject:
                break
            taken.setdefault(subject_of(item), []).append(item)
            count += 1
        del items[:count]
        return taken


class _Subjects:
    """What is booked and payable of subjects, in the order of their numbers."""

    def __init__(self, merchant_id: int, books: LedgerBooks, check: LedgerCheck, page: int) -> None:
        self._merchant_id = merchant_id
        self._books = books
        self._check = check

        async def fetch_bookings(after: tuple[int, int]) -> list[Booking]:
            return await books.list_bookings(merchant_id, after=after, limit=page)

        async def fetch_payables(after: tuple[int, int, str]) -> list[Payable]:
            return await books.list_payables_after(merchant_id, after=after, limit=page)

        async def fetch_payouts(after: int) -> list[Payout]:
            return await books.list_payouts_after(merchant_id, after, page)

        async def fetch_cross_bookings(after: int) -> list[CrossBooking]:
            return await books.list_cross_bookings_after(merchant_id, after, page)

        self._bookings = _Ahead(
            fetch_bookings,
            lambda item: (item.subject, item.version),
            lambda item: item.subject,
            (0, 0),
        )
        self._payables = _Ahead(
            fetch_payables,
            lambda item: (item.subject, item.version, item.party),
            lambda item: item.subject,
            (0, 0, ""),
        )
        self._payouts = _Ahead(fetch_payouts, lambda item: item.number, lambda item: item.number, 0)
        self._cross_bookings = _Ahead(
            fetch_cross_bookings, lambda item: item.number, lambda item: item.number, 0
        )

    async def check_until(self, last: int, payments: Sequence[Payment]) -> None:
        """Check all subjects up to a number that were not checked yet, with these payments."""
        check = self._check
        bookings = await self._bookings.take_until(last)
        payables = await self._payables.take_until(last)
        for payment in payments:
            number = payment.number
            check.check_payment(payment, bookings.pop(number, []), payables.pop(number, []))
        for number, (payout,) in (await self._payouts.take_until(last)).items():
            taken = await self._books.sum_taken(self._merchant_id, number)
            check.check_payout(payout, bookings.pop(number, []), taken)
        for number, (booked,) in (await self._cross_bookings.take_until(last)).items():
            check.check_cross_booking(booked, bookings.pop(number, []), payables.pop(number, []))
        for number in sorted({*bookings, *payables}):
            check.check_unknown(number, bookings.get(number, []))


async def _check_whole(merchant_id: int, books: LedgerBooks, check: LedgerCheck, page: int) -> None:
    """Check what no subject shows by itself, once all of them were seen."""
    after = ("", "", 0)
    while payouts := await books.list_payouts_in_sequence(merchant_id, after=after, limit=page):
        for payout in payouts:
            check.check_sequence(payout)
        after = (payouts[-1].currency, payouts[-1].party, payouts[-1].sequence)
    unpaid = await books.list_unpaid_parties(merchant_id, until_ms=_LAST)
    for currency, party in sorted({*check.parties, *unpaid}):
        amount = await books.sum_unpaid(merchant_id, currency, party, until_ms=_LAST)
        check.check_available(currency, party, amount)
    check.check_balances(await books.list_balances(merchant_id))
