"""Where the chain of lines ends, in which file, and how it grows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vezne.core.audit import AuditAction, AuditEvent
from vezne.vault.audit.checkpoints import Checkpoint
from vezne.vault.audit.lines import (
    NO_HASH,
    BrokenLine,
    hash_if_next,
    is_of,
    link,
    peek_line,
    read_line,
)
from vezne.vault.audit.segments import Segment, list_segments

# As much as a program for reading texts still opens at ease.
SEGMENT_BYTES: Final = 64 * 1024 * 1024
# Far more than is written between two checkpoints.
TAIL_BYTES: Final = 4 * 1024 * 1024


class Growth:
    """Lines to come, linked to each other: `text` is what the file grows by.

    `checkpoint` is the newest one among them.
    """

    def __init__(self, number: int, own_hash: str, unsigned: int) -> None:
        self.number = number
        self.hash = own_hash
        self.unsigned = unsigned
        self.checkpoint: Checkpoint | None = None
        self._lines: list[bytes] = []

    @property
    def text(self) -> bytes:
        """All of them."""
        return b"".join(self._lines)

    def add(self, words: bytes) -> None:
        """One more line that says this."""
        self.number += 1
        line, self.hash = link(words, self.number, self.hash)
        self.unsigned += 1
        self._lines.append(line)

    def add_checkpoint(self, words: bytes, checkpoint: Checkpoint) -> None:
        """A line that signs all before it."""
        self.add(words)
        self.unsigned = 0
        self.checkpoint = checkpoint


class Chain:
    """The end of the trail in a folder, for whoever has the turn.

    `number` and `hash` are those of the newest line, 0 when there is none; `stream` is the trail's
    name, which stands in the first line of every segment; `unsigned` is how many lines stand
    behind the newest `checkpoint`, which is None when none is among the newest lines.
    """

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        self.stream = ""
        self.number = 0
        self.hash = NO_HASH
        self.unsigned = 0
        self.checkpoint: Checkpoint | None = None
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._segment: Segment | None = None
        self._newest = 0
        self._is_closed = False
        # Until a line was read whose forerunner nobody here has seen.
        self._is_lost = True

    @property
    def is_steady(self) -> bool:
        """Whether the newest segment has lines and room, and is as this process left it."""
        segment = self._segment
        if segment is None or self._is_closed or not segment.end:
            return False
        return segment.end < self._segment_bytes and segment.size() == segment.end

    @property
    def is_full(self) -> bool:
        """Whether the newest segment is to be closed."""
        segment = self._segment
        return segment is not None and not self._is_closed and segment.end >= self._segment_bytes

    def catch_up(self) -> list[AuditEvent]:
        """Read what others have appended; returns what was found wrong. Raises OSError."""
        found: list[AuditEvent] = []
        segment = self._segment
        if segment is not None and segment.size() < segment.end:
            found.append(_damage(f"{segment.path.name} was cut or taken away while in use"))
            self._let_go()
            self._is_lost = True
        while True:
            if self._segment is None or self._is_closed:
                segment = self._open_newer()
                if segment is None:
                    return found
            else:
                segment = self._segment
            found += self._read_on(segment)
            if not self._is_closed:
                return found

    def begin_segment(self, stream: str) -> bool:
        """Open a new segment if there is none to append to; `stream` is for the first of all.

        Returns whether its first line is still to come. Raises OSError.
        """
        if self._segment is None or self._is_closed:
            known = [number for number, _ in list_segments(self._folder)]
            number = max(self._newest, *known, 0) + 1
            self._hold(Segment(self._folder, number, is_new=True))
        self.stream = self.stream or stream
        return self._segment is not None and self._segment.end == 0

    def grow(self) -> Growth:
        """Lines that follow the newest one, none so far."""
        return Growth(self.number, self.hash, self.unsigned)

    def write(self, growth: Growth, *, is_last: bool = False) -> None:
        """Append what has grown, durable on return; `is_last` closes the segment. Raises OSError.

        Then nothing of it is appended.
        """
        if self._segment is None:
            raise ValueError("there is no segment to write to")
        self._segment.append(growth.text)
        self.number, self.hash, self.unsigned = growth.number, growth.hash, growth.unsigned
        self.checkpoint = growth.checkpoint or self.checkpoint
        self._is_closed = is_last
        self._is_lost = False

    def follows(self, number: int, own_hash: str) -> bool:
        """Whether the newest line is this one, or comes behind it without a gap or a break.

        Reads as far back as that takes. Raises OSError.
        """
        at, current = self.number, self.hash
        for line in self._lines_since(number):
            if at == self.number:
                at, current = number - 1, _previous_of(line)
            own = hash_if_next(line, at + 1, current)
            if own is None or (at < number and own != own_hash):
                return False
            at, current = at + 1, own
            if at == self.number:
                return current == self.hash
        return number == self.number and own_hash == self.hash

    def close(self) -> None:
        """Let go of the files."""
        self._let_go()

    def _lines_since(self, number: int) -> Iterator[bytes]:
        """The lines from this one on; none when it is the newest, or is not there."""
        is_found = False
        for path, start in self._places_since(number):
            with path.open("rb") as file:
                file.seek(start)
                for line in file:
                    is_found = is_found or line.startswith(b'{"n":%d,' % number)
                    if is_found:
                        yield line

    def _places_since(self, number: int) -> list[tuple[Path, int]]:
        """The files to read a line and all behind it in, and where to begin in each."""
        segment = self._segment
        if segment is None or number >= self.number:
            return []
        tail = _start_of_line(segment, segment.end - TAIL_BYTES)
        if _number_at(segment.path, tail) <= number:
            return [(segment.path, tail)]
        places: list[tuple[Path, int]] = []
        for _, path in reversed(list_segments(self._folder)):
            places.insert(0, (path, 0))
            if 0 < _number_at(path, 0) <= number:
                break
        return places

    def _open_newer(self) -> Segment | None:
        """The segment after the present one; at first, the newest that has lines."""
        newer = [found for found in list_segments(self._folder) if found[0] > self._newest]
        if not newer:
            return None
        number = newer[0][0]
        is_first = self._newest == 0
        if is_first:
            with_lines = [n for n, path in newer if path.stat().st_size]
            number = with_lines[-1] if with_lines else newer[-1][0]
        segment = Segment(self._folder, number, is_new=False)
        if is_first:
            size = segment.size()
            self.stream = _stream_of(segment.read(0, min(size, TAIL_BYTES)))
            segment.end = _start_of_line(segment, size - TAIL_BYTES)
        self._hold(segment)
        return segment

    def _read_on(self, segment: Segment) -> list[AuditEvent]:
        text = segment.read(segment.end, segment.size())
        whole = text.rfind(b"\n") + 1
        found = []
        for line in text[:whole].split(b"\n")[:-1]:
            found += self._adopt(line + b"\n")
        segment.end += whole
        torn = len(text) - whole
        if torn:
            # A write that a crash cut short: nobody was told that it was done.
            segment.cut(segment.end)
            why = f"{torn} bytes of an unfinished line in {segment.path.name}"
            found.append(AuditEvent(action=AuditAction.TRAIL_CUT, is_success=False, reason=why))
        return found

    def _adopt(self, line: bytes) -> list[AuditEvent]:
        """A line of another process, or of before, is the newest."""
        found = []
        own = hash_if_next(line, self.number + 1, self.hash)
        if own is not None:
            self.number, self.hash = self.number + 1, own
        else:
            try:
                entry = read_line(line)
            except BrokenLine as error:
                return [_damage(f"the line after {self.number}: {error}")]
            if not self._is_lost:
                found.append(_damage(f"line {entry.n} does not follow line {self.number}"))
            self.number, self.hash = entry.n, entry.hash
        self._is_lost = False
        self._is_closed = is_of(AuditAction.TRAIL_CLOSED, line)
        self.unsigned += 1
        if is_of(AuditAction.TRAIL_SIGNED, line):
            self.unsigned = 0
            signed = peek_line(line)
            if signed is None:
                found.append(_damage(f"line {self.number} cannot be read"))
            else:
                self.checkpoint = Checkpoint.of_line(signed, self.stream)
        return found

    def _hold(self, segment: Segment) -> None:
        self._let_go()
        self._segment = segment
        self._newest = segment.number

    def _let_go(self) -> None:
        if self._segment is not None:
            self._segment.close()
        self._segment = None
        self._is_closed = False


def _damage(why: str) -> AuditEvent:
    return AuditEvent(action=AuditAction.TRAIL_DAMAGED, is_success=False, reason=why)


def _number_at(path: Path, place: int) -> int:
    """The number of the line that begins at a place of a file; 0 when none can be read there."""
    with path.open("rb") as file:
        file.seek(place)
        entry = peek_line(file.readline())
    return 0 if entry is None else entry.n


def _previous_of(line: bytes) -> str:
    """The hash that a line follows, as it says."""
    entry = peek_line(line)
    return "" if entry is None else entry.prev


def _stream_of(text: bytes) -> str:
    """The trail's name, from the beginning of a segment; empty when it does not stand there."""
    try:
        entry = read_line(text[: text.find(b"\n") + 1])
    except BrokenLine:
        return ""
    return entry.subject if entry.action == AuditAction.TRAIL_OPENED else ""


def _start_of_line(segment: Segment, place: int) -> int:
    """The first beginning of a line at or behind a place."""
    if place <= 0:
        return 0
    return place + segment.read(place, segment.size()).find(b"\n") + 1
