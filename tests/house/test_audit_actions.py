"""The list of what leaves a line in the audit trail is neither too long nor undocumented."""

from pathlib import Path

import pytest

from vezne.core.audit import AuditAction

ROOT = Path(__file__).parents[2]
SOURCES = [path for path in (ROOT / "src" / "vezne").rglob("*.py") if path.stem != "audit"] + [
    *(ROOT / "src" / "vezne" / "vault" / "audit").glob("*.py")
]


@pytest.mark.parametrize("action", AuditAction)
def test_every_action_is_recorded_somewhere(action):
    """An action that nothing records would promise a line that never comes."""
    assert any(f"AuditAction.{action.name}" in path.read_text() for path in SOURCES)


@pytest.mark.parametrize("action", AuditAction)
def test_every_action_is_documented(action):
    """By its name, or with the others of its kind."""
    page = (ROOT / "docs" / "audit.md").read_text()
    family = action.value.partition(".")[0]
    assert f"`{action}`" in page or f"`{family}.…`" in page
