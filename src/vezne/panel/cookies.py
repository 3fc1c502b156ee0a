"""The panel's cookies. No script reads them, and they go back to the panel only."""

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from vezne.panel.visit import Visit

SESSION_COOKIE: Final = "vezne_session"
# Between password and code.
CODE_COOKIE: Final = "vezne_code"
# What the sign-in form must bring back.
FORM_COOKIE: Final = "vezne_form"
LANGUAGE_COOKIE: Final = "vezne_language"
THEME_COOKIE: Final = "vezne_theme"

_PATH: Final = "/panel"


def read_cookie(visit: "Visit", name: str) -> str:
    """What the browser brought; empty: nothing."""
    return visit.request.cookies.get(name, "")


def give_cookie(
    visit: "Visit", response: Response, name: str, value: str, *, life_s: int | None = None
) -> None:
    """Have the browser keep a value, until it is closed unless a time is given."""
    response.set_cookie(
        name,
        value,
        max_age=life_s,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=is_secure(visit),
    )


def give_session(visit: "Visit", response: Response, token: str) -> None:
    """Have the browser keep the token of a session."""
    give_cookie(visit, response, SESSION_COOKIE, token)


def drop_cookie(visit: "Visit", response: Response, name: str) -> None:
    """Have the browser forget a value."""
    response.delete_cookie(name, path=_PATH, httponly=True, samesite="lax", secure=is_secure(visit))


def is_secure(visit: "Visit") -> bool:
    """Whether the browser came over TLS, as far as is known here."""
    public_url = visit.desk.public_url or ""
    return visit.request.url.scheme == "https" or public_url.startswith("https://")
