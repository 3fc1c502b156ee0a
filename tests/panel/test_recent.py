"""What takes long to find is found once for all who ask, and keeps no page waiting."""

import asyncio

import pytest

from vezne.panel.recent import Recent


class Source:
    """Finds a new number each time, when it is let."""

    def __init__(self) -> None:
        self.found = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def find(self) -> int:
        await self.gate.wait()
        self.found += 1
        return self.found


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def read(self) -> float:
        return self.now_s


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def recent(hands: Hands) -> Recent[int]:
    return Recent(patience_s=0.02, now_s=hands.read)


async def test_a_value_is_kept_as_long_as_it_is_fresh(
    recent: Recent[int], source: Source, hands: Hands
) -> None:
    """And found anew after that, each key by itself."""
    assert await recent.get("a", source.find, 2.0) == 1
    hands.now_s = 1.9
    assert await recent.get("a", source.find, 2.0) == 1
    assert await recent.get("b", source.find, 2.0) == 2
    hands.now_s = 2.0
    assert await recent.get("a", source.find, 2.0) == 3


async def test_many_who_ask_at_once_share_one_search(recent: Recent[int], source: Source) -> None:
    """Nothing is counted twice at the same time."""
    values = await asyncio.gather(*(recent.get("a", source.find, 2.0) for _ in range(5)))
    assert values == [1] * 5


async def test_nobody_waits_for_long(recent: Recent[int], source: Source, hands: Hands) -> None:
    """There is nothing at first, and the old value later, until the new one is there."""
    source.gate.clear()
    assert await recent.get("a", source.find, 2.0) is None
    source.gate.set()
    assert await recent.get("a", source.find, 2.0) == 1
    hands.now_s = 9.0
    source.gate.clear()
    assert await recent.get("a", source.find, 2.0) == 1
    source.gate.set()
    assert await recent.get("a", source.find, 2.0) == 2


async def test_a_long_search_rests_for_long(
    recent: Recent[int], source: Source, hands: Hands
) -> None:
    """It takes no more than a twentieth of the time."""

    async def find_slowly() -> int:
        hands.now_s += 5.0
        return await source.find()

    assert await recent.get("a", find_slowly, 2.0) == 1
    hands.now_s += 99.0
    assert await recent.get("a", find_slowly, 2.0) == 1
    hands.now_s += 1.0
    assert await recent.get("a", find_slowly, 2.0) == 2


async def test_a_search_that_fails_is_tried_again(recent: Recent[int], source: Source) -> None:
    """Whoever waits for it hears of it."""

    async def fail() -> int:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await recent.get("a", fail, 2.0)
    assert await recent.get("a", source.find, 2.0) == 1


async def test_what_was_asked_for_longest_ago_is_forgotten(
    recent: Recent[int], source: Source
) -> None:
    """The memory that it takes has an end."""
    for key in range(4_097):
        await recent.get(key, source.find, 2.0)
    assert await recent.get(4_096, source.find, 2.0) == 4_097
    assert await recent.get(0, source.find, 2.0) == 4_098
