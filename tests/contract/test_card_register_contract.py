"""Owners and cards as people look through them, on every engine."""

import msgspec
import pytest

from fakes.records import AT_MS, owner, stored_card, token
from vezne.core.card_register import CardRegister
from vezne.core.changes import AddCard, AddOwner
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.card_register import NEAR_MS, NEWEST, SqlCardRegister

WALK = 4
CARDS_EACH = 5
LATER = NEAR_MS + 1_000


def owner_at(number: int, **changes: object):
    """An owner whose key sorts by its number, far enough from the others'."""
    email = changes.pop("email", f"customer{number}@example.com")
    return owner(key=token(number * LATER), email=email, external_id=None, **changes)


def card_at(number: int, place: int, **changes: object):
    """A card of that owner."""
    key = token(number * LATER)
    return stored_card(owner_key=key, token=token(number * LATER + place), **changes)


@pytest.fixture
async def books(engine: Engine) -> SqlBooks:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


@pytest.fixture
async def register(engine: Engine, books: SqlBooks) -> CardRegister:
    """Six owners: the first has five cards, each of the next four one, the newest none."""
    await books.apply([AddOwner(owner_at(number)) for number in range(6)])
    await books.apply([AddCard(card_at(0, place)) for place in range(CARDS_EACH)])
    await books.apply([AddCard(card_at(number, 1)) for number in range(1, 5)])
    other = owner(merchant_id=2, key=token(9 * LATER))
    await books.apply([AddOwner(other), AddCard(stored_card(merchant_id=2, owner_key=other.key))])
    return SqlCardRegister(engine, walk=WALK)


async def test_owners_come_newest_first_with_their_newest_cards(register: CardRegister) -> None:
    """However many cards they have; nobody of another merchant's."""
    page = await register.page_owners(1, before=None, limit=9)
    assert page.further is None
    assert [row.owner for row in page.rows] == [owner_at(number) for number in (5, 4, 3, 2, 1, 0)]
    assert [row.count for row in page.rows] == [0, 1, 1, 1, 1, CARDS_EACH]
    newest = [card_at(0, place) for place in (4, 3, 2)]
    assert len(newest) == NEWEST
    assert [row.newest for row in page.rows[-2:]] == [[card_at(1, 1)], newest]


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
async def test_pages_of_owners_follow_each_other(register: CardRegister, limit: int) -> None:
    """Whatever their size, every owner comes once."""
    found, before = [], None
    while True:
        page = await register.page_owners(1, before=before, limit=limit)
        found += [row.owner.key for row in page.rows]
        before = page.further
        if before is None:
            break
    assert found == [token(number * LATER) for number in (5, 4, 3, 2, 1, 0)]


async def test_owners_are_listed_by_key(register: CardRegister) -> None:
    """Those that there are, newest first; nothing asked, nothing found."""
    keys = [token(0), token(LATER), b"none"]
    assert [row.owner for row in await register.list_rows(1, keys)] == [owner_at(1), owner_at(0)]
    assert await register.list_rows(2, keys) == []
    assert await register.list_rows(1, []) == []


async def test_a_search_by_address_says_how_far_it_went(register: CardRegister) -> None:
    """It looks at so many owners at a time, in any case, and goes on where it ended."""
    first = await register.search_email(1, "CUSTOMER0@", before=None, limit=9)
    assert (first.rows, first.is_cut) == ([], True)
    second = await register.search_email(1, "CUSTOMER0@", before=first.further, limit=9)
    assert [row.owner for row in second.rows] == [owner_at(0)]
    assert (second.further, second.is_cut) == (None, False)


async def test_a_search_by_address_has_pages(register: CardRegister) -> None:
    """A full page goes on behind its last owner."""
    first = await register.search_email(1, "customer", before=None, limit=3)
    assert [row.owner for row in first.rows] == [owner_at(number) for number in (5, 4, 3)]
    assert not first.is_cut
    second = await register.search_email(1, "customer", before=first.further, limit=3)
    assert [row.owner for row in second.rows] == [owner_at(number) for number in (2, 1, 0)]
    assert second.further is None


async def test_an_owner_s_cards_have_pages(register: CardRegister) -> None:
    """Newest first, each card once."""
    first = await register.page_cards(1, token(0), before=None, limit=3)
    assert first.cards == [card_at(0, place) for place in (4, 3, 2)]
    second = await register.page_cards(1, token(0), before=first.further, limit=3)
    assert second.cards == [card_at(0, place) for place in (1, 0)]
    assert second.further is None
    assert (await register.page_cards(2, token(0), before=None, limit=3)).cards == []


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_a_card_is_found_by_its_token(register: CardRegister, number: int) -> None:
    """An owner's first one at once, however old it is; not by another merchant."""
    search = await register.search_token(1, card_at(number, 1).token, before=None)
    assert search.card == card_at(number, 1)
    assert (await register.search_token(2, card_at(number, 1).token, before=None)).card is None


async def test_a_card_of_an_old_owner_is_found_in_the_end(
    register: CardRegister, books: SqlBooks
) -> None:
    """The search goes on where it ended, also among the cards of one owner."""
    late = stored_card(owner_key=token(0), token=token(-1))
    await books.apply([AddCard(late)])
    found, before, steps = None, None, 0
    while found is None:
        search = await register.search_token(1, late.token, before=before)
        found, before, steps = search.card, search.further, steps + 1
        assert found is not None or before is not None
    assert (found, steps) == (late, 3)


async def test_a_token_of_nobody_is_sought_to_the_end(register: CardRegister) -> None:
    """Of any time, also one that is no time at all."""
    for unknown in (b"\xff" * 20, b"\x00" * 20):
        before, steps = None, 0
        while True:
            search = await register.search_token(1, unknown, before=before)
            assert search.card is None
            before, steps = search.further, steps + 1
            if before is None:
                break
        assert steps == 3


async def test_a_card_s_owner_may_be_gone(engine: Engine, books: SqlBooks) -> None:
    """A card by itself is found by token, and no owner's row is made up for it."""
    card = msgspec.structs.replace(stored_card(), created_ms=AT_MS)
    await books.apply([AddCard(card)])
    register = SqlCardRegister(engine)
    assert (await register.search_token(1, card.token, before=None)).card == card
    assert (await register.page_owners(1, before=None, limit=9)).rows == []
