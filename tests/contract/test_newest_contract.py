"""Which payment a reference names when several have it: the one that was made last."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from builders import SAMPLE_TIME_MS
from fakes.books import MemoryBooks
from fakes.records import payment
from vezne.core.changes import AddPayment
from vezne.core.ids import REFERENCE_SLICE
from vezne.core.ports import Books
from vezne.engines.engine import Engine, Row, Value
from vezne.engines.migrate import load_migrations, migrate
from vezne.engines.sqlite import open_sqlite
from vezne.storage.books import SqlBooks
from vezne.storage.newest import HITS_MAX, LATEST

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


async def test_the_list_of_a_reference_that_is_no_name(books: Books) -> None:
    """The newest of them, each once, however many there are; also one with a small number."""
    every = range(FIRST, FIRST + 10 * (HITS_MAX + 50), 10)
    await add(books, *((number, number - FIRST) for number in every), (FIRST - 10, 10**6))
    await add(books, (FIRST + 5, 10**7), reference="another")
    listed = await books.list_payments_named(1, "order", HITS_MAX)
    assert [each.number for each in listed] == [FIRST - 10, *every[:-HITS_MAX:-1]]


async def test_slices_without_the_reference_are_passed_over(books: Books) -> None:
    """Also at both ends, and where a slice has several of its payments."""
    slices = [FIRST + place * REFERENCE_SLICE for place in range(6)]
    await add(books, *((number, 0) for number in slices), reference="another")
    await add(books, (slices[1] + 10, 4), (slices[1] + 20, 3), (slices[4] + 10, 2))
    listed = await books.list_payments_named(1, "order", 10)
    assert [each.created_ms - SAMPLE_TIME_MS for each in listed] == [4, 3, 2]
    assert await books.list_payments_named(1, "nobody's", 10) == []


class Watched:
    """Remembers what a database is asked."""

    def __init__(self, engine: Engine) -> None:
        self.queries: list[tuple[str, Sequence[Value]]] = []
        self.fetch_from = engine.fetch
        self.apply = engine.apply

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        self.queries.append((sql, params))
        return await self.fetch_from(sql, params)


def count_steps(path: Path, queries: list[tuple[str, Sequence[Value]]]) -> int:
    """How many hundreds of instructions SQLite takes for some queries."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path)) as database:
        for sql, params in queries:
            database.set_progress_handler(step, 100)
            database.execute(sql, params).fetchall()
    return steps


@pytest.mark.parametrize("reference", ["order", "new"])
async def test_many_payments_of_one_reference_cost_no_more(tmp_path: Path, reference: str) -> None:
    """Samples are copied with their reference: a merchant may have a million of "123456789"."""
    engine = open_sqlite(tmp_path / "many.db")
    await migrate(engine, load_migrations("vezne.storage"))
    watched = Watched(engine)
    books = SqlBooks(watched)
    steps, first = [], 200 * REFERENCE_SLICE
    for begin, end in ((0, LATEST + 100), (LATEST + 100, 5 * LATEST)):
        await add(books, *((first + 10 * place, place) for place in range(begin, end)))
        watched.queries.clear()
        await books.find_payment_by_reference(1, reference)
        await books.list_payments_named(1, reference, HITS_MAX)
        steps.append(count_steps(tmp_path / "many.db", watched.queries))
    await engine.close()
    assert steps[1] <= 1.2 * steps[0] + 1
