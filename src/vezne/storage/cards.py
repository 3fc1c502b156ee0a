"""Owners and stored cards as rows. Keys and tokens sort by time, so new rows stand at the end."""

from typing import Final

from vezne.core.card import Owner, StoredCard
from vezne.core.changes import AddCard, AddOwner
from vezne.core.retention import CardPlace
from vezne.engines.engine import Engine, Write
from vezne.storage.documents import Documents

_ADD_OWNER = "INSERT INTO owners (merchant_id, key, document) VALUES (?, ?, ?)"

_ADD_OWNER_NAME = "INSERT INTO owner_names (merchant_id, name, owner_key) VALUES (?, ?, ?)"

_FIND_OWNERS = """SELECT owners.document FROM owner_names
JOIN owners ON owners.merchant_id = owner_names.merchant_id AND owners.key = owner_names.owner_key
WHERE owner_names.merchant_id = ? AND owner_names.name = ? ORDER BY owner_names.owner_key"""

_FIND_OWNER = "SELECT document FROM owners WHERE merchant_id = ? AND key = ?"

_ADD_CARD = "INSERT INTO cards (merchant_id, owner_key, token, document) VALUES (?, ?, ?, ?)"

_CHANGE_CARD = """UPDATE cards SET document = ?
WHERE merchant_id = ? AND owner_key = ? AND token = ?"""

_REMOVE_CARD = "DELETE FROM cards WHERE merchant_id = ? AND owner_key = ? AND token = ?"

_REMOVE_CARD_AS_READ = f"{_REMOVE_CARD} AND document = ?"

_FIND_CARD = "SELECT document FROM cards WHERE merchant_id = ? AND owner_key = ? AND token = ?"

_LIST_CARDS = "SELECT document FROM cards WHERE merchant_id = ? AND owner_key = ? ORDER BY token"

_LIST_CARDS_AFTER = """SELECT document FROM cards
WHERE merchant_id = ? AND (owner_key, token) > (?, ?) ORDER BY owner_key, token LIMIT ?"""

_owners: Final = Documents(Owner)
_cards: Final = Documents(StoredCard)


def add_owner(change: AddOwner) -> tuple[Write, ...]:
    """The writes that store a new owner, and the merchant's own name for them if there is one."""
    owner = change.owner
    add = Write(_ADD_OWNER, (owner.merchant_id, owner.key, _owners.write(owner)))
    if owner.external_id is None:
        return (add,)
    name = owner.external_id.encode()
    return add, Write(_ADD_OWNER_NAME, (owner.merchant_id, name, owner.key))


def add_card(change: AddCard) -> Write:
    """The write that stores a card of an owner."""
    card = change.card
    return Write(_ADD_CARD, (card.merchant_id, card.owner_key, card.token, _cards.write(card)))


def change_card(card: StoredCard) -> Write:
    """The write that replaces a card's record; it touches no row when the card is gone."""
    return Write(_CHANGE_CARD, (_cards.write(card), card.merchant_id, card.owner_key, card.token))


def remove_card(card: StoredCard) -> Write:
    """The write that removes a card; it touches no row when the card is gone already."""
    return Write(_REMOVE_CARD, (card.merchant_id, card.owner_key, card.token))


def remove_card_as_read(card: StoredCard) -> Write:
    """The write that removes a card; it touches no row when the card is another by now."""
    key = (card.merchant_id, card.owner_key, card.token)
    return Write(_REMOVE_CARD_AS_READ, (*key, _cards.write(card)))


async def find_owner(engine: Engine, merchant_id: int, key: bytes) -> Owner | None:
    """An owner by key."""
    rows = await engine.fetch(_FIND_OWNER, (merchant_id, key))
    return _owners.read(rows[0][0]) if rows else None


async def find_owners(engine: Engine, merchant_id: int, external_id: str) -> list[Owner]:
    """The owners of the merchant's own name for a customer, oldest first, as their keys sort."""
    rows = await engine.fetch(_FIND_OWNERS, (merchant_id, external_id.encode()))
    return [_owners.read(document) for (document,) in rows]


async def find_card(
    engine: Engine, merchant_id: int, owner_key: bytes, token: bytes
) -> StoredCard | None:
    """A stored card by owner and token."""
    rows = await engine.fetch(_FIND_CARD, (merchant_id, owner_key, token))
    return _cards.read(rows[0][0]) if rows else None


async def list_cards(engine: Engine, merchant_id: int, owner_key: bytes) -> list[StoredCard]:
    """An owner's cards, oldest first, as their tokens sort."""
    rows = await engine.fetch(_LIST_CARDS, (merchant_id, owner_key))
    return [_cards.read(document) for (document,) in rows]


async def list_cards_after(
    engine: Engine, merchant_id: int, place: CardPlace, limit: int
) -> list[StoredCard]:
    """A merchant's cards beyond an owner and token, in that order."""
    rows = await engine.fetch(_LIST_CARDS_AFTER, (merchant_id, *place, limit))
    return [_cards.read(document) for (document,) in rows]
