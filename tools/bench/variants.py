"""What is measured against what: engines and numbers of workers, the echo, the peer."""

import contextlib
import http.client
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from tools.bench import peer
from tools.bench.databases import DatabaseServer, database_server
from tools.bench.jobs import JOBS, REQUESTS_PER_JOB, Caller, Job, Keys, Owner, store_owners
from tools.bench.load import Follow, write_requests
from tools.bench.placement import Placement
from tools.bench.processes import Memory
from tools.bench.report import Missing
from tools.bench.servers import NotStarted, Server, echo_server, peer_server, vezne_server
from tools.postgres_server import PostgresUnavailable

ENGINES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
_SETTLE_S: Final = 1.0


class Prepared(msgspec.Struct):
    """A job whose requests wait in a file."""

    job: str
    title: str
    file: Path
    request_bytes: int
    response_bytes: int
    expect: str = '"status":"success"'
    follow: Follow | None = None


class Variant(NamedTuple):
    """An engine and a number of server processes."""

    engine: str
    workers: int

    @property
    def name(self) -> str:
        """As in the result file."""
        return f"{self.engine}-{self.workers}"

    @property
    def title(self) -> str:
        """As people read it."""
        plural = "s" if self.workers > 1 else ""
        return f"{ENGINES[self.engine]}, {self.workers} worker{plural}"


class Runner(msgspec.Struct):
    """A server that load can be put on; `database` is the one behind it.

    `begin_run` is called before every run.
    """

    name: str
    title: str
    server: Server
    jobs: list[Prepared] = []
    workers: int | None = None
    database: DatabaseServer | None = None
    idle: Memory | None = None
    begin_run: Callable[[], None] | None = None

    def job(self, name: str) -> Prepared | None:
        """The job of that name, if it does it."""
        return next((item for item in self.jobs if item.job == name), None)


class Opened(msgspec.Struct):
    """All servers of a run."""

    echo: Runner
    products: list[Runner]
    peer: Runner | None
    missing: list[Missing]
    database: DatabaseServer | None = None
    database_idle: Memory | None = None
    postgres: str = ""


@contextlib.contextmanager
def open_variants(
    variants: Sequence[Variant],
    jobs: Sequence[str],
    room: Path,
    placement: Placement,
    *,
    is_with_peer: bool,
) -> Iterator[Opened]:
    """Start the echo and every variant that can be had; what cannot is among the missing."""
    with contextlib.ExitStack() as stack:
        echo = stack.enter_context(echo_server(placement.server))
        opened = Opened(Runner("echo", "bare echo", echo), [], None, [])
        if any(variant.engine == "postgres" for variant in variants):
            _open_database(stack, room, placement, opened)
        for variant in variants:
            if variant.engine == "postgres" and opened.database is None:
                continue
            print(f"starting {variant.title}", file=sys.stderr, flush=True)
            behind = opened.database if variant.engine == "postgres" else None
            try:
                runner = open_product(stack, variant, room, placement, behind)
                runner.jobs = prepare(runner, jobs, room)
            except (
                NotStarted,
                RuntimeError,
                OSError,
                ValueError,
                http.client.HTTPException,
            ) as error:
                opened.missing.append(Missing(variant.title, str(error)))
            else:
                opened.products.append(runner)
        if is_with_peer and peer.COUNTERPART in jobs:
            opened.peer = _open_peer(stack, room, placement, opened.missing)
        yield opened


def open_product(
    stack: contextlib.ExitStack,
    variant: Variant,
    room: Path,
    placement: Placement,
    database: DatabaseServer | None,
) -> Runner:
    """The product, started, and its memory while it has done nothing yet. Raises NotStarted."""
    url = None if database is None else database.create(f"bench_{variant.workers}")
    server = stack.enter_context(
        vezne_server(
            data_of(room, variant),
            placement.of_server(variant.workers),
            workers=variant.workers,
            database=url,
        )
    )
    time.sleep(_SETTLE_S)
    found = server.tree.count()
    if found < variant.workers:
        raise NotStarted(f"the server has {found} process instead of {variant.workers} workers")
    return Runner(
        variant.name,
        variant.title,
        server,
        workers=variant.workers,
        database=database,
        idle=server.tree.memory(),
    )


def data_of(room: Path, variant: Variant) -> Path:
    """A variant's data directory."""
    return room / f"{variant.name}-data"


def prepare(
    runner: Runner, jobs: Sequence[str], room: Path, owners: list[Owner] | None = None
) -> list[Prepared]:
    """Make and sign the requests of the jobs, for owners that are there or are stored now.

    Raises RuntimeError when the server answers one of them with no success.
    """
    server, data = runner.server, room / f"{runner.name}-data"
    keys = json.loads((data / "sandbox.json").read_text(encoding="utf-8"))["iyzico"]
    with contextlib.closing(
        Caller(server.host, server.port, msgspec.convert(keys, Keys))
    ) as caller:
        owners = owners or store_owners(caller)
        return [
            _prepare(caller, job, owners, room / f"{runner.name}-{job.name}.requests")
            for job in JOBS
            if job.name in jobs
        ]


def _prepare(caller: Caller, job: Job, owners: list[Owner], file: Path) -> Prepared:
    _, size = caller.call(job.path, next(job.bodies(owners)))
    requests = [
        caller.make(job.path, body, size) for body in islice(job.bodies(owners), REQUESTS_PER_JOB)
    ]
    write_requests(file, ((request,) for request in requests))
    return Prepared(job.name, job.title, file, _body_bytes(requests[0]), size)


def _open_database(
    stack: contextlib.ExitStack, room: Path, placement: Placement, opened: Opened
) -> None:
    try:
        opened.database = stack.enter_context(database_server(room, placement.database))
    except PostgresUnavailable as reason:
        opened.missing.append(Missing(ENGINES["postgres"], str(reason)))
        return
    opened.postgres = opened.database.words()
    opened.database_idle = opened.database.tree.memory()


def _open_peer(
    stack: contextlib.ExitStack, room: Path, placement: Placement, missing: list[Missing]
) -> Runner | None:
    try:
        server = stack.enter_context(peer_server(placement.server))
    except NotStarted as reason:
        missing.append(Missing("localstripe", str(reason)))
        return None
    pairs = list(peer.requests(server.host, server.port, REQUESTS_PER_JOB))
    file = room / "peer.requests"
    write_requests(file, pairs)
    size = sum(map(_body_bytes, pairs[0]))
    job = Prepared(peer.COUNTERPART, peer.TITLE, file, size, 0, peer.EXPECT, peer.FOLLOW)
    begin_run = partial(peer.empty, server.host, server.port)
    return Runner("localstripe", "localstripe", server, [job], begin_run=begin_run)


def _body_bytes(request: bytes) -> int:
    return len(request.partition(b"\r\n\r\n")[2])


def all_variants(engines: Iterable[str], workers: Iterable[int]) -> list[Variant]:
    """Every engine with every number of workers."""
    counts = list(workers)
    return [Variant(engine, count) for engine in engines for count in counts]
