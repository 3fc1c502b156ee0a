"""The audit trail as one merchant may read it: its own lines, the newest first."""

from typing import Protocol

import msgspec


class TrailPlace(msgspec.Struct, frozen=True):
    """A place in the trail's files: before the line that begins there."""

    segment: int
    offset: int


class TrailQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are wanted: those of one merchant that fit everything said here.

    Times are epoch milliseconds, `until_ms` the first one that is too late. `action` is the
    beginning of an action's name. `before` is where an earlier page ended.
    """

    merchant_id: int
    since_ms: int | None = None
    until_ms: int | None = None
    action: str = ""
    caller: str = ""
    is_failure: bool = False
    before: TrailPlace | None = None
    limit: int = 50


class TrailLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says."""

    number: int
    at_ms: int
    action: str
    is_success: bool
    door: str
    address: str
    caller: str
    path: str
    subject: str
    reason: str
    count: int


class TrailPage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines, newest first.

    `next` is where to look further; None when the beginning was reached. `looked_back_to_ms` is
    the time of the oldest line seen where the search ended before the page was full, since there is
    an end to how much is looked through at a time. `has_skipped` says that something was passed
    over which is too long for a line, and so is none of the trail's. The trail is signed up to the
    line `signed_number`, at `signed_ms`.
    """

    lines: list[TrailLine]
    next: TrailPlace | None = None
    looked_back_to_ms: int | None = None
    has_skipped: bool = False
    signed_number: int = 0
    signed_ms: int | None = None


class TrailUnreadable(Exception):
    """The trail's files cannot be read, or whoever has them is away."""


class TrailReader(Protocol):
    """Reads the trail for a merchant."""

    async def read(self, query: TrailQuery) -> TrailPage:
        """The newest lines that are wanted. Raises TrailUnreadable."""
