"""The soak tool works. How fast anything is, no test asserts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tools.soak.stalls import stalls_of
from tools.soak.watch import Sight, slope_of

ROOT = Path(__file__).parents[1]
# Longer than anything takes on a machine that is busy with much else.
TIMEOUT_S = 600


def soak(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.soak", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def sights(*memory_mb: float) -> list[Sight]:
    return [
        Sight(
            at_s=float(second),
            cpu_s=second * 0.8,
            resident_mb=each,
            open_files=40,
            threads=6,
            lag_ms=1.0,
            log_mb=4.0,
            data_mb=10.0,
        )
        for second, each in enumerate(memory_mb)
    ]


def test_a_soak_serves_everything_and_proves_the_ledger(tmp_path, disk):
    """A mix of calls at a part of what the server can do; figures in the text and in a file."""
    data, result = disk / "data", tmp_path / "soak.json"
    arguments = ["--minutes", "0.05", "--share", "0.2", "--seconds", "1", "--lag-ms-max", "0"]
    done = soak(*arguments, "--data-dir", str(data), "--json", str(result))
    report = json.loads(result.read_text())
    outcome = report["outcome"]
    assert (outcome["errors"], outcome["refused"]) == (0, 0), done.stdout
    assert outcome["served"] > 0
    assert report["is_ledger_right"]
    assert report["sights"][0]["resident_mb"] > 0
    assert "ledger     right" in done.stdout
    assert list(data.iterdir()) == []


def test_an_overload_answers_every_call(tmp_path, disk):
    """With a success or with a refusal, step by step."""
    result = tmp_path / "soak.json"
    arguments = ["--overload", "--steps", "0.2,2", "--seconds", "1", "--lag-ms-max", "1"]
    done = soak(*arguments, "--data-dir", str(disk / "data"), "--json", str(result))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(result.read_text())
    assert [step["times"] for step in report["steps"]] == [0.2, 2.0]
    assert all(step["outcome"]["served"] > 0 for step in report["steps"])
    assert "saturation" in done.stdout


@pytest.mark.parametrize(
    ("memory_mb", "verdict"),
    [
        ([90.0] * 60, "flat"),
        ([90.0 + second for second in range(30)] + [120.0] * 30, "flat"),
        ([90.0 + second / 100 for second in range(60)], "grows"),
        ([90.0 + second % 2 for second in range(60)], "cannot be told"),
        ([90.0], "cannot be told"),
    ],
)
def test_memory_is_judged_by_the_second_half(memory_mb, verdict):
    """What a server needs to become warm is no leak, and noise is no verdict."""
    assert slope_of(sights(*memory_mb)).verdict == verdict


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--steps", "one"], "are no numbers"), (["--minutes", "0"], "must be positive")],
)
def test_soak_refuses_what_makes_no_sense(arguments, complaint):
    """A mistyped option is named before anything starts."""
    done = soak(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_stall_tells_a_slow_machine_from_too_many_calls():
    """Twice the processor time for a call while the server stood behind."""
    looks = sights(*[90.0] * 10)
    for second in (5, 6):
        looks[second] = msgspec.structs.replace(looks[second], lag_ms=900.0)
    found = stalls_of(looks, [100, 100, 100, 100, 50, 50, 100, 100, 100, 100])
    assert (found.count, found.looks, found.longest_s) == (2, 9, 2.0)
    assert found.cpu_share == pytest.approx(0.8)
    assert found.times_cpu == pytest.approx(2.0)


def test_a_run_without_stalls_says_so():
    """And one that was too short to see any is none with a division by zero."""
    found = stalls_of(sights(*[90.0] * 5), [100] * 5)
    assert (found.count, found.cpu_share, found.times_cpu) == (0, 0.0, 0.0)
    assert stalls_of([], []).looks == 0
