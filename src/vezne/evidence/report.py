"""The report: a row for each requirement, for people in Markdown, for programs as records."""

from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

import msgspec

from vezne.evidence.controls import CONTROLS, Control
from vezne.evidence.state import State

_NOT_RUN: Final = "not in the results"


class ProvingTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test and what became of it in the results that were given, if any were."""

    name: str
    result: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is done about a requirement, with which setting, and what proves it."""

    requirement: str
    asks: str
    control: str
    in_force: str
    tests: tuple[ProvingTest, ...]
    page: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report."""

    standard: str
    version: str
    written: str
    mode: str
    findings: tuple[Finding, ...]


def gather(state: State, results: Mapping[str, str] | None = None) -> Evidence:
    """The report on a state. `results` says by test name what became of it."""
    return Evidence(
        standard="PCI DSS v4.0.1",
        version=state.version,
        written=state.written,
        mode=state.settings.mode,
        findings=tuple(_finding(control, state, results) for control in CONTROLS),
    )


def to_markdown(evidence: Evidence) -> str:
    """The report as a page."""
    lines = [
        f"# What Vezne {evidence.version} does for {evidence.standard}",
        "",
        f"Written {evidence.written}, mode {evidence.mode}.",
        "This is no attestation, and what only people and premises can do is not in here.",
    ]
    for finding in evidence.findings:
        lines += [
            "",
            f"## {finding.requirement} {finding.asks}",
            "",
            finding.control,
            "",
            f"* In force: {finding.in_force}",
            *(f"* Proven by: `{test.name}`{_said(test)}" for test in finding.tests),
            f"* More: `{finding.page}`",
        ]
    return "\n".join([*lines, ""])


def read_results(text: bytes) -> dict[str, str]:
    """What became of each test, by `path::name`, from a JUnit XML file as pytest writes it.

    Of a test with parameters the worst result counts. Raises ValueError for anything else.
    """
    results: dict[str, str] = {}
    current = ""
    has_suite = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal current, has_suite
        has_suite |= name == "testsuite"
        if name == "testcase":
            path = attributes.get("classname", "").replace(".", "/")
            current = f"{path}.py::{attributes.get('name', '').partition('[')[0]}"
            results.setdefault(current, "passed")
        elif name in {"failure", "error"}:
            results[current] = "failed"
        elif name == "skipped" and results.get(current) != "failed":
            results[current] = "skipped"

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        raise ValueError("the results are no XML") from None
    if not has_suite:
        raise ValueError("the results are no JUnit file")
    return results


def _finding(control: Control, state: State, results: Mapping[str, str] | None) -> Finding:
    return Finding(
        requirement=control.requirement,
        asks=control.asks,
        control=control.control,
        in_force=control.in_force(state),
        tests=tuple(
            ProvingTest(name=name, result="" if results is None else results.get(name, _NOT_RUN))
            for name in control.tests
        ),
        page=control.page,
    )


def _said(test: ProvingTest) -> str:
    return f" ({test.result})" if test.result else ""
