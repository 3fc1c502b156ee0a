"""The public holidays of Turkey (Law 2429), without the eves, of which only the afternoon is free.

The days of the two feasts follow the moon. Those up to 2032 are as the Presidency of Religious
Affairs has them; later ones are computed, and may turn out to be off by a day. A test compares all
of them with those that the `holidays` project keeps.
"""

from datetime import date, timedelta
from typing import Final

# The first days: of the feast of Ramadan, which takes three,
_RAMADAN: Final = """
    2010-09-09 2011-08-30 2012-08-19 2013-08-08 2014-07-28 2015-07-17 2016-07-05 2017-06-25
    2018-06-15 2019-06-04 2020-05-24 2021-05-13 2022-05-02 2023-04-21 2024-04-10 2025-03-30
    2026-03-20 2027-03-09 2028-02-26 2029-02-14 2030-02-04 2031-01-24 2032-01-14 2033-01-02
    2033-12-23 2034-12-12 2035-12-01 2036-11-19 2037-11-08 2038-10-29 2039-10-19 2040-10-07
    2041-09-26 2042-09-15 2043-09-04 2044-08-24 2045-08-14 2046-08-03 2047-07-24 2048-07-12
    2049-07-01 2050-06-20 2051-06-10 2052-05-29 2053-05-19 2054-05-09 2055-04-28 2056-04-16
    2057-04-05 2058-03-25 2059-03-15 2060-03-04 2061-02-21 2062-02-10 2063-01-30 2064-01-20
    2065-01-08 2065-12-28 2066-12-18 2067-12-08 2068-11-26 2069-11-15 2070-11-04 2071-10-24
    2072-10-13 2073-10-02 2074-09-22 2075-09-11 2076-08-30 2077-08-19 2078-08-09
"""
_RAMADAN_DAYS: Final = 3
# and of the feast of sacrifice, which takes four.
_SACRIFICE: Final = """
    2010-11-16 2011-11-06 2012-10-25 2013-10-15 2014-10-04 2015-09-24 2016-09-12 2017-09-01
    2018-08-21 2019-08-11 2020-07-31 2021-07-20 2022-07-09 2023-06-28 2024-06-16 2025-06-06
    2026-05-27 2027-05-16 2028-05-05 2029-04-24 2030-04-13 2031-04-02 2032-03-22 2033-03-11
    2034-03-01 2035-02-18 2036-02-07 2037-01-26 2038-01-16 2039-01-05 2039-12-26 2040-12-14
    2041-12-04 2042-11-23 2043-11-12 2044-10-31 2045-10-21 2046-10-10 2047-09-30 2048-09-19
    2049-09-08 2050-08-28 2051-08-17 2052-08-05 2053-07-26 2054-07-15 2055-07-05 2056-06-23
    2057-06-12 2058-06-01 2059-05-22 2060-05-10 2061-04-30 2062-04-20 2063-04-09 2064-03-28
    2065-03-17 2066-03-06 2067-02-24 2068-02-13 2069-02-02 2070-01-22 2071-01-11 2071-12-31
    2072-12-20 2073-12-09 2074-11-29 2075-11-18 2076-11-07 2077-10-27 2078-10-16
"""
_SACRIFICE_DAYS: Final = 4
# Month and day: of New Year; of children, work, youth, victory and the republic.
_EVERY_YEAR: Final = frozenset({(1, 1), (4, 23), (5, 1), (5, 19), (8, 30), (10, 29)})
_DEMOCRACY: Final = (7, 15)
_DEMOCRACY_SINCE: Final = 2017


def _days(firsts: str, count: int) -> frozenset[date]:
    return frozenset(
        date.fromisoformat(first) + timedelta(days=after)
        for first in firsts.split()
        for after in range(count)
    )


_FEASTS: Final = _days(_RAMADAN, _RAMADAN_DAYS) | _days(_SACRIFICE, _SACRIFICE_DAYS)


def is_public_holiday(day: date) -> bool:
    """Whether a day from 2010 on is one, the whole day. After 2078 no feasts are known."""
    place = (day.month, day.day)
    if place in _EVERY_YEAR or day in _FEASTS:
        return True
    return place == _DEMOCRACY and day.year >= _DEMOCRACY_SINCE
