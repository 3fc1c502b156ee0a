"""The built-in bank with a key and a clock of the tests' own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from builders import SAMPLE_TIME_MS
from simbank.faults import Faults
from simbank.host import Host
from vezne.acquirers.simulator.config import SimulatorConfig

RETURN_KEY = b"a key that bank and acquirer share"


async def never(seconds: float) -> None:
    """For banks that have nothing to wait for."""
    raise AssertionError(f"the bank waits for {seconds} s")


def bank_host(
    seed: str = "bank",
    *,
    only_test_cards: bool = False,
    return_key: bytes = RETURN_KEY,
    clock: Callable[[], int] = lambda: SAMPLE_TIME_MS,
    journal: Path | None = None,
    faults: Faults | None = None,
    sleep: Callable[[float], Awaitable[None]] = never,
) -> Host:
    """The bank's host, at the time of the sample payment unless told otherwise."""
    return Host(
        seed,
        only_test_cards=only_test_cards,
        return_key=return_key,
        clock=clock,
        journal=journal,
        faults=faults,
        sleep=sleep,
    )


def simulator_config(name: str = "simulator") -> SimulatorConfig:
    """The settings of an acquirer of that bank."""
    return SimulatorConfig(name=name, return_key=RETURN_KEY)


class Sleep:
    """Sleeps until it is told that the time is over. `asked_s` is what it was asked for."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self._is_over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        await self._is_over.wait()

    def end(self) -> None:
        """The time is over, for those who wait and those who come."""
        self._is_over.set()
