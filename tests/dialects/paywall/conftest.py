from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.paywall_house import PayWallHouse, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PayWallHouse]:
    """The door over databases of the test's own."""
    async with open_house(tmp_path) as opened:
        yield opened
