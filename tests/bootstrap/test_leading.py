"""What one server of a database does for all: when it is begun, broken off and begun again."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from fakes.log_lines import capture_logs
from vezne.bootstrap.leading import LEAD, lead
from vezne.engines.engine import EngineFailure


class LosingEngine:
    """An engine by which a lead is lost when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float | None]] = []
        self.lost = asyncio.Event()

    @asynccontextmanager
    async def exclusive(self, name, *, retry_s=None):
        self.asked.append((name, retry_s))
        try:
            async with asyncio.timeout(None) as meanwhile:
                watching = asyncio.create_task(self._watch(meanwhile))
                try:
                    yield
                finally:
                    watching.cancel()
        except TimeoutError:
            raise EngineFailure("the line broke") from None

    async def _watch(self, meanwhile) -> None:
        await self.lost.wait()
        self.lost.clear()
        meanwhile.reschedule(asyncio.get_running_loop().time())


class Work:
    """Something that goes on until it is broken off."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.changed = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self.changed.set()
        try:
            await asyncio.sleep(60)
        finally:
            self.ended += 1

    async def wait_for(self, begun: int) -> None:
        async with asyncio.timeout(5):
            while self.begun < begun:
                self.changed.clear()
                await self.changed.wait()


async def test_a_lost_lead_ends_the_work_until_it_is_there_again():
    """Nothing is done without it; that it was lost is logged."""
    engine, work = LosingEngine(), Work()
    with capture_logs() as logs:
        leading = asyncio.create_task(lead(engine, work, every_s=0.01))
        await work.wait_for(1)
        engine.lost.set()
        await work.wait_for(2)
        assert work.ended == 1
        leading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leading
    assert work.ended == 2
    assert engine.asked == [(LEAD, 0.01)] * 2
    assert [line["event"] for line in logs] == ["in the lead", "fault", "in the lead"]
