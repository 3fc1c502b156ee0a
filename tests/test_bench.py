"""The bench tool works. How fast anything is, no test asserts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 120


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.bench", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_bench_measures_every_job_and_leaves_nothing_behind(tmp_path):
    """Every job runs with success against a real server; table and JSON hold its figures."""
    data, result = tmp_path / "data", tmp_path / "bench.json"
    arguments = ["--rounds", "1", "--seconds", "0.2", "--connections", "4"]
    done = bench(*arguments, "--data-dir", str(data), "--json", str(result))
    assert done.returncode == 0, done.stderr
    report = json.loads(result.read_text())
    assert [line["name"] for line in report["lines"]] == [
        "store_card",
        "pay_new_card",
        "pay_stored_card",
        "list_cards",
    ]
    for line in report["lines"]:
        assert line["errors"] == 0
        assert line["requests"] > 0
        assert line["ratio"] > 0
        assert line["p99_us"] >= line["p50_us"] > 0
        assert line["title"] in done.stdout
    assert report["resident_mb_idle"] > 0
    assert list(data.iterdir()) == []


def test_bench_measures_the_panel_over_books_of_its_own(tmp_path):
    """Every page answers; the figures of all stand in the table and in a file beside the other."""
    data, result = tmp_path / "data", tmp_path / "bench.json"
    arguments = ["--panel", "--payments", "300", "--data-dir", str(data), "--json", str(result)]
    done = bench(*arguments)
    assert done.returncode == 0, done.stderr
    lines = json.loads((tmp_path / "bench-panel.json").read_text())
    assert "export, a thousand rows" in [line["page"] for line in lines]
    for line in lines:
        assert line["p99_ms"] >= line["p50_ms"] > 0
        assert line["page"] in done.stdout
    assert not result.exists()
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--jobs", "bake_bread"], "no such job: bake_bread"), (["--rounds", "0"], "positive")],
)
def test_bench_refuses_what_makes_no_sense(arguments, complaint):
    """A mistyped option is named before anything starts."""
    done = bench(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory file system here")  # noqa: S108
def test_bench_refuses_a_memory_file_system(tmp_path):
    """Durable writes to memory would be a lie."""
    done = bench("--data-dir", "/dev/shm/vezne-bench", "--json", str(tmp_path / "x.json"))  # noqa: S108
    Path("/dev/shm/vezne-bench").rmdir()  # noqa: S108
    assert done.returncode == 1
    assert "is in memory" in done.stderr
