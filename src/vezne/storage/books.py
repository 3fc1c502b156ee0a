"""The books over an SQL engine."""

from collections.abc import Sequence

from vezne.core.attempt import Attempt
from vezne.core.card import Owner, StoredCard
from vezne.core.changes import (
    AddCard,
    AddOwner,
    AddPayment,
    Change,
    ChangePayment,
    CloseAttempt,
    Conflict,
    OpenAttempt,
    RemoveCard,
)
from vezne.core.payment import Payment
from vezne.engines.engine import Conflict as EngineConflict
from vezne.engines.engine import Engine, Write
from vezne.storage import attempts, cards, payments


class SqlBooks:
    """Implements `vezne.core.ports.Books`. The engine has the migrations of `vezne.storage`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def apply(self, changes: Sequence[Change]) -> None:
        """Write all changes or none, durably. Raises Conflict."""
        try:
            await self._engine.apply([_to_write(change) for change in changes])
        except EngineConflict as conflict:
            raise Conflict(str(conflict)) from conflict

    async def find_owner(self, merchant_id: int, key: bytes) -> Owner | None:
        """An owner by key."""
        return await cards.find_owner(self._engine, merchant_id, key)

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

    async def list_open_attempts(self) -> list[Attempt]:
        """Attempts without an outcome, oldest first."""
        return await attempts.list_open_attempts(self._engine)


def _to_write(change: Change) -> Write:
    match change:
        case AddPayment():
            write = payments.add_payment(change.payment)
        case OpenAttempt():
            write = attempts.open_attempt(change.attempt)
        case ChangePayment():
            write = payments.change_payment(change.payment)
        case CloseAttempt():
            write = attempts.close_attempt(change.attempt)
        case AddOwner():
            write = cards.add_owner(change.owner)
        case AddCard():
            write = cards.add_card(change.card)
        case RemoveCard():
            write = cards.remove_card(change.card)
    return write
