"""A town for each module of tests: it takes a second to build."""

import pytest_asyncio

from fakes.panel_town import open_panel_town

# Marks that nothing else of a page contains.
OWN = "aydinlar"
OTHER = "balkanlar"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory):
    async with open_panel_town(tmp_path_factory.mktemp("town") / "data", OWN, OTHER) as opened:
        yield opened
