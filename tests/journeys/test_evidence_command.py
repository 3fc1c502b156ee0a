"""`vezne evidence`, as a person uses it beside a running server."""

import json
import subprocess
import sys

from fakes.iyzico_client import Client


def test_the_report_of_a_running_house(start, tmp_path):
    """It names the keys and the trail of this very house, on a page or as JSON."""
    server = start()
    # Every merchant with a card has a data key: nobody else's may be counted here.
    assert Client(server).store_card()["status"] == "success"
    command = [sys.executable, "-m", "vezne", "evidence", "--sandbox", "--data", str(server.data)]

    def run(*options):
        given = {"capture_output": True, "text": True, "env": server.environment}
        return subprocess.run([*command, *options], check=True, **given).stdout

    report = json.loads(run("--json"))
    found = {finding["requirement"]: finding["in_force"] for finding in report["findings"]}
    assert report["mode"] == "sandbox"
    assert "of a sandbox" in found["3.6.1.2"]
    assert "1 data keys seal" in found["3.5.1"]
    assert "signed up to line" in found["10.3.2"]
    page = tmp_path / "evidence.md"
    run("--out", str(page))
    assert "## 3.5.1.1 " in page.read_text(encoding="utf-8")
