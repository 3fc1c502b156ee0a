"""The trail as the house writes it: lines gather while the disk is busy, and go there together."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final, NamedTuple

from vezne.core.audit import AuditAction, AuditEvent, current_origin
from vezne.core.ports import AuditFailure, Clock, Entropy
from vezne.engines.engine import EngineFailure
from vezne.engines.gathering import Gathering
from vezne.vault.audit.anchors import Anchor, Anchors
from vezne.vault.audit.chain import SEGMENT_BYTES
from vezne.vault.audit.checkpoints import Checkpoint, CheckpointKey
from vezne.vault.audit.names import names_of, note_name
from vezne.vault.audit.writer import Writer

# So many lines wait for no others. A group costs as much as fifty, however few are in it.
ENOUGH_LINES: Final = 1000
# So often is the disk tried again after a failure.
RETRY_S: Final = 0.2
_STREAM_BYTES: Final = 8
# A file that ends in one of these without a signature was not left so by a server.
_SIGNED_AT_ONCE: Final = frozenset({AuditAction.STARTED, AuditAction.STOPPED})


# The place of the line that somebody waits for, among all that were recorded.
_Waiter = tuple[int, "asyncio.Future[None]"]


class _Group(NamedTuple):
    """Lines that are written together; `newest` is the newest one's place among all recorded."""

    words: Sequence[bytes]
    newest: int


class Trail:
    """Implements `vezne.core.ports.Audit` over a folder, for one event loop.

    Lines are put into the chain on the event loop, which takes microseconds; only the write, which
    waits for the disk, runs in a thread. Other processes may write to the same folder: each takes
    its turn and goes on where the last one ended.

    When the disk fails, whoever waits gets AuditFailure, `record` refuses from then on, and what
    was recorded is written as soon as the disk works again, with a line that says so.
    """

    def __init__(
        self, folder: Path, clock: Clock, entropy: Entropy, *, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """Raises OSError when the folder cannot be used."""
        self._folder = folder
        self._writer = Writer(folder, clock, entropy.take(_STREAM_BYTES).hex(), segment_bytes)
        self._loop = asyncio.get_running_loop()
        self._anchors: Anchors | None = None
        self._anchors_found: list[Anchor] = []
        self._serial = 0
        self._anchor: Anchor | None = None
        self._anchoring: asyncio.Task[None] | None = None
        self._words: list[bytes] = []
        self._recorded = 0
        self._durable = 0
        self._failure = ""
        # How often it was in vain to write.
        self.failures = 0
        self._is_busy = False
        self._is_closed = False
        self._is_urgent = False
        self._idle: asyncio.Future[None] | None = None
        self._anchored: Checkpoint | None = None
        self._checkpoint_timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._waiting: list[_Waiter] = []
        self._gathering = Gathering(self._loop, self._count, self._start_group, enough=ENOUGH_LINES)
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        found = self._writer.look()
        # The newest line when this process came: those behind it are not older than it.
        self.found_number = self._writer.number
        self._thread = threading.Thread(target=self._run, name="audit-trail", daemon=True)
        self._thread.start()
        for event in found:
            self.record(event)

    @property
    def lines(self) -> int:
        """How many lines this process has recorded."""
        return self._recorded

    @property
    def waiting(self) -> int:
        """How many of them are not on the disk yet."""
        return self._recorded - self._durable

    @property
    def is_failing(self) -> bool:
        """Whether the disk was found to fail and does not work again yet."""
        return bool(self._failure)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest one; None when none is among the newest lines."""
        return self._writer.checkpoint

    def record(self, event: AuditEvent) -> None:
        """Put a line on its way to the disk, with the time and the current origin.

        Raises AuditFailure when the disk is known to fail, and once the trail is being closed.
        """
        if self._failure:
            raise AuditFailure(self._failure)
        if self._is_closed:
            raise AuditFailure("the trail is closed")
        origin = current_origin()
        self._is_urgent = self._is_urgent or event.action in _SIGNED_AT_ONCE
        self._words.append(self._writer.words(event, origin))
        self._recorded += 1
        origin.newest_line = self._recorded
        if not self._is_busy:
            self._is_busy = True
            self._gathering.start()

    async def settled(self) -> None:
        """Return when every line of the current origin is durable. Raises AuditFailure."""
        # An origin without a request is everybody's, and may have seen other trails.
        newest = min(current_origin().newest_line, self._recorded)
        if newest <= self._durable:
            return
        if self._failure:
            raise AuditFailure(self._failure)
        settled = self._loop.create_future()
        self._waiting.append((newest, settled))
        await settled

    async def attest(self, key: CheckpointKey, anchors: Anchors) -> None:
        """From now on, sign the trail and anchor it in the vault's database.

        First it is held against the newest anchor. When it does not come behind that line for line,
        or its name is not known here, a line says so, and the anchor stays as it is: a new one
        begins. Raises AuditFailure, OSError, and what the engine raises.
        """
        known = await anchors.list_all()
        await self._be_idle()
        # An anchor is younger than its line, so what another process has anchored is there now.
        found = self._writer.look()
        if anchors.is_shared:
            names = self._note_name()
            known = [each for each in known if each.stream in names]
        self._anchors_found = known
        damage = self._compare(self._anchors_found)
        self._anchors = anchors
        self._writer.key = key
        if damage:
            self._writer.is_doubted = True
            found.append(
                AuditEvent(action=AuditAction.TRAIL_DAMAGED, is_success=False, reason=damage)
            )
        for event in found:
            self.record(event)
        if not self._is_busy:
            self._rest()

    async def sign(self) -> Checkpoint | None:
        """Sign all lines so far, without waiting for the time to do so; returns the checkpoint.

        Raises AuditFailure.
        """
        await self._be_idle()
        self._writer.hurry()
        if self._writer.needs_signature and not self._failure:
            self._checkpoint_now()
            await self._be_idle()
        if self._failure:
            raise AuditFailure(self._failure)
        return self._writer.checkpoint

    @property
    def anchors_found(self) -> list[Anchor]:
        """What the vault's database knew of this trail before this process signed anything.

        Of other trails as well, if they were this machine's.
        """
        return self._anchors_found

    async def close(self) -> None:
        """Write, sign and anchor what is there, then let go. Raises AuditFailure if that fails.

        Whoever records anything from here on hears that it is too late.
        """
        self._is_closed = True
        with contextlib.suppress(AuditFailure):
            await self.sign()
        for timer in (self._retry, self._checkpoint_timer):
            if timer is not None:
                timer.cancel()
        if self._anchoring is not None:
            await self._anchoring
        self._tasks.put(None)
        await asyncio.to_thread(self._thread.join)
        self._writer.close()
        if self._failure:
            raise AuditFailure(f"{len(self._words)} lines were not written: {self._failure}")

    def _note_name(self) -> set[str]:
        """The names of all trails that were ever here, this one's among them. Raises OSError."""
        names = names_of(self._folder)
        if self._writer.stream not in names:
            note_name(self._folder, self._writer.stream)
            names.add(self._writer.stream)
        return names

    def _compare(self, known: Sequence[Anchor]) -> str:
        """What the anchors say against the trail, if anything. Raises OSError."""
        own = [anchor for anchor in known if anchor.stream == self._writer.stream]
        if not own:
            if not known:
                return ""
            return f"trail {known[-1].stream} is gone, which had {known[-1].number} lines"
        newest = own[-1]
        self._serial = newest.serial
        if self._writer.follows(newest.number, newest.hash):
            return ""
        return f"line {newest.number} is anchored and is missing, or is not as it was"

    async def _be_idle(self) -> None:
        while self._is_busy:
            self._idle = self._idle or self._loop.create_future()
            await asyncio.shield(self._idle)
            if self._failure:
                return

    def _count(self) -> int:
        return len(self._words)

    def _start_group(self) -> None:
        """Have what waits written."""
        words, self._words = self._words, []
        group = _Group(words, self._recorded)
        if self._is_urgent:
            self._is_urgent = False
            self._writer.hurry()
        if self._failure:
            # What is late says why.
            late = AuditEvent(
                action=AuditAction.TRAIL_FAILED,
                is_success=False,
                reason=self._failure,
                count=len(words),
            )
            words = [*words, self._writer.words(late)]
        try:
            growth = None if self._failure else self._writer.begin(words)
        except OSError as error:
            self._end_group(group, _text_of(error))
            return
        if growth is None:
            self._tasks.put(
                partial(self._write, group, partial(self._writer.write_patiently, words))
            )
        else:
            self._tasks.put(partial(self._write, group, partial(self._writer.end, growth)))

    def _end_group(self, group: _Group, failure: str) -> None:
        """Answer those who waited, then see what they and others want next."""
        self._failure = failure
        if failure:
            self.failures += 1
            self._words[:0] = group.words
            for _, settled in self._take_waiting(self._recorded):
                settled.set_exception(AuditFailure(failure))
            self._retry = self._loop.call_later(RETRY_S, self._start_group)
            self._end_idle()
            return
        self._durable = group.newest
        for _, settled in self._take_waiting(group.newest):
            settled.set_result(None)
        if self._writer.checkpoint is not self._anchored:
            self._anchored = self._writer.checkpoint
            self._anchor_soon()
        if self._words:
            self._gathering.start()
        else:
            self._rest()

    def _rest(self) -> None:
        """Nothing is to be written, but for a checkpoint when it is due."""
        self._is_busy = False
        self._end_idle()
        if self._checkpoint_timer is None and self._writer.needs_signature:
            self._checkpoint_timer = self._loop.call_later(
                self._writer.wait_s, self._checkpoint_now
            )

    def _checkpoint_now(self) -> None:
        self._checkpoint_timer = None
        if not self._is_busy:
            self._is_busy = True
            self._start_group()

    def _end_idle(self) -> None:
        if self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    def _take_waiting(self, newest: int) -> "list[_Waiter]":
        """Those whose lines are among the first so many; nobody who has gone away meanwhile."""
        taken = [waiter for waiter in self._waiting if waiter[0] <= newest]
        self._waiting = [waiter for waiter in self._waiting if waiter[0] > newest]
        return [waiter for waiter in taken if not waiter[1].done()]

    def _anchor_soon(self) -> None:
        writer = self._writer
        if writer.is_doubted:
            # What was anchored before stays, for whoever verifies later.
            writer.is_doubted = False
            self._serial += 1
        self._anchor = Anchor(writer.stream, self._serial, writer.number, writer.hash)
        if self._anchoring is None or self._anchoring.done():
            self._anchoring = self._loop.create_task(self._drop_anchors())

    async def _drop_anchors(self) -> None:
        while self._anchors is not None and self._anchor is not None:
            anchor, self._anchor = self._anchor, None
            # The next checkpoint brings the next anchor.
            with contextlib.suppress(EngineFailure):
                await self._anchors.drop(anchor)

    # In the thread.

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def _write(self, group: _Group, work: Callable[[], None]) -> None:
        failure = ""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are answered
            failure = _text_of(error)
        # A closed loop has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end_group, group, failure)


def _text_of(error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) else ""
    return why or type(error).__name__
