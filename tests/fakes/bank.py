"""The built-in bank with a key and a clock of the tests' own."""

from collections.abc import Callable

from builders import SAMPLE_TIME_MS
from simbank.host import Host
from vezne.acquirers.simulator.config import SimulatorConfig

RETURN_KEY = b"a key that bank and acquirer share"


def bank_host(
    seed: str = "bank",
    *,
    only_test_cards: bool = False,
    return_key: bytes = RETURN_KEY,
    clock: Callable[[], int] = lambda: SAMPLE_TIME_MS,
) -> Host:
    """The bank's host, at the time of the sample payment unless told otherwise."""
    return Host(seed, only_test_cards=only_test_cards, return_key=return_key, clock=clock)


def simulator_config(name: str = "simulator") -> SimulatorConfig:
    """The settings of an acquirer of that bank."""
    return SimulatorConfig(name=name, return_key=RETURN_KEY)
