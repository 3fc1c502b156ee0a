"""Owners and their cards page by page, as people look through them.

There is no index by e-mail address, nor one by token alone: both are random, and would slow down
every card that is stored. A search walks back from the newest instead, so far at a time.
"""

from typing import Final, cast

import msgspec

from vezne.core.card import Owner, StoredCard
from vezne.core.card_register import CardPage, OwnerPage, OwnerRow, TokenSearch
from vezne.core.ids import last_token_of
from vezne.core.retention import CardPlace
from vezne.engines.engine import Engine
from vezne.storage.documents import Documents

# So many owners or cards are looked at for a search: about thirty milliseconds.
WALK: Final = 10_000
# How many of an owner's cards a list shows.
NEWEST: Final = 3
# An owner is made a moment before their first card, by another clock perhaps.
NEAR_MS: Final = 60_000
_END: Final = b"\xff" * 21
_TIME_BYTES: Final = 6
_TIME_MAX_MS: Final = 2**48 - 1 - NEAR_MS

_OWNER_KEYS: Final = """SELECT key FROM owners
WHERE merchant_id = ? AND key < ? ORDER BY key DESC LIMIT ?"""

_OWNERS: Final = """SELECT key, document FROM owners
WHERE merchant_id = ? AND key < ? ORDER BY key DESC LIMIT ?"""

_ROWS: Final = """SELECT owners.document, (
    SELECT count(*) FROM cards
    WHERE cards.merchant_id = owners.merchant_id AND cards.owner_key = owners.key
), newest.document FROM owners
LEFT JOIN cards AS newest ON newest.merchant_id = owners.merchant_id
AND newest.owner_key = owners.key AND newest.token IN (
    SELECT token FROM cards
    WHERE cards.merchant_id = owners.merchant_id AND cards.owner_key = owners.key
    ORDER BY token DESC LIMIT {newest}
)
WHERE owners.merchant_id = ? AND owners.key IN ({keys})
ORDER BY owners.key DESC, newest.token DESC"""

_CARDS: Final = """SELECT token, document FROM cards
WHERE merchant_id = ? AND owner_key = ? AND token < ? ORDER BY token DESC LIMIT ?"""

_WALK_TOKENS: Final = """SELECT document FROM (
    SELECT token, document FROM cards WHERE merchant_id = ? AND (owner_key, token) < (?, ?)
    ORDER BY owner_key DESC, token DESC LIMIT ?
) AS walked WHERE token = ?"""

_WALK_END: Final = """SELECT owner_key, token FROM cards
WHERE merchant_id = ? AND (owner_key, token) < (?, ?)
ORDER BY owner_key DESC, token DESC LIMIT 1 OFFSET ?"""


class _Addressed(msgspec.Struct):
    """Of an owner only what is compared: reading a whole document takes longer."""

    email: str


_owners: Final = Documents(Owner)
_addresses: Final = Documents(_Addressed)
_cards: Final = Documents(StoredCard)


class SqlCardRegister:
    """Implements `vezne.core.card_register.CardRegister`, over the migrations of storage."""

    def __init__(self, engine: Engine, walk: int = WALK) -> None:
        self._engine = engine
        self._walk = walk

    async def page_owners(self, merchant_id: int, *, before: bytes | None, limit: int) -> OwnerPage:
        """All owners, newest first."""
        found = await self._engine.fetch(_OWNER_KEYS, (merchant_id, before or _END, limit + 1))
        keys = [cast("bytes", key) for (key,) in found]
        further = keys[limit - 1] if len(keys) > limit else None
        return OwnerPage(rows=await self.list_rows(merchant_id, keys[:limit]), further=further)

    async def list_rows(self, merchant_id: int, keys: list[bytes]) -> list[OwnerRow]:
        """The owners of these keys, newest first."""
        if not keys:
            return []
        sql = _ROWS.format(newest=NEWEST, keys=", ".join("?" * len(keys)))
        rows: list[OwnerRow] = []
        for document, count, newest in await self._engine.fetch(sql, (merchant_id, *keys)):
            owner = _owners.read(document)
            if not rows or rows[-1].owner.key != owner.key:
                rows.append(OwnerRow(owner=owner, count=cast("int", count), newest=[]))
            if newest is not None:
                rows[-1].newest.append(_cards.read(newest))
        return rows

    async def search_email(
        self, merchant_id: int, text: str, *, before: bytes | None, limit: int
    ) -> OwnerPage:
        """The owners whose e-mail address contains a text, in any case."""
        walked = await self._engine.fetch(_OWNERS, (merchant_id, before or _END, self._walk))
        sought, keys = text.casefold(), []
        for key, document in walked:
            if sought in _addresses.read(document).email.casefold():
                keys.append(cast("bytes", key))
            if len(keys) > limit:
                break
        rows = await self.list_rows(merchant_id, keys[:limit])
        if len(keys) > limit:
            return OwnerPage(rows=rows, further=keys[limit - 1])
        if len(walked) < self._walk:
            return OwnerPage(rows=rows)
        return OwnerPage(rows=rows, further=cast("bytes", walked[-1][0]), is_cut=True)

    async def page_cards(
        self, merchant_id: int, owner_key: bytes, *, before: bytes | None, limit: int
    ) -> CardPage:
        """An owner's cards, newest first."""
        place = (merchant_id, owner_key, before or _END, limit + 1)
        rows = await self._engine.fetch(_CARDS, place)
        cards = [_cards.read(document) for _, document in rows[:limit]]
        return CardPage(cards=cards, further=cards[-1].token if len(rows) > limit else None)

    async def search_token(
        self, merchant_id: int, token: bytes, *, before: CardPlace | None
    ) -> TokenSearch:
        """The card of a token, as far as so many cards hold it that are looked at.

        Most cards are an owner's first: those of owners made at about that time come first.
        """
        starts = [before or (_END, _END)]
        if before is None:
            made_ms = int.from_bytes(token[:_TIME_BYTES], "big")
            starts.insert(0, (last_token_of(min(made_ms, _TIME_MAX_MS) + NEAR_MS), _END))
        for start in starts:
            params = (merchant_id, *start, self._walk, token)
            rows = await self._engine.fetch(_WALK_TOKENS, params)
            if rows:
                return TokenSearch(card=_cards.read(rows[0][0]))
        ends = await self._engine.fetch(_WALK_END, (merchant_id, *starts[-1], self._walk - 1))
        return TokenSearch(further=cast("CardPlace", ends[0]) if ends else None)
