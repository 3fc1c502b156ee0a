"""The panel over a fresh sandbox."""

import pytest

from fakes.panel import open_panel


@pytest.fixture
async def panel(tmp_path):
    async with open_panel(tmp_path / "data") as caller:
        yield caller
