"""Charts as shapes on a grid of whole numbers, for templates to draw as SVG."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

WIDTH: Final = 480
HEIGHT: Final = 200
_LEFT: Final = 58
_RIGHT: Final = 8
_TOP: Final = 10
_BOTTOM: Final = 26
_BASELINE: Final = HEIGHT - _BOTTOM
_TALL: Final = _BASELINE - _TOP
_TICKS: Final = 4
# How much of a day's width its bar takes, in hundredths.
_BAR_PERCENT: Final = 70


class Tick(msgspec.Struct, frozen=True):
    """A line across the chart and what stands at its left."""

    y: int
    text: str


class Label(msgspec.Struct, frozen=True):
    """What stands below the chart."""

    x: int
    text: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar, and what it says to those who point at it."""

    x: int
    y: int
    width: int
    height: int
    text: str


class Dot(msgspec.Struct, frozen=True):
    """A place on a line, and what it says to those who point at it."""

    x: int
    y: int
    text: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Bars, or a line that is broken where nothing is known."""

    ticks: list[Tick]
    labels: list[Label]
    bars: list[Bar] = []
    dots: list[Dot] = []
    lines: list[str] = []
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart shows of a day. `amount` is None where nothing is known; `text` says it all."""

    day: str
    amount: int | None
    text: str


def bar_chart(values: Sequence[Value], tick_text: Callable[[int], str]) -> Chart:
    """A bar for each value; the scale begins at 0 and ends at a round number."""
    top = round_up(max((value.amount or 0 for value in values), default=0))
    step = _step(values)
    bars = []
    for place, value in enumerate(values):
        height = _TALL * (value.amount or 0) // top
        if value.amount:
            # The smallest amount is still to be seen.
            height = max(height, 1)
        width = step * _BAR_PERCENT // 100
        x = _LEFT + place * step + (step - width) // 2
        bars.append(Bar(x=x, y=_BASELINE - height, width=width, height=height, text=value.text))
    return Chart(ticks=_ticks(top, tick_text), labels=_labels(values), bars=bars)


def line_chart(values: Sequence[Value], top: int, tick_text: Callable[[int], str]) -> Chart:
    """A line through the values that are known, on a scale from 0 to `top`."""
    step = _step(values)
    dots: list[Dot] = []
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value.amount is None:
            runs.append([])
            continue
        dot = Dot(
            _LEFT + place * step + step // 2, _BASELINE - _TALL * value.amount // top, value.text
        )
        dots.append(dot)
        runs[-1].append(f"{dot.x},{dot.y}")
    lines = [" ".join(run) for run in runs if len(run) > 1]
    return Chart(ticks=_ticks(top, tick_text), labels=_labels(values), dots=dots, lines=lines)


def round_up(amount: int) -> int:
    """The first of 4, 8, 20, 40, 80, 200… that an amount does not exceed: a quarter is whole."""
    scale = 1
    while True:
        for factor in (4, 8, 20):
            if amount <= factor * scale:
                return factor * scale
        scale *= 10


def _step(values: Sequence[Value]) -> int:
    return (WIDTH - _LEFT - _RIGHT) // max(len(values), 1)


def _ticks(top: int, tick_text: Callable[[int], str]) -> list[Tick]:
    return [
        Tick(_BASELINE - _TALL * place // _TICKS, tick_text(top * place // _TICKS))
        for place in range(_TICKS + 1)
    ]


def _labels(values: Sequence[Value]) -> list[Label]:
    """The first and the last day, and the one between: more would not fit on a phone."""
    step, last = _step(values), len(values) - 1
    places = sorted({0, last // 2, last}) if values else []
    return [Label(_LEFT + place * step + step // 2, values[place].day) for place in places]
