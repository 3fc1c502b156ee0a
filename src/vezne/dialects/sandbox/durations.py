"""Durations and moments as people write them."""

import re
from datetime import datetime
from typing import Final

from vezne.core.calendar import ISTANBUL

_SECOND_MS: Final = 1000
_MINUTE_MS: Final = 60 * _SECOND_MS
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
_UNITS_MS: Final = (_DAY_MS, _HOUR_MS, _MINUTE_MS, _SECOND_MS)
# Seven digits of seconds are months; more would only make numbers that are too large anyway.
_DURATION: Final = re.compile(
    r"(?:([0-9]{1,7})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,7})s)?", re.ASCII
)


def duration_ms(text: str) -> int:
    """Milliseconds of `8d`, `12h`, `30m`, `90s`, or several of them in this order: `1d12h`.

    Raises ValueError, also for nothing at all.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError("not a duration")
    total_ms = sum(
        int(count or 0) * unit_ms for count, unit_ms in zip(match.groups(), _UNITS_MS, strict=True)
    )
    if not total_ms:
        raise ValueError("no duration at all")
    return total_ms


def moment_ms(text: str) -> int:
    """The epoch time in milliseconds of an ISO 8601 date and time, which is Istanbul's unless said.

    A date alone is its first moment. Raises ValueError.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ISTANBUL)
    return int(moment.timestamp() * 1000)


def moment_text(at_ms: int) -> str:
    """An epoch time in milliseconds on Istanbul's clock, as ISO 8601 has it."""
    return datetime.fromtimestamp(at_ms / 1000, ISTANBUL).isoformat(timespec="milliseconds")
