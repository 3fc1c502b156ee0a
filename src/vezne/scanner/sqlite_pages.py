"""Pages of a SQLite database, used or free, taken apart as far as they go.

The format is that of https://www.sqlite.org/fileformat2.html, sections 1.5, 1.6 and 2.1.
"""

import re
from collections.abc import Iterator
from typing import Final

from vezne.scanner.numbers import is_card_number

# Kinds of b-tree pages that hold records, and where a record begins in a cell.
_INTERIOR_INDEX: Final = 2
_LEAF_INDEX: Final = 10
_LEAF_TABLE: Final = 13
_FILE_HEADER_BYTES: Final = 100
_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8}
_REAL: Final = 7
_FIRST_BLOB_TYPE: Final = 12
_VARINT_BYTES_MAX: Final = 9
# In what is left of a deleted row, the values of its columns stand without anything between.
_GLUED: Final = re.compile(rb"[0-9]{13,60}")
_GLUED_LENGTHS: Final = (16, 15, 19)


def texts_of_page(page: bytes, *, is_first: bool) -> Iterator[bytes]:
    """The values of every record on a page, then what else stands on it."""
    at = _FILE_HEADER_BYTES if is_first else 0
    kind = page[at]
    if kind not in {_INTERIOR_INDEX, _LEAF_INDEX, _LEAF_TABLE}:
        yield from _loose(page)
        return
    pointers_at = at + (12 if kind == _INTERIOR_INDEX else 8)
    count = int.from_bytes(page[at + 3 : at + 5], "big")
    used = [(0, min(pointers_at + 2 * count, len(page)))]
    for number in range(count):
        place = pointers_at + 2 * number
        start = int.from_bytes(page[place : place + 2], "big")
        if used[0][1] <= start < len(page):
            end, values = _record(page, start, kind)
            used.append((start, end))
            yield from values
    end = 0
    for start, after in sorted(used):
        if start > end:
            yield from _loose(page[end:start])
        end = max(end, after)
    yield from _loose(page[end:])


def _record(page: bytes, at: int, kind: int) -> tuple[int, list[bytes]]:
    """Where a cell ends on this page, and its values; those on overflow pages are cut off."""
    at += 4 if kind == _INTERIOR_INDEX else 0
    length, at = _varint(page, at)
    if kind == _LEAF_TABLE:
        _, at = _varint(page, at)
    end = min(at + _local_bytes(length, len(page), kind), len(page))
    header_bytes, place = _varint(page, at)
    value_at = at + header_bytes
    values: list[bytes] = []
    while place < at + header_bytes and value_at < end:
        serial, place = _varint(page, place)
        value, value_at = _value(page[:end], value_at, serial)
        if value:
            values.append(value)
    return end, values


def _local_bytes(length: int, page_bytes: int, kind: int) -> int:
    """How much of a payload is on its own page."""
    most = page_bytes - 35 if kind == _LEAF_TABLE else (page_bytes - 12) * 64 // 255 - 23
    if length <= most:
        return length
    least = (page_bytes - 12) * 32 // 255 - 23
    rest = least + (length - least) % (page_bytes - 4)
    return rest if rest <= most else least


def _value(page: bytes, at: int, serial: int) -> tuple[bytes, int]:
    """A column's value as text, and where the next one begins."""
    if serial >= _FIRST_BLOB_TYPE:
        end = at + (serial - _FIRST_BLOB_TYPE) // 2
        return page[at:end], end
    end = at + _INTEGER_BYTES.get(serial, 0)
    if serial == _REAL or end == at:
        return b"", end
    return str(int.from_bytes(page[at:end], "big", signed=True)).encode(), end


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """A number of up to nine bytes, and where it ends."""
    value = 0
    for count in range(1, _VARINT_BYTES_MAX):
        byte = page[at] if at < len(page) else 0
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80 or count == _VARINT_BYTES_MAX - 1:  # noqa: PLR2004 - the mark of one more byte
            break
    return value, at


def _loose(raw: bytes) -> Iterator[bytes]:
    """Bytes that belong to no record, and from each long run of digits among them what fits best.

    One that holds no card number is handed on too: it tells that ids stood here.
    """
    yield raw
    for run in _GLUED.finditer(raw):
        ends = [
            piece
            for length in _GLUED_LENGTHS
            for piece in (run[0][:length], run[0][-length:])
            if is_card_number(piece)
        ]
        yield ends[0] if ends else run[0][: _GLUED_LENGTHS[0]]
