"""Let worlds happen, one after another, until the time is over or something breaks: `make sim`."""

import argparse
import multiprocessing
import os
import secrets
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from tools.sim.world import Report, run_world

_EXAMPLES = """examples:
  make sim
  make sim ARGS="--seconds 600 --seed 7"
  python -m tools.sim --seed 42 --steps 150       one world, the same every time
"""
_STEPS = 150
_JOBS_MAX = 8


class Totals(msgspec.Struct):
    """What all worlds of a run have in common."""

    worlds: int = 0
    payments: int = 0
    kills: int = 0
    calls: int = 0
    orders: int = 0
    resolved: int = 0

    def add(self, report: Report) -> None:
        """Count a world."""
        self.worlds += 1
        self.payments += report.payments
        self.kills += report.kills
        self.calls += report.calls
        self.orders += report.orders
        self.resolved += report.resolved

    def line(self, took_s: float) -> str:
        """The figures in one line."""
        return (
            f"{self.worlds} worlds, {self.orders} orders, {self.payments} payments"
            f" ({self.payments / max(took_s, 0.001):.0f}/s), {self.calls} calls,"
            f" {self.kills} kills, {self.resolved} unknown answers found out"
        )


def main() -> int:
    """Run; 1 when something broke."""
    options = _parse()
    console = Console(soft_wrap=True)
    if options.seconds is None:
        started_s = time.monotonic()
        report = run_world(options.seed, options.steps)
        return _conclude(console, [report], time.monotonic() - started_s)
    console.print(f"worlds from seed {options.seed} on, {options.steps} orders each")
    started_s = time.monotonic()
    reports = _run_for(options, console)
    return _conclude(console, reports, time.monotonic() - started_s)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.sim",
        description="Simulate the gateway, its bank and its shops, and kill it again and again.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, help="how long; without it, one world")
    parser.add_argument("--seed", type=int, help="the first seed; without it, a random one")
    parser.add_argument("--steps", type=int, default=_STEPS, help="orders in each world")
    parser.add_argument(
        "--jobs",
        type=int,
        default=min(os.cpu_count() or 1, _JOBS_MAX),
        help="how many worlds at once",
    )
    options = parser.parse_args()
    if min(options.steps, options.jobs) < 1 or (options.seconds or 1) <= 0:
        parser.error("seconds, steps and jobs are positive")
    if options.seed is None:
        options.seed = secrets.randbelow(1_000_000_000)
    return options


def _run_for(options: argparse.Namespace, console: Console) -> list[Report]:
    """Run worlds until the time is over or one fails; the reports of all of them."""
    reports: list[Report] = []
    totals = Totals()
    started_s = time.monotonic()
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=options.seconds)
        for report in _worlds(options, started_s + options.seconds):
            reports.append(report)
            totals.add(report)
            took_s = time.monotonic() - started_s
            progress.update(bar, completed=took_s, description=totals.line(took_s))
    return reports


def _worlds(options: argparse.Namespace, end_s: float) -> Iterator[Report]:
    """The reports of worlds as they end, up to the first that fails."""
    # A fresh interpreter for each worker: what one world leaves behind is in no other.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
        seeds = count(options.seed)
        running: set[Future[Report]] = set()
        has_failed = False
        while running or not has_failed:
            while not has_failed and len(running) < options.jobs and time.monotonic() < end_s:
                running.add(pool.submit(run_world, next(seeds), options.steps))
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                report = future.result()
                has_failed = has_failed or bool(report.problem)
                yield report


def _conclude(console: Console, reports: list[Report], took_s: float) -> int:
    """Print the figures, and for a world that failed what broke and how to see it again."""
    totals = Totals()
    for report in reports:
        totals.add(report)
    console.print(totals.line(took_s), highlight=False)
    failed = next((report for report in reports if report.problem), None)
    if failed is None:
        console.print(f"every check passed; event hash {reports[-1].digest}", highlight=False)
        return 0
    for line in failed.last_events:
        console.print(f"  {line}", highlight=False, markup=False)
    console.print(f"seed {failed.seed}: {failed.problem}", highlight=False, markup=False)
    replay = f"python -m tools.sim --seed {failed.seed} --steps {failed.orders}"
    console.print(f"replay it with: {replay}", highlight=False)
    return 1


if __name__ == "__main__":
    sys.exit(main())
