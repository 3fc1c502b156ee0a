"""What the list of calls is asked for, in the address of its page."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from vezne.core.calendar import ISTANBUL
from vezne.core.call_log import CallQuery
from vezne.panel.card_numbers import is_card_number

CALLS_A_PAGE: Final = 50
DOORS: Final = ("iyzico", "paywall", "paynet", "sandbox")
OUTCOMES: Final = ("served", "declined", "refused", "unauthenticated", "turned_away", "failed")
STATUSES: Final[Mapping[str, tuple[int, int]]] = {
    "2xx": (200, 299),
    "3xx": (300, 399),
    "4xx": (400, 499),
    "5xx": (500, 599),
}
FIELDS: Final = ("door", "outcome", "status", "path", "reference", "since", "until")

_TEXT_MAX: Final = 200
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The query, what is shown in the fields, and what is wrong with some by their texts' names."""

    query: CallQuery
    shown: dict[str, str]
    errors: dict[str, str]

    @property
    def kept(self) -> dict[str, str]:
        """What links to further pages repeat."""
        return {name: text for name, text in self.shown.items() if text and name not in self.errors}


def read_filter(merchant_id: int, asked: Mapping[str, str]) -> CallFilter:
    """The filter of an address. What is no filter counts as none, and is said beside its field."""
    shown = {name: asked.get(name, "").strip() for name in FIELDS}
    errors: dict[str, str] = {}
    for name, known in (("door", DOORS), ("outcome", OUTCOMES), ("status", tuple(STATUSES))):
        if shown[name] and shown[name] not in known:
            shown[name] = ""
            errors[name] = "requests.error.choice"
    for name in ("path", "reference"):
        shown[name], problem = _text(shown[name])
        if problem:
            errors[name] = problem
    times: dict[str, int | None] = {"since": None, "until": None}
    for name in times:
        try:
            times[name] = _moment_ms(shown[name]) if shown[name] else None
        except ValueError:
            shown[name] = ""
            errors[name] = "requests.error.moment"
    before = asked.get("before", "")
    query = CallQuery(
        merchant_id=merchant_id,
        door=shown["door"],
        outcome=shown["outcome"],
        status=STATUSES.get(shown["status"]),
        path=shown["path"],
        reference=shown["reference"],
        since_ms=times["since"],
        until_ms=times["until"],
        before=int(before) if _NUMBER.fullmatch(before) else None,
        limit=CALLS_A_PAGE,
    )
    return CallFilter(query=query, shown=shown, errors=errors)


def _text(text: str) -> tuple[str, str]:
    """A text to look for, and what is wrong with it. A card number is not shown again."""
    if is_card_number(text):
        return "", "requests.error.card"
    if len(text) > _TEXT_MAX or not text.isprintable():
        return "", "requests.error.text"
    return text, ""


def _moment_ms(text: str) -> int:
    """A time as a field of type `datetime-local` has it, Istanbul's. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("no time")
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=ISTANBUL).timestamp() * 1000)
    except OverflowError:
        raise ValueError("beyond every calendar") from None
