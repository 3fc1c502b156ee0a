"""A group grows while every turn of the event loop brings it something."""

import asyncio

import pytest

from vezne.engines import gathering
from vezne.engines.gathering import Gathering


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However long a busy machine takes for a turn, time is not up."""
    monkeypatch.setattr(gathering, "GATHER_S", 600.0)


async def gather(arrivals, *, enough=100):
    """How many are taken, and after how many turns, when `arrivals[n]` come in the nth turn."""
    loop = asyncio.get_running_loop()
    waiting = []
    taken = loop.create_future()
    Gathering(loop, waiting.__len__, lambda: taken.set_result(len(waiting)), enough=enough).start()
    turns = 0
    coming = iter(arrivals)
    while not taken.done():
        waiting += ["one"] * next(coming, 0)
        turns += 1
        await asyncio.sleep(0)
    return taken.result(), turns


async def test_it_begins_when_a_turn_brings_nothing():
    """What comes after the empty turn is for the next group."""
    assert await gather([1, 2, 3, 0, 7]) == (6, 4)


async def test_a_lone_caller_waits_for_one_empty_turn():
    """And no time at all."""
    assert await gather([1]) == (1, 2)


async def test_nothing_waits_at_all():
    """It is said at once; whoever gathers decides what that means."""
    assert await gather([]) == (0, 1)


async def test_enough_waits_for_no_more():
    """However many are on their way."""
    assert await gather([5] * 10, enough=10) == (10, 2)


async def test_time_is_up(monkeypatch):
    """A stream that never ends is cut."""
    monkeypatch.setattr(gathering, "GATHER_S", 0.0)
    assert await gather([1] * 10) == (1, 1)
