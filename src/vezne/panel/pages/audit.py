"""The audit trail: what was done for and by this merchant, newest first."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from vezne.core.audit import AuditAction
from vezne.core.calendar import ISTANBUL
from vezne.core.trail import TrailPage, TrailPlace, TrailQuery, TrailUnreadable
from vezne.edge.logs import describe_fault
from vezne.event_log import EventLog
from vezne.panel.card_numbers import echo, is_card_number
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import Visit

_PATH: Final = f"{PANEL_PATH}/audit"
_PAGE_LINES: Final = 50
_CALLER_MAX: Final = 200
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PLACE: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,18})", re.ASCII)
# Actions that people look for together.
_GROUPS: Final = ("card.", "login.", "operator.")
# What the house does on its own account is nobody's line.
_OF_THE_HOUSE: Final = ("process.", "trail.", "data.")
_ACTIONS: Final = tuple(
    str(action) for action in AuditAction if not action.startswith(_OF_THE_HOUSE)
)
_FILTERS: Final = ("since", "until", "action", "caller", "failed")
_MAY_BE_ABSENT: Final = TrailPage(lines=[])

_log = EventLog(__name__)


async def show_audit(visit: Visit) -> Response:
    """Lines of the trail. That they were read is noted in it as well (PCI DSS v4.0.1 10.2.1.3)."""
    typed = {name: visit.query.get(name, "").strip() for name in _FILTERS}
    query, errors = _query_of(visit.merchant.id, typed, visit.query.get("before", ""))
    visit.record("audit trail")
    await visit.desk.audit.settled()
    page, is_readable = await _read(visit, query)
    kept = {name: text for name, text in typed.items() if text and name not in errors}
    return visit.page(
        "audit.html",
        status=422 if errors else 200,
        lines=page.lines,
        page=page,
        is_readable=is_readable,
        older=_link(kept, page.next),
        newest=_link(kept, None),
        is_further=query.before is not None,
        groups=_GROUPS,
        actions=_ACTIONS,
        values=echo(typed),
        errors=errors,
    )


async def _read(visit: Visit, query: TrailQuery) -> tuple[TrailPage, bool]:
    """The lines, and whether they could be read."""
    try:
        return await visit.desk.trail.read(query), True
    except TrailUnreadable as error:
        _log.error("the trail cannot be read", **describe_fault(error))
        return _MAY_BE_ABSENT, False


def _query_of(
    merchant_id: int, typed: Mapping[str, str], before: str
) -> tuple[TrailQuery, dict[str, str]]:
    """What to look for, and what is wrong with what was typed, by field."""
    errors: dict[str, str] = {}
    times_ms: dict[str, int | None] = {}
    for name, days in (("since", 0), ("until", 1)):
        try:
            times_ms[name] = _day_ms(typed[name], days) if typed[name] else None
        except ValueError:
            times_ms[name] = None
            errors[name] = "audit.error.day"
    action = typed["action"]
    if action not in ("", *_GROUPS, *_ACTIONS):
        action, errors["action"] = "", "audit.error.choice"
    caller = typed["caller"]
    if len(caller) > _CALLER_MAX or is_card_number(caller):
        caller, errors["caller"] = "", "audit.error.caller"
    found = _PLACE.fullmatch(before)
    query = TrailQuery(
        merchant_id=merchant_id,
        since_ms=times_ms["since"],
        until_ms=times_ms["until"],
        action=action,
        caller=caller,
        is_failure=bool(typed["failed"]),
        before=None if found is None else TrailPlace(int(found[1]), int(found[2])),
        limit=_PAGE_LINES,
    )
    return query, errors


def _day_ms(text: str, days: int) -> int:
    """When the day begins that is so many days after a written one. Raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError("no day")
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except OverflowError:
        raise ValueError("beyond every calendar") from None
    return int(datetime.combine(day, datetime.min.time(), ISTANBUL).timestamp() * 1000)


def _link(kept: Mapping[str, str], before: TrailPlace | None) -> str:
    """The page with these filters, from a place on."""
    place = {} if before is None else {"before": f"{before.segment}.{before.offset}"}
    asked = urlencode({**kept, **place})
    return f"{_PATH}?{asked}" if asked else _PATH


PAGES: Final = (
    Page(method="GET", path="/audit", handle=show_audit, permission=Permission.READ_AUDIT),
)
