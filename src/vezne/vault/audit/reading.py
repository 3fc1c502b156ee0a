"""The trail as people read it: its lines, some left out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from vezne.vault.audit.lines import Entry, peek_line
from vezne.vault.audit.segments import list_segments


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are wanted: all that fit everything said here.

    `actions` may have `*` for anything.
    """

    since: datetime | None = None
    until: datetime | None = None
    actions: Sequence[str] = ()
    merchant: int | None = None
    caller: str | None = None
    is_failure: bool = False

    def fits(self, entry: Entry) -> bool:
        """Whether a line is wanted."""
        return (
            (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
            and (self.merchant is None or entry.merchant == self.merchant)
            and (self.caller is None or entry.caller == self.caller)
            and (not self.is_failure or entry.outcome == "failure")
            and (not self.actions or any(fnmatchcase(entry.action, each) for each in self.actions))
        )


def read_entries(folder: Path, wanted: Wanted) -> Iterator[Entry]:
    """The lines of a trail that are wanted, oldest first. Raises OSError.

    What cannot be read is passed over: to find that is for a verification.
    """
    for path in _segments_since(folder, wanted.since):
        with path.open("rb") as file:
            for line in file:
                entry = peek_line(line)
                if entry is not None and wanted.fits(entry):
                    yield entry


def _segments_since(folder: Path, since: datetime | None) -> list[Path]:
    """The files but for those that end before a time."""
    paths = [path for _, path in list_segments(folder)]
    if since is None:
        return paths
    while len(paths) > 1 and _begins_before(paths[1], since):
        paths.pop(0)
    return paths


def _begins_before(path: Path, since: datetime) -> bool:
    with path.open("rb") as file:
        entry = peek_line(file.readline())
    return entry is not None and entry.at < since
