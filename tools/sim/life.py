"""One life of the gateway: from a start to the kill that ends it.

Everything that a life does to the world goes through its ports, and every use of a port is a point
at which it may be killed. Afterwards its ports are dead: whatever its tasks still try, say in a
`finally`, reaches nobody.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Final

from tools.sim.dice import Dice
from tools.sim.disk import Batch, Disk
from tools.sim.events import EventLog
from tools.sim.weather import Weather

from vezne.core.audit import AuditEvent
from vezne.engines.engine import ANY_ROWS, EngineFailure, Queries, Row, Value, Write
from vezne.engines.sqlite import GROUP_MAX

# About what a start takes. Most lives get beyond it, or little else would be tried.
START_STEPS: Final = 12
READS_COUNTED: Final = 0.1
TRAIL_LINES: Final = 1000


class Killed(BaseException):
    """The gateway is dead. No code of the gateway may catch it."""


class Life:
    """The tasks of a life, and how many port calls it has left. `on_kill` is told of its end."""

    def __init__(
        self,
        weather: Weather,
        dice: Dice,
        events: EventLog,
        on_kill: Callable[[], None],
    ) -> None:
        self.is_dead = False
        self.engines: list[DiskEngine] = []
        self.weather = weather
        self._dice = dice
        self._events = events
        self._on_kill = on_kill
        self._steps_left = 0
        if weather.kill_every:
            grace = dice.choice((0, START_STEPS, START_STEPS, START_STEPS))
            self._steps_left = 1 + grace + int(dice.expovariate(1 / weather.kill_every))
        # A dict, because a set would forget the order in which they are cancelled.
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task that dies with this life."""
        task = asyncio.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    async def step(self, what: str, about: object = "") -> None:
        """A port is about to be used; others may go first. Raises Killed."""
        self.check()
        self._events.note(what, about)
        # Most calls read, and little changes between two of those.
        if what != "read" or self._dice.hits(READS_COUNTED):
            self.count_step()
            self.check()
        if self._dice.hits(self.weather.pause_chance):
            await asyncio.sleep(self._dice.random() * 0.02)
            self.check()

    def count_step(self) -> None:
        """One step nearer to the end, if this life is to end by itself."""
        if self.weather.kill_every and self._steps_left:
            self._steps_left -= 1
            if not self._steps_left:
                self.kill()

    def check(self) -> None:
        """Raise Killed when this life is over."""
        if self.is_dead:
            raise Killed

    def kill(self) -> None:
        """End this life now: what is being written may or may not be, the rest is forgotten."""
        if self.is_dead:
            return
        self.is_dead = True
        self._events.note("kill")
        for engine in self.engines:
            engine.crash(self._dice)
        for task in list(self._tasks):
            task.cancel()
        self._on_kill()

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task, None)


class DiskEngine:
    """Implements `vezne.engines.engine.Engine` over a disk, for one life.

    As the real one does, it writes what waits as one group and syncs it, while the next one
    gathers; an answer is given after the sync.
    """

    name = "sqlite"

    def __init__(self, disk: Disk, life: Life, fsync_s: float, dice: Dice) -> None:
        self._disk = disk
        self._life = life
        self._fsync_s = fsync_s
        self._dice = dice
        self._waiting: deque[tuple[Batch, asyncio.Future[None]]] = deque()
        self._writing: list[tuple[Batch, asyncio.Future[None]]] | None = None
        # Only a database behind a line can be in doubt.
        self._is_remote = life.weather.servers > 1 and dice.hits(0.5)
        life.engines.append(self)

    async def fetch(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """The rows of a query, as committed."""
        await self._life.step("read", sql[:60])
        return self._disk.fetch(sql, params)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Queries]:
        """The database itself: whoever reads it here writes nothing meanwhile."""
        yield self

    async def apply(self, writes: Sequence[Write]) -> None:
        """Run all writes in one transaction, durable on return.

        Raises Conflict; EngineFailure when the disk is full, or when nobody knows what became of
        the commit.
        """
        await self._life.step("write", len(writes))
        is_failing = self._dice.hits(self._life.weather.disk_fails)
        if is_failing and not self._is_remote:
            raise EngineFailure("the disk is full")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((writes, done))
        if self._writing is None:
            self._start_group()
        await done
        if is_failing:
            raise EngineFailure("the line broke during the commit")

    async def execute_script(self, script: str) -> None:
        """Run a migration's statements in one transaction."""
        statements = script.replace("{clustered}", "WITHOUT ROWID").split(";\n")
        await self.apply([Write(sql, (), ANY_ROWS) for sql in statements])

    async def close(self) -> None:
        """Nothing to be done: a life ends by being killed."""

    def crash(self, dice: Dice) -> None:
        """The power is gone."""
        group = None if self._writing is None else [writes for writes, _ in self._writing]
        self._waiting.clear()
        self._writing = None
        self._disk.crash(group, dice)

    def _start_group(self) -> None:
        count = min(len(self._waiting), GROUP_MAX)
        self._writing = [self._waiting.popleft() for _ in range(count)]
        asyncio.get_running_loop().call_later(
            self._fsync_s * (0.5 + self._dice.random()), self._end_group
        )

    def _end_group(self) -> None:
        # The last moment of a commit is a point at which it may end as well.
        self._life.count_step()
        if self._life.is_dead or self._writing is None:
            return
        group, self._writing = self._writing, None
        outcomes = self._disk.write([writes for writes, _ in group])
        for (_, done), outcome in zip(group, outcomes, strict=True):
            if done.done():
                continue
            if outcome is None:
                done.set_result(None)
            else:
                done.set_exception(outcome)
        if self._waiting:
            self._start_group()


class LifeEntropy:
    """Implements `vezne.core.ports.Entropy` for one life."""

    def __init__(self, life: Life, dice: Dice) -> None:
        self._life = life
        self._dice = dice

    def take(self, count: int) -> bytes:
        """That many bytes that look random. Raises Killed."""
        self._life.check()
        return self._dice.randbytes(count)


class LifeTrail:
    """Implements `vezne.core.ports.Audit` for one life: the last of its lines, in memory."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.lines: deque[AuditEvent] = deque(maxlen=TRAIL_LINES)

    def record(self, event: AuditEvent) -> None:
        """Remember a line. Raises Killed."""
        self._life.check()
        self.lines.append(event)

    async def settled(self) -> None:
        """Memory is as durable as it gets. Raises Killed."""
        self._life.check()


class LifeTransport:
    """Implements `vezne.vault.egress.Transport`: the line to the bank, for one life."""

    def __init__(self, life: Life, line: Any) -> None:
        self._life = life
        self._line = line

    async def exchange(self, message: bytes) -> bytes:
        """The bank's reply. Raises LineFailure; Killed before it is sent, and before it is read."""
        await self._life.step("ask", len(message))
        reply: bytes = await self._line.exchange(message)
        await self._life.step("reply", len(reply))
        return reply
