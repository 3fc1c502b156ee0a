"""Everything that one server asks or tells another. What has no row here cannot be asked.

Cards pass through here as the vault sealed them, under a key that only vaults have.
"""

from typing import Final

import msgspec

from vezne.core.fault import PlacedFault
from vezne.edge.guard_news import GuardBatch
from vezne.link.messages import Asked, Told

# Raised whenever a row changes. Servers of two protocols share nothing.
PROTOCOL: Final = 1


class Greeted(msgspec.Struct, frozen=True, array_like=True):
    """Who answers, and how."""

    protocol: int
    id: str
    group: str


class SealedHeld(msgspec.Struct, frozen=True, array_like=True):
    """A held card on its way from one vault to another."""

    merchant_id: int
    payment_number: int
    sealed: bytes


class Greet(Asked[Greeted], frozen=True):
    """The first question on a connection: who asks, and how."""

    protocol: int
    id: str
    group: str


class FindHeld(Asked[bytes | None], frozen=True):
    """The card that is held for a payment, sealed."""

    merchant_id: int
    payment_number: int


class IsHeld(Asked[bool], frozen=True):
    """Whether a card is held for a payment."""

    merchant_id: int
    payment_number: int


class TakeOver(Asked[list[int]], frozen=True):
    """Hold these from now on. The answer: which of them, by place, could not be taken."""

    cards: tuple[SealedHeld, ...]


class ListFaults(Asked[list[tuple[int, PlacedFault]]], frozen=True):
    """Every fault on the board, with its merchant's id."""


class PutFault(Asked[None], frozen=True):
    """A fault is on the board."""

    merchant_id: int
    placed: PlacedFault


class RemoveFaults(Asked[None], frozen=True):
    """Faults were taken off the board."""

    merchant_id: int
    ids: tuple[int, ...]


class UseFault(Asked[None], frozen=True):
    """A fault has happened once."""

    merchant_id: int
    fault_id: int


class ForgetMerchants(Asked[None], frozen=True):
    """A merchant, its clock, its settings or its keys have changed: read them anew."""


class ListLocks(Asked[GuardBatch], frozen=True):
    """The lock-outs that a guard has in force."""


class Report(Asked[bytes | None], frozen=True):
    """What a server has to say about a topic; None: nothing."""

    topic: str


class DropHeld(Told, frozen=True):
    """Nobody needs the card that is held for a payment."""

    merchant_id: int
    payment_number: int


class Blocked(Told, frozen=True):
    """Something is on a merchant's blocklist."""

    merchant_id: int


class Counted(Told, frozen=True):
    """What a guard has counted lately."""

    batch: GuardBatch


FaultChange = PutFault | RemoveFaults | UseFault
HeldQuestion = FindHeld | IsHeld | TakeOver
Question = Greet | HeldQuestion | ListFaults | FaultChange | ForgetMerchants | ListLocks | Report
Notice = DropHeld | Blocked | Counted
