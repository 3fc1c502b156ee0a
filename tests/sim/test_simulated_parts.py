"""The parts of the simulator: time, disks, lives, and bugs that are planted."""

import asyncio
from contextlib import closing

import pytest
from tools.sim.dice import Dice
from tools.sim.disk import FileDisk, MemoryDisk
from tools.sim.events import EventLog
from tools.sim.life import DiskEngine, Killed, Life
from tools.sim.mutant import Bug, NotPlantable, mutated, plant
from tools.sim.virtual_time import EPOCH_S, Stuck, VirtualClock, VirtualLoop
from tools.sim.weather import calm, draw_weather

from vezne.engines.engine import Conflict, Write

TABLE = "CREATE TABLE things (name TEXT NOT NULL PRIMARY KEY)"


def add(name):
    return [Write("INSERT INTO things (name) VALUES (?)", (name,))]


def names(disk):
    return sorted(name for (name,) in disk.fetch("SELECT name FROM things"))


@pytest.fixture
def loop():
    with closing(VirtualLoop()) as loop:
        yield loop


@pytest.fixture(params=["memory", "file"])
def disk(request, tmp_path):
    disk = MemoryDisk() if request.param == "memory" else FileDisk(tmp_path, "books")
    disk.write([[Write(TABLE, (), -1)]])
    yield disk
    disk.close()


def life_and_engine(loop, disk, kills):
    weather = draw_weather(Dice(1))
    calm(weather)
    life = Life(weather, Dice(1), EventLog(loop), lambda: kills.append(loop.time()))
    return life, DiskEngine(disk, life, 0.01, Dice(1))


def test_hours_pass_in_no_time(loop):
    """A sleep moves the clock and takes no time; timers run in the order in which they are due."""
    woken = []

    async def sleep(hours):
        await asyncio.sleep(hours * 3600)
        woken.append(hours)

    async def both():
        await asyncio.gather(sleep(100), sleep(1))

    loop.run_until_complete(both())
    assert woken == [1, 100]
    assert VirtualClock(loop).now_ms() == (EPOCH_S + 360_000) * 1000


def test_waiting_for_nothing_is_noticed(loop):
    """Where a real loop would hang for ever, this one says so."""
    waiting = loop.create_future()
    with pytest.raises(Stuck):
        loop.run_until_complete(waiting)


def test_a_crash_keeps_what_was_synced(disk):
    """Whatever happens to the group that is being written, it is there as a whole or not at all."""
    kept = set()
    for turn in range(30):
        disk.write([add(f"synced {turn}")])
        disk.crash([add(f"torn {turn}"), add(f"torn too {turn}")], Dice(turn))
        found = names(disk)
        assert f"synced {turn}" in found
        assert (f"torn {turn}" in found) == (f"torn too {turn}" in found)
        kept.add(f"torn {turn}" in found)
    assert kept == {True, False}


def test_a_batch_that_fails_leaves_the_others(disk):
    """One of a group meets a name that is taken; its neighbours are written."""
    outcomes = disk.write([add("a"), [*add("b"), *add("a")], add("c")])
    assert [type(outcome) for outcome in outcomes] == [type(None), Conflict, type(None)]
    assert names(disk) == ["a", "c"]


def test_a_killed_life_writes_nothing_more(loop, disk):
    """What waits for its commit is forgotten, and ports that are used afterwards are dead."""
    kills = []
    life, engine = life_and_engine(loop, disk, kills)
    ends = []

    async def write():
        try:
            await engine.apply(add("before"))
            life.kill()
        finally:
            try:
                await engine.apply(add("after"))
            except Killed:
                ends.append("dead")

    async def live():
        await asyncio.gather(life.spawn(write()), return_exceptions=True)

    loop.run_until_complete(live())
    assert names(disk) == ["before"]
    assert ends == ["dead"]
    assert len(kills) == 1


def test_two_batches_at_once_share_a_commit(loop, disk):
    """The second waits until the first is synced; both are answered after theirs."""
    _, engine = life_and_engine(loop, disk, [])

    async def write():
        await asyncio.gather(engine.apply(add("a")), engine.apply(add("b")), engine.apply(add("c")))
        with pytest.raises(Conflict):
            await engine.apply(add("a"))
        return await engine.fetch("SELECT count(*) FROM things")

    assert loop.run_until_complete(write()) == [(3,)]


def test_a_bug_whose_text_is_gone_is_named():
    """It must stand in its module exactly once."""
    bug = Bug("a bug", "vezne.core.money", "two times", "never")
    assert mutated(bug, "one, two times, three") == "one, never, three"
    for text in ("gone", "two times two times"):
        with pytest.raises(NotPlantable, match="a bug: vezne"):
            mutated(bug, text)


def test_a_bug_comes_too_late_for_a_module_that_is_there():
    """Nothing would change, and the bug would seem to have got away."""
    with pytest.raises(NotPlantable, match="imported already"):
        plant(Bug("a bug", "vezne.engines.engine", "class Conflict", "class Conflict"))
    with pytest.raises(NotPlantable, match="no module"):
        plant(Bug("a bug", "vezne.engines.missing", "old", "new"))
