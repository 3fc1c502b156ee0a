"""The door that every test of its endpoints calls."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.paynet_house import PaynetHouse, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaynetHouse]:
    """The door in its classic profile."""
    async with open_house(tmp_path) as opened:
        yield opened
