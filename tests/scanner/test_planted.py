"""Two hundred planted numbers and codes are all found, and nothing else is."""

import random
import re

from fakes.planted import CODE_FORMS, NUMBER_FORMS, Writer
from vezne.scanner.files import scan_file
from vezne.scanner.finding import Kind
from vezne.scanner.text import TextScanner

MEGABYTES = 10


def scan(path):
    scanner = TextScanner()
    scan_file(path, scanner, lambda _count: None)
    return scanner.report()


def test_nothing_is_found_in_normal_logs(tmp_path):
    """Ten megabytes of ids, times, amounts, accounts, hashes and talk of codes."""
    path = tmp_path / "normal.log"
    path.write_text(Writer(3).normal_text(MEGABYTES * 1_000_000), encoding="utf-8")
    report = scan(path)
    assert report.findings == []
    assert report.found == 0
    assert report.read_bytes >= MEGABYTES * 1_000_000
    # Ids that pass for numbers, as one in fifty does, are told apart and not shown by default.
    assert report.suspects
    assert all(":" in finding.place for finding in report.suspects)


def test_everything_that_is_planted_is_found(tmp_path):
    """A hundred and fifty numbers and fifty codes, in every form, each on its line."""
    writer, draw = Writer(4), random.Random(5)  # noqa: S311 - test data
    lines = writer.normal_text(1_000_000).splitlines()
    planted = {}
    for place in draw.sample(range(len(lines)), 200):
        if len(planted) < 150:
            number = writer.card()
            text = NUMBER_FORMS[len(planted) % len(NUMBER_FORMS)](writer, number)
            expected = (Kind.NUMBER, f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}")
        else:
            text = CODE_FORMS[len(planted) % len(CODE_FORMS)](writer, writer.code())
            expected = (Kind.CODE, "***")
        lines[place] = text
        planted[place + 1] = expected
    path = tmp_path / "app.log"
    path.write_text("\n".join(lines), encoding="utf-8")
    report = scan(path)
    found = {
        int(finding.place.rpartition(":")[2]): (finding.kind, finding.mask)
        for finding in report.findings
    }
    missing = {line: lines[line - 1] for line in planted.keys() - found.keys()}
    assert missing == {}
    extra = {line: lines[line - 1] for line in found.keys() - planted.keys()}
    assert extra == {}
    assert found == planted
    shown = "".join(f"{finding.place} {finding.mask}" for finding in report.findings)
    assert not re.search(r"[0-9]{13}", shown)
