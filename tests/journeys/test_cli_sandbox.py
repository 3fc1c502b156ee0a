"""`vezne clock` and `vezne faults` with a running server, and without one."""

import json
import re
import socket

import pytest

from fakes.command import run_vezne
from fakes.control import Control
from fakes.doors import IyzicoCaller
from fakes.server import Server

WRONG_KEYS = ("--api-key", "nobody", "--secret-key", "nothing")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A server of this module's own, whose clock is moved."""
    running = Server(tmp_path_factory.mktemp("sandbox") / "data").start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def vezne(sandbox):
    """Run a command against the server; what it printed."""
    Control(sandbox).reset()

    def run(*arguments):
        where = ("--url", sandbox.http, "--data", str(sandbox.data))
        done = run_vezne(*arguments, *where)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def complaint(*arguments, cwd=None):
    """The one line in which a command says what is wrong."""
    done = run_vezne(*arguments, cwd=cwd)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("vezne: ")
    return line


def test_the_clock_is_shown_and_moved(vezne):
    """Each command says what time it is then; programs are told in JSON."""
    assert vezne("clock", "show").endswith("(the real time)\n")
    assert vezne("clock", "advance", "1d12h").endswith("(1d12h ahead)\n")
    shown = json.loads(vezne("clock", "show", "--json"))
    assert shown["offset_ms"] == 36 * 3_600_000
    to = json.loads(vezne("clock", "set", "2030-01-02T10:00", "--json"))
    assert to["now"].startswith("2030-01-02T10:0")
    assert vezne("clock", "reset").endswith("(the real time)\n")


def test_due_work_is_counted(vezne, sandbox):
    """An advance says how many payments it looked at."""
    caller = IyzicoCaller(sandbox)
    assert caller.ok(caller.pay("5528790000000008", "order-1"))
    assert re.search(r"due payments looked at: [1-9]", vezne("clock", "advance", "20d"))


def test_faults_are_put_up_listed_and_removed(vezne):
    """As the control door has them."""
    assert "there are no faults" in vezne("faults", "list")
    wish = ("--amount", "1.20", "--bin", "552879", "--code", "51", "--times", "3")
    added = vezne("faults", "add", "decline", "--operation", "authorize", *wish)
    assert re.search(r"decline +│ 3 +│ operation authorize, bin 552879, amount 1.2, code 51", added)
    always = json.loads(
        vezne("faults", "add", "latency", "--delay-ms", "200", "--always", "--json")
    )
    assert (always["left"], always["delay_ms"]) == (None, 200)
    listed = vezne("faults", "list")
    assert "always" in listed
    assert len(json.loads(vezne("faults", "list", "--json"))["faults"]) == 2
    assert vezne("faults", "remove", str(always["id"])) == f"fault {always['id']} is removed\n"
    assert vezne("faults", "clear") == "removed: 1\n"


def test_keys_may_be_given(sandbox):
    """Those of any merchant, without a look into the data directory."""
    keys = sandbox.keys["iyzico"]
    given = ("--api-key", keys["api_key"], "--secret-key", keys["secret_key"])
    done = run_vezne("clock", "show", "--url", f"{sandbox.http}/", *given)
    assert done.returncode == 0, done.stderr


def test_what_is_wrong_is_said_in_one_line(sandbox, tmp_path):
    """Wrong keys, half of them, none; and what the server refuses, in English."""
    url, data = ("--url", sandbox.http), ("--data", str(sandbox.data))
    assert "does not know these keys" in complaint("clock", "show", *url, *WRONG_KEYS)
    assert "go together" in complaint("clock", "show", *url, "--api-key", "x")
    missing = complaint("faults", "list", *url, "--data", str(tmp_path))
    assert "No such file" in missing
    assert "--data says where it is" in missing
    (tmp_path / "sandbox.json").write_text("{}")
    assert "sandbox.json" in complaint("faults", "list", *url, "--data", str(tmp_path))
    assert "A duration is written as" in complaint("clock", "advance", "8", *url, *data)
    assert "There is no fault 99" in complaint("faults", "remove", "99", *url, *data)
    assert "latency needs it" in complaint("faults", "add", "latency", *url, *data)


def test_no_server_and_another_one(sandbox):
    """Nobody listens; somebody listens who is no sandbox; an address that is none."""
    data = ("--data", str(sandbox.data))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        assert "is it running?" in complaint("clock", "show", "--url", url, *data)
    elsewhere = f"{sandbox.http}/payment"
    assert "no Vezne in sandbox mode" in complaint("clock", "show", "--url", elsewhere, *data)
    assert "ftp://x" in complaint("clock", "show", "--url", "ftp://x", *data)


@pytest.mark.parametrize("words", [("clock",), ("faults",), ("clock", "set"), ("faults", "add")])
def test_help_has_examples(words):
    """Whoever forgot how it is written finds it there."""
    done = run_vezne(*words, "--help")
    assert done.returncode == 0
    if len(words) > 1:
        assert f"vezne {' '.join(words)} " in done.stdout
        assert "Example" in done.stdout
