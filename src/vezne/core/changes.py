"""A transaction as a value: what a flow hands the books to write, all or nothing."""

import msgspec

from vezne.core.attempt import Attempt
from vezne.core.card import Owner, StoredCard
from vezne.core.payment import Payment


class Conflict(Exception):
    """Something the decision was based on has changed meanwhile. Read again, decide again."""


class AddOwner(msgspec.Struct, frozen=True):
    """A new owner."""

    owner: Owner


class AddCard(msgspec.Struct, frozen=True):
    """A card that the vault keeps now belongs to an owner."""

    card: StoredCard


class RemoveCard(msgspec.Struct, frozen=True):
    """The card is gone. Conflicts when it already was."""

    card: StoredCard


class AddPayment(msgspec.Struct, frozen=True):
    """A new payment."""

    payment: Payment


class ChangePayment(msgspec.Struct, frozen=True):
    """A payment's next version. Conflicts unless the version before it is what is stored."""

    payment: Payment


class OpenAttempt(msgspec.Struct, frozen=True):
    """An attempt that is about to be sent."""

    attempt: Attempt


class CloseAttempt(msgspec.Struct, frozen=True):
    """The attempt's outcome. Conflicts when it has one already."""

    attempt: Attempt


Change = AddOwner | AddCard | RemoveCard | AddPayment | ChangePayment | OpenAttempt | CloseAttempt
