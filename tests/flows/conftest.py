import msgspec
import pytest

from builders import SAMPLE_TIME_MS, ports
from fakes.acquirer import ScriptedAcquirer
from fakes.books import MemoryBooks
from fakes.vault import MemoryVault
from fakes.world import FixedClock
from vezne.core.ports import Ports


class World(msgspec.Struct):
    """The fakes behind a set of ports."""

    books: MemoryBooks
    vault: MemoryVault
    acquirer: ScriptedAcquirer
    clock: FixedClock
    ports: Ports


@pytest.fixture
def world():
    books, vault, acquirer = MemoryBooks(), MemoryVault(), ScriptedAcquirer()
    clock = FixedClock(SAMPLE_TIME_MS)
    return World(
        books=books,
        vault=vault,
        acquirer=acquirer,
        clock=clock,
        ports=ports(books=books, vault=vault, acquirer=acquirer, clock=clock),
    )
