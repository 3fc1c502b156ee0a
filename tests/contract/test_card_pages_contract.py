"""All cards of a merchant, page by page, on every engine."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.card_desk import card_numbers, listed_cards, place_of
from vezne.core.ids import last_token_of
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.flows.import_cards import enter_cards
from vezne.storage.books import SqlBooks
from vezne.storage.card_pages import SqlCardPages

EVER = last_token_of(2**47)


@pytest.fixture
async def pages(engine: Engine) -> SqlCardPages:
    """Ten cards of one merchant and some of another."""
    await migrate(engine, load_migrations("vezne.storage"))
    for merchant_id, count in ((7, 10), (8, 4)):
        cards = listed_cards(card_numbers(count), merchant_id, SAMPLE_TIME_MS)
        await enter_cards(cards, SqlBooks(engine))
    return SqlCardPages(engine)


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
async def test_pages_follow_each_other(pages: SqlCardPages, limit: int) -> None:
    """Whatever their size, every card comes once and with its owner."""
    found = []
    after = (b"", b"")
    while page := await pages.page(7, after=after, until=EVER, limit=limit):
        found += page
        after = place_of(page[-1])
    assert found == listed_cards(card_numbers(10), 7, SAMPLE_TIME_MS)
    assert await pages.count(7, until=EVER) == 10


async def test_cards_of_later_are_left_out(pages: SqlCardPages, engine: Engine) -> None:
    """What is stored while somebody reads does not belong to what is read."""
    owner, card = listed_cards(card_numbers(1), 7, SAMPLE_TIME_MS)[0]
    until = last_token_of(SAMPLE_TIME_MS)
    later = msgspec.structs.replace(card, token=last_token_of(SAMPLE_TIME_MS + 1))
    await enter_cards([(owner, later)], SqlBooks(engine))
    page = await pages.page(7, after=(b"", b""), until=until, limit=100)
    assert (len(page), await pages.count(7, until=until)) == (10, 10)
    assert await pages.count(7, until=EVER) == 11


async def test_a_merchant_without_cards(pages: SqlCardPages) -> None:
    """Has no pages."""
    assert await pages.page(9, after=(b"", b""), until=EVER, limit=10) == []
    assert await pages.count(9, until=EVER) == 0
