"""The first page: how payments go today, what waits for somebody, what money there is."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from starlette.responses import Response

from vezne.core.calendar import local_date, midnight_after_days
from vezne.core.day_figures import (
    PER_MILLE,
    Figure,
    joined,
    success_per_mille,
    taken_e8,
)
from vezne.core.money import UNIT
from vezne.core.payment import Payment
from vezne.core.standing import Standing, standing_of
from vezne.panel import formats
from vezne.panel.balances import read_money
from vezne.panel.charts import Chart, Value, bar_chart, line_chart
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import Visit

DAYS: Final = 14
# Figures of today may be so old, in seconds, and those of the days before.
_TODAY_FRESH_S: Final = 2.0
_PAST_FRESH_S: Final = 60.0
_WAITING_MAX: Final = 10
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
# Shown also when there are none.
_ALWAYS: Final = (Standing.CAPTURED, Standing.DECLINED, Standing.UNCERTAIN, Standing.REVIEW)


class StandingCount(msgspec.Struct, frozen=True):
    """How many payments of today stand so."""

    standing: Standing
    count: int


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that waits for a bank or for somebody, and for how long it does."""

    payment: Payment
    standing: Standing
    age: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day by its beginning, and how its payments went."""

    start_ms: int
    figures: list[Figure]


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day in the table that says what the charts show."""

    start_ms: int
    count: int
    amount_e8: int
    rate: str


class Charts(msgspec.Struct, frozen=True, kw_only=True):
    """Both charts, what each says in a sentence, and both as a table."""

    currency: str
    currencies: list[str]
    volume: Chart
    volume_text: str
    success: Chart
    success_text: str
    rows: list[DayRow]


async def show_home(visit: Visit) -> Response:
    """The first page."""
    now_ms = visit.ports.clock.now_ms()
    days = await _days(visit, now_ms)
    today = days[-1]
    known = [day for day in days if day is not None]
    charts = _charts(known, visit) if len(known) == DAYS else None
    waiting = await visit.desk.figures.list_waiting(visit.merchant.id, _WAITING_MAX)
    return visit.page(
        "home.html",
        today_ms=midnight_after_days(now_ms, 0),
        iso_day=local_date(now_ms).isoformat(),
        counts=None if today is None else _counts(today.figures),
        volumes=[] if today is None else _volumes(today.figures, visit),
        success="" if today is None else _rate(success_per_mille(today.figures), visit),
        waiting=[_waiting_row(payment, now_ms, visit) for payment in waiting],
        charts=charts,
        live_path=PANEL_PATH if charts is None else f"{PANEL_PATH}?currency={charts.currency}",
        money_rows=await read_money(visit, now_ms),
    )


async def _days(visit: Visit, now_ms: int) -> list[Day | None]:
    """The days up to today; None where the counting is not done yet."""
    starts = [midnight_after_days(now_ms, place - DAYS + 1) for place in range(DAYS)]
    return list(
        await asyncio.gather(
            *(
                _day(visit, start_ms, _TODAY_FRESH_S if start_ms == starts[-1] else _PAST_FRESH_S)
                for start_ms in starts
            )
        )
    )


async def _day(visit: Visit, start_ms: int, fresh_s: float) -> Day | None:
    merchant_id = visit.merchant.id
    find = partial(
        visit.desk.figures.count_span, merchant_id, start_ms, midnight_after_days(start_ms, 1)
    )
    figures = await visit.desk.counted.get((merchant_id, start_ms), find, fresh_s)
    return None if figures is None else Day(start_ms=start_ms, figures=figures)


def _counts(figures: Sequence[Figure]) -> list[StandingCount]:
    """By standing, with those that are always shown first."""
    sums = dict.fromkeys(_ALWAYS, 0)
    for figure in figures:
        sums[figure.standing] = sums.get(figure.standing, 0) + figure.count
    return [StandingCount(standing, count) for standing, count in sums.items()]


def _volumes(figures: Sequence[Figure], visit: Visit) -> list[str]:
    """What was charged in each currency; in the merchant's own also when it is nothing."""
    own = visit.merchant.settings.settlement_currency
    return [
        formats.money(taken_e8(figures, currency), currency, visit.language)
        for currency in dict.fromkeys((own, *_currencies(figures)))
    ]


def _currencies(figures: Sequence[Figure]) -> list[str]:
    return sorted({figure.currency for figure in figures if taken_e8(figures, figure.currency)})


def _waiting_row(payment: Payment, now_ms: int, visit: Visit) -> WaitingRow:
    attempt = payment.open_attempt
    since_ms = payment.created_ms if attempt is None else attempt.created_ms
    return WaitingRow(
        payment=payment, standing=standing_of(payment), age=age_text(now_ms - since_ms, visit)
    )


def age_text(age_ms: int, visit: Visit) -> str:
    """How long ago something was, in the greatest unit that fits."""
    for unit, length_ms in (("days", _DAY_MS), ("hours", _HOUR_MS)):
        if age_ms >= length_ms:
            return visit.say(f"home.age.{unit}", count=age_ms // length_ms)
    return visit.say("home.age.minutes", count=max(age_ms, 0) // _MINUTE_MS)


def _charts(days: Sequence[Day], visit: Visit) -> Charts:
    figures = joined(figure for day in days for figure in day.figures)
    own = visit.merchant.settings.settlement_currency
    currencies = list(dict.fromkeys((own, *_currencies(figures))))
    asked = visit.query.get("currency", own)
    currency = asked if asked in currencies else own
    return Charts(
        currency=currency,
        currencies=currencies,
        volume=_volume_chart(days, currency, visit),
        volume_text=_volume_text(days, currency, visit),
        success=_success_chart(days, visit),
        success_text=_success_text(figures, visit),
        rows=[_day_row(day, currency, visit) for day in reversed(days)],
    )


def _volume_chart(days: Sequence[Day], currency: str, visit: Visit) -> Chart:
    values = []
    for day in days:
        amount_e8 = taken_e8(day.figures, currency)
        name = formats.day(day.start_ms, visit.language)
        text = f"{name}: {formats.money(amount_e8, currency, visit.language)}"
        # The scale is in whole units, and what is less than one is still to be seen.
        values.append(Value(day=name, amount=-(-amount_e8 // UNIT), text=text))
    return bar_chart(values, partial(_count_text, visit))


def _count_text(visit: Visit, value: int) -> str:
    return formats.count(value, visit.language)


def _volume_text(days: Sequence[Day], currency: str, visit: Visit) -> str:
    amounts = {day.start_ms: taken_e8(day.figures, currency) for day in days}
    total_e8 = sum(amounts.values())
    if not total_e8:
        return visit.say("home.volume.none", days=DAYS)
    most_ms = max(amounts, key=lambda start_ms: amounts[start_ms])
    return visit.say(
        "home.volume.summary",
        days=DAYS,
        total=formats.money(total_e8, currency, visit.language),
        most=formats.money(amounts[most_ms], currency, visit.language),
        day=formats.day(most_ms, visit.language),
    )


def _success_chart(days: Sequence[Day], visit: Visit) -> Chart:
    values = []
    for day in days:
        per_mille = success_per_mille(day.figures)
        name = formats.day(day.start_ms, visit.language)
        values.append(Value(day=name, amount=per_mille, text=f"{name}: {_rate(per_mille, visit)}"))
    return line_chart(values, PER_MILLE, partial(_tick_rate, visit))


def _tick_rate(visit: Visit, per_mille: int) -> str:
    return visit.say("home.rate.whole", whole=per_mille // 10)


def _success_text(figures: Sequence[Figure], visit: Visit) -> str:
    per_mille = success_per_mille(figures)
    if per_mille is None:
        return visit.say("home.success.none", days=DAYS)
    return visit.say("home.success.summary", days=DAYS, rate=_rate(per_mille, visit))


def _day_row(day: Day, currency: str, visit: Visit) -> DayRow:
    return DayRow(
        start_ms=day.start_ms,
        count=sum(figure.count for figure in day.figures),
        amount_e8=taken_e8(day.figures, currency),
        rate=_rate(success_per_mille(day.figures), visit),
    )


def _rate(per_mille: int | None, visit: Visit) -> str:
    if per_mille is None:
        return visit.say("none")
    return visit.say("home.rate", whole=per_mille // 10, rest=per_mille % 10)


PAGES: Final = (Page(method="GET", path="", handle=show_home, permission=Permission.VIEW),)
