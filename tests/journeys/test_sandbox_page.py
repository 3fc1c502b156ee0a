"""The page about the sandbox: its examples work as they stand, and it names all there is."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from shutil import which

import pytest

from fakes.command import run_vezne
from fakes.server import Server
from vezne.core.fault import BankCall, FaultKind
from vezne.dialects.sandbox import errors

PAGE = (Path(__file__).parents[2] / "docs/sandbox.md").read_text(encoding="utf-8")
CLOCK, CLOCK_COMMANDS, FAULTS, FAULT_COMMANDS, MERCHANTS = re.findall(
    r"```sh\n(.*?)```\n", PAGE, re.DOTALL
)

needs_curl = pytest.mark.skipif(not which("curl"), reason="needs curl")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A server of this module's own, whose clock is moved."""
    running = Server(tmp_path_factory.mktemp("sandbox") / "data").start()
    yield running
    assert running.stop() == 0


def answers(block, server, tmp_path):
    """What the calls of a block are answered, run beside the data directory."""
    (tmp_path / "vezne-data").symlink_to(server.data)
    done = subprocess.run(
        ["bash"],
        input=block.replace("http://127.0.0.1:8080", server.http),
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_all(block, server):
    """Run the commands of a block; what each printed."""
    printed = []
    for line in block.splitlines():
        name, *arguments = shlex.split(line)
        assert name == "vezne"
        done = run_vezne(*arguments, "--url", server.http, "--data", str(server.data))
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    return printed


@needs_curl
def test_the_clock_by_http(sandbox, tmp_path):
    """Shown, advanced, set and reset."""
    shown, advanced, to, back = answers(CLOCK, sandbox, tmp_path)
    assert (shown["offset_ms"], back["offset_ms"]) == (0, 0)
    assert advanced["offset_ms"] == 8 * 86_400_000
    assert to["now"].startswith("2035-01-02T10:0")
    sample = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    assert set(sample) == set(advanced)


def test_the_clock_by_command(sandbox):
    """The same four."""
    shown, advanced, to, back = run_all(CLOCK_COMMANDS, sandbox)
    assert "the real time" in shown
    assert "1d12h ahead" in advanced
    assert to.startswith("2035-01-02T10:0")
    assert "the real time" in back


@needs_curl
def test_faults_by_http(sandbox, tmp_path):
    """Four are put up, listed, and taken away."""
    *added, listed, removed = answers(FAULTS, sandbox, tmp_path)
    assert [fault["kind"] for fault in added] == [
        "silence_after",
        "decline",
        "answer_500_after_commit",
        "latency",
    ]
    assert [fault["left"] for fault in added] == [1, 3, 1, None]
    assert listed == {"faults": added}
    assert removed == {"removed": 4}


@needs_curl
def test_merchants_by_http(sandbox, tmp_path):
    """One is made, and begins anew under another name."""
    (fresh,) = answers(MERCHANTS, sandbox, tmp_path)
    assert fresh["name"].startswith("Test 1 #")


def test_faults_by_command(start):
    """The same four. On a server that shares its board, the first fault's number is a long one."""
    server = start()
    adding, removing = FAULT_COMMANDS.split("vezne faults remove 1\n")
    *added, listed = run_all(adding, server)
    assert len(added) == 4
    assert "answer_500_after_commit" in listed
    number = re.search(r"\d+", added[0])[0]
    removed, cleared = run_all(f"vezne faults remove {number}\n{removing}", server)
    assert removed == f"fault {number} is removed\n"
    assert cleared == "removed: 3\n"


def test_the_page_names_everything():
    """A kind of fault, an operation or an error that the page does not name fails the build."""
    words = set(re.findall(r"`([^`\n]+)`", PAGE))
    codes = {each.code for each in vars(errors).values() if isinstance(each, errors.Error)}
    for name in (*FaultKind, *BankCall, *codes):
        assert str(name) in words
