"""Enter cards into the books that the vault has taken over from elsewhere."""

from collections.abc import Sequence
from contextlib import suppress

from vezne.core.card import Owner, StoredCard
from vezne.core.changes import AddCard, AddOwner, Change, Conflict
from vezne.core.ports import Books


async def enter_cards(cards: Sequence[tuple[Owner, StoredCard]], books: Books) -> None:
    """Write owners and cards, all or none, as far as the books do not know them yet.

    Safe to repeat after a crash. Raises Conflict when somebody else enters the same at the time.
    """
    owners = await _new_owners(cards, books)
    with suppress(Conflict):
        # Nearly always none of the cards is there, and it takes no look at each to find out.
        await books.apply([*owners, *(AddCard(card) for _, card in cards)])
        return
    owners = await _new_owners(cards, books)
    missing: list[Change] = [
        AddCard(card)
        for _, card in cards
        if await books.find_card(card.merchant_id, card.owner_key, card.token) is None
    ]
    if owners or missing:
        await books.apply([*owners, *missing])


async def _new_owners(cards: Sequence[tuple[Owner, StoredCard]], books: Books) -> list[AddOwner]:
    """The owners that are not in the books, each once."""
    owners = {owner.key: owner for owner, _ in cards}
    return [
        AddOwner(owner)
        for owner in owners.values()
        if await books.find_owner(owner.merchant_id, owner.key) is None
    ]
