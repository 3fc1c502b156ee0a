"""Load a server for long, or with more than it can do: `make soak`."""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec
from tools.bench.machine import new_room
from tools.bench.placement import Placement, place
from tools.soak.report import Overload, Soak, Step, overload_text, soak_text
from tools.soak.running import Field, is_ledger_right, server_of
from tools.soak.stalls import stalls_of
from tools.soak.watch import slope_of

_EXAMPLES: Final = """examples:
  make soak
  make soak ARGS="--minutes 5 --share 0.5"
  make soak ARGS="--overload"
  make soak ARGS="--overload --lag-ms-max 0"       what happens without refusals
"""
_STEPS: Final = (0.5, 0.8, 1.0, 1.5, 2.0, 3.0)


def main() -> int:
    """Run, print the text, write the JSON; 1 when something is not as it should be."""
    options = _parse()
    placement = place(1, has_database=options.database is not None)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    with new_room(options.data_dir) as room:
        run = _overload if options.overload else _soak
        report, text = run(options, room / "data", placement)
    print(text)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return 0 if report.is_good else 1


def _soak(options: argparse.Namespace, data: Path, placement: Placement) -> tuple[Soak, str]:
    with server_of(data, placement, options.lag_ms_max, options.database) as server:
        field = Field(server, data, placement)
        saturation = _saturation(field, options)
        rate = saturation * options.share
        _say(f"{rate:.0f} calls a second for {options.minutes:g} minutes")
        outcome, sights = field.watched(rate, options.minutes * 60, options.connections)
    report = Soak(
        saturation=saturation,
        rate=rate,
        minutes=options.minutes,
        lag_ms_max=options.lag_ms_max,
        placement=placement.words,
        outcome=outcome,
        memory=slope_of(sights),
        stalls=stalls_of(sights, outcome.answered_each_s),
        is_ledger_right=is_ledger_right(data, options.database),
        sights=sights,
    )
    return report, soak_text(report)


def _overload(
    options: argparse.Namespace, data: Path, placement: Placement
) -> tuple[Overload, str]:
    steps = []
    with server_of(data, placement, options.lag_ms_max, options.database) as server:
        field = Field(server, data, placement)
        saturation = _saturation(field, options)
        for times in options.steps:
            rate = saturation * times
            _say(f"{rate:.0f} calls a second, {times:g} times as many as it can serve")
            outcome, sights = field.watched(rate, options.seconds, options.connections)
            steps.append(
                Step(
                    times=times,
                    rate=rate,
                    outcome=outcome,
                    resident_mb=max((each.resident_mb for each in sights), default=0.0),
                    lag_ms=max((each.lag_ms for each in sights), default=0.0),
                    open_files=max((each.open_files for each in sights), default=0),
                )
            )
    report = Overload(
        saturation=saturation,
        seconds=options.seconds,
        connections=options.connections,
        lag_ms_max=options.lag_ms_max,
        placement=placement.words,
        is_ledger_right=is_ledger_right(data, options.database),
        steps=steps,
    )
    return report, overload_text(report)


def _saturation(field: Field, options: argparse.Namespace) -> float:
    _say("how much it can serve")
    return field.saturation(options.seconds)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="soak",
        description="Starts a sandbox server on this machine's loopback, finds out how many calls "
        "of a shop's mix it serves in a second, and loads it with a share of that for long, or "
        "with several times as much. Calls come at a fixed rate, and wait from when they are due.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    number, file = {"type": float}, {"type": Path}
    parser.add_argument("--minutes", **number, default=30.0, help="length of a soak (default 30)")
    parser.add_argument("--share", **number, default=0.8, help="of what it can do (default 0.8)")
    parser.add_argument("--overload", action="store_true", help="steps up to three times as much")
    parser.add_argument("--steps", type=_steps, default=_STEPS, help="of an overload: 0.5,1,2 …")
    parser.add_argument("--seconds", **number, default=10.0, help="length of a step (default 10)")
    parser.add_argument("--connections", type=int, default=800, help="at most (default 800)")
    parser.add_argument("--lag-ms-max", type=int, default=500, help="the setting (default 500)")
    parser.add_argument("--database", help="a PostgreSQL URL; else SQLite files")
    parser.add_argument("--json", **file, default=Path("build/soak.json"), help="result file")
    parser.add_argument(
        "--data-dir",
        **file,
        default=Path("build/soak-data"),
        help="where the server writes meanwhile; must be a real disk (default build/soak-data)",
    )
    options = parser.parse_args()
    if min(options.minutes, options.share, options.seconds, options.connections) <= 0:
        parser.error("minutes, share, seconds and connections must be positive")
    return options


def _steps(text: str) -> tuple[float, ...]:
    try:
        steps = tuple(map(float, text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are no numbers") from None
    if min(steps) <= 0:
        raise argparse.ArgumentTypeError("a step is more than 0")
    return steps


if __name__ == "__main__":
    sys.exit(main())
