from datetime import UTC, date, datetime, timedelta

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.business_days import business_days_after, is_business_day, value_time_ms
from vezne.core.holidays import is_public_holiday

days = st.dates(date(2018, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 10, 28), True),
        (date(2026, 10, 29), False),
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
        (date(2026, 3, 20), False),
        (date(2026, 5, 27), False),
        (date(2027, 1, 1), False),
    ],
)
def test_banks_close_on_weekends_and_holidays(day, is_open):
    """Republic Day, both feasts and New Year are holidays; the eve of Republic Day is not."""
    assert is_business_day(day) is is_open


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        (date(2026, 11, 19), 1, date(2026, 11, 20)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 10, 28), 2, date(2026, 11, 2)),
    ],
)
def test_business_days_are_counted(day, count, found):
    """Days on which banks are closed do not count."""
    assert business_days_after(day, count) == found


@given(days, st.integers(0, 10))
def test_a_counted_day_is_open_and_not_sooner(day, count):
    """Exactly so many open days lie between, and the last one is open."""
    found = business_days_after(day, count)
    assert is_business_day(found)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(map(is_business_day, between)) == max(count, 0 if is_business_day(day) else 1)


def test_value_time_is_the_midnight_of_istanbul():
    """A payment at 23:30 UTC on a Thursday is Friday's in Istanbul, so it is due on Monday."""
    captured = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    due = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    assert value_time_ms(int(captured.timestamp() * 1000), 1) == int(due.timestamp() * 1000)


def test_our_holidays_are_those_that_others_keep():
    """Every day from 2010 to 2078; a decree that moves a feast shows here with the next update."""
    theirs = country_holidays("TR", years=range(2010, 2079))
    count = (date(2079, 1, 1) - date(2010, 1, 1)).days
    every_day = [date(2010, 1, 1) + timedelta(days=n) for n in range(count)]
    assert [day for day in every_day if is_public_holiday(day) != (day in theirs)] == []
