"""The page about testing: its examples are tests, and they pass."""

import re
from pathlib import Path

from vezne_pytest import sandbox

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_the_examples_of_the_page(pytester, vezne_server):
    """Each is copied into the file that its first line names."""
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == PAGE.read_text().count("```python")
    for name, code in blocks:
        pytester.path.joinpath(name).write_text(code)
    pytester.makeini("[pytest]\naddopts = -p no:asyncio -p no:cov -p no:schemathesis\n")
    options = ("--vezne-url", vezne_server.url, "--vezne-tls-url", vezne_server.tls_url)
    result = pytester.runpytest_subprocess(
        "-p", "vezne_pytest", *options, "--vezne-data", str(vezne_server.data)
    )
    result.assert_outcomes(passed=6)


def test_the_table_names_what_there_is():
    """Every public name of a sandbox is in the table, and nothing else."""
    (table,) = re.findall(r"## What a test has\n\n\|.*?\n\n", PAGE.read_text(), re.DOTALL)
    named = set(re.findall(r"`vezne\.(\w+)", table))
    parts = {*vars(sandbox.Sandbox), *sandbox.Sandbox.__annotations__}
    assert named == {name for name in parts if not name.startswith("_")} - {"close"}
