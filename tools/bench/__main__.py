"""Measure the product against a bare echo of the same run, and a peer: `make bench`."""

import argparse
import platform
import signal
import sqlite3
import sys
from pathlib import Path

import msgspec
from tools.bench import machine, peer, tables
from tools.bench.measuring import Measuring, Plan
from tools.bench.options import parse
from tools.bench.placement import place
from tools.bench.report import Report
from tools.bench.variants import all_variants, open_variants


def main() -> int:
    """Run, print the table, write the JSON; 1 when a response was no success or a server broke."""
    options = parse()
    # Whoever ends this run ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    with machine.new_room(options.data_dir) as room:
        if options.panel:
            return _panel(options, room)
        if options.growth:
            return _growth(options, room)
        report = _measure(options, room)
    print(tables.to_text(report))
    _write(options.json, report)
    return 0 if report.is_clean else 1


def _measure(options: argparse.Namespace, room: Path) -> Report:
    variants = all_variants(options.engines, options.workers)
    placement = place(max(options.workers), has_database="postgres" in options.engines)
    plan = Plan(options.rounds, options.seconds, options.connections)
    is_with_peer = options.peer != "off"
    opening = open_variants(variants, options.jobs, room, placement, is_with_peer=is_with_peer)
    with opening as opened:
        measuring = Measuring(opened, plan, placement)
        measuring.run(options.jobs)
        return Report(
            machine=machine.words(),
            python=platform.python_version(),
            sqlite=f"{sqlite3.sqlite_version}, WAL, synchronous=FULL, {machine.filesystem(room)}",
            postgres=opened.postgres,
            peer="" if opened.peer is None else peer.words(),
            placement=placement.words,
            connections=options.connections,
            rounds=options.rounds,
            seconds=options.seconds,
            lines=measuring.lines(),
            memory=measuring.memory(),
            missing=opened.missing,
        )


def _growth(options: argparse.Namespace, room: Path) -> int:
    from tools.bench import growth  # noqa: PLC0415 - fills the books within this process

    report = growth.run(options, room)
    print(growth.to_text(report))
    _write(_beside(options.json, "growth"), report)
    return 0 if report.is_clean else 1


def _panel(options: argparse.Namespace, room: Path) -> int:
    from tools.bench import panel  # noqa: PLC0415 - brings the whole house into this process

    lines = panel.run_panel(room / "data", options.payments)
    print(panel.to_text(lines))
    _write(_beside(options.json, "panel"), lines)
    return 0


def _beside(file: Path, what: str) -> Path:
    return file.with_stem(f"{file.stem}-{what}")


def _write(file: Path, report: object) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
