"""Trails as somebody makes them who can write to the files and has no key."""

from pathlib import Path

from vezne.vault.audit.lines import NO_HASH, link
from vezne.vault.audit.segments import list_segments, segment_name

CLOSED = (
    b'"at":"2026-11-22T11:40:04Z","process":1,"action":"trail.closed","outcome":"success"'
    b',"door":"house"'
)


def words_in(line: bytes) -> bytes:
    """What a line says, without its place in the chain."""
    return line[line.index(b",") + 1 : line.index(b',"prev"')]


def forge(folder: Path, *segments: list[bytes]) -> None:
    """Make new files in which all hashes fit, in the place of the old ones."""
    for _, path in list_segments(folder):
        path.unlink()
    number, previous = 0, NO_HASH
    for at, said in enumerate(segments, start=1):
        lines = []
        for words in said:
            number += 1
            line, previous = link(words, number, previous)
            lines.append(line)
        (folder / segment_name(at)).write_bytes(b"".join(lines))
