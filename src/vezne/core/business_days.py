"""The days on which banks in Turkey move money."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from vezne.core.calendar import ISTANBUL, local_date, local_midnight
from vezne.core.holidays import is_public_holiday

_SATURDAY: Final = 5


def is_business_day(day: date) -> bool:
    """Whether banks work: no Saturday, Sunday or public holiday of Turkey.

    The eve of a feast, of which only the afternoon is free, is a working day here.
    """
    return day.weekday() < _SATURDAY and not is_public_holiday(day)


@lru_cache(maxsize=256)
def business_days_after(day: date, count: int) -> date:
    """The `count`th business day after a day; for 0 the day itself, or the next business day."""
    left = count
    found = day
    while left or not is_business_day(found):
        found += timedelta(days=1)
        left -= is_business_day(found) and left > 0
    return found


@lru_cache(maxsize=256)
def _start_ms(midnight_ms: int, count: int) -> int:
    day = business_days_after(local_date(midnight_ms), count)
    start = datetime.combine(day, time.min, ISTANBUL)
    return int(start.timestamp() * 1000)


def value_time_ms(captured_ms: int, payout_days: int) -> int:
    """When captured money is due: 00:00 Istanbul time of the business day, in epoch ms."""
    return _start_ms(local_midnight(captured_ms), payout_days)
