"""Pages of a list: `starting_after` and `ending_before` count rows (documentation, card/list)."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import msgspec

LIMIT: Final = 10
LIMIT_MAX: Final = 1000

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """The rows of a page, what it was cut by, and whether rows follow."""

    rows: list[Row]
    limit: int
    starting_after: int
    ending_before: int
    has_more: bool


def limit_of(limit: int | None) -> int:
    """As many rows as a page has at most, whatever was asked for."""
    return min(max(limit or LIMIT, 1), LIMIT_MAX)


def page_of(
    rows: Sequence[Row], *, limit: int | None, starting_after: int | None, ending_before: int | None
) -> Page[Row]:
    """`starting_after=15, limit=15` are rows 15 to 30, `ending_before=90, limit=15` 75 to 90."""
    size = limit_of(limit)
    first = max(starting_after or 0, 0)
    if ending_before and ending_before > 0 and not starting_after:
        first = max(ending_before - size, 0)
        size = min(size, ending_before)
    found = list(rows[first : first + size])
    return Page(
        rows=found,
        limit=limit_of(limit),
        starting_after=starting_after or 0,
        ending_before=ending_before or 0,
        has_more=first + len(found) < len(rows),
    )
