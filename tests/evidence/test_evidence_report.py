"""The report: what is in force, and what became of the proofs."""

import msgspec
import pytest

from vezne.commands.rotation import KeyRow
from vezne.core.retention import Retention
from vezne.evidence.controls import CONTROLS
from vezne.evidence.report import gather, read_results, to_markdown
from vezne.evidence.state import State
from vezne.settings import GuardSettings, Settings


def key(id: str, **changes: object) -> KeyRow:
    plain = KeyRow(
        id=id,
        state="active",
        check_value="0123456789",
        created="2026-01-01",
        ends="2027-01-01",
        is_overdue=False,
    )
    return msgspec.structs.replace(plain, **changes)


STATE = State(
    version="1.2.3",
    written="2026-11-22 12:00",
    settings=Settings(mode="sandbox", guard=GuardSettings(mode="on", failed_logins=7)),
    retention=Retention(expired_cards_days=None),
    is_guarded=True,
    keys=(
        key("master:77", provider="file", is_sandbox=True),
        key("card:1:2"),
        key("card:1:1", state="destroyed"),
        key("card:2:1", state="decrypt_only", is_overdue=True),
        key("fingerprint:1:1"),
    ),
    checkpoint=512,
)


def said(requirement: str, state: State = STATE) -> str:
    (found,) = [each for each in gather(state).findings if each.requirement == requirement]
    return found.in_force


def test_what_is_in_force_is_said() -> None:
    """Keys, periods, limits and the trail, as they are."""
    master = "master:77 in file, of a sandbox"
    assert said("3.2.1").startswith("expired cards for ever, sessions 2 days")
    assert said("3.5.1") == f"1 data keys seal, 1 only open; master key {master}"
    assert said("3.7.4") == "365 days; overdue: card:2:1"
    assert said("3.7.5") == "1 keys destroyed"
    assert said("8.3.4").startswith("on: 7 failures")
    assert said("10.3.2") == "signed up to line 512"


def test_what_is_off_is_said() -> None:
    """A report that hides what is off would be worse than none."""
    settings = Settings(listen=None)
    state = msgspec.structs.replace(
        STATE, settings=settings, is_guarded=False, keys=(), checkpoint=0
    )
    assert said("8.3.4", state) == "off"
    assert said("10.3.2", state) == "nothing signed yet"
    assert said("4.2.1", state) == "TLS 1.2 and newer; no plain listener"
    assert "overdue: none" in said("3.7.4", state)


def test_every_control_is_on_the_page() -> None:
    """With its setting and each of its proofs."""
    page = to_markdown(gather(STATE))
    for control in CONTROLS:
        assert f"\n## {control.requirement} " in page
        assert all(f"`{name}`" in page for name in control.tests)


def test_results_of_a_run() -> None:
    """Of a test with parameters the worst counts; what was not run is said."""
    first, second, *_ = (name for control in CONTROLS for name in control.tests)
    path, _, function = first.partition("::")
    case = f'classname="{path.removesuffix(".py").replace("/", ".")}" name="{function}'
    text = (
        f'<testsuites><testsuite><testcase {case}[a]"/><testcase {case}[b]"><failure/></testcase>'
        f'<testcase {case}[c]"><skipped/></testcase>'
        '<testcase classname="tests.other" name="test_x"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    results = read_results(text.encode())
    assert results == {first: "failed", "tests/other.py::test_x": "skipped"}
    page = to_markdown(gather(STATE, results))
    assert f"`{first}` (failed)" in page
    assert f"`{second}` (not in the results)" in page


@pytest.mark.parametrize("text", [b"", b"passed", b"<html/>"])
def test_other_files_are_refused(text: bytes) -> None:
    """Results are JUnit's XML."""
    with pytest.raises(ValueError, match="the results"):
        read_results(text)
