"""The sandbox's controls: the merchant's clock, and faults on demand."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from starlette.responses import Response

from vezne.core.calendar import ISTANBUL, local_text
from vezne.core.fault import FAULTS_MAX, BankCall, BoardFull, Fault, FaultBoard, FaultKind
from vezne.core.merchant import Merchant
from vezne.flows.due import catch_up
from vezne.flows.merchant_time import ports_at
from vezne.flows.move_clock import (
    ClockContested,
    ClockGoesBack,
    ClockTooFar,
    advance_clock,
    reset_clock,
    set_clock,
)
from vezne.panel.card_numbers import echo
from vezne.panel.fault_form import FIELDS, MistypedFault, fault_of
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Handle, Page, Where
from vezne.panel.visit import IllFormed, NotFound, Visit

_PATH: Final = f"{PANEL_PATH}/sandbox"
_HOUR_MS: Final = 3_600_000
UNITS_MS: Final = {"minutes": 60_000, "hours": _HOUR_MS, "days": 24 * _HOUR_MS}
# Settling these takes seconds; the rest follows in the background.
LOOKED_AT_MAX: Final = 10_000
_COUNT: Final = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_CLOCK_PROBLEMS: Final = (ClockContested, ClockGoesBack, ClockTooFar)
_EMPTY: Final = dict.fromkeys(FIELDS, "") | {"kind": FaultKind.SILENCE_AFTER.value, "times": "1"}


async def show_sandbox(visit: Visit) -> Response:
    """Clock and faults."""
    return await _show(visit, {}, {})


async def advance(visit: Visit) -> Response:
    """Move the clock ahead by so much, once for a form however often it is sent."""
    count, unit = visit.form.get("count", "").strip(), visit.form.get("unit", "")
    if unit not in UNITS_MS:
        raise IllFormed
    if not _COUNT.fullmatch(count):
        return await _show(visit, {"count": "sandbox.error.count"}, visit.form)
    by_ms = int(count) * UNITS_MS[unit]
    what = f"ahead by {count} {unit}"
    visit.record("clock", reason=what)
    try:
        merchant = await advance_clock(
            visit.merchant.id, by_ms, visit.desk.clocks, instead_of_ms=_shown_offset_ms(visit)
        )
    except _CLOCK_PROBLEMS as problem:
        return await _clock_stands(visit, what, "count", problem)
    return await _arrive(visit, merchant)


async def set_time(visit: Visit) -> Response:
    """Make it a certain time, Istanbul's, which must lie ahead."""
    text = visit.form.get("moment", "").strip()
    try:
        at_ms = _moment_ms(text)
    except ValueError:
        return await _show(visit, {"moment": "sandbox.error.moment"}, visit.form)
    what = f"set to {text}"
    visit.record("clock", reason=what)
    desk = visit.desk
    try:
        merchant = await set_clock(visit.merchant.id, at_ms, desk.clocks, desk.ports.clock)
    except _CLOCK_PROBLEMS as problem:
        return await _clock_stands(visit, what, "moment", problem)
    return await _arrive(visit, merchant)


async def reset(visit: Visit) -> Response:
    """Give the merchant the real time again."""
    visit.record("clock", reason="reset")
    try:
        await reset_clock(visit.merchant.id, visit.desk.clocks, visit.desk.ports)
    except ClockContested as problem:
        return await _clock_stands(visit, "reset", "moment", problem)
    return visit.go(_PATH, "sandbox.clock.is_reset")


async def add_fault(visit: Visit) -> Response:
    """Put a fault on the board."""
    try:
        fault = fault_of(visit.form)
    except MistypedFault as mistyped:
        return await _show(visit, mistyped.errors, visit.form)
    board = _board(visit)
    if _is_there_since(visit, board, fault):
        return visit.turn_back(_PATH, "sandbox.fault.there_already")
    visit.record("fault", reason=f"added: {fault.kind}")
    try:
        board.add(visit.merchant.id, fault)
    except BoardFull:
        visit.record("fault", reason="the board is full", is_success=False)
        return visit.turn_back(_PATH, "sandbox.fault.too_many", count=FAULTS_MAX)
    return visit.go(_PATH, "sandbox.fault.added")


async def remove_fault(visit: Visit) -> Response:
    """Take a fault off the board."""
    number = visit.path_number("number")
    visit.record("fault", reason=f"removed: {number}")
    if not _board(visit).remove(visit.merchant.id, number):
        visit.record("fault", reason=f"not there: {number}", is_success=False)
        return visit.turn_back(_PATH, "sandbox.fault.gone")
    return visit.go(_PATH, "sandbox.fault.removed")


async def clear_faults(visit: Visit) -> Response:
    """Take all of the merchant's faults off the board."""
    visit.record("fault", reason="all removed")
    count = _board(visit).clear(visit.merchant.id)
    return visit.go(_PATH, "sandbox.fault.cleared", count=count)


async def _clock_stands(visit: Visit, what: str, field: str, problem: Exception) -> Response:
    """Say that a move was not made, in the trail as well, beside the field where it is one's."""
    visit.record("clock", reason=f"{what}: {type(problem).__name__}", is_success=False)
    if isinstance(problem, ClockContested):
        return visit.turn_back(_PATH, "sandbox.clock.contested")
    is_back = isinstance(problem, ClockGoesBack)
    error = "sandbox.error.goes_back" if is_back else "sandbox.error.too_far"
    return await _show(visit, {field: error}, visit.form)


async def _arrive(visit: Visit, merchant: Merchant) -> Response:
    """Do what is due by the new time, and say what was."""
    looked_at = await catch_up(merchant, visit.desk.ports, count_max=LOOKED_AT_MAX)
    note = "sandbox.clock.moved" if looked_at < LOOKED_AT_MAX else "sandbox.clock.moved_on"
    return visit.go(_PATH, note, count=looked_at)


async def _show(visit: Visit, errors: Mapping[str, str], typed: Mapping[str, str]) -> Response:
    """The page; with what was typed and what is wrong, where something is."""
    merchant = await visit.desk.clocks.find_merchant(visit.merchant.id) or visit.merchant
    real_ms = visit.desk.ports.clock.now_ms()
    now_ms = ports_at(merchant, visit.desk.ports).clock.now_ms()
    placed = _board(visit).list_faults(merchant.id)
    shown = echo(typed)
    values = {"count": "1", "unit": "days", "moment": _input_text(now_ms)} | _EMPTY | shown
    return visit.page(
        "sandbox.html",
        status=422 if errors else 200,
        now_ms=now_ms,
        real_ms=real_ms,
        offset_ms=merchant.clock_offset_ms,
        ahead=_parts(merchant.clock_offset_ms),
        earliest=_input_text(now_ms),
        units=list(UNITS_MS),
        placed=placed,
        newest=max((each.id for each in placed), default=0),
        kinds=list(FaultKind),
        calls=list(BankCall),
        values=values,
        errors=errors,
    )


def _board(visit: Visit) -> FaultBoard:
    """The board. Raises NotFound where there is none."""
    if visit.desk.faults is None:
        raise NotFound
    return visit.desk.faults


def _is_there_since(visit: Visit, board: FaultBoard, fault: Fault) -> bool:
    """Whether the same fault was added after the form was shown: then it was sent twice.

    Raises IllFormed.
    """
    text = visit.form.get("newest", "")
    if not _NUMBER.fullmatch(text):
        raise IllFormed
    placed = board.list_faults(visit.merchant.id)
    return any(each.fault == fault and each.id > int(text) for each in placed)


def _shown_offset_ms(visit: Visit) -> int:
    """How far the merchant was ahead on the page that the form was on. Raises IllFormed."""
    text = visit.form.get("offset_ms", "")
    if not _NUMBER.fullmatch(text):
        raise IllFormed
    return int(text)


def _moment_ms(text: str) -> int:
    """The epoch time of a browser's date and time. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("no date and time")
    return int(datetime.fromisoformat(text).replace(tzinfo=ISTANBUL).timestamp() * 1000)


def _input_text(at_ms: int) -> str:
    """A time as a field of type `datetime-local` has it."""
    return local_text(at_ms)[: len("yyyy-MM-dd HH:mm")].replace(" ", "T")


def _parts(offset_ms: int) -> list[tuple[str, int]]:
    """A span in days, hours and minutes, but for those that it has none of."""
    parts = []
    for unit in ("days", "hours", "minutes"):
        count, offset_ms = divmod(offset_ms, UNITS_MS[unit])
        if count:
            parts.append((unit, count))
    return parts


def _page(method: str, path: str, handle: Handle) -> Page:
    return Page(
        method=method,
        path=path,
        handle=handle,
        permission=Permission.USE_SANDBOX,
        where=Where.SANDBOX,
    )


PAGES: Final = (
    _page("GET", "/sandbox", show_sandbox),
    _page("POST", "/sandbox/clock/advance", advance),
    _page("POST", "/sandbox/clock/set", set_time),
    _page("POST", "/sandbox/clock/reset", reset),
    _page("POST", "/sandbox/faults", add_fault),
    _page("POST", "/sandbox/faults/clear", clear_faults),
    _page("POST", "/sandbox/faults/{number}/remove", remove_fault),
)
