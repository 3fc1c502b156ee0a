"""Books kept in memory, with the same conflicts as the stored ones."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from fakes.once_books import OnceKeys
from fakes.payout_books import PayoutBooks
from vezne.core.card import Owner, StoredCard
from vezne.core.changes import (
    AddBooking,
    AddCard,
    AddCrossBooking,
    AddDelivery,
    AddJournalEntry,
    AddNotice,
    AddOnceKey,
    AddOwner,
    AddPayable,
    AddPayment,
    AddPayout,
    AddSession,
    AddSubMerchant,
    Change,
    ChangeCard,
    ChangeNotice,
    ChangeOnceKey,
    ChangePayment,
    ChangePayout,
    ChangeSession,
    ChangeSubMerchant,
    ClaimReference,
    Conflict,
    EndOnceLeases,
    HastenNotices,
    MarkPaid,
    RemoveCard,
    RemoveOnceKey,
)
from vezne.core.delivery import FIRST_KEPT, NEWEST_KEPT, Delivery
from vezne.core.ledger import Account, Balance, Booking
from vezne.core.notice import Notice
from vezne.core.payment import Payment
from vezne.core.session import Session
from vezne.core.sub_merchant import CrossBooking, SubMerchant

Key = TypeVar("Key")
Record = TypeVar("Record")


class MemoryBooks(OnceKeys, PayoutBooks):
    """Implements `vezne.core.ports.Books`. The dictionaries are open for tests to look into."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[tuple[int, bytes], Owner] = {}
        self.cards: dict[tuple[int, bytes, bytes], StoredCard] = {}
        self.payments: dict[tuple[int, int], Payment] = {}
        self.bookings: dict[tuple[int, int, int], Booking] = {}
        self.sessions: dict[tuple[int, bytes], Session] = {}
        self.claims: dict[tuple[int, str], int] = {}
        self.notices: dict[tuple[int, int, int], Notice] = {}
        self.deliveries: dict[bytes, Delivery] = {}
        self.sub_merchants: dict[tuple[int, str], SubMerchant] = {}
        self.cross_bookings: dict[tuple[int, int], CrossBooking] = {}

    async def apply(self, changes: Sequence[Change]) -> None:
        before = {
            name: records.copy() for name, records in vars(self).items() if type(records) is dict
        }
        try:
            for change in changes:
                self._apply(change)
        except Conflict:
            vars(self).update(before)
            raise

    def _apply(self, change: Change) -> None:
        match change:
            case AddOwner(owner):
                _add(self.owners, (owner.merchant_id, owner.key), owner)
            case AddCard(card):
                _add(self.cards, (card.merchant_id, card.owner_key, card.token), card)
            case ChangeCard(card) | RemoveCard(card):
                self._take_card(card)
                if isinstance(change, ChangeCard):
                    self.cards[card.merchant_id, card.owner_key, card.token] = card
            case AddPayment(payment):
                _add(self.payments, (payment.merchant_id, payment.number), payment)
            case ChangePayment(payment):
                self._change_payment(payment)
            case AddNotice(notice) | ChangeNotice(notice):
                self._write_notice(change, notice)
            case AddDelivery(delivery):
                _add(self.deliveries, delivery.id, delivery)
                _forget_middle(self.deliveries, delivery)
            case HastenNotices(merchant_id, now_ms):
                self._hasten_notices(merchant_id, now_ms)
            case _:
                self._apply_other(change)

    def _apply_other(self, change: Change) -> None:
        match change:
            case AddBooking(booking):
                key = (booking.merchant_id, booking.subject, booking.version)
                _add(self.bookings, key, booking)
            case ClaimReference():
                self._claim(change)
            case AddSession(session) | ChangeSession(session):
                self._write_session(change, session)
            case AddPayable() | AddPayout() | ChangePayout() | MarkPaid() | AddJournalEntry():
                self.apply_payout(change)
            case AddOnceKey() | ChangeOnceKey() | RemoveOnceKey():
                self.apply_once(change)
            case EndOnceLeases():
                self.apply_once(change)
            case _:
                self._apply_sub_merchant(change)

    def _apply_sub_merchant(self, change: Change) -> None:
        match change:
            case AddSubMerchant(record):
                names = {
                    (stored.merchant_id, stored.external_id)
                    for stored in self.sub_merchants.values()
                }
                if (record.merchant_id, record.external_id) in names:
                    raise Conflict("another sub-merchant has the name")
                _add(self.sub_merchants, (record.merchant_id, record.key), record)
            case ChangeSubMerchant(record):
                stored = self.sub_merchants.get((record.merchant_id, record.key))
                if stored is None or stored.version != record.version - 1:
                    raise Conflict("another version of the sub-merchant is stored")
                self.sub_merchants[record.merchant_id, record.key] = record
            case AddCrossBooking(booked):
                last = self._last_cross_booking(booked.merchant_id)
                if last is not None and last.sequence >= booked.sequence:
                    raise Conflict("another cross booking has the sequence")
                _add(self.cross_bookings, (booked.merchant_id, booked.number), booked)
                self.apply_payout(change)

    async def find_sub_merchant(self, merchant_id: int, key: str) -> SubMerchant | None:
        return self.sub_merchants.get((merchant_id, key))

    async def find_sub_merchant_named(
        self, merchant_id: int, external_id: str
    ) -> SubMerchant | None:
        for key, record in self.sub_merchants.items():
            if key[0] == merchant_id and record.external_id == external_id:
                return record
        return None

    def _last_cross_booking(self, merchant_id: int) -> CrossBooking | None:
        made = [item for key, item in self.cross_bookings.items() if key[0] == merchant_id]
        return max(made, key=lambda item: item.sequence, default=None)

    async def find_last_cross_booking(self, merchant_id: int) -> CrossBooking | None:
        return self._last_cross_booking(merchant_id)

    async def list_cross_bookings_after(
        self, merchant_id: int, number: int, limit: int
    ) -> list[CrossBooking]:
        found = [
            booked
            for key, booked in sorted(self.cross_bookings.items())
            if key[0] == merchant_id and key[1] > number
        ]
        return found[:limit]

    def _hasten_notices(self, merchant_id: int, now_ms: int) -> None:
        for key, item in self.notices.items():
            if key[0] == merchant_id and (item.next_try_ms or 0) > now_ms:
                self.notices[key] = msgspec.structs.replace(item, next_try_ms=now_ms)

    def _write_notice(self, change: Change, notice: Notice) -> None:
        key = (notice.merchant_id, notice.payment_number, notice.version)
        if isinstance(change, AddNotice):
            _add(self.notices, key, notice)
            return
        stored = self.notices.get(key)
        if stored is None or stored.revision != notice.revision - 1:
            raise Conflict("another revision of the notice is stored")
        self.notices[key] = notice

    def _take_card(self, card: StoredCard) -> None:
        if self.cards.pop((card.merchant_id, card.owner_key, card.token), None) is None:
            raise Conflict("the card is gone")

    def _claim(self, claim: ClaimReference) -> None:
        key = (claim.merchant_id, claim.reference)
        if self.claims.get(key) != claim.instead_of:
            raise Conflict("another payment has the reference")
        self.claims[key] = claim.payment_number

    async def find_claim(self, merchant_id: int, reference: str) -> int | None:
        return self.claims.get((merchant_id, reference))

    def _write_session(self, change: Change, session: Session) -> None:
        key = (session.merchant_id, session.key)
        if isinstance(change, AddSession):
            _add(self.sessions, key, session)
            return
        stored = self.sessions.get(key)
        if stored is None or stored.version != session.version - 1:
            raise Conflict("another version of the session is stored")
        self.sessions[key] = session

    def _change_payment(self, payment: Payment) -> None:
        key = (payment.merchant_id, payment.number)
        stored = self.payments.get(key)
        if stored is None or stored.version != payment.version - 1:
            raise Conflict("another version of the payment is stored")
        self.payments[key] = payment

    async def find_owner(self, merchant_id: int, key: bytes) -> Owner | None:
        return self.owners.get((merchant_id, key))

    async def find_owners(self, merchant_id: int, external_id: str) -> list[Owner]:
        return [
            owner
            for key, owner in sorted(self.owners.items())
            if key[0] == merchant_id and owner.external_id == external_id
        ]

    async def find_card(
        self, merchant_id: int, owner_key: bytes, token: bytes
    ) -> StoredCard | None:
        return self.cards.get((merchant_id, owner_key, token))

    async def list_cards(self, merchant_id: int, owner_key: bytes) -> list[StoredCard]:
        return [
            card for key, card in sorted(self.cards.items()) if key[:2] == (merchant_id, owner_key)
        ]

    async def find_payment(self, merchant_id: int, number: int) -> Payment | None:
        return self.payments.get((merchant_id, number))

    async def find_payment_of_line(self, merchant_id: int, line_number: int) -> Payment | None:
        numbers = [
            number
            for owner_id, number in self.payments
            if owner_id == merchant_id and number < line_number
        ]
        if not numbers:
            return None
        payment = self.payments[merchant_id, max(numbers)]
        return payment if line_number in payment.line_numbers else None

    async def find_payment_by_reference(
        self, merchant_id: int, conversation_id: str
    ) -> Payment | None:
        named = [
            payment
            for (owner_id, _), payment in self.payments.items()
            if owner_id == merchant_id and payment.conversation_id == conversation_id
        ]
        return max(named, key=lambda each: (each.created_ms, each.number), default=None)

    async def list_payments(
        self, merchant_id: int, *, since_ms: int, until_ms: int, before: int | None, limit: int
    ) -> list[Payment]:
        payments = sorted(
            (payment for payment in self.payments.values() if payment.merchant_id == merchant_id),
            key=_age,
            reverse=True,
        )
        last = (until_ms, 0)
        if before is not None:
            newer = self.payments.get((merchant_id, before))
            last = (0, 0) if newer is None else min(last, _age(newer))
        found = [payment for payment in payments if (since_ms, 0) <= _age(payment) < last]
        return found[:limit]

    async def find_session(self, merchant_id: int, key: bytes) -> Session | None:
        return self.sessions.get((merchant_id, key))

    @property
    def unanswered(self) -> list[Payment]:
        """The payments that have an open attempt, in the order of their numbers."""
        return [payment for _, payment in sorted(self.payments.items()) if payment.open_attempt]

    async def list_due_payments(
        self, merchant_id: int, *, until_ms: int, limit: int, after: tuple[int, int] = (0, 0)
    ) -> list[Payment]:
        due = [
            payment
            for payment in self.payments.values()
            if payment.merchant_id == merchant_id
            and (due_ms := payment.due_ms) is not None
            and due_ms <= until_ms
            and (due_ms, payment.number) > after
        ]
        return sorted(due, key=lambda payment: (payment.due_ms, payment.number))[:limit]

    async def list_bookings(
        self, merchant_id: int, *, after: tuple[int, int], limit: int
    ) -> list[Booking]:
        found = [
            booking
            for key, booking in sorted(self.bookings.items())
            if key[0] == merchant_id and key[1:] > after
        ]
        return found[:limit]

    async def list_balances_of(self, merchant_id: int, currency: str, party: str) -> list[Balance]:
        balances = await self.list_balances(merchant_id)
        return [item for item in balances if (item.currency, item.party) == (currency, party)]

    async def list_balances(self, merchant_id: int) -> list[Balance]:
        sums: Counter[tuple[str, str, Account]] = Counter()
        for booking in self.bookings.values():
            if booking.merchant_id == merchant_id:
                for entry in booking.entries:
                    for account, party, amount_e8 in map(msgspec.structs.astuple, entry.postings):
                        sums[booking.currency, party, account] += amount_e8
        order = list(Account)
        return [
            Balance(currency=currency, party=party, account=account, amount_e8=amount_e8)
            for (currency, party, account), amount_e8 in sorted(
                sums.items(), key=lambda item: (item[0][:2], order.index(item[0][2]))
            )
            if amount_e8
        ]


def _age(payment: Payment) -> tuple[int, int]:
    return payment.created_ms, payment.number


def _forget_middle(deliveries: dict[bytes, Delivery], new: Delivery) -> None:
    """Of the tries to tell a notice the first and the newest are kept."""
    place = (new.merchant_id, new.payment_number, new.version)
    tries = sorted(
        key
        for key, item in deliveries.items()
        if (item.merchant_id, item.payment_number, item.version) == place
    )
    for key in tries[FIRST_KEPT : max(len(tries) - NEWEST_KEPT, FIRST_KEPT)]:
        del deliveries[key]


def _add(records: dict[Key, Record], key: Key, record: Record) -> None:
    if key in records:
        raise Conflict("a record of this key is stored already")
    records[key] = record
