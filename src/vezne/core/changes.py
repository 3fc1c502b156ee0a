"""A transaction as a value: what a flow hands the books to write, all or nothing."""

import msgspec

from vezne.core.attempt import Attempt
from vezne.core.card import Owner, StoredCard
from vezne.core.payment import Payment
from vezne.core.session import Session


class Conflict(Exception):
    """Something the decision was based on has changed meanwhile. Read again, decide again."""


class AddOwner(msgspec.Struct, frozen=True):
    """A new owner."""

    owner: Owner


class AddCard(msgspec.Struct, frozen=True):
    """A card that the vault keeps now belongs to an owner."""

    card: StoredCard


class ChangeCard(msgspec.Struct, frozen=True):
    """A card's alias or expiry is another now. Conflicts when the card is gone."""

    card: StoredCard


class RemoveCard(msgspec.Struct, frozen=True):
    """The card is gone. Conflicts when it already was."""

    card: StoredCard


class AddPayment(msgspec.Struct, frozen=True):
    """A new payment."""

    payment: Payment


class ChangePayment(msgspec.Struct, frozen=True):
    """A payment's next version. Conflicts unless the version before it is what is stored.

    `is_renamed` says that it has another `conversation_id` than before.
    """

    payment: Payment
    is_renamed: bool = False


class OpenAttempt(msgspec.Struct, frozen=True):
    """An attempt that is about to be sent."""

    attempt: Attempt


class CloseAttempt(msgspec.Struct, frozen=True):
    """The attempt's outcome. Conflicts when it has one already."""

    attempt: Attempt


class ClaimReference(msgspec.Struct, frozen=True):
    """A payment is the one that the merchant's reference names.

    Conflicts when another payment is; `instead_of` says which one it replaces, if any.
    """

    merchant_id: int
    reference: str
    payment_number: int
    instead_of: int | None = None


class PurgeSessions(msgspec.Struct, frozen=True):
    """Sessions that were over before a time are gone."""

    before_ms: int


class AddSession(msgspec.Struct, frozen=True):
    """A new session."""

    session: Session


class ChangeSession(msgspec.Struct, frozen=True):
    """A session's next version. Conflicts unless the version before it is what is stored."""

    session: Session


Change = (
    AddOwner
    | AddCard
    | ChangeCard
    | RemoveCard
    | AddPayment
    | ChangePayment
    | OpenAttempt
    | CloseAttempt
    | ClaimReference
    | AddSession
    | ChangeSession
    | PurgeSessions
)
