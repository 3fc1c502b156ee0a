"""The panel's cookies. No script reads them, and they go back to the panel only."""

import hmac
from typing import Final

from starlette.responses import Response

from vezne.panel.visit import IllFormed, Visit

SESSION_COOKIE: Final = "vezne_session"
# Between password and code.
CODE_COOKIE: Final = "vezne_code"
# What the sign-in form must bring back.
FORM_COOKIE: Final = "vezne_form"
# The hidden field beside it.
FORM_FIELD: Final = "form"
LANGUAGE_COOKIE: Final = "vezne_language"
THEME_COOKIE: Final = "vezne_theme"

_PATH: Final = "/panel"


def read_cookie(visit: Visit, name: str) -> str:
    """What the browser brought; empty: nothing."""
    return visit.request.cookies.get(name, "")


def give_cookie(
    visit: Visit, response: Response, name: str, value: str, *, life_s: int | None = None
) -> None:
    """Have the browser keep a value, until it is closed unless a time is given."""
    response.set_cookie(
        name,
        value,
        max_age=life_s,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=visit.is_secure,
    )


def give_session(visit: Visit, response: Response, token: str) -> None:
    """Have the browser keep the token of a session."""
    give_cookie(visit, response, SESSION_COOKIE, token)


def drop_cookie(visit: Visit, response: Response, name: str) -> None:
    """Have the browser forget a value."""
    response.delete_cookie(name, path=_PATH, httponly=True, samesite="lax", secure=visit.is_secure)


def check_form_token(visit: Visit) -> None:
    """Whether the form stands on a page that this browser got from us. Raises IllFormed."""
    cookie = read_cookie(visit, FORM_COOKIE)
    if not cookie or not is_same(visit.form.get(FORM_FIELD, ""), cookie):
        raise IllFormed


def is_same(given: str, expected: str) -> bool:
    """Whether somebody gave what was expected, found out in the same time for every answer."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )
