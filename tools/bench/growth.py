"""Rates over a thousand to a million cards and payments, and what those take on the disk."""

import argparse
import contextlib
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from tools.bench import machine
from tools.bench.bars import GROWTH_LOSS_MAX
from tools.bench.databases import DatabaseServer, database_server
from tools.bench.filling import fill, newest_payment
from tools.bench.measuring import LoadFailed, Measuring, Plan, load
from tools.bench.placement import place
from tools.bench.report import Line, Missing
from tools.bench.servers import NotStarted, echo_server, vezne_server
from tools.bench.sizes import Place, Sizes, added, postgres_sizes, sqlite_sizes
from tools.bench.tables import aligned
from tools.bench.variants import ENGINES, Opened, Runner, prepare
from tools.postgres_server import PostgresUnavailable

from vezne.core.payment import Payment

# What is stored to see what it takes, for as long as so many runs: pages must not matter.
_SIZED_RUNS: Final = 3
_SIZED_JOBS: Final = {"card": "store_card", "payment": "pay_new_card"}
_HEADS: Final = ("job", "on", "over", "req/s", "min-max", "p99 ms", "x echo", "quartiles")
_HEADS_OF_CHANGE: Final = ("change", f">= -{GROWTH_LOSS_MAX:.0%}", "server us", "database us")
_NOTES: Final = """\
over: cards, and as many payments, at the beginning; the rounds add theirs. change: of x echo, from
the first step on. Cards that are paid with and listed are spread over all there are.
bytes: what the files grew by, right after the load. PostgreSQL's rows of a payment's first version
are among them until autovacuum gives their room to others."""


class Taken(msgspec.Struct):
    """Bytes that a card or a payment adds to a table or an index."""

    engine: str
    what: str
    place: Place
    bytes_each: float


class Growth(msgspec.Struct, kw_only=True):
    """Everything that was measured. `filled` says what a variant's books held at the beginning."""

    machine: str
    python: str
    sqlite: str
    postgres: str
    placement: str
    connections: int
    rounds: int
    seconds: float
    filled: dict[str, int]
    lines: list[Line]
    taken: list[Taken]
    missing: list[Missing]

    @property
    def is_clean(self) -> bool:
        """Whether every response was a success and nothing broke on the way."""
        errors = any(line.errors for line in self.lines)
        return not errors and not any(item.is_failure for item in self.missing)

    def change(self, line: Line) -> float | None:
        """How much higher a rate is, beside the echo, than over the first step; none there."""
        first = next(each for each in self.lines if _is_like(each, line))
        if first is line or first.ratio is None or line.ratio is None:
            return None
        return line.ratio.median / first.ratio.median - 1


def run(options: argparse.Namespace, room: Path) -> Growth:
    """Measure. Books of all sizes are open at once, and rounds go through them in turns."""
    return _Growing(options, room).run()


class _Growing:
    def __init__(self, options: argparse.Namespace, room: Path) -> None:
        self._options = options
        self._room = room
        self._placement = place(1, has_database="postgres" in options.engines)
        self._plan = Plan(options.rounds, options.seconds, options.connections)
        self._taken: list[Taken] = []
        self._filled: dict[str, int] = {}

    def run(self) -> Growth:
        placement = self._placement
        with contextlib.ExitStack() as stack:
            echo = stack.enter_context(echo_server(placement.server))
            opened = Opened(Runner("echo", "bare echo", echo), [], None, [])
            for engine in self._options.engines:
                database = None
                try:
                    if engine == "postgres":
                        database = self._open_database(stack, opened)
                    like = self._measure_sizes(engine, database)
                    for step in self._options.steps:
                        runner = self._open_step(stack, engine, step, database, like)
                        opened.products.append(runner)
                except PostgresUnavailable as reason:
                    opened.missing.append(Missing(ENGINES[engine], str(reason)))
                except (NotStarted, LoadFailed, RuntimeError) as error:
                    missing = Missing(ENGINES[engine], str(error), is_failure=True)
                    opened.missing.append(missing)
            measuring = Measuring(opened, self._plan, placement)
            measuring.run(self._options.jobs)
            return self._report(opened, measuring.lines())

    def _open_database(self, stack: contextlib.ExitStack, opened: Opened) -> DatabaseServer:
        database = stack.enter_context(database_server(self._room, self._placement.database))
        opened.postgres = database.words()
        return database

    def _measure_sizes(self, engine: str, database: DatabaseServer | None) -> Payment:
        """Note what cards and payments take that came through the door; returns one of them."""
        name = f"{engine}_sizes"
        data = self._room / f"{name}-data"
        url = None if database is None else database.create(name)
        print(f"{ENGINES[engine]}: bytes a card and a payment", file=sys.stderr, flush=True)
        with self._serve(engine, name, url) as runner:
            runner.jobs = prepare(runner, list(_SIZED_JOBS.values()), self._room)
            seconds = self._plan.seconds * _SIZED_RUNS
            plan = msgspec.structs.replace(self._plan, seconds=seconds)
            before = self._sizes(data, database, name)
            for what, job in _SIZED_JOBS.items():
                prepared = runner.job(job)
                assert prepared is not None  # noqa: S101 - it was just prepared
                sample = load(runner, prepared, plan, self._placement)
                after = self._sizes(data, database, name)
                self._taken += [
                    Taken(engine, what, place, taken / sample.outcome.requests)
                    for place, taken in sorted(added(before, after).items())
                ]
                before = after
        return newest_payment(data, url)

    def _sizes(self, data: Path, database: DatabaseServer | None, name: str) -> Sizes:
        return sqlite_sizes(data) if database is None else postgres_sizes(data, database, name)

    def _open_step(
        self,
        stack: contextlib.ExitStack,
        engine: str,
        step: int,
        database: DatabaseServer | None,
        like: Payment,
    ) -> Runner:
        name = f"{engine}_{step}"
        data = self._room / f"{name}-data"
        url = None if database is None else database.create(name)
        print(f"{ENGINES[engine]}: filling in {step:,}", file=sys.stderr, flush=True)
        began = time.monotonic()
        owners = fill(data, url, like, step)
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if database is not None:
            database.ask("VACUUM (ANALYZE)", name)
        runner = stack.enter_context(self._serve(engine, name, url))
        runner.database = database
        runner.jobs = prepare(runner, self._options.jobs, self._room, owners)
        self._filled[name] = step
        return runner

    @contextlib.contextmanager
    def _serve(self, engine: str, name: str, url: str | None) -> Iterator[Runner]:
        data = self._room / f"{name}-data"
        with vezne_server(data, self._placement.server, database=url) as server:
            yield Runner(name, ENGINES[engine], server, workers=1)

    def _report(self, opened: Opened, lines: list[Line]) -> Growth:
        return Growth(
            machine=machine.words(),
            python=platform.python_version(),
            sqlite=f"{sqlite3.sqlite_version}, WAL, synchronous=FULL, "
            f"{machine.filesystem(self._room)}",
            postgres=opened.postgres,
            placement=self._placement.words,
            connections=self._plan.connections,
            rounds=self._plan.rounds,
            seconds=self._plan.seconds,
            filled=self._filled,
            lines=lines,
            taken=self._taken,
            missing=opened.missing,
        )


def to_text(growth: Growth) -> str:
    """Both tables, with what must be known to read them."""
    head = [
        f"{growth.machine}, CPython {growth.python}, 1 worker",
        (
            f"{growth.connections} connections kept alive; medians of {growth.rounds} interleaved "
            f"rounds of {growth.seconds:g} s; an echo of the same sizes before every run"
        ),
        f"SQLite: {growth.sqlite}",
        *([f"PostgreSQL: {growth.postgres}"] if growth.postgres else []),
        growth.placement,
    ]
    rates: list[tuple[str, ...]] = [(*_HEADS, *_HEADS_OF_CHANGE)]
    rates += [_rate_row(growth, line) for line in growth.lines if line.variant in growth.filled]
    notes = [
        _NOTES,
        *(
            f"{'FAILED' if item.is_failure else 'skipped'}: {item.variant}: {item.reason}"
            for item in growth.missing
        ),
        *(
            f"an error of {line.title} on {line.variant}: {line.first_error}"
            for line in growth.lines
            if line.errors
        ),
    ]
    tables = [aligned(rates), aligned(_size_rows(growth.taken), texts=3)]
    return "\n\n".join(["\n".join(head), *tables, "\n".join(notes)])


def _rate_row(growth: Growth, line: Line) -> tuple[str, ...]:
    change = growth.change(line)
    rate, ratio = line.requests_per_s, line.ratio
    verdict = ""
    if change is not None:
        verdict = "met" if change >= -GROWTH_LOSS_MAX else "missed"
    return (
        line.title,
        line.variant_title,
        f"{growth.filled[line.variant]:,}",
        f"{rate.median:,.0f}",
        f"{rate.low:,.0f}-{rate.high:,.0f}",
        f"{line.p99_us / 1e3:.2f}",
        "" if ratio is None else f"{ratio.median:.2f}",
        "" if ratio is None else f"{ratio.quartile:.2f}-{ratio.third_quartile:.2f}",
        "" if change is None else f"{change:+.0%}",
        verdict,
        f"{line.server_cpu_us:.0f}",
        "" if line.database_cpu_us is None else f"{line.database_cpu_us:.0f}",
    )


def _size_rows(taken: list[Taken]) -> list[tuple[str, ...]]:
    """A row for each table and index that grew, and one for all of them."""
    rows: list[tuple[str, ...]] = [
        ("on", "where", "table or index", "bytes a card", "bytes a payment")
    ]
    for engine in dict.fromkeys(each.engine for each in taken):
        each_of = {(one.what, one.place): one.bytes_each for one in taken if one.engine == engine}
        found = sorted({where for _, where in each_of})
        for where in found:
            name = f"{where.table}: {where.name}" if where.is_index else where.table
            figures = (each_of.get((what, where), 0) for what in _SIZED_JOBS)
            rows.append((ENGINES[engine], where.room, name, *(f"{one:,.0f}" for one in figures)))
        sums = (sum(each_of.get((what, where), 0) for where in found) for what in _SIZED_JOBS)
        rows.append((ENGINES[engine], "all", "", *(f"{one:,.0f}" for one in sums)))
    return rows


def _is_like(first: Line, second: Line) -> bool:
    return (first.job, first.variant_title) == (second.job, second.variant_title)
