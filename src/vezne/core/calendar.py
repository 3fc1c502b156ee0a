"""Turkish local time, the clock of every date on the three wires.

Turkey has kept UTC+3 all year since September 2016, so the conversion is plain arithmetic.
"""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

# Those of a list; and of answers, where what waits is released at midnight or at a time like now.
MINUTES_MAX = 256
ISTANBUL = timezone(timedelta(hours=3))
_DAY_MS = 86_400_000
_DAY_MINUTES = 24 * 60
_MINUTE_MS = 60_000
_SHIFT_MS = 3 * 3_600_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def local_time(at_ms: int) -> datetime:
    """The Istanbul wall clock at an epoch time in milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, ISTANBUL)


def local_text(at_ms: int) -> str:
    """The Istanbul wall clock at an epoch time in milliseconds, as `yyyy-MM-dd HH:mm:ss`."""
    minutes, time_ms = divmod(at_ms + _SHIFT_MS, _MINUTE_MS)
    return f"{_minute_text(minutes)}:{time_ms // 1000:02d}"


@lru_cache(MINUTES_MAX)
def _minute_text(minutes: int) -> str:
    """A minute of the Istanbul wall clock, counted from its 1 January 1970, without seconds."""
    days, minute = divmod(minutes, _DAY_MINUTES)
    day = date.fromordinal(_EPOCH_DAY + days)
    return f"{day.isoformat()} {minute // 60:02d}:{minute % 60:02d}"


def local_date(at_ms: int) -> date:
    """The Istanbul calendar day at an epoch time in milliseconds."""
    return date.fromordinal(_EPOCH_DAY + (at_ms + _SHIFT_MS) // _DAY_MS)


def local_midnight(at_ms: int) -> int:
    """When the Istanbul calendar day at an epoch time began, both in epoch milliseconds."""
    return at_ms - (at_ms + _SHIFT_MS) % _DAY_MS


def days_later(at_ms: int, days: int) -> int:
    """The same wall-clock time some days later, in epoch milliseconds."""
    return at_ms + days * _DAY_MS


def midnight_after_days(at_ms: int, days: int) -> int:
    """00:00 Istanbul time of the day that is `days` after the local date, in epoch milliseconds."""
    start = datetime.combine(
        local_date(at_ms) + timedelta(days=days), datetime.min.time(), ISTANBUL
    )
    return int(start.timestamp() * 1000)
