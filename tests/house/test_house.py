"""The house reads itself: sizes, names, links. Each rule says why it is there."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400
# Pure tables may be as long as their subject.
TABLES = {
    "bin_table.py",
    "cards.py",
    "controls.py",
    "declines.py",
    "errors.py",
    "installment_tables.py",
}
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils", "v2"}


def tracked():
    """The files of the repository, the uncommitted ones included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sizes(path):
    """A function fits on a screen and a module in a head."""
    text = path.read_text(encoding="utf-8")
    if path.name not in TABLES:
        assert len(text.splitlines()) <= MODULE_LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{node.name} has {length} lines"


def test_every_module_says_what_it_is_for():
    """The first line of a module is read more often than the rest."""
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_no_vague_names():
    """A module named util attracts whatever has no home."""
    assert [path for path in SOURCES if path.stem in VAGUE] == []


def test_nothing_is_left_to_do():
    """An unfinished thought belongs into an issue, not into the source."""
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [path for path in SOURCES if marks.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_lock_files_name_hashes_and_no_index():
    """A lock that names an index ties every user to it."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
    assert "resolved" not in (ROOT / "tests/journeys/node/package-lock.json").read_text()


def test_links_between_pages_lead_somewhere():
    """A page that names another page names one that exists."""
    link = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
    pages = [path for path in tracked() if path.suffix == ".md"]
    assert pages
    for page in pages:
        targets = link.findall(page.read_text(encoding="utf-8"))
        assert [target for target in targets if not (page.parent / target).exists()] == []


def test_test_files_have_names_of_their_own():
    """Test modules are imported by name, so two of one name would hide each other."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
