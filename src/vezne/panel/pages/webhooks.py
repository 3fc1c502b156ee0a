"""What the merchant was told by webhook, what is still to be told, and every try."""

import enum
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.responses import Response

from vezne.core.changes import Conflict
from vezne.core.delivery import FIRST_KEPT, NEWEST_KEPT, Delivery
from vezne.core.notice import Notice, NoticeKind, NoticeState
from vezne.core.notice_archive import NoticeFilter, NoticePlace
from vezne.core.refusal import Refusal
from vezne.flows.notify import ReplayNotices, replay_notices
from vezne.flows.replay_given_up import GIVEN_UP, REPLAYED_MAX, replay_given_up
from vezne.panel.permissions import Permission
from vezne.panel.problems import say_problem
from vezne.panel.routing import Page
from vezne.panel.visit import NotFound, Visit

NOTICES_A_PAGE: Final = 50
TRIES_SHOWN: Final = FIRST_KEPT + NEWEST_KEPT
DOORS: Final = ("iyzico", "paywall", "paynet")
TONES: Final[Mapping[NoticeState, str]] = {
    NoticeState.DUE: "open",
    NoticeState.DELIVERED: "good",
    NoticeState.UNTOLD: "over",
    NoticeState.GIVEN_UP: "bad",
}
_PATH: Final = "/panel/webhooks"
# No number is as long as what a 64-bit column holds.
_PLACE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
Choice = TypeVar("Choice", bound=enum.StrEnum)


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as people read it. `problem` is in their language; `path` is its page's."""

    notice: Notice
    path: str
    tone: str
    problem: str


class TryView(msgspec.Struct, frozen=True, kw_only=True):
    """A try as people read it; what was sent and answered only where they may read it."""

    delivery: Delivery
    problem: str
    body: str
    is_delivered: bool


async def list_notices(visit: Visit) -> Response:
    """Notices, those of the newest payments first, as the filter in the address wants them."""
    wanted = NoticeFilter(
        state=_choice(NoticeState, visit.query.get("state", "")),
        door=visit.query.get("door") if visit.query.get("door") in DOORS else None,
        kind=_choice(NoticeKind, visit.query.get("kind", "")),
    )
    before = _place_of(visit.query.get("before", ""))
    page = await visit.desk.notices.page_notices(
        visit.merchant.id, wanted, before=before, limit=NOTICES_A_PAGE
    )
    chosen = {
        name: value
        for name, value in (("state", wanted.state), ("door", wanted.door), ("kind", wanted.kind))
        if value
    }
    return visit.page(
        "webhooks.html",
        views=[_view(visit, notice) for notice in page.notices],
        urls=[(door, _url_of(visit, door)) for door in DOORS],
        choices=[
            ("state", _options(visit, "webhooks.state", NoticeState)),
            ("kind", _options(visit, "webhooks.kind", NoticeKind)),
            ("door", _options(visit, "door", DOORS)),
        ],
        chosen=chosen,
        here_live=_PATH + _query({**chosen, **_cursor(before)}),
        first=_PATH + _query(chosen),
        next=_PATH + _query({**chosen, **_cursor(page.further)}) if page.further else "",
        is_cut=page.is_cut,
        is_later=before is not None,
    )


async def show_notice(visit: Visit) -> Response:
    """A notice with every try to tell it, the newest first."""
    notice = await _notice(visit)
    tries = await visit.desk.notices.list_deliveries(
        visit.merchant.id, _place(notice), limit=TRIES_SHOWN
    )
    view = _view(visit, notice)
    payment = await visit.desk.ports.books.find_payment(visit.merchant.id, notice.payment_number)
    return visit.page(
        "webhook.html",
        view=view,
        url=_url_of(visit, notice.door),
        currency=payment.currency if payment is not None else "",
        tries=[_try_view(visit, item) for item in tries],
        kept=(FIRST_KEPT, NEWEST_KEPT) if len(tries) == TRIES_SHOWN else None,
        has_contents=visit.desk.is_sandbox,
    )


async def replay(visit: Visit) -> Response:
    """Tell a notice again. Of two who want the same at a time, one is told that it is done."""
    notice = await _notice(visit)
    path = _path_of(notice)
    if visit.form.get("revision") != str(notice.revision):
        return visit.turn_back(path, "webhooks.replay.changed")
    visit.record(f"replay webhooks of payment {notice.payment_number}")
    command = ReplayNotices(
        merchant=visit.merchant, payment_number=notice.payment_number, version=notice.version
    )
    try:
        await replay_notices(command, visit.desk.outbox, visit.desk.ports)
    except (Conflict, Refusal):
        return visit.turn_back(path, "webhooks.replay.changed")
    return visit.go(path, "webhooks.replay.done")


async def ask_replay_all(visit: Visit) -> Response:
    """How many notices were given up, before they are told again."""
    page = await visit.desk.notices.page_notices(
        visit.merchant.id, GIVEN_UP, before=None, limit=REPLAYED_MAX
    )
    return visit.page(
        "webhooks_replay.html", given_up=len(page.notices), is_cut=page.further is not None
    )


async def replay_all(visit: Visit) -> Response:
    """Tell again what was given up."""
    visit.record("replay webhooks that were given up")
    replayed = await replay_given_up(visit.merchant, visit.desk.notices, visit.desk.ports)
    note = "webhooks.replay_all.done" if replayed.is_all else "webhooks.replay_all.part"
    return visit.go(_PATH, note, count=replayed.count)


async def _notice(visit: Visit) -> Notice:
    """The merchant's notice that the address names. Raises NotFound."""
    place = visit.path_number("payment"), visit.path_number("version")
    notice = await visit.desk.notices.find_notice(visit.merchant.id, place)
    if notice is None:
        raise NotFound
    return notice


def _view(visit: Visit, notice: Notice) -> NoticeView:
    return NoticeView(
        notice=notice,
        path=_path_of(notice),
        tone=TONES[notice.state],
        problem=say_problem(visit.language, notice.problem),
    )


def _try_view(visit: Visit, delivery: Delivery) -> TryView:
    may_read = visit.may(Permission.READ_REQUESTS)
    shown = delivery
    if not may_read:
        url = without_secrets(delivery.url)
        shown = msgspec.structs.replace(delivery, url=url, headers=(), answer="")
    return TryView(
        delivery=shown,
        problem=say_problem(visit.language, delivery.problem),
        body=delivery.body.decode("utf-8", "replace") if may_read else "",
        is_delivered=not delivery.problem,
    )


def _url_of(visit: Visit, door: str) -> str:
    """Where a door's notices go, as far as the visitor may know."""
    url = visit.merchant.settings.webhook_urls.get(door, "")
    return url if visit.may(Permission.READ_SETTINGS) else without_secrets(url)


def without_secrets(url: str) -> str:
    """A URL without what may be a password: its user's part, its query and its fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else ""


def _place(notice: Notice) -> NoticePlace:
    return notice.payment_number, notice.version


def _path_of(notice: Notice) -> str:
    return "{}/{}/{}".format(_PATH, *_place(notice))


def _options(visit: Visit, prefix: str, values: Iterable[str]) -> list[tuple[str, str]]:
    """What a filter offers: whatever there is, or one of these."""
    texts = [(str(value), visit.say(f"{prefix}.{value}")) for value in values]
    return [("", visit.say("webhooks.any")), *texts]


def _choice(kind: type[Choice], text: str) -> Choice | None:
    """A member of an enum by its value; None for any other text."""
    return next((member for member in kind if member == text), None)


def _place_of(text: str) -> NoticePlace | None:
    match = _PLACE.fullmatch(text)
    return None if match is None else (int(match[1]), int(match[2]))


def _cursor(place: NoticePlace | None) -> dict[str, str]:
    """What the address of the part of the list after a place says; nothing for the first."""
    return {} if place is None else {"before": "{}-{}".format(*place)}


def _query(parts: Mapping[str, str]) -> str:
    return f"?{urlencode(parts)}" if parts else ""


_VIEW: Final = Permission.VIEW
_REPLAY: Final = Permission.REPLAY_WEBHOOKS

PAGES: Final = (
    Page(method="GET", path="/webhooks", handle=list_notices, permission=_VIEW),
    Page(method="GET", path="/webhooks/replay", handle=ask_replay_all, permission=_REPLAY),
    Page(method="POST", path="/webhooks/replay", handle=replay_all, permission=_REPLAY),
    Page(method="GET", path="/webhooks/{payment}/{version}", handle=show_notice, permission=_VIEW),
    Page(
        method="POST",
        path="/webhooks/{payment}/{version}/replay",
        handle=replay,
        permission=_REPLAY,
    ),
)
