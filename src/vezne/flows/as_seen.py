"""Decide on a payment only as long as it is what a person saw when deciding."""

from collections.abc import Sequence
from typing import cast

import msgspec

from vezne.core.changes import Change
from vezne.core.payment import Payment
from vezne.core.ports import Books, Ports


class ChangedMeanwhile(Exception):
    """The payment is not what whoever decides on it has seen. Nothing was done."""


def ports_as_seen(ports: Ports, number: int, version: int) -> Ports:
    """The ports for one act on a payment that was seen at a version.

    Reading it at another version raises ChangedMeanwhile until the act has written something: a
    form that is sent twice, also at the same moment, acts once.
    """
    books = _BooksAsSeen(ports.books, number, version)
    # What the class has not itself, it takes from the books.
    return msgspec.structs.replace(ports, books=cast("Books", books))


class _BooksAsSeen:
    """The books, which show a payment at one version only until something is written."""

    def __init__(self, books: Books, number: int, version: int) -> None:
        self._books = books
        self._number = number
        self._version = version
        self._has_begun = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._books, name)

    async def apply(self, changes: Sequence[Change]) -> None:
        """Write all changes or none. Raises Conflict."""
        await self._books.apply(changes)
        self._has_begun = True

    async def find_payment(self, merchant_id: int, number: int) -> Payment | None:
        """A payment by number. Raises ChangedMeanwhile."""
        return self._checked(await self._books.find_payment(merchant_id, number))

    async def find_payment_of_line(self, merchant_id: int, line_number: int) -> Payment | None:
        """The payment that has a line of this number. Raises ChangedMeanwhile."""
        return self._checked(await self._books.find_payment_of_line(merchant_id, line_number))

    def _checked(self, payment: Payment | None) -> Payment | None:
        if payment is None or self._has_begun or payment.number != self._number:
            return payment
        if payment.version != self._version:
            raise ChangedMeanwhile
        return payment
