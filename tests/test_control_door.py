"""Where the control door is, and where it is not."""

from pathlib import Path

import msgspec

from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.house import open_house
from vezne.bootstrap.master import open_serving_master_key
from vezne.settings import Settings


async def test_there_is_a_control_door_in_the_sandbox_only(tmp_path: Path) -> None:
    """In live mode nobody moves a clock or has anything go wrong: the path is like any other."""
    sandbox = Settings(mode="sandbox", data=tmp_path)
    async with open_house(sandbox, await open_serving_master_key(sandbox)) as house:
        names = [door.name for door in open_doors(house)]
        assert names == ["iyzico", "paywall", "paynet", "sandbox"]
    async with open_house(msgspec.structs.replace(sandbox, mode="live")) as house:
        doors = open_doors(house)
        assert [door.name for door in doors] == ["iyzico", "paywall", "paynet"]
        assert house.faults is None
