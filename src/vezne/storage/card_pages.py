"""All cards of a merchant, page by page, for whoever has to look at each."""

from typing import Final

import msgspec

from vezne.core.card import Owner, StoredCard
from vezne.engines.engine import Engine
from vezne.storage.documents import Documents

_COUNT: Final = "SELECT count(*) FROM cards WHERE merchant_id = ? AND token <= ?"

_PAGE: Final = """SELECT owners.document, cards.document FROM cards
JOIN owners ON owners.merchant_id = cards.merchant_id AND owners.key = cards.owner_key
WHERE cards.merchant_id = ? AND (cards.owner_key, cards.token) > (?, ?) AND cards.token <= ?
ORDER BY cards.owner_key, cards.token LIMIT ?"""

_owners: Final = Documents(Owner)
_cards: Final = Documents(StoredCard)


class SqlCardPages:
    """Reads cards over an engine. They come in the order of their owners' keys and their tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def count(self, merchant_id: int, *, until: bytes) -> int:
        """How many cards a merchant has whose tokens are not beyond `until`."""
        rows = await self._engine.fetch(_COUNT, (merchant_id, until))
        return msgspec.convert(rows[0][0], int)

    async def page(
        self, merchant_id: int, *, after: tuple[bytes, bytes], until: bytes, limit: int
    ) -> list[tuple[Owner, StoredCard]]:
        """The next cards beyond an owner key and token, with their owners."""
        rows = await self._engine.fetch(_PAGE, (merchant_id, *after, until, limit))
        return [(_owners.read(owner), _cards.read(card)) for owner, card in rows]
