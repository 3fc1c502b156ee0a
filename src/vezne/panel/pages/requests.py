"""The log of API calls: what a merchant's programs asked, what they were answered, and why."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from vezne.core.call_log import ApiCall, CallLog
from vezne.panel.call_filter import DOORS, OUTCOMES, STATUSES, read_filter
from vezne.panel.curl import curl_of
from vezne.panel.json_layout import laid_out
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page, Where
from vezne.panel.visit import NotFound, Visit

TONES: Final[Mapping[str, str]] = {
    "served": "good",
    "declined": "bad",
    "refused": "bad",
    "unauthenticated": "bad",
    "turned_away": "open",
    "failed": "bad",
}
_PATH: Final = f"{PANEL_PATH}/requests"


async def list_calls(visit: Visit) -> Response:
    """The merchant's calls, the newest first, as the filter in the address wants them."""
    asked = read_filter(visit.merchant.id, visit.query)
    page = await _log(visit).list_calls(asked.query)
    tally = visit.desk.call_tally
    return visit.page(
        "requests.html",
        status=422 if asked.errors else 200,
        page=page,
        filter=asked,
        tones=TONES,
        choices=_choices(visit),
        live=_link({**asked.kept}),
        older="" if page.before is None else _link({**asked.kept, "before": str(page.before)}),
        is_older=asked.query.before is not None,
        is_kept=tally is not None,
        lost=0 if tally is None else tally.lost,
    )


async def show_call(visit: Visit) -> Response:
    """A call, whole."""
    call = await _log(visit).find_call(visit.merchant.id, visit.path_number("number"))
    if call is None:
        raise NotFound
    return visit.page(
        "request.html",
        call=call,
        tones=TONES,
        body=laid_out(call.body.text),
        answer=laid_out(call.answer.text),
        curl=curl_of(call, _origin_of(visit, call), visit.say("requests.curl.secret")),
        diagnosis=call.diagnosis,
        same_reference=_link({"reference": call.summary.reference}),
    )


def _log(visit: Visit) -> CallLog:
    """The log. Raises NotFound where none is kept."""
    if visit.desk.calls is None:
        raise NotFound
    return visit.desk.calls


def _choices(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the filter's lists offer."""
    anything = ("", visit.say("requests.any"))
    doors = [(door, visit.say(f"requests.door.{door}")) for door in DOORS]
    outcomes = [(outcome, visit.say(f"requests.outcome.{outcome}")) for outcome in OUTCOMES]
    statuses = [(status, status) for status in STATUSES]
    return [
        ("door", [anything, *doors]),
        ("outcome", [anything, *outcomes]),
        ("status", [anything, *statuses]),
    ]


def _origin_of(visit: Visit, call: ApiCall) -> str:
    """Where a call was sent to: what its own header says, or where this page is.

    Whoever has proven nothing may have named a host of their own, which must not be sent secrets.
    """
    if visit.desk.public_url is not None:
        return visit.desk.public_url
    here = visit.request.url
    host = dict(call.headers).get("host") if call.is_proven else None
    return f"{here.scheme}://{host or here.netloc}"


def _link(parts: Mapping[str, str]) -> str:
    return f"{_PATH}?{urlencode(parts)}" if parts else _PATH


PAGES: Final = (
    Page(
        method="GET",
        path="/requests",
        handle=list_calls,
        permission=Permission.READ_REQUESTS,
        where=Where.SANDBOX,
        minds_card_numbers=True,
    ),
    Page(
        method="GET",
        path="/requests/{number}",
        handle=show_call,
        permission=Permission.READ_REQUESTS,
        where=Where.SANDBOX,
    ),
)
