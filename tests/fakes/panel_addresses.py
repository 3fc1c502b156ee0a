"""Addresses of every page of the panel, made of what belongs to a merchant."""

import re
from collections.abc import Mapping

from fakes.panel_town import Quarter
from vezne.panel.app import PAGES
from vezne.panel.routing import Page

_PARAMETER = re.compile(r"\{(\w+)\}")

# By the first part of a path and the name of a parameter: which of a merchant's ids stands there. A
# page with a parameter that is missing here fails the tests that are made of the table of pages.
PARAMETERS: Mapping[tuple[str, str], str] = {
    ("account", "id"): "session",
    ("cards", "owner"): "owner",
    ("cards", "token"): "token",
    ("payments", "line"): "sold_line",
    ("payments", "number"): "number",
    ("requests", "number"): "call",
    ("sandbox", "number"): "fault",
    ("settings", "place"): "place",
    ("shop", "name"): "order",
    ("team", "id"): "invitation",
    ("team", "member"): "member",
    ("webhooks", "payment"): "notice",
    ("webhooks", "version"): "notice_version",
}
# Where another one of a merchant's things is meant than usual.
_OF_PATH: Mapping[tuple[str, str], str] = {
    ("/shop/return/{name}", "name"): "return",
    ("/payments/{number}/capture", "number"): "hold",
    ("/payments/{number}/accept", "number"): "review",
    ("/payments/{number}/reject", "number"): "review",
    ("/payments/{number}/lines/{line}/approve", "number"): "sold",
    ("/payments/{number}/lines/{line}/disapprove", "number"): "sold",
}
# The forms that would do something, in words of our own pages, by what their paths end with.
_FORMS: Mapping[str, Mapping[str, str]] = {
    "refund": {"amount_e8": "10000000"},
    "capture": {"amount_e8": "10000000"},
    "role": {"role": "developer", "was": "viewer"},
}


def id_of(page: Page, name: str) -> str:
    """The name of the id that stands for a parameter. Raises KeyError for one that is unknown."""
    part = page.path.strip("/").partition("/")[0]
    return _OF_PATH.get((page.path, name)) or PARAMETERS[part, name]


def address(page: Page, ids: Mapping[str, str]) -> str:
    """The path of a page below the panel's, about what the ids name."""
    known = {"place": "0", **ids}
    return _PARAMETER.sub(lambda found: known[id_of(page, found[1])], page.path)


def form_for(page: Page, quarter: Quarter) -> dict[str, str]:
    """What the form of an act says besides its token, so that the act would be done."""
    fields = {"version": quarter.ids["version"], "revision": quarter.ids["revision"]}
    return {**fields, **_FORMS.get(page.path.rpartition("/")[2], {})}


def parameters_of(page: Page) -> list[str]:
    """The names of a page's parameters."""
    return _PARAMETER.findall(page.path)


def name_of(page: Page) -> str:
    """A page as tests name it."""
    return f"{page.method} {page.path or '/'}"


WITH_PARAMETERS = [page for page in PAGES if parameters_of(page)]
GETS = [page for page in PAGES if page.method == "GET"]
POSTS = [page for page in PAGES if page.method == "POST"]
