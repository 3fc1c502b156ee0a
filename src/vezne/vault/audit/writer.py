"""Puts words into the chain, signs it now and then, and writes it to the disk."""

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vezne.core.audit import AuditAction, AuditEvent, Origin
from vezne.core.ports import Clock
from vezne.vault.audit.chain import Chain, Growth
from vezne.vault.audit.checkpoints import Checkpoint, CheckpointKey
from vezne.vault.audit.lines import Line, time_at, words_about, words_of
from vezne.vault.audit.segments import Turn

# No line is without a signature for longer, and none is made more often.
CHECKPOINT_S: Final = 1.0
CHECKPOINT_FILE: Final = "checkpoint.json"
_ITSELF: Final = Origin(door="house")


class Writer:
    """The files of a trail as one process writes them; one call at a time, in whatever thread.

    Without a `key` nothing is signed. `is_doubted` is set when something was found wrong with what
    is there.
    """

    def __init__(self, folder: Path, clock: Clock, stream: str, segment_bytes: int) -> None:
        """`stream` is the name of a trail that begins now. Raises OSError."""
        self.key: CheckpointKey | None = None
        self._folder = folder
        self._clock = clock
        self._stream = stream
        self._turn = Turn(folder, is_new=True)
        self._chain = Chain(folder, segment_bytes)
        self._process = os.getpid()
        self._signed_s = -CHECKPOINT_S
        self.is_doubted = False

    @property
    def stream(self) -> str:
        """The name of the trail."""
        return self._chain.stream or self._stream

    @property
    def number(self) -> int:
        """The newest line's; 0 when there is none."""
        return self._chain.number

    @property
    def hash(self) -> str:
        """The newest line's."""
        return self._chain.hash

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest one, if it is among the newest lines."""
        return self._chain.checkpoint

    @property
    def needs_signature(self) -> bool:
        """Whether there are lines that a checkpoint should follow."""
        return self.key is not None and self._chain.unsigned > 0

    @property
    def wait_s(self) -> float:
        """How long the next checkpoint should still wait."""
        return max(self._signed_s + CHECKPOINT_S - time.monotonic(), 0.0)

    def hurry(self) -> None:
        """Sign with the next lines, however short a time ago that was done."""
        self._signed_s = time.monotonic() - CHECKPOINT_S

    def words(self, event: AuditEvent, origin: Origin = _ITSELF) -> bytes:
        """What a line about an event says."""
        return words_about(event, origin, self._clock.now_ms(), self._process)

    def look(self) -> list[AuditEvent]:
        """Find the end of the trail; returns what is wrong there. Raises OSError."""
        self._turn.take()
        try:
            return self._catch_up()
        finally:
            self._turn.give_up()

    def follows(self, number: int, own_hash: str) -> bool:
        """Whether the newest line is this one, or comes behind it in the chain. Raises OSError."""
        return self._chain.follows(number, own_hash)

    def begin(self, words: Sequence[bytes]) -> Growth | None:
        """Take the turn and link lines, for `end` to write; None when that may have to wait."""
        if not self._turn.take_now():
            return None
        growth = None
        try:
            if self._chain.is_steady:
                growth = self._link(words)
        finally:
            if growth is None:
                self._turn.give_up()
        return growth

    def end(self, growth: Growth) -> None:
        """Write what `begin` linked, durable on return, and give up the turn. Raises OSError."""
        try:
            self._write(growth)
        finally:
            self._turn.give_up()

    def write_patiently(self, words: Sequence[bytes]) -> None:
        """Wait for the turn, do whatever the files need, and write. Raises OSError."""
        self._turn.take()
        try:
            found = self._catch_up()
            if self._chain.is_full:
                # The line that closes a file must not be the newest that nobody vouches for.
                self.hurry()
                closing = self._chain.grow()
                closing.add(self._say(AuditAction.TRAIL_CLOSED))
                self._chain.write(closing, is_last=True)
            opening = []
            if self._chain.begin_segment(self._stream):
                opening.append(self._say(AuditAction.TRAIL_OPENED, self._chain.stream))
            self._write(self._link([*opening, *map(self.words, found), *words]))
        finally:
            self._turn.give_up()

    def close(self) -> None:
        """Let go of the files."""
        self._chain.close()
        self._turn.close()

    def _catch_up(self) -> list[AuditEvent]:
        found = self._chain.catch_up()
        if any(event.action is AuditAction.TRAIL_DAMAGED for event in found):
            self.is_doubted = True
        return found

    def _say(self, action: AuditAction, subject: str = "") -> bytes:
        return self.words(AuditEvent(action=action, subject=subject))

    def _link(self, words: Sequence[bytes]) -> Growth:
        growth = self._chain.grow()
        for each in words:
            growth.add(each)
        if self.key is not None and growth.unsigned and not self.wait_s:
            self._sign(growth, self.key)
        return growth

    def _sign(self, growth: Growth, key: CheckpointKey) -> None:
        at = time_at(self._clock.now_ms())
        checkpoint = key.sign(self._chain.stream, growth.number, growth.hash, at)
        line = Line(
            at=at,
            process=self._process,
            action=AuditAction.TRAIL_SIGNED,
            outcome="success",
            door=_ITSELF.door,
            count=growth.unsigned,
            key=checkpoint.key,
            signature=checkpoint.signature,
        )
        growth.add_checkpoint(words_of(line), checkpoint)

    def _write(self, growth: Growth) -> None:
        self._chain.write(growth)
        if growth.checkpoint is not None:
            self._signed_s = time.monotonic()
            self._publish(growth.checkpoint)

    def _publish(self, checkpoint: Checkpoint) -> None:
        # For whoever copies it elsewhere; it stands in the trail as well, so nobody waits for it.
        draft = self._folder / f".{CHECKPOINT_FILE}.{self._process}"
        with contextlib.suppress(OSError):
            draft.write_bytes(checkpoint.text + b"\n")
            draft.replace(self._folder / CHECKPOINT_FILE)
