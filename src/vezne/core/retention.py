"""How long what is stored is kept, and what is looked for when its time is over.

PCI DSS v4.0.1 3.2.1 asks that stored account data is kept to a minimum: a stated time for each
kind, a reason for it, and a process that deletes what is past it at least every three months.
"""

import enum
from datetime import timedelta
from typing import Final, Protocol

import msgspec

from vezne.core.calendar import local_date
from vezne.core.card import Expiry, StoredCard

DAY_MS: Final = 86_400_000
# A number that no card names is what a crash between two writes left behind. So long after that
# nothing may still be under way that will name it; an import that was interrupted goes on sooner.
ORPHAN_AGE_MS: Final = 7 * DAY_MS
# Crashes leave few. More of them at once mean that the books are not the vault's: restored from
# another day, or another house's. Then a person decides.
ORPHANS_MAX: Final = 1_000


class DataClass(enum.StrEnum):
    """What is deleted when its time is over."""

    EXPIRED_CARDS = "expired cards"
    ORPHANS = "numbers without a card"
    SESSIONS = "sessions"
    ONCE_KEYS = "idempotency keys"
    NOTICES = "told notices"


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days what is kept.

    A card, after the last day of its expiry month; None: for ever. A session, after its end. A
    notice that is told or given up, after what it tells of, and the tries to tell it with it.
    Idempotency keys have their end in themselves.
    """

    expired_cards_days: int | None = 90
    sessions_days: int = 2
    notices_days: int = 90


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a kind was deleted, or would be. `left` is what a person has to decide on."""

    data: DataClass
    merchant_id: int = 0
    count: int
    left: int = 0


def is_past_keeping(expiry: Expiry, now_ms: int, days: int) -> bool:
    """Whether a card expired more than so many days ago, Istanbul time."""
    last = local_date(now_ms) - timedelta(days=days)
    return expiry.is_past(last.year, last.month)


# The owner and the token of a card, in the order of which cards are read.
CardPlace = tuple[bytes, bytes]


class OldRecords(Protocol):
    """What of the books a sweep reads and deletes. Counts are of what a removal would take."""

    async def count_sessions(self, before_ms: int) -> int:
        """Sessions that were over before a time."""

    async def remove_sessions(self, before_ms: int, limit: int) -> int:
        """Delete so many of them at most; returns how many."""

    async def count_once_keys(self, until_ms: int) -> int:
        """Idempotency keys that were over by a time."""

    async def remove_once_keys(self, until_ms: int, limit: int) -> int:
        """Delete so many of them at most; returns how many."""

    async def count_notices(self, merchant_id: int, before_ms: int) -> int:
        """A merchant's closed notices of what happened before a time."""

    async def remove_notices(self, merchant_id: int, before_ms: int, limit: int) -> int:
        """Delete so many of them at most; returns how many."""

    async def list_cards_after(
        self, merchant_id: int, place: CardPlace, limit: int
    ) -> list[StoredCard]:
        """A merchant's cards beyond a place, in order."""

    async def remove_card(self, card: StoredCard) -> bool:
        """Delete a card if it still is as it was read; whether it was."""
