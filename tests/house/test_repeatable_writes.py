"""Which requests are done once under a key: every endpoint of every door is decided."""

import re
from pathlib import Path

import pytest

from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.house import open_house
from vezne.bootstrap.master import open_serving_master_key
from vezne.edge.messages import Door
from vezne.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "idempotency.md"
TITLES = {"iyzico": "iyzico", "paywall": "PayWall", "paynet": "Paynet"}
# What never changes anything, by its definition (RFC 9110, 9.2.1), and so needs no decision.
SAFE = {"GET", "OPTIONS"}


@pytest.fixture
async def doors(tmp_path: Path) -> dict[str, Door]:
    settings = Settings(mode="sandbox", data=tmp_path / "data")
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        return {door.name: door for door in open_doors(house)}


def decided(title: str) -> tuple[list[str], list[str]]:
    """What the page lists for a door: requests that are done once, and those that ask."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n### {title}\n")[2].partition("\n### ")[0]
    writes, _, reads = text.partition("\nAsks:\n")
    row = re.compile(r"^\* `([^`]+)`", re.MULTILINE)
    return row.findall(writes), row.findall(reads)


@pytest.mark.parametrize("name", TITLES)
async def test_every_request_is_done_once_or_asks(doors: dict[str, Door], name: str) -> None:
    """A new endpoint is decided by whoever adds it: `is_write` of its Endpoint, and the page."""
    routes = [route for route in doors[name].routes if route.method not in SAFE]
    writes, reads = decided(TITLES[name])
    assert sorted(writes) == sorted(f"{r.method} {r.path}" for r in routes if r.is_write)
    assert sorted(reads) == sorted(f"{r.method} {r.path}" for r in routes if not r.is_write)


async def test_no_reading_method_writes(doors: dict[str, Door]) -> None:
    """The answer to a GET is never kept: it says what is true now."""
    kept = [
        (door.name, route.path)
        for door in doors.values()
        for route in door.routes
        if route.method in SAFE and route.is_write
    ]
    assert kept == []


async def test_doors_of_our_own_keep_nothing(doors: dict[str, Door]) -> None:
    """Who moves a clock or places a fault twice means it."""
    kept = [
        (name, route.path)
        for name, door in doors.items()
        for route in door.routes
        if name not in TITLES and route.is_write
    ]
    assert kept == []
    assert "sandbox" in doors
