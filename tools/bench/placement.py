"""Which process may run on which core, and how that is said."""

import contextlib
import os
from collections.abc import Iterator, Sequence

import msgspec


class Placement(msgspec.Struct, frozen=True):
    """Cores of everything; empty where a process is not bound to any."""

    cores: int
    server: tuple[int, ...]
    several_workers: tuple[int, ...]
    database: tuple[int, ...]
    load: tuple[int, ...]
    words: str

    def of_server(self, workers: int) -> tuple[int, ...]:
        """Where a server of so many processes runs."""
        return self.server if workers == 1 else self.several_workers


def place(workers_max: int, *, has_database: bool) -> Placement:
    """A core for each process where there are as many, and what the rest has to share."""
    allowed: Sequence[int] = ()
    if hasattr(os, "sched_getaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
    return place_on(allowed, workers_max, has_database=has_database)


def place_on(allowed: Sequence[int], workers_max: int, *, has_database: bool) -> Placement:
    """The same for these cores."""
    count = len(allowed)
    if count < 2:  # noqa: PLR2004 - one for the server and one for the load
        words = "nothing is bound to a core: server, database and load share what there is"
        return Placement(count, (), (), (), (), words)
    *rest, load = allowed
    if len(rest) >= workers_max + has_database:
        workers, database = tuple(rest[:workers_max]), tuple(rest[workers_max:][:has_database])
        words = f"{count} cores, one each: load on {load}, server on {_text(workers)}"
        if database:
            words += f", database on {database[0]}"
        return Placement(count, workers[:1], workers, database, (load,), words)
    everywhere = tuple(allowed)
    words = f"{count} cores: a server of one process has core {rest[0]}, the load core {load}"
    strangers = []
    if workers_max > 1:
        strangers.append(f"{workers_max} workers")
    if has_database:
        strangers.append("the database")
    if strangers:
        words += (
            f"; no cores of their own for {' and '.join(strangers)}: they run on "
            f"{_text(allowed)}, beside the load and in each other's way. What tells on more cores "
            "is server us and database us, the processor time"
        )
    workers = everywhere if workers_max > 1 else (rest[0],)
    database = everywhere if has_database else ()
    return Placement(count, (rest[0],), workers, database, (load,), words)


@contextlib.contextmanager
def bound(cores: Sequence[int]) -> Iterator[None]:
    """What starts here runs on these cores."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _text(cores: Sequence[int]) -> str:
    return ", ".join(map(str, cores))
