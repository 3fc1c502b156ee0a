"""Books kept in memory, with the same conflicts as the stored ones."""

from collections.abc import Sequence
from typing import TypeVar

from vezne.core.attempt import Attempt
from vezne.core.card import Owner, StoredCard
from vezne.core.changes import (
    AddCard,
    AddOwner,
    AddPayment,
    AddSession,
    Change,
    ChangeCard,
    ChangePayment,
    ChangeSession,
    ClaimReference,
    CloseAttempt,
    Conflict,
    OpenAttempt,
    PurgeSessions,
    RemoveCard,
)
from vezne.core.payment import Payment
from vezne.core.session import Session

Key = TypeVar("Key")
Record = TypeVar("Record")


class MemoryBooks:
    """Implements `vezne.core.ports.Books`. The dictionaries are open for tests to look into."""

    def __init__(self) -> None:
        self.owners: dict[tuple[int, bytes], Owner] = {}
        self.cards: dict[tuple[int, bytes, bytes], StoredCard] = {}
        self.payments: dict[tuple[int, int], Payment] = {}
        self.attempts: dict[tuple[int, int], Attempt] = {}
        self.sessions: dict[tuple[int, bytes], Session] = {}
        self.claims: dict[tuple[int, str], int] = {}

    async def apply(self, changes: Sequence[Change]) -> None:
        before = [records.copy() for records in self._records()]
        try:
            for change in changes:
                self._apply(change)
        except Conflict:
            self.owners, self.cards, self.payments, self.attempts = before[:4]
            self.sessions, self.claims = before[4:]
            raise

    def _records(self) -> tuple[dict, ...]:
        return (
            self.owners,
            self.cards,
            self.payments,
            self.attempts,
            self.sessions,
            self.claims,
        )

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
            case _:
                self._apply_other(change)

    def _apply_other(self, change: Change) -> None:
        match change:
            case OpenAttempt(attempt):
                _add(self.attempts, (attempt.merchant_id, attempt.number), attempt)
            case CloseAttempt(attempt):
                self._close_attempt(attempt)
            case ClaimReference():
                self._claim(change)
            case AddSession(session) | ChangeSession(session):
                self._write_session(change, session)
            case PurgeSessions(before_ms):
                kept = {key: s for key, s in self.sessions.items() if s.expires_ms >= before_ms}
                self.sessions = kept

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

    def _close_attempt(self, attempt: Attempt) -> None:
        key = (attempt.merchant_id, attempt.number)
        stored = self.attempts.get(key)
        if stored is None or stored.outcome is not None:
            raise Conflict("the attempt is not open")
        self.attempts[key] = attempt

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
        numbers = [
            number
            for (owner_id, number), payment in self.payments.items()
            if owner_id == merchant_id and payment.conversation_id == conversation_id
        ]
        return self.payments[merchant_id, max(numbers)] if numbers else None

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

    async def list_open_attempts(self) -> list[Attempt]:
        still_open = [attempt for attempt in self.attempts.values() if attempt.outcome is None]
        return sorted(still_open, key=lambda attempt: (attempt.created_ms, attempt.number))


def _age(payment: Payment) -> tuple[int, int]:
    return payment.created_ms, payment.number


def _add(records: dict[Key, Record], key: Key, record: Record) -> None:
    if key in records:
        raise Conflict("a record of this key is stored already")
    records[key] = record
