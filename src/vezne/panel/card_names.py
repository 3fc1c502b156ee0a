"""What the panel needs of the doors to show stored cards: what each of them calls one."""

from typing import Protocol

import msgspec

from vezne.core.card import Owner, StoredCard


class DoorName(msgspec.Struct, frozen=True, kw_only=True):
    """What a door calls something, in the field of that name; until when, if not for ever."""

    door: str
    field: str
    value: str
    until_ms: int | None = None


class NamedCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a text may name: without an owner's key, `token` is a card's token or an owner's key."""

    token: bytes
    owner_key: bytes | None = None


class CardNames(Protocol):
    """What each door calls stored cards and their owners."""

    def of_owner(self, owner: Owner) -> list[DoorName]:
        """What each door that has a name for an owner calls them."""

    def of_card(self, owner: Owner, card: StoredCard, now_ms: int) -> list[DoorName]:
        """What each door that knows a card calls it."""

    def meaning_of(self, merchant_id: int, text: str) -> NamedCard | None:
        """What a text names in the way of any door; None: nothing that could be ours."""
