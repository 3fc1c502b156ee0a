"""Proves that a trail is whole, or says which line is not (PCI DSS v4.0.1 10.3.4).

The files alone are enough to find a line that was changed, removed, inserted or moved by whoever
does not make all later hashes anew; the public key, to find that somebody did, but for the newest
lines; a checkpoint from elsewhere or the vault's anchor, to find that those were changed or cut
off.
"""

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from vezne.core.audit import AuditAction
from vezne.vault.audit.anchors import Anchor
from vezne.vault.audit.checkpoints import Checkpoint, PublicKey
from vezne.vault.audit.lines import (
    NO_HASH,
    BrokenLine,
    Entry,
    hash_if_next,
    is_of,
    peek_line,
    read_line,
)
from vezne.vault.audit.segments import list_whole_segments, segment_name

# A server signs once a second, and what it starts, stops and closes with at once.
UNSIGNED_MAX: Final = timedelta(seconds=5)
# More of them say nothing new.
FLAWS_MAX: Final = 100
_TOLD_EVERY_BYTES: Final = 1024 * 1024
_OF_PROCESS: Final = b'"action":"process.'

# Is told how many bytes there are in all, and how many more of them were read.
Progress = Callable[[int, int], None]


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and where: a file and the line in it, counted from 1; 0 is the file itself."""

    file: str
    line: int
    what: str


class Verdict(msgspec.Struct, kw_only=True):
    """What became of a check: the trail is whole when `flaw_count` is 0. `flaws` has the first.

    `newest` is the number of the newest line, `signed` that of the newest one that a checkpoint
    within the trail vouches for: 0 when none does, or no key was given to check it with. Lines
    behind it are in order, but may be anybody's.
    """

    stream: str = ""
    segments: int = 0
    lines: int = 0
    newest: int = 0
    signed: int = 0
    flaw_count: int = 0
    flaws: list[Flaw] = []


class _Witness(NamedTuple):
    """Somebody who knows the hash of a line of a trail."""

    name: str
    stream: str
    hash: str


class _Signed(NamedTuple):
    """A checkpoint in the trail, and the line of the file that it is."""

    line: int
    checkpoint: Checkpoint


class _Unsigned:
    """The lines behind the newest signature: the first, the last, and one that cannot be there."""

    def __init__(self) -> None:
        self.first = b""
        self.last = b""
        self.ended = 0

    def add(self, line: bytes, number: int) -> None:
        """One more."""
        self.first = self.first or line
        self.last = line
        if _OF_PROCESS in line or is_of(AuditAction.TRAIL_CLOSED, line):
            self.ended = number

    def flaw(self, known_until: datetime | None) -> str:
        """Why no server has left them so, if that can be told. Something is known until a time."""
        if self.ended:
            return f"line {self.ended} is one that is signed at once, and nobody signed it"
        first, last = peek_line(self.first), peek_line(self.last)
        if first is None or last is None:
            return ""
        until = last.at if known_until is None else max(last.at, known_until)
        if until - first.at <= UNSIGNED_MAX:
            return ""
        return f"lines {first.n} to {last.n} should have been signed after a second"


class Verification:
    """One walk through all files of a folder.

    `key` is None where nobody knows it: then no signature is checked. `checkpoints` are those from
    elsewhere, by the name that a person gave them; `anchors` are the vault's. Of a trail that was
    signed just now to be verified, `found_number` is the newest line before that.
    """

    def __init__(
        self,
        folder: Path,
        key: PublicKey | None,
        checkpoints: Mapping[str, Checkpoint],
        anchors: Sequence[Anchor],
        found_number: int = sys.maxsize,
    ) -> None:
        self._folder = folder
        self._key = key
        self._verdict = Verdict()
        self._witnesses: dict[int, list[_Witness]] = {}
        self._number = 0
        self._hash = NO_HASH
        # Behind a line that cannot be read, the next one cannot be held against it.
        self._is_lost = False
        self._is_closed = False
        self._file = ""
        self._line = 0
        self._signed: list[_Signed] = []
        self._found_number = found_number
        self._unsigned = _Unsigned()
        self._known_until: datetime | None = None
        for name, checkpoint in checkpoints.items():
            self._add_checkpoint(name, checkpoint)
        for anchor in anchors:
            self._add_witness(anchor.number, _Witness("the vault", anchor.stream, anchor.hash))

    def miss(self, file: str) -> None:
        """A file is not there that should be."""
        self._add_flaw(file, 0, "it is missing")

    def run(self, on_progress: Progress) -> Verdict:
        """Read everything. Raises OSError when a file cannot be read."""
        segments = list_whole_segments(self._folder)
        total = sum(segment.size for segment in segments)
        expected = 1
        for segment in segments:
            if segment.number > expected:
                missing = f"{segment_name(expected)} to {segment_name(segment.number - 1)}"
                self._add_flaw("", 0, f"segments are missing: {missing}")
            elif self._number and not self._is_closed:
                self._add_flaw(segment.path.name, 0, "the segment before it was not closed")
            expected = segment.number + 1
            self._file, self._line, self._is_closed, self._signed = segment.path.name, 0, False, []
            for line in _lines_of(segment.path, segment.size, lambda n: on_progress(total, n)):
                self._line += 1
                self._read(line)
            self._check_signatures()
        if self._is_closed:
            self._add_flaw(segment_name(expected), 0, "the trail goes on in it, and it is missing")
        self._verdict.segments = len(segments)
        return self._conclude()

    def _conclude(self) -> Verdict:
        verdict = self._verdict
        verdict.newest = self._number
        if self._key is not None and verdict.lines and not verdict.signed:
            self._add_flaw("", 0, "no line is signed with this key")
        why = self._unsigned.flaw(self._known_until)
        if self._key is not None and why:
            self._add_flaw("", 0, why)
        for number, witnesses in sorted(self._witnesses.items()):
            for witness in witnesses:
                self._add_flaw("", 0, f"line {number} is missing, of which {witness.name} knows")
        return verdict

    def _read(self, line: bytes) -> None:
        self._verdict.lines += 1
        number = self._number + 1
        own = hash_if_next(line, number, self._hash)
        if own is None:
            entry = self._explain(line)
            if entry is None:
                return
            number, own = entry.n, entry.hash
        self._number, self._hash, self._is_lost = number, own, False
        for witness in self._witnesses.pop(number, ()):
            self._compare(witness, number)
        self._is_closed = is_of(AuditAction.TRAIL_CLOSED, line)
        is_signed = is_of(AuditAction.TRAIL_SIGNED, line)
        if number <= self._found_number:
            if is_signed:
                self._unsigned = _Unsigned()
            else:
                self._unsigned.add(line, number)
        if self._line == 1:
            self._begin(line)
        elif is_signed:
            self._collect(line)

    def _explain(self, line: bytes) -> Entry | None:
        """Say why a line is not the next one; returns what to go on from, None: from before it."""
        number = self._number + 1
        try:
            entry = read_line(line)
        except BrokenLine as error:
            self._flaw(f"line {number}: {error}")
            said = peek_line(line)
            if said is not None and said.n == number:
                return said
            self._number, self._is_lost = number, True
            return None
        if entry.n < number:
            self._flaw(f"line {entry.n} stands behind line {self._number}: moved or put in")
            return None
        if entry.n > number:
            self._flaw(f"missing before this: {_range(number, entry.n - 1)}")
        elif not self._is_lost:
            self._flaw(f"line {number} does not follow line {self._number}: one is not as it was")
        return entry

    def _begin(self, line: bytes) -> None:
        """The first line of a segment names the trail."""
        entry = peek_line(line)
        if entry is None or entry.action != AuditAction.TRAIL_OPENED:
            self._flaw("the segment does not begin as one")
            return
        if self._verdict.stream and entry.subject != self._verdict.stream:
            self._flaw(f"the segment is of another trail, {entry.subject}")
        self._verdict.stream = self._verdict.stream or entry.subject

    def _collect(self, line: bytes) -> None:
        entry = peek_line(line)
        if entry is None:
            self._flaw(f"line {self._number} cannot be read")
            return
        checkpoint = Checkpoint.of_line(entry, self._verdict.stream)
        self._signed.append(_Signed(self._line, checkpoint))

    def _check_signatures(self) -> None:
        """A good signature vouches for everything before it, so the segment's last is enough."""
        if self._key is None or not self._signed:
            return
        key, signed = self._key, self._signed
        good = len(signed)
        if not key.has_signed(signed[-1].checkpoint):
            good = bisect_left(signed, True, key=lambda each: not key.has_signed(each.checkpoint))
            bad = signed[good]
            since = signed[good - 1].checkpoint.number if good else 0
            what = f"not the signature of this key: look from line {since + 1} on"
            self._add_flaw(self._file, bad.line, f"line {bad.checkpoint.number + 1}: {what}")
        if good:
            self._verdict.signed = signed[good - 1].checkpoint.number + 1

    def _add_checkpoint(self, name: str, checkpoint: Checkpoint) -> None:
        if self._key is not None and not self._key.has_signed(checkpoint):
            self._add_flaw("", 0, f"{name} is not signed with this key")
            return
        if self._known_until is None or checkpoint.at > self._known_until:
            self._known_until = checkpoint.at
        witness = _Witness(name, checkpoint.stream, checkpoint.hash)
        self._add_witness(checkpoint.number, witness)

    def _add_witness(self, number: int, witness: _Witness) -> None:
        self._witnesses.setdefault(number, []).append(witness)

    def _compare(self, witness: _Witness, number: int) -> None:
        if witness.hash != self._hash:
            self._flaw(f"line {number} is not the one of which {witness.name} knows")

    def _flaw(self, what: str) -> None:
        self._add_flaw(self._file, self._line, what)

    def _add_flaw(self, file: str, line: int, what: str) -> None:
        self._verdict.flaw_count += 1
        if len(self._verdict.flaws) < FLAWS_MAX:
            self._verdict.flaws.append(Flaw(file=file, line=line, what=what))


def _lines_of(path: Path, size: int, on_read: Callable[[int], None]) -> Iterator[bytes]:
    """The lines in the first bytes of a file."""
    untold = 0
    with path.open("rb") as file:
        for line in file:
            yield line
            size -= len(line)
            untold += len(line)
            if untold >= _TOLD_EVERY_BYTES or size <= 0:
                on_read(untold)
                untold = 0
            if size <= 0:
                return


def _range(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"
