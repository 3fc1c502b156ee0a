"""The trail read backwards: a merchant's newest lines, without reading all the others."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from vezne.core.trail import TrailLine, TrailPage, TrailPlace, TrailQuery, TrailUnreadable
from vezne.vault.audit.checkpoints import Checkpoint
from vezne.vault.audit.lines import Entry, peek_line
from vezne.vault.audit.segments import list_segments
from vezne.vault.audit.writer import CHECKPOINT_FILE

BLOCK_BYTES: Final = 256 * 1024
# Looked through in a few hundredths of a second. Who looks further asks again.
LOOKED_AT_BYTES_MAX: Final = 32 * 1024 * 1024


# A line has a few texts of at most 200 characters.
LINE_BYTES_MAX: Final = 64 * 1024


class _Block(NamedTuple):
    """Whole lines that stand together in a file, and where they begin; none where all was skipped.

    `looked_at` is how many bytes were read for it.
    """

    segment: int
    offset: int
    text: bytes
    looked_at: int
    has_skipped: bool = False


class TrailFiles:
    """Implements `vezne.core.trail.TrailReader` over the files."""

    def __init__(
        self,
        folder: Path,
        *,
        looked_at_max: int = LOOKED_AT_BYTES_MAX,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._folder = folder
        self._looked_at_max = looked_at_max
        self._block_bytes = block_bytes

    async def read(self, query: TrailQuery) -> TrailPage:
        """The newest lines that are wanted, and where the newest signature stands.

        Raises TrailUnreadable.
        """
        try:
            return await asyncio.to_thread(self._read, query)
        except OSError as error:
            raise TrailUnreadable(str(error.strerror)) from error

    def _read(self, query: TrailQuery) -> TrailPage:
        found: list[TrailLine] = []
        signed = self._newest_checkpoint()
        further: TrailPlace | None = None
        looked_back_to_ms = None
        looked_at = 0
        has_skipped = False
        for block in self._blocks(query.before):
            further = _look_through(block, query, found)
            if further is not None:
                break
            looked_at += block.looked_at
            has_skipped |= block.has_skipped
            oldest = peek_line(block.text[: block.text.find(b"\n") + 1])
            if oldest is not None and _is_before(oldest, query.since_ms):
                break
            if looked_at > self._looked_at_max:
                further = TrailPlace(block.segment, block.offset)
                looked_back_to_ms = None if oldest is None else _ms(oldest.at)
                break
        return TrailPage(
            lines=found,
            next=further,
            looked_back_to_ms=looked_back_to_ms,
            has_skipped=has_skipped,
            signed_number=0 if signed is None else signed.number,
            signed_ms=None if signed is None else _ms(signed.at),
        )

    def _blocks(self, before: TrailPlace | None) -> Iterator[_Block]:
        """Everything before a place, newest first, cut between lines."""
        for number, path in reversed(list_segments(self._folder)):
            if before is None or number < before.segment:
                end = path.stat().st_size
            elif number == before.segment:
                end = min(before.offset, path.stat().st_size)
            else:
                continue
            yield from _blocks_before(number, path, end, self._block_bytes)

    def _newest_checkpoint(self) -> Checkpoint | None:
        try:
            return Checkpoint.read((self._folder / CHECKPOINT_FILE).read_bytes())
        except (OSError, ValueError):
            return None


def _blocks_before(number: int, path: Path, end: int, block_bytes: int) -> Iterator[_Block]:
    """Whole lines of a file before a place, from the end on, and where each block begins."""
    with path.open("rb") as file:
        # The end of a line whose beginning is in an earlier block; not kept of one too long.
        rest, looked_at, is_skipping = b"", 0, False
        while end > 0:
            start = max(end - block_bytes, 0)
            file.seek(start)
            read = file.read(end - start)
            looked_at += end - start
            if is_skipping:
                cut = read.rfind(b"\n") + 1
                read, is_skipping = read[:cut], not cut
            text = read + rest
            cut = (text.find(b"\n") + 1 or len(text)) if start else 0
            has_skipped = is_skipping or cut > LINE_BYTES_MAX
            if cut < len(text) or has_skipped:
                # Whoever goes on from here does not begin with the same bytes again.
                offset = start + cut if cut < len(text) else start
                yield _Block(number, offset, text[cut:], looked_at, has_skipped)
                looked_at = 0
            is_skipping |= cut > LINE_BYTES_MAX
            rest, end = b"" if is_skipping else text[:cut], start


def _look_through(block: _Block, query: TrailQuery, found: list[TrailLine]) -> TrailPlace | None:
    """Add a block's lines that are wanted, newest first; where the page is full, if it is."""
    for start, line in reversed(_lines_of(block.text, query.merchant_id)):
        entry = peek_line(line)
        if entry is not None and _fits(entry, query):
            found.append(_shown(entry))
            if len(found) == query.limit:
                return TrailPlace(block.segment, block.offset + start)
    return None


def _lines_of(text: bytes, merchant_id: int) -> list[tuple[int, bytes]]:
    """The lines that may be a merchant's, and where each begins: others are not looked at."""
    # Quotes within texts are escaped, so that nothing else in a line is taken for it.
    mark = b'"merchant":%d,' % merchant_id
    lines = []
    place = text.find(mark)
    while place >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        end = text.find(b"\n", place) + 1 or len(text)
        lines.append((start, text[start:end]))
        place = text.find(mark, end)
    return lines


def _fits(entry: Entry, query: TrailQuery) -> bool:
    return (
        entry.merchant == query.merchant_id
        and not _is_before(entry, query.since_ms)
        and (query.until_ms is None or _ms(entry.at) < query.until_ms)
        and entry.action.startswith(query.action)
        and query.caller in ("", entry.caller)
        and (not query.is_failure or entry.outcome == "failure")
    )


def _is_before(entry: Entry, since_ms: int | None) -> bool:
    return since_ms is not None and _ms(entry.at) < since_ms


def _shown(entry: Entry) -> TrailLine:
    return TrailLine(
        number=entry.n,
        at_ms=_ms(entry.at),
        action=entry.action,
        is_success=entry.outcome == "success",
        door=entry.door,
        address=entry.address,
        caller=entry.caller,
        path=entry.path,
        subject=entry.subject,
        reason=entry.reason,
        count=entry.count,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
