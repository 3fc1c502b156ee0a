"""Rounds: every job on every variant in turns, each right after an echo of the same sizes."""

import http.client
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec
from tools.bench.load import Order, Outcome
from tools.bench.placement import Placement
from tools.bench.report import (
    Line,
    MemoryLine,
    Missing,
    Round,
    Sample,
    Subject,
    line_of,
)
from tools.bench.variants import Opened, Prepared, Runner

_WARM_UP_S: Final = 1.0
# A load that takes longer than this beyond its time has lost its server.
_PATIENCE_S: Final = 60.0


class LoadFailed(Exception):
    """The load could not go on, as it cannot without a server; the text says why."""


class Plan(msgspec.Struct, frozen=True):
    """How long and how hard."""

    rounds: int
    seconds: float
    connections: int


class Measuring:
    """All rounds of a run, and what came out of them."""

    def __init__(self, opened: Opened, plan: Plan, placement: Placement) -> None:
        self._opened = opened
        self._plan = plan
        self._placement = placement
        self._rounds: dict[tuple[str, str], list[Round]] = defaultdict(list)
        self._broken: set[str] = set()

    def run(self, jobs: Sequence[str]) -> None:
        """Load everything once to warm up, then round by round.

        Each round begins with another variant, so that none has a place of its own in it.
        """
        self._warm_up(jobs)
        for number in range(self._plan.rounds):
            for job in jobs:
                print(f"round {number + 1}: {job}", file=sys.stderr, flush=True)
                products = self._opened.products
                start = number % max(1, len(products))
                for runner in (*products[start:], *products[:start]):
                    self._measure(runner, job, number)
                if self._opened.peer is not None:
                    self._measure(self._opened.peer, job, number)

    def lines(self) -> list[Line]:
        """What was measured: for each job its variants, and the echo beside them."""
        found = []
        names = dict.fromkeys(job for job, _ in self._rounds)
        runners = [*self._opened.products, *([self._opened.peer] if self._opened.peer else [])]
        for name in names:
            rounds = [(runner, self._rounds.get((name, runner.name), [])) for runner in runners]
            found += [self._line(runner, name, each) for runner, each in rounds if each]
            found += self._echo_line(name)
        return found

    def memory(self) -> list[MemoryLine]:
        """What every variant's memory was before, and is now; and the database's."""
        found = [
            MemoryLine(
                variant=runner.name,
                variant_title=runner.title,
                workers=runner.workers,
                idle=runner.idle,
                after=runner.server.tree.memory(),
            )
            for runner in self._opened.products
            if runner.idle is not None and runner.name not in self._broken
        ]
        database, idle = self._opened.database, self._opened.database_idle
        if database is not None and idle is not None:
            after = database.tree.memory()
            title = "PostgreSQL itself"
            line = MemoryLine(variant="postgres", variant_title=title, idle=idle, after=after)
            found.append(line)
        return found

    def _warm_up(self, jobs: Sequence[str]) -> None:
        seconds = min(_WARM_UP_S, self._plan.seconds)
        runners = [*self._opened.products, *([self._opened.peer] if self._opened.peer else [])]
        for job in jobs:
            for runner in runners:
                self._try(runner, job, seconds)

    def _measure(self, runner: Runner, job: str, number: int) -> None:
        prepared = runner.job(job)
        if prepared is None or runner.name in self._broken:
            return
        echo = None
        if prepared.follow is None:
            echo = load(self._opened.echo, prepared, self._plan, self._placement)
        sample = self._try(runner, job, self._plan.seconds)
        if sample is not None:
            self._rounds[job, runner.name].append(Round(number, sample, echo))

    def _try(self, runner: Runner, job: str, seconds: float) -> Sample | None:
        """A sample; None when the server is lost, which is not tried again then."""
        prepared = runner.job(job)
        if prepared is None or runner.name in self._broken:
            return None
        plan = msgspec.structs.replace(self._plan, seconds=seconds)
        try:
            if runner.begin_run is not None:
                runner.begin_run()
            return load(runner, prepared, plan, self._placement)
        except (LoadFailed, OSError, http.client.HTTPException) as error:
            self._broken.add(runner.name)
            reason = f"lost during {prepared.title}: {error}"
            self._opened.missing.append(Missing(runner.title, reason, is_failure=True))
            return None

    def _line(self, runner: Runner, job: str, rounds: Sequence[Round]) -> Line:
        prepared = runner.job(job)
        assert prepared is not None  # noqa: S101 - it has been measured
        subject = Subject(
            job=job,
            title=prepared.title,
            variant=runner.name,
            variant_title=runner.title,
            workers=runner.workers,
            request_bytes=prepared.request_bytes,
            response_bytes=prepared.response_bytes,
        )
        is_ours = runner.workers is not None
        of_peer = self._rounds.get((job, "localstripe"), []) if is_ours else []
        return line_of(subject, rounds, of_peer)

    def _echo_line(self, job: str) -> list[Line]:
        """The echo's own line, over all its runs for a job."""
        rounds = [
            Round(each.number, each.echo)
            for (name, _), runs in self._rounds.items()
            if name == job
            for each in runs
            if each.echo is not None
        ]
        prepared = next(filter(None, (runner.job(job) for runner in self._opened.products)), None)
        if not rounds or prepared is None:
            return []
        sizes = f"{prepared.request_bytes:,} B in, {prepared.response_bytes:,} B out"
        subject = Subject(
            job=job,
            title=f"  echo, {sizes}",
            variant="echo",
            variant_title=self._opened.echo.title,
            request_bytes=prepared.request_bytes,
            response_bytes=prepared.response_bytes,
        )
        return [line_of(subject, rounds)]


def load(runner: Runner, prepared: Prepared, plan: Plan, placement: Placement) -> Sample:
    """Put load on a server, from a process of its own.

    Raises LoadFailed.
    """
    order = Order(
        host=runner.server.host,
        port=runner.server.port,
        connections=plan.connections,
        seconds=plan.seconds,
        requests_file=str(prepared.file),
        expect=prepared.expect,
        follow=prepared.follow,
        cores=placement.load,
    )
    trees = [runner.server.tree, *([runner.database.tree] if runner.database else [])]
    before = [tree.cpu_s() for tree in trees]
    outcome = _outcome_of(order)
    spent_s = [tree.cpu_s() - start for tree, start in zip(trees, before, strict=True)]
    server_us, *database_us = [each / outcome.requests * 1e6 for each in spent_s]
    return Sample(outcome, server_us, database_us[0] if database_us else None)


def _outcome_of(order: Order) -> Outcome:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tools.bench.load"],
            input=msgspec.json.encode(order),
            capture_output=True,
            check=True,
            timeout=order.seconds + _PATIENCE_S,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise LoadFailed(said[-1] if said else "the load said nothing") from error
    except subprocess.TimeoutExpired as error:
        raise LoadFailed("the load came to no end") from error
    return msgspec.json.decode(done.stdout, type=Outcome)
