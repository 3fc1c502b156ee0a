"""Plant every bug of the table, one at a time, and see that the simulator finds it.

`python -m tools.sim.bugs` hunts them all, `… --list` only names them. Each hunt is a process of its
own, which imports one module with a bug in it.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from tools.sim.bug_table import BUGS
from tools.sim.mutant import Bug, NotPlantable, mutated, path_of, plant

# Small worlds end soon, and most bugs show in the first ones.
STEPS: Final = 60
PAYMENTS_MAX: Final = 6_000
WORLDS_MAX: Final = 200
NO_BUG: Final = -1
_ROOT: Final = Path(__file__).parents[2]


class Hunt(msgspec.Struct, frozen=True, kw_only=True):
    """How the hunt for a bug went; `problem` is empty when nothing was found.

    `payments` and `worlds` are how many it took; the seeds of the worlds count from the bug's own.
    `bug` is empty for worlds without one.
    """

    bug: str
    problem: str = ""
    payments: int = 0
    worlds: int = 0


def hunt(bug: Bug | None, seeds: Iterable[int], payments_max: int) -> Hunt:
    """Run worlds in this process, with a bug in it, until one breaks or there were enough."""
    if bug is not None:
        plant(bug)
    # Only now, so that the bug is in what it imports.
    from tools.sim.world import run_world  # noqa: PLC0415

    name = "" if bug is None else bug.name
    payments = worlds = 0
    for seed in seeds:
        report = run_world(seed, STEPS)
        worlds += 1
        payments += report.payments
        if report.problem or payments >= payments_max:
            return Hunt(bug=name, problem=report.problem, payments=payments, worlds=worlds)
    return Hunt(bug=name, payments=payments, worlds=worlds)


def hunt_all(bugs: Sequence[Bug], jobs: int, payments_max: int) -> Iterator[Hunt]:
    """Hunt each bug in a process of its own, some at once; in the order of the table.

    Last come the same worlds without any bug, in as many parts as processes.
    """

    def hunt_apart(place: int, seeds: Iterable[int]) -> Hunt:
        command = [sys.executable, "-m", "tools.sim.bugs", "--hunt", str(place)]
        bounds = ["--payments", str(payments_max), "--seeds", ",".join(map(str, seeds))]
        done = subprocess.run(
            [*command, *bounds],
            cwd=_ROOT,
            env=os.environ | {"PYTHONPATH": str(_ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            # A bug may also break the program itself.
            name = BUGS[place].name if place >= 0 else ""
            return Hunt(bug=name, problem=f"it breaks: {done.stderr.strip()[-300:]}")
        return msgspec.json.decode(done.stdout, type=Hunt)

    with ThreadPoolExecutor(jobs) as pool:
        worlds = [range(bug.seed, bug.seed + WORLDS_MAX) for bug in bugs]
        hunts = list(pool.map(hunt_apart, map(BUGS.index, bugs), worlds))
        yield from hunts
        lived = [seeds[: item.worlds] for item, seeds in zip(hunts, worlds, strict=True)]
        same = sorted({seed for seeds in lived for seed in seeds})
        parts = [same[first::jobs] for first in range(jobs)]
        yield from pool.map(lambda part: hunt_apart(NO_BUG, part), filter(None, parts))


def not_plantable(bugs: Sequence[Bug]) -> list[str]:
    """The bugs whose text is no longer there, each with a sentence."""
    complaints = []
    for bug in bugs:
        try:
            mutated(bug, Path(path_of(bug)).read_text(encoding="utf-8"))
        except NotPlantable as complaint:
            complaints.append(str(complaint))
    return complaints


def main() -> int:
    """List or hunt; 1 when a bug gets away."""
    parser = argparse.ArgumentParser(prog="python -m tools.sim.bugs", description=__doc__)
    parser.add_argument("--list", action="store_true", help="only name the bugs")
    parser.add_argument("--only", default="", help="bugs whose name has this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--payments", type=int, default=PAYMENTS_MAX, help="before giving up")
    parser.add_argument("--json", action="store_true", help="print the hunts as JSON")
    parser.add_argument("--hunt", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--seeds", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hunt is not None:
        bug = BUGS[options.hunt] if options.hunt >= 0 else None
        seeds = map(int, options.seeds.split(","))
        found = hunt(bug, seeds, options.payments)
        sys.stdout.write(msgspec.json.encode(found).decode())
        return 0
    console = Console(soft_wrap=True, highlight=False, markup=False)
    chosen = [bug for bug in BUGS if options.only in bug.name]
    complaints = not_plantable(chosen)
    for complaint in complaints:
        console.print(complaint)
    if options.list or complaints:
        for bug in chosen:
            console.print(f"{bug.name} ({bug.module})")
        return 1 if complaints else 0
    hunts = list(hunt_all(chosen, options.jobs, options.payments))
    if options.json:
        sys.stdout.write(msgspec.json.encode(hunts).decode())
    else:
        _print(hunts, console)
    return 0 if all(bool(item.bug) == bool(item.problem) for item in hunts) else 1


def _print(hunts: Sequence[Hunt], console: Console) -> None:
    with_bug = [item for item in hunts if item.bug]
    without = [item for item in hunts if not item.bug]
    for item in with_bug:
        verdict = item.problem or "NOT FOUND"
        console.print(f"{item.bug}\n    {item.worlds} worlds, {item.payments} payments: {verdict}")
    count = sum(bool(item.problem) for item in with_bug)
    console.print(f"{count} of {len(with_bug)} bugs found")
    verdict = next((item.problem for item in without if item.problem), "nothing")
    worlds = sum(item.worlds for item in without)
    console.print(f"without a bug, in {worlds} worlds: {verdict}")


if __name__ == "__main__":
    sys.exit(main())
