"""What the number sequence promises, on every engine."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.numbers import BLOCK, SqlNumbers

FIRST = 10_000_000


@pytest.fixture
async def numbers(engine: Engine) -> SqlNumbers:
    await migrate(engine, load_migrations("vezne.storage"))
    return SqlNumbers(engine)


async def stored(engine: Engine) -> object:
    ((value,),) = await engine.fetch("SELECT next FROM numbers")
    return value


async def test_numbers_follow_each_other(numbers: SqlNumbers, engine: Engine) -> None:
    """Takes are consecutive from ten million on, out of a block that was claimed as a whole."""
    assert [await numbers.take(count) for count in (1, 4, 2)] == [FIRST, FIRST + 1, FIRST + 5]
    assert await stored(engine) == FIRST + BLOCK


async def test_fast_path_does_not_suspend(numbers: SqlNumbers) -> None:
    """Inside a block a take is answered without giving way to anything."""
    await numbers.take(1)
    step = numbers.take(3)
    with pytest.raises(StopIteration) as answered:
        step.send(None)
    assert answered.value.value == FIRST + 1


async def test_take_never_straddles_blocks(numbers: SqlNumbers) -> None:
    """What no longer fits into the block comes from the next one, so that it is consecutive."""
    await numbers.take(BLOCK - 2)
    assert await numbers.take(5) == FIRST + BLOCK
    assert await numbers.take(1) == FIRST + BLOCK + 5


async def test_take_beyond_a_block(numbers: SqlNumbers, engine: Engine) -> None:
    """A basket larger than a block gets a block of its own size."""
    await numbers.take(1)
    assert await numbers.take(3 * BLOCK) == FIRST + BLOCK
    assert await stored(engine) == FIRST + 4 * BLOCK
    assert await numbers.take(1) == FIRST + 4 * BLOCK


async def test_exact_fit_uses_the_block_up(numbers: SqlNumbers) -> None:
    """The last number of a block is given out before the next block is claimed."""
    await numbers.take(BLOCK - 3)
    assert await numbers.take(3) == FIRST + BLOCK - 3
    assert await numbers.take(1) == FIRST + BLOCK


async def test_restart_leaves_a_gap(numbers: SqlNumbers, engine: Engine) -> None:
    """A new process starts with a new block; numbers are never given out again."""
    await numbers.take(10)
    assert await SqlNumbers(engine).take(1) == FIRST + BLOCK


async def test_takers_who_wait_share_the_block(numbers: SqlNumbers, engine: Engine) -> None:
    """Tasks that find the block used up at once claim one new block between them."""
    firsts = await asyncio.gather(*(numbers.take(2) for _ in range(20)))
    assert firsts == [FIRST + 2 * place for place in range(20)]
    assert await stored(engine) == FIRST + BLOCK


async def test_many_takers_at_once(
    numbers: SqlNumbers, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """Neither tasks of one process nor two processes ever get the same number."""
    others = SqlNumbers(await open_engine())
    counts = [1 + place % 7 for place in range(2000)]
    firsts = await asyncio.gather(
        *(
            each.take(count)
            for place, count in enumerate(counts)
            for each in [(numbers, others)[place % 2]]
        )
    )
    taken = [
        number
        for first, count in zip(firsts, counts, strict=True)
        for number in range(first, first + count)
    ]
    assert len(set(taken)) == len(taken) == sum(counts)
