"""Two tables, row by row in key order: how many each has, a digest of each, and what differs."""

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final, cast

import msgspec

from vezne.engines.engine import Row
from vezne.engines.tables import Table

# After so many, the rest are of no more help.
DIFFERENCES_MAX: Final = 20


class RowDifference(msgspec.Struct, frozen=True):
    """A row that is not the same on both sides. `flaw` is `missing`, `too many` or `differs`."""

    table: str
    key: str
    flaw: str


class Compared(msgspec.Struct, frozen=True):
    """What both sides of a table came to."""

    source: tuple[int, str]
    target: tuple[int, str]
    differences: list[RowDifference]

    @property
    def is_equal(self) -> bool:
        """Whether both have the same rows."""
        return self.source == self.target and not self.differences


class _Side:
    """Rows of one side as they come, counted and digested on the way."""

    def __init__(self, pages: AsyncIterator[Sequence[Row]]) -> None:
        self._pages = pages
        self._digest = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder().encode
        self._count = 0
        self.rows: deque[Row] = deque()

    async def fill(self) -> bool:
        """Have at least a row at hand, unless there are no more."""
        while not self.rows:
            page = await anext(self._pages, None)
            if page is None:
                return False
            self._count += len(page)
            self._digest.update(b"".join(map(self._encode, page)))
            self.rows.extend(page)
        return True

    @property
    def total(self) -> tuple[int, str]:
        return self._count, self._digest.hexdigest()


async def compare_rows(
    table: Table, source: AsyncIterator[Sequence[Row]], target: AsyncIterator[Sequence[Row]]
) -> AsyncIterator[int | Compared]:
    """Both sides, in pages that need not begin at the same rows.

    Yields how many more rows of the source were looked at, time and again, and in the end what was
    found. Memory is bounded by a page of each side.
    """
    one, other = _Side(source), _Side(target)
    differences: list[RowDifference] = []
    while True:
        has_one, has_other = await one.fill(), await other.fill()
        if not (has_one and has_other):
            break
        before = len(one.rows)
        for key, flaw in _walk(table, one.rows, other.rows):
            _note(differences, table, key, flaw)
        yield before - len(one.rows)
    for side, flaw in ((one, "missing"), (other, "too many")):
        while await side.fill():
            for row in side.rows:
                _note(differences, table, table.key_of(row), flaw)
            if side is one:
                yield len(side.rows)
            side.rows.clear()
    yield Compared(one.total, other.total, differences)


def _walk(table: Table, ours: deque[Row], theirs: deque[Row]) -> list[tuple[Row, str]]:
    """Take rows from both until one side has no more at hand; returns the keys that differ."""
    found: list[tuple[Row, str]] = []
    while ours and theirs:
        if ours[0] == theirs[0]:
            ours.popleft()
            theirs.popleft()
            continue
        own_key, their_key = table.key_of(ours[0]), table.key_of(theirs[0])
        if own_key == their_key:
            found.append((own_key, "differs"))
            ours.popleft()
            theirs.popleft()
        elif _comes_before(own_key, their_key):
            found.append((own_key, "missing"))
            ours.popleft()
        else:
            found.append((their_key, "too many"))
            theirs.popleft()
    return found


def _comes_before(key: Row, other: Row) -> bool:
    """In the order of both databases: numbers by value, text and bytes byte by byte.

    Code points are in the order of their bytes in UTF-8, and no key has a null.
    """
    return cast("tuple[int, ...]", key) < cast("tuple[int, ...]", other)


def _note(differences: list[RowDifference], table: Table, key: Row, flaw: str) -> None:
    if len(differences) < DIFFERENCES_MAX:
        differences.append(RowDifference(table.name, table.shown(key), flaw))
