"""What every engine counts of itself while it works."""

import asyncio

import pytest

from vezne.engines.engine import Conflict, Engine, Write


async def test_an_engine_counts_its_groups(engine: Engine) -> None:
    """What waits together is committed together, and every batch is in exactly one group."""
    await engine.execute_script("CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY);")
    before = batches(engine)
    writes = [[Write("INSERT INTO t (a) VALUES (?)", (number,))] for number in range(30)]
    await asyncio.gather(*(engine.apply(each) for each in writes))
    assert batches(engine) - before == 30
    assert sum(engine.figures.group_sizes) < 20
    assert (engine.figures.conflicts, engine.figures.waiting) == (0, 0)
    with pytest.raises(Conflict):
        await engine.apply(writes[0])
    assert engine.figures.conflicts == 1
    assert engine.figures.failures == 0


def batches(engine: Engine) -> int:
    """How many batches were in groups so far."""
    return sum(size * count for size, count in enumerate(engine.figures.group_sizes))
