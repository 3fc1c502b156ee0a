from datetime import date

import pytest

from vezne.core.calendar import (
    days_later,
    local_date,
    local_text,
    local_time,
    midnight_after_days,
)

AT_MS = 1_528_282_342_393


def test_local_time_is_istanbul():
    """The wires carry Turkish wall-clock time, three hours ahead of UTC."""
    assert local_time(AT_MS).strftime("%Y-%m-%d %H:%M:%S") == "2018-06-06 13:52:22"


@pytest.mark.parametrize("at_ms", [0, AT_MS, 1_528_318_799_999, 1_528_318_800_000])
def test_local_text_is_the_wall_clock_cut_to_the_second(at_ms):
    """The same time as `local_time`, on both sides of a local midnight."""
    assert local_text(at_ms) == local_time(at_ms).strftime("%Y-%m-%d %H:%M:%S")


def test_the_day_changes_at_istanbul_midnight():
    """21:00 UTC already belongs to the next local day."""
    nine_pm_utc_ms = 1_528_318_800_000
    assert local_date(nine_pm_utc_ms - 1) == date(2018, 6, 6)
    assert local_date(nine_pm_utc_ms) == date(2018, 6, 7)


def test_days_later_keeps_the_wall_clock():
    """Seven days on, to the millisecond."""
    assert local_time(days_later(AT_MS, 7)).strftime("%Y-%m-%d %H:%M:%S") == "2018-06-13 13:52:22"


def test_midnight_after_days():
    """A payment of 11 June 2026 is released on the 19th at midnight when eight days are counted."""
    paid_ms = 1_781_210_000_000
    assert local_date(paid_ms) == date(2026, 6, 11)
    released = local_time(midnight_after_days(paid_ms, 8))
    assert released.strftime("%Y-%m-%d %H:%M:%S") == "2026-06-19 00:00:00"
