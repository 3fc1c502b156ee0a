import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.books import MemoryBooks
from fakes.card_desk import card_numbers, listed_cards
from vezne.core.changes import AddCard, AddOwner, Conflict
from vezne.flows.import_cards import enter_cards

CARDS = listed_cards(card_numbers(7), 7, SAMPLE_TIME_MS)


class RacingBooks(MemoryBooks):
    """Somebody else enters the same cards in the moment before each write."""

    async def apply(self, changes):
        raise Conflict("somebody was faster")


async def stored(books):
    """The cards of all owners, as a door would list them."""
    return [
        card
        for owner in dict.fromkeys(owner.key for owner, _ in CARDS)
        for card in await books.list_cards(7, owner)
    ]


async def test_owners_and_cards_are_entered():
    """Each owner once, with all its cards."""
    books = MemoryBooks()
    await enter_cards(CARDS, books)
    assert await stored(books) == [card for _, card in CARDS]
    assert list(books.owners.values()) == [CARDS[0][0], CARDS[3][0], CARDS[6][0]]


@pytest.mark.parametrize("count", [0, 1, 4, 7])
async def test_what_was_entered_before_a_crash_stays(count):
    """However far it came; entering it all again changes nothing."""
    books = MemoryBooks()
    await enter_cards(CARDS[:count], books)
    for _ in range(2):
        await enter_cards(CARDS, books)
        assert await stored(books) == [card for _, card in CARDS]


async def test_an_owner_that_is_known_stays_as_it_is():
    """The merchant may have changed it here in the meantime."""
    books = MemoryBooks()
    changed = msgspec.structs.replace(CARDS[0][0], email="new@example.com")
    await books.apply([AddOwner(changed), AddCard(CARDS[0][1])])
    await enter_cards(CARDS, books)
    assert books.owners[7, changed.key] == changed


async def test_two_at_once_are_noticed():
    """Whoever is slower is told, and may try again."""
    with pytest.raises(Conflict):
        await enter_cards(CARDS, RacingBooks())
