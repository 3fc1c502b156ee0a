"""Only the doors of a sandbox have doctors."""

from pathlib import Path
from typing import cast

import pytest

from fakes.iyzico_door import IyzicoDoor
from vezne.bootstrap.doors import build_doors
from vezne.core.fault import FaultBoard
from vezne.edge.messages import Door
from vezne.settings import load_settings
from vezne.storage.merchants import SqlMerchants
from vezne.vault.name_box import NAME_KEY_BYTES, VaultNameBox


@pytest.fixture
def parts(tmp_path: Path):
    settings = load_settings(None, {"mode": "sandbox", "data": tmp_path}, {})
    nobody = cast(SqlMerchants, None)
    return settings, IyzicoDoor().ports, nobody, VaultNameBox(bytes(NAME_KEY_BYTES))


def attended(doors: list[Door]) -> list[str]:
    return [door.name for door in doors if door.diagnose is not None]


def test_every_protocol_has_a_doctor_in_the_sandbox(parts):
    assert attended(build_doors(*parts, FaultBoard())) == ["iyzico", "paywall", "paynet"]


def test_no_door_has_one_without_its_board_of_faults(parts):
    """Which is how doors are opened in live mode: nobody tries out secrets there."""
    assert attended(build_doors(*parts, None)) == []
