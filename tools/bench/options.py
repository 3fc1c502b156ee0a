"""What can be chosen on the command line."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tools.bench.jobs import JOBS
from tools.bench.variants import ENGINES

GROWTH_STEPS: Final = (1_000, 10_000, 100_000, 1_000_000)
PAYMENTS: Final = 1_000_000
_WORKERS_MAX: Final = 16
_EXAMPLES: Final = """examples:
  make bench
  make bench ARGS="--quick"
  make bench ARGS="--engines sqlite --workers 1 --jobs store_card,list_cards --rounds 9"
  make bench ARGS="--engines postgres --workers 1,2,4 --connections 64 --seconds 5"
  make bench ARGS="--growth"
  make bench ARGS="--growth --engines sqlite --steps 1000,100000"
  make bench ARGS="--panel"
"""


def parse() -> argparse.Namespace:
    """The options, checked; exits with 2 and a word about what makes no sense."""
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Starts servers of its own on this machine's loopback - a bare echo, the "
        "product over each engine, a peer -, loads them in turns, and compares. Nothing else "
        "should run meanwhile.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_subjects(parser)
    _add_measures(parser)
    _add_modes(parser)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 1.0
    if options.rounds is None:
        options.rounds = 5 if options.growth else 7
    if min(options.rounds, options.seconds, options.connections, options.payments) <= 0:
        parser.error("rounds, seconds, connections and payments must be positive")
    return options


def _add_subjects(parser: argparse.ArgumentParser) -> None:
    jobs = [job.name for job in JOBS]
    parser.add_argument(
        "--engines", type=_words(ENGINES, "engine"), default=list(ENGINES), help=_of(ENGINES)
    )
    parser.add_argument("--workers", type=_counts(_WORKERS_MAX), default=[1, 2], help="default 1,2")
    parser.add_argument("--jobs", type=_words(jobs, "job"), default=jobs, help=_of(jobs))
    parser.add_argument(
        "--peer", choices=["localstripe", "off"], default="localstripe", help="measured beside"
    )


def _add_measures(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, help="runs of each job (default 7, for --growth 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a run (default 3)")
    parser.add_argument("--connections", type=int, default=32, help="kept alive (default 32)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 second")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="result file")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("build/bench-data"),
        help="where the servers write meanwhile; must be a real disk (default build/bench-data)",
    )


def _add_modes(parser: argparse.ArgumentParser) -> None:
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--growth",
        action="store_true",
        help="instead: rates over a thousand to a million cards and payments, by one worker, and "
        "what a card and a payment take on the disk (most of an hour, 15 GB)",
    )
    mode.add_argument("--panel", action="store_true", help="instead: the panel's pages")
    parser.add_argument(
        "--steps",
        type=_counts(10 * GROWTH_STEPS[-1]),
        default=list(GROWTH_STEPS),
        help=f"for --growth (default {','.join(map(str, GROWTH_STEPS))})",
    )
    parser.add_argument(
        "--payments", type=int, default=PAYMENTS, help=f"for --panel (default {PAYMENTS:,})"
    )


def _words(known: Iterable[str], what: str) -> Callable[[str], list[str]]:
    """A reader of words with commas between them, in the order in which they are known."""
    names = list(known)

    def read(text: str) -> list[str]:
        given = set(text.split(","))
        if unknown := given - set(names):
            raise argparse.ArgumentTypeError(f"no such {what}: {', '.join(sorted(unknown))}")
        return [name for name in names if name in given]

    return read


def _counts(most: int) -> Callable[[str], list[int]]:
    """A reader of numbers with commas between them, in rising order."""

    def read(text: str) -> list[int]:
        try:
            numbers = sorted({int(word) for word in text.split(",")})
        except ValueError:
            raise argparse.ArgumentTypeError(f"no number: {text}") from None
        if numbers[0] < 1 or numbers[-1] > most:
            raise argparse.ArgumentTypeError(f"must be from 1 to {most:,}: {text}")
        return numbers

    return read


def _of(names: Iterable[str]) -> str:
    return f"of {','.join(names)} (default all)"
