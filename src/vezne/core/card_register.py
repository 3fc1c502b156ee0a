"""Looking through stored cards by the customers that they belong to."""

from typing import Protocol

import msgspec

from vezne.core.card import Owner, StoredCard
from vezne.core.retention import CardPlace


class OwnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """An owner, how many cards they have, and the newest few of them, newest first."""

    owner: Owner
    count: int
    newest: list[StoredCard]


class OwnerPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some owners, newest first. `further` is the key to go on from; None: that was all.

    `is_cut` says that the search ended before it had found as many as were asked for.
    """

    rows: list[OwnerRow]
    further: bytes | None = None
    is_cut: bool = False


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some cards, newest first. `further` is the token to go on from; None: that was all."""

    cards: list[StoredCard]
    further: bytes | None = None


class TokenSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a token, if it was found, or else where to go on looking; None: nowhere."""

    card: StoredCard | None = None
    further: CardPlace | None = None


class CardRegister(Protocol):
    """A merchant's owners and cards. Keys and tokens sort by time; `before` is one of them."""

    async def page_owners(self, merchant_id: int, *, before: bytes | None, limit: int) -> OwnerPage:
        """All owners, newest first."""

    async def list_rows(self, merchant_id: int, keys: list[bytes]) -> list[OwnerRow]:
        """The owners of these keys, newest first."""

    async def search_email(
        self, merchant_id: int, text: str, *, before: bytes | None, limit: int
    ) -> OwnerPage:
        """The owners whose e-mail address contains a text, in any case.

        Only so many are looked at: a page may have less than `limit`, or none, and still go on.
        """

    async def page_cards(
        self, merchant_id: int, owner_key: bytes, *, before: bytes | None, limit: int
    ) -> CardPage:
        """An owner's cards, newest first."""

    async def search_token(
        self, merchant_id: int, token: bytes, *, before: CardPlace | None
    ) -> TokenSearch:
        """The card of a token, as far as so many cards hold it that are looked at."""
