"""Which payment a reference names when several have it: the one that was made last."""

from collections.abc import Awaitable, Callable

import pytest

from builders import SAMPLE_TIME_MS
from fakes.books import MemoryBooks
from fakes.records import payment
from vezne.core.changes import AddPayment
from vezne.core.ids import REFERENCE_SLICE
from vezne.core.ports import Books
from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.newest import HITS_MAX

FIRST = 10_000_000


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def books(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Books:
    if request.param == "memory":
        return MemoryBooks()
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlBooks(engine)


async def add(books: Books, *made: tuple[int, int], reference: str = "order") -> None:
    """Payments by number and by how many milliseconds after the first they were made."""
    await books.apply(
        [
            AddPayment(
                payment(
                    number=number, created_ms=SAMPLE_TIME_MS + after_ms, conversation_id=reference
                )
            )
            for number, after_ms in made
        ]
    )


async def newest(books: Books, reference: str = "order") -> int:
    found = await books.find_payment_by_reference(1, reference)
    assert found is not None
    return found.number


@pytest.mark.parametrize("distance", [10, REFERENCE_SLICE, 7 * REFERENCE_SLICE + 1])
async def test_the_later_one_may_have_the_smaller_number(books: Books, distance: int) -> None:
    """Another server took its number from a block that was claimed before."""
    await add(books, (FIRST, 2), (FIRST + distance, 1))
    assert await newest(books) == FIRST
    await add(books, (FIRST - 10, 3), (FIRST + 2 * distance, 0))
    assert await newest(books) == FIRST - 10


async def test_at_one_moment_the_greater_number_counts(books: Books) -> None:
    await add(books, (FIRST, 1), (FIRST + 10, 1), (FIRST + 5, 1), (FIRST + 20, 0))
    assert await newest(books) == FIRST + 10


async def test_the_list_of_a_reference_has_the_newest_first(books: Books) -> None:
    await add(books, (FIRST, 3), (FIRST + 10, 1), (FIRST + REFERENCE_SLICE, 2))
    listed = await books.list_payments_named(1, "order", 2)
    assert [each.number for each in listed] == [FIRST, FIRST + REFERENCE_SLICE]


async def test_a_reference_that_is_no_name(books: Books) -> None:
    """A merchant may send the same one with every payment; the latest of them is found."""
    every = range(FIRST, FIRST + 10 * (HITS_MAX + 50), 10)
    await add(books, *((number, 1) for number in every))
    assert await newest(books) == every[-1]
    await add(books, (FIRST - 10, 2))
    assert await newest(books) == FIRST - 10
    await add(books, (FIRST - 20, 5), reference="another")
    assert await newest(books) == FIRST - 10
    await add(books, (FIRST + 50 * REFERENCE_SLICE, 3))
    assert await newest(books) == FIRST + 50 * REFERENCE_SLICE
