"""Language and appearance, for everybody, kept by the browser."""

from typing import Final

from starlette.responses import Response

from vezne.panel.cookies import LANGUAGE_COOKIE, THEME_COOKIE, drop_cookie, give_cookie
from vezne.panel.pages.sign_in import own_path
from vezne.panel.routing import Page
from vezne.panel.visit import Visit
from vezne.panel.wording import LANGUAGES

_YEAR_S: Final = 365 * 86_400
_THEMES: Final = ("light", "dark")


async def choose(visit: Visit) -> Response:
    """Keep what was chosen, and go back."""
    response = visit.go(own_path(visit.form.get("back", "")))
    language, theme = visit.form.get("language", ""), visit.form.get("theme", "")
    if language in LANGUAGES:
        give_cookie(visit, response, LANGUAGE_COOKIE, language, life_s=_YEAR_S)
    if theme in _THEMES:
        give_cookie(visit, response, THEME_COOKIE, theme, life_s=_YEAR_S)
    elif theme:
        drop_cookie(visit, response, THEME_COOKIE)
    return response


PAGES: Final = (Page(method="POST", path="/preferences", handle=choose, permission=None),)
