"""Measure the product against a bare echo of the same run: `make bench`."""

import argparse
import contextlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from tools.bench import panel
from tools.bench.jobs import JOBS, REQUESTS_PER_JOB, Caller, Job, Keys, store_owners
from tools.bench.load import Order, Outcome
from tools.bench.panel import PAYMENTS, run_panel
from tools.bench.report import Report, Sample, median_line, to_text
from tools.bench.servers import Server, cores, echo_server, vezne_server

_EXAMPLES = """examples:
  make bench
  make bench ARGS="--quick"
  make bench ARGS="--jobs store_card,list_cards --rounds 9 --seconds 5"
  make bench ARGS="--panel"
"""
_WARM_UP_S = 1.0
_SETTLE_S = 1.0
# A load that takes longer than this beyond its time has lost its server.
_PATIENCE_S = 60.0


class Prepared(msgspec.Struct):
    """A job whose requests wait in a file."""

    job: Job
    file: Path
    request_bytes: int
    response_bytes: int


class Bench:
    """The two servers of a run and how the load is put on them."""

    def __init__(self, options: argparse.Namespace, room: Path) -> None:
        self._options = options
        self._room = room
        self._server_core, self._load_core = cores()

    def run(self) -> Report:
        """Start the servers, measure every job, and stop them."""
        data = self._room / "data"
        with echo_server(self._server_core) as echo, vezne_server(data, self._server_core) as desk:
            time.sleep(_SETTLE_S)
            idle_mb = desk.resident_mb()
            prepared = self._prepare(desk, data)
            samples = self._measure(echo, desk, prepared)
            lines = [
                median_line(
                    item.job.name,
                    item.job.title,
                    (item.request_bytes, item.response_bytes),
                    [pair[1] for pair in samples[item.job.name]],
                    [pair[0] for pair in samples[item.job.name]],
                )
                for item in prepared
            ]
            return Report(
                python=platform.python_version(),
                variant="SQLite, 1 worker",
                is_pinned=self._server_core is not None,
                connections=self._options.connections,
                rounds=self._options.rounds,
                seconds=self._options.seconds,
                resident_mb_idle=idle_mb,
                resident_mb_after=desk.resident_mb(),
                lines=lines,
            )

    def _prepare(self, desk: Server, data: Path) -> list[Prepared]:
        keys = json.loads((data / "sandbox.json").read_text(encoding="utf-8"))["iyzico"]
        caller = Caller(desk.host, desk.port, msgspec.convert(keys, Keys))
        owners = store_owners(caller)
        prepared = []
        for job in (job for job in JOBS if job.name in self._options.jobs):
            _, size = caller.call(job.path, next(job.bodies(owners)))
            requests = [
                caller.make(job.path, body, size)
                for body in islice(job.bodies(owners), REQUESTS_PER_JOB)
            ]
            file = self._room / f"{job.name}.requests"
            file.write_bytes(msgspec.msgpack.encode(requests))
            body_bytes = len(requests[0].partition(b"\r\n\r\n")[2])
            prepared.append(Prepared(job, file, body_bytes, size))
        return prepared

    def _measure(
        self, echo: Server, desk: Server, prepared: Sequence[Prepared]
    ) -> dict[str, list[tuple[Sample, Sample]]]:
        samples: dict[str, list[tuple[Sample, Sample]]] = {item.job.name: [] for item in prepared}
        for item in prepared:
            for server in (echo, desk):
                self._load(server, item, min(_WARM_UP_S, self._options.seconds))
        for number in range(self._options.rounds):
            for item in prepared:
                print(f"round {number + 1}: {item.job.title}", file=sys.stderr, flush=True)
                pair = tuple(
                    self._load(server, item, self._options.seconds) for server in (echo, desk)
                )
                samples[item.job.name].append((pair[0], pair[1]))
        return samples

    def _load(self, server: Server, item: Prepared, seconds: float) -> Sample:
        order = Order(
            host=server.host,
            port=server.port,
            connections=self._options.connections,
            seconds=seconds,
            requests_file=str(item.file),
            expect='"status":"success"',
            core=self._load_core,
        )
        cpu_before_s = server.cpu_s()
        done = subprocess.run(
            [sys.executable, "-m", "tools.bench.load"],
            input=msgspec.json.encode(order),
            stdout=subprocess.PIPE,
            check=True,
            timeout=seconds + _PATIENCE_S,
        )
        cpu_s = server.cpu_s() - cpu_before_s
        outcome = msgspec.json.decode(done.stdout, type=Outcome)
        if outcome.errors:
            print(f"{item.job.name}: an error: {outcome.first_error}", file=sys.stderr)
        return Sample(outcome, cpu_s / outcome.requests * 1e6)


def main() -> int:
    """Run, print the table, write the JSON; 1 when any response was no success."""
    options = _parse()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    with _room(options.data_dir) as room:
        if options.panel:
            lines = run_panel(room / "data", options.payments)
            print(panel.to_text(lines))
            _write(options.json.with_stem(f"{options.json.stem}-panel"), lines)
            return 0
        report = Bench(options, room).run()
    print(to_text(report))
    _write(options.json, report)
    return 1 if any(line.errors for line in report.lines) else 0


def _write(file: Path, report: object) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def _parse() -> argparse.Namespace:
    names = [job.name for job in JOBS]
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Starts a bare echo and a sandbox server on this machine's loopback, loads "
        "them in turns, and compares. Nothing else should run meanwhile.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--jobs", type=_job_names, default=names, help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each job (default 7)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a run (default 3)")
    parser.add_argument("--connections", type=int, default=32, help="kept alive (default 32)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 second")
    parser.add_argument("--panel", action="store_true", help="the panel's pages instead")
    parser.add_argument(
        "--payments", type=int, default=PAYMENTS, help=f"for --panel (default {PAYMENTS:,})"
    )
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="result file")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("build/bench-data"),
        help="where the server writes meanwhile; must be a real disk (default build/bench-data)",
    )
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 1.0
    if min(options.rounds, options.seconds, options.connections, options.payments) <= 0:
        parser.error("rounds, seconds, connections and payments must be positive")
    return options


def _job_names(text: str) -> list[str]:
    names = text.split(",")
    unknown = set(names) - {job.name for job in JOBS}
    if unknown:
        raise argparse.ArgumentTypeError(f"no such job: {', '.join(sorted(unknown))}")
    return names


@contextlib.contextmanager
def _room(parent: Path) -> Iterator[Path]:
    """A new directory on a real disk, gone afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    if _filesystem(parent.resolve()) in {"tmpfs", "ramfs"}:
        raise SystemExit(f"bench: {parent} is in memory; durable writes need --data-dir on a disk")
    room = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    try:
        yield room
    finally:
        shutil.rmtree(room)


def _filesystem(path: Path) -> str:
    """The type of the file system that a path is on; empty where that cannot be told."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    found = ("", "")
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, point, kind, *_ = line.split()
        if path.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]


if __name__ == "__main__":
    sys.exit(main())
