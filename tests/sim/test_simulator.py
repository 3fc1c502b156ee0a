"""The simulator works: the same seed is the same run, and a run finds nothing wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Longer than anything takes on a machine that is busy with much else.
TIMEOUT_S = 1800


def sim(*arguments: str, hash_seed: str = "0") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.sim", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.mark.parametrize("seed", ["3", "4"])
def test_the_same_seed_is_the_same_run(seed):
    """Event for event, in another process with other hashes; 3 is in memory, 4 in files."""
    one, other = (sim("--seed", seed, "--steps", "40", hash_seed=hash_) for hash_ in ("1", "2"))
    assert one.returncode == 0, one.stdout + one.stderr
    digests = [run.stdout.rpartition("event hash ")[2].strip() for run in (one, other)]
    assert len(digests[0]) == 32
    assert digests[0] == digests[1]


def test_worlds_pass_their_checks_and_are_counted():
    """A short run of several worlds says how many payments, kills and found-out answers it had."""
    done = sim("--seconds", "4", "--seed", "11", "--steps", "40", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every check passed" in done.stdout
    assert "unknown answers found out" in done.stdout


def test_a_failing_seed_prints_the_command_that_replays_it():
    """Whoever sees a failure can have it again: here of a ledger into which nothing is booked."""
    script = (
        "from tools.sim.bug_table import BUGS; from tools.sim.mutant import plant;"
        "plant(next(bug for bug in BUGS if bug.name == 'nothing is booked'));"
        "import sys; sys.argv = ['sim', '--seed', '1', '--steps', '30'];"
        "from tools.sim.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "do not sum to its position" in done.stdout
    assert "replay it with: python -m tools.sim --seed 1 --steps 30" in done.stdout


def test_a_mistyped_option_is_named():
    """Nothing runs when the command makes no sense."""
    done = sim("--steps", "0")
    assert done.returncode == 2
    assert "are positive" in done.stderr


def test_every_bug_can_still_be_planted():
    """A bug whose text is no longer in the source proves nothing: change it along with the code."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.sim.bugs", "--list"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) >= 20


@pytest.mark.proof
def test_planted_bugs_are_found():
    """Forty money bugs, one at a time, each found within some thousand payments, most in a hundred.

    The same worlds pass without a bug.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tools.sim.bugs", "--json"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    hunts = json.loads(done.stdout)
    bugs = [hunt for hunt in hunts if hunt["bug"]]
    assert len(bugs) >= 40
    assert [hunt["bug"] for hunt in bugs if not hunt["problem"]] == []
    assert [hunt["problem"] for hunt in hunts if not hunt["bug"] and hunt["problem"]] == []
