"""The books over an SQL engine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

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
from vezne.engines.engine import Conflict as EngineConflict
from vezne.engines.engine import Engine, Write
from vezne.storage import attempts, cards, payments, references, sessions


class SqlBooks:
    """Implements `vezne.core.ports.Books`. The engine has the migrations of `vezne.storage`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def apply(self, changes: Sequence[Change]) -> None:
        """Write all changes or none, durably. Raises Conflict."""
        try:
            await self._engine.apply([write for change in changes for write in _to_writes(change)])
        except EngineConflict as conflict:
            raise Conflict(str(conflict)) from conflict

    async def find_owner(self, merchant_id: int, key: bytes) -> Owner | None:
        """An owner by key."""
        return await cards.find_owner(self._engine, merchant_id, key)

    async def find_owners(self, merchant_id: int, external_id: str) -> list[Owner]:
        """The owners that have the merchant's own name for a customer, oldest first."""
        return await cards.find_owners(self._engine, merchant_id, external_id)

    async def find_card(
        self, merchant_id: int, owner_key: bytes, token: bytes
    ) -> StoredCard | None:
        """A stored card by owner and token."""
        return await cards.find_card(self._engine, merchant_id, owner_key, token)

    async def list_cards(self, merchant_id: int, owner_key: bytes) -> list[StoredCard]:
        """An owner's cards, oldest first."""
        return await cards.list_cards(self._engine, merchant_id, owner_key)

    async def find_payment(self, merchant_id: int, number: int) -> Payment | None:
        """A payment by number."""
        return await payments.find_payment(self._engine, merchant_id, number)

    async def find_payment_of_line(self, merchant_id: int, line_number: int) -> Payment | None:
        """The payment that has a line of this number."""
        return await payments.find_payment_of_line(self._engine, merchant_id, line_number)

    async def find_payment_by_reference(
        self, merchant_id: int, conversation_id: str
    ) -> Payment | None:
        """The newest payment with the merchant's own reference."""
        return await payments.find_payment_by_reference(self._engine, merchant_id, conversation_id)

    async def list_payments(
        self, merchant_id: int, *, since_ms: int, until_ms: int, before: int | None, limit: int
    ) -> list[Payment]:
        """A merchant's payments made from `since_ms` on and before `until_ms`, newest first."""
        span = payments.Span(since_ms, until_ms, before)
        return await payments.list_payments(self._engine, merchant_id, span, limit)

    async def find_claim(self, merchant_id: int, reference: str) -> int | None:
        """The number of the payment that claimed a reference of the merchant's."""
        return await references.find_claim(self._engine, merchant_id, reference)

    async def find_session(self, merchant_id: int, key: bytes) -> Session | None:
        """A session by key, its time over or not."""
        return await sessions.find_session(self._engine, merchant_id, key)

    async def list_open_attempts(self) -> list[Attempt]:
        """Attempts without an outcome, oldest first."""
        return await attempts.list_open_attempts(self._engine)


# In the order of how often they are written.
_WRITES: Final[Mapping[type, Callable[[Any], Write]]] = {
    ChangePayment: lambda change: payments.change_payment(
        change.payment, is_renamed=change.is_renamed
    ),
    AddPayment: lambda change: payments.add_payment(change.payment),
    OpenAttempt: lambda change: attempts.open_attempt(change.attempt),
    CloseAttempt: lambda change: attempts.close_attempt(change.attempt),
    AddCard: lambda change: cards.add_card(change.card),
    ChangeCard: lambda change: cards.change_card(change.card),
    RemoveCard: lambda change: cards.remove_card(change.card),
    ClaimReference: references.claim_reference,
    AddSession: lambda change: sessions.add_session(change.session),
    ChangeSession: lambda change: sessions.change_session(change.session),
    PurgeSessions: lambda change: sessions.purge_sessions(change.before_ms),
}


def _to_writes(change: Change) -> tuple[Write, ...]:
    if isinstance(change, AddOwner):
        return cards.add_owner(change.owner)
    return (_WRITES[type(change)](change),)
