"""What the documentation says of bounds is what the code has."""

import importlib
import re
from pathlib import Path

import pytest

from vezne.edge.load import FEW, INTERVAL_S, PATIENCE, PAUSE_MAX_S, SHARE_MAX, TURNS
from vezne.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
# What is bounded, how, and where that is written.
ROWS = re.findall(
    r"^\| ([^|]+) \| ([0-9,]+) \| [^|]+ \| `([\w.]+):([\w.]+)` \|$", TEXT, re.MULTILINE
)


@pytest.mark.parametrize(("what", "bound", "module", "name"), ROWS, ids=[row[3] for row in ROWS])
def test_every_documented_bound_is_the_codes(what, bound, module, name):
    """A bound that changes here changes there."""
    found = importlib.import_module(module)
    for part in name.split("."):
        found = found() if isinstance(found, type) else found
        found = getattr(found, part)
        found = found() if isinstance(found, type) else found
    assert found == int(bound.replace(",", "")), what


def test_every_limit_of_a_client_is_documented():
    """Whoever adds one says what it is for."""
    documented = {name for _, _, _, name in ROWS}
    # How a server ends, and how exact its clock is, bounds no client.
    others = {"linger_s", "grace_s", "leave_s", "give_way_s", "tick_s"}
    fields = set(importlib.import_module("vezne.edge.service").Limits.__struct_fields__)
    assert {f"Limits.{field}" for field in fields - others} <= documented


def test_what_is_said_of_refusals_is_so():
    """The numbers in the text."""
    assert f"`load.lag_ms_max` ({Settings().load.lag_ms_max} " in TEXT
    assert f"fewer than {FEW} requests" in TEXT
    assert (TURNS, INTERVAL_S, SHARE_MAX) == (10, 0.2, 0.98)
    assert (PATIENCE, PAUSE_MAX_S) == (4.0, 0.5)
