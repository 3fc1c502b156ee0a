"""The first page: how payments go today, what waits for somebody, what money there is."""

from typing import Final

from starlette.responses import Response

from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.visit import Visit


async def show_home(visit: Visit) -> Response:
    """The first page."""
    return visit.page("home.html")


PAGES: Final = (Page(method="GET", path="", handle=show_home, permission=Permission.VIEW),)
