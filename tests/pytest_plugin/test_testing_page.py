"""The page about testing: its examples are tests, and they pass."""

import re
from pathlib import Path

from vezne_pytest import sandbox

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "testing.md"


def test_the_examples_of_the_page(pytester, vezne_server):
    """Each is copied into the file that its first line names."""
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == PAGE.read_text().count("```python")
    run(pytester, vezne_server, dict(blocks)).assert_outcomes(passed=6)


def test_the_example_of_the_readme(pytester, vezne_server):
    """It works as it stands."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    run(pytester, vezne_server, {"test_readme.py": code}).assert_outcomes(passed=1)


def run(pytester, vezne_server, files):
    """The outcome of a session over some files."""
    for name, code in files.items():
        pytester.path.joinpath(name).write_text(code)
    pytester.makeini("[pytest]\naddopts = -p no:asyncio -p no:cov -p no:schemathesis\n")
    options = ("--vezne-url", vezne_server.url, "--vezne-tls-url", vezne_server.tls_url)
    return pytester.runpytest_subprocess(
        "-p", "vezne_pytest", *options, "--vezne-data", str(vezne_server.data)
    )


def test_the_table_names_what_there_is():
    """Every public name of a sandbox is in the table, and nothing else."""
    (table,) = re.findall(r"## What a test has\n\n\|.*?\n\n", PAGE.read_text(), re.DOTALL)
    named = set(re.findall(r"`vezne\.(\w+)", table))
    parts = {*vars(sandbox.Sandbox), *sandbox.Sandbox.__annotations__}
    assert named == {name for name in parts if not name.startswith("_")} - {"close"}
