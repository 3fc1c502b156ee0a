"""What the vault's database remembers of audit trails, on every engine."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from vezne.engines.engine import Engine
from vezne.engines.migrate import load_migrations, migrate
from vezne.vault.audit.anchors import Anchor, Anchors

FIRST = Anchor("a" * 32, 1, 10, "hash-10")


@pytest.fixture
async def anchors(engine: Engine) -> Anchors:
    await migrate(engine, load_migrations("vezne.vault"))
    return Anchors(engine)


async def test_an_anchor_moves_forward_only(anchors: Anchors) -> None:
    """A process that is late does not move it back, nor change what it says."""
    assert await anchors.list_all() == []
    await anchors.drop(FIRST)
    later = FIRST._replace(number=30, hash="hash-30")
    await anchors.drop(later)
    for late in (FIRST, FIRST._replace(number=29), later._replace(hash="another")):
        await anchors.drop(late)
    assert await anchors.list_all() == [later]


async def test_each_trail_and_serial_has_its_own(anchors: Anchors) -> None:
    """In the order of trails and serials."""
    others = [FIRST._replace(serial=2, number=5), FIRST._replace(stream="0" * 32)]
    for anchor in (FIRST, *others):
        await anchors.drop(anchor)
    assert await anchors.list_all() == [others[1], FIRST, others[0]]


async def test_processes_that_drop_at_once(
    anchors: Anchors, open_engine: Callable[[], Awaitable[Engine]]
) -> None:
    """The furthest stays, whoever comes last."""
    other = Anchors(await open_engine())
    dropped = [FIRST._replace(number=number, hash=f"hash-{number}") for number in range(1, 40)]
    await asyncio.gather(
        *((anchors, other)[anchor.number % 2].drop(anchor) for anchor in reversed(dropped))
    )
    assert await other.list_all() == [dropped[-1]]


async def test_who_else_may_have_anchors_here(anchors: Anchors, engine: Engine) -> None:
    """A file is one machine's, a server's database may be everybody's."""
    assert anchors.is_shared == (engine.name == "postgres")
