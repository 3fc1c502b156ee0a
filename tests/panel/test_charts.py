"""Charts stay within their frame and leave out what is not known."""

import pytest

from vezne.panel.charts import HEIGHT, WIDTH, Value, bar_chart, line_chart, round_up


def values(*amounts: int | None) -> list[Value]:
    return [
        Value(day=f"day {place}", amount=amount, text=f"{amount}")
        for place, amount in enumerate(amounts)
    ]


@pytest.mark.parametrize(
    ("amount", "top"),
    [(0, 4), (4, 4), (5, 8), (9, 20), (21, 40), (80, 80), (81, 200), (10**17, 2 * 10**17)],
)
def test_a_scale_ends_at_a_round_number(amount: int, top: int) -> None:
    """A quarter of it is a whole number, for the lines across the chart."""
    assert round_up(amount) == top
    assert top % 4 == 0


def test_bars_stand_on_the_base_and_stay_in_the_frame() -> None:
    """The greatest reaches nearly the top, the smallest is still seen, and nothing is no bar."""
    chart = bar_chart(values(0, 1, 10**12), str)
    none, least, most = chart.bars
    assert (none.height, least.height) == (0, 1)
    assert most.height > HEIGHT // 3
    for bar in chart.bars:
        assert bar.y + bar.height == HEIGHT - 26
        assert bar.x > 0
        assert bar.x + bar.width < WIDTH
    assert [tick.text for tick in chart.ticks] == [str(n * 5 * 10**11) for n in range(5)]


def test_a_line_is_broken_where_nothing_is_known() -> None:
    """A day by itself is a dot without a line."""
    chart = line_chart(values(0, 1000, None, 500, None, 1, 2), 1000, str)
    assert len(chart.dots) == 5
    assert [line.count(",") for line in chart.lines] == [2, 2]
    assert chart.dots[0].y == HEIGHT - 26
    assert chart.dots[1].y == chart.ticks[-1].y


def test_the_days_below_are_the_first_the_last_and_one_between() -> None:
    """More would not be legible on a phone."""
    assert [x.text for x in bar_chart(values(*range(14)), str).labels] == [
        "day 0",
        "day 6",
        "day 13",
    ]
    assert [x.text for x in bar_chart(values(1), str).labels] == ["day 0"]
    assert bar_chart([], str).labels == []
