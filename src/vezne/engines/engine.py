"""The seam between SQL text and the engine that runs it.

SQL is written once, in the part that SQLite and PostgreSQL share, with `?` for parameters.
A transaction is a value: a sequence of writes, each with the row count it expects.
"""

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from vezne.engines.figures import EngineFigures

Value = int | str | bytes | None
Row = tuple[Value, ...]

ANY_ROWS = -1


class Write(msgspec.Struct, frozen=True, gc=False):
    """One statement of a transaction. `rows` is how many rows it must touch, or ANY_ROWS."""

    sql: str
    params: tuple[Value, ...]
    rows: int = 1


class Conflict(Exception):
    """A write touched another number of rows than it expects, or broke a unique key."""


class EngineClosed(Exception):
    """The engine is shutting down and takes no more work."""


class EngineFailure(Exception):
    """The database is out of reach, out of space or broken. No fault of the transaction.

    The transaction did not happen; only when the line to a server broke during its commit may it
    have happened all the same.
    """


class Occupied(Exception):
    """Another process holds the name, and with it whatever may be done by one at a time."""


class Queries(Protocol):
    """What can be asked."""

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query, as committed. Raises EngineFailure and EngineClosed."""


class Engine(Queries, Protocol):
    """An open database."""

    @property
    def name(self) -> str:
        """`sqlite` or `postgres`."""

    def snapshot(self) -> AbstractAsyncContextManager[Queries]:
        """The database as it stands at this moment, whatever is written meanwhile.

        What is open for long keeps the database from tidying up. Raises as `fetch` does.
        """

    def apply(self, writes: Sequence[Write]) -> Awaitable[None]:
        """Run all writes in one transaction, durable once that was awaited.

        Raises Conflict, in which case none of them happened; EngineFailure; EngineClosed.
        """

    def exclusive(
        self, name: str, *, retry_s: float | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Hold a name, a plain lower-case word, which one process at a time can do.

        The end of the process ends it, whatever that end is. Waits for it when `retry_s` says how
        often to ask, and otherwise raises Occupied. When the hold is lost, because the line to the
        server is, what is done meanwhile is cancelled, and this raises EngineFailure. Raises as
        `apply` does.
        """

    async def execute_script(self, script: str) -> None:
        """Run a migration's statements in one transaction. Raises as `apply` does.

        `{clustered}` after a table marks one whose rows should stand in primary key order where
        the engine can do that.
        """

    async def erase(self) -> bool:
        """See to it that the files hold nothing any more of what was deleted before this call.

        False: not yet, ask again. A PostgreSQL server tidies up in its own time, and this does
        nothing. Raises EngineFailure and EngineClosed.
        """

    @property
    def figures(self) -> "EngineFigures":
        """What it counts of itself."""

    def behind_s(self) -> float:
        """How long a batch that comes now would wait for those in front of it; mostly 0."""

    async def close(self) -> None:
        """Finish what was accepted, then close."""
