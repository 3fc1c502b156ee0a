"""The panel as an ASGI application: finds the page, who asks, and whether they may."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from vezne.core.audit import claim_caller, prove_caller
from vezne.core.member import SignedIn
from vezne.core.ports import AuditFailure
from vezne.edge.logs import describe_fault, mask_digits
from vezne.edge.wording import preferred_language
from vezne.event_log import EventLog
from vezne.panel.card_numbers import are_among, is_in_address
from vezne.panel.cookies import LANGUAGE_COOKIE, SESSION_COOKIE, drop_cookie
from vezne.panel.desk import PanelDesk
from vezne.panel.pages import (
    account,
    audit,
    cards,
    home,
    join,
    keys,
    payment,
    payment_acts,
    payments,
    payments_export,
    preferences,
    requests,
    sandbox,
    second_factor,
    settings,
    shop,
    sign_in,
    team,
    webhooks,
)
from vezne.panel.paths import PANEL_PATH, SIGN_IN_PATH
from vezne.panel.permissions import Permission
from vezne.panel.rendering import Renderer
from vezne.panel.routing import Page, Where
from vezne.panel.visit import NOTE_COOKIE, IllFormed, NotFound, Visit, is_live, read_form
from vezne.panel.wording import LANGUAGES

CSRF_FIELD: Final = "csrf"

ENROLL_PATH: Final = f"{PANEL_PATH}/account/second-factor"

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # Without a referrer browsers would not say where a form comes from either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STATIC_CACHE: Final = "max-age=3600"
# What browsers say of a form that another site's page sent.
_FOREIGN_SITES: Final = frozenset({"cross-site", "same-site"})

_log = EventLog(__name__)

# In the order in which paths are compared.
PAGES: Final[tuple[Page, ...]] = (
    *home.PAGES,
    *sign_in.PAGES,
    *join.PAGES,
    *preferences.PAGES,
    *account.PAGES,
    *second_factor.PAGES,
    *team.PAGES,
    *payments.PAGES,
    *payments_export.PAGES,
    *payment.PAGES,
    *payment_acts.PAGES,
    *shop.PAGES,
    *cards.PAGES,
    *webhooks.PAGES,
    *requests.PAGES,
    *keys.PAGES,
    *settings.PAGES,
    *sandbox.PAGES,
    *audit.PAGES,
)


def panel_app(desk: PanelDesk, pages: Sequence[Page] = PAGES) -> Starlette:
    """The panel, all of it below `/panel`.

    Pages that exist in sandbox mode only are unknown paths in live mode.
    """
    reception = Reception(desk, Renderer())
    routes = [
        Route(
            PANEL_PATH + page.path,
            reception.endpoint(page),
            methods=[page.method],
        )
        for page in pages
        if desk.is_sandbox or page.where is Where.EVERYWHERE
    ]
    routes.append(Route(f"{PANEL_PATH}/static/{{name}}", reception.answer_static))
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: reception.answer_http,
            Exception: reception.answer_fault,
        },
    )
    # A redirect would lack the headers of a page.
    app.router.redirect_slashes = False
    return app


class Reception:
    """Lets visitors in, or says why not."""

    def __init__(self, desk: PanelDesk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """What Starlette calls for a page."""

        async def answer(request: Request) -> Response:
            who = await self._find_who(request)
            visit = self._visit(request, who)
            try:
                visit.form = await self._form(request, page, who)
            except IllFormed:
                return self._problem(visit, "problem.ill_formed", 400)
            turned_away = self._turn_away(visit, page, who)
            if turned_away is not None:
                return dressed(turned_away)
            if _holds_card_number(visit, page):
                return self._problem(visit, "problem.card_number", 400)
            try:
                response = await page.handle(visit)
            except NotFound:
                return self._problem(visit, "problem.not_found", 404)
            except IllFormed:
                return self._problem(visit, "problem.ill_formed", 400)
            if _is_note_shown(visit, response):
                drop_cookie(visit, response, NOTE_COOKIE)
            return dressed(response)

        return answer

    async def answer_static(self, request: Request) -> Response:
        """A file that pages load."""
        response = self._renderer.static(request.path_params["name"])
        if response is None:
            return self._problem(self._visit(request, None), "problem.not_found", 404)
        response.headers["Cache-Control"] = _STATIC_CACHE
        return dressed(response)

    async def answer_http(self, request: Request, error: Exception) -> Response:
        """The page for an unknown path or a wrong method."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        visit = self._visit(request, await self._find_who(request))
        return self._problem(visit, "problem.not_found", status)

    async def answer_fault(self, request: Request, error: Exception) -> Response:
        """The page for a fault of ours, which is logged without its words."""
        _log.error("fault", path=mask_digits(request.url.path), **describe_fault(error))
        visit = self._visit(request, None)
        name = "problem.no_trail" if isinstance(error, AuditFailure) else "problem.fault"
        return self._problem(visit, name, 500)

    async def _find_who(self, request: Request) -> SignedIn | None:
        token = request.cookies.get(SESSION_COOKIE, "")
        if not token:
            return None
        who = await self._desk.sessions.find(token, is_at_work=not is_live(request))
        if who is not None:
            claim_caller(who.member.email)
            prove_caller(who.merchant.id, who.member.email)
        return who

    async def _form(self, request: Request, page: Page, who: SignedIn | None) -> dict[str, str]:
        """The form of an act that is this visitor's own. Raises IllFormed."""
        if request.method != "POST":
            return {}
        form = await read_form(request)
        if page.takes_foreign_forms:
            return form
        if request.headers.get("sec-fetch-site", "") in _FOREIGN_SITES:
            raise IllFormed
        if page.permission is not None and who is not None:
            given = form.pop(CSRF_FIELD, "")
            if not hmac.compare_digest(given.encode(), who.csrf.encode()):
                raise IllFormed
        return form

    def _turn_away(self, visit: Visit, page: Page, who: SignedIn | None) -> Response | None:
        """Where somebody goes who may not see a page; None: they may."""
        if page.permission is None:
            return None
        if who is None:
            if visit.is_fragment:
                return Response(status_code=401)
            here = visit.request.url.path
            is_asked = visit.request.method == "GET" and not is_in_address(here)
            asked = f"?next={quote(here)}" if is_asked else ""
            return RedirectResponse(SIGN_IN_PATH + asked, 303)
        if who.must_enroll and page.permission is not Permission.SELF:
            return RedirectResponse(ENROLL_PATH, 303)
        if not visit.may(page.permission):
            return visit.page("problem.html", status=403, problem="problem.forbidden")
        return None

    def _visit(self, request: Request, who: SignedIn | None) -> Visit:
        return Visit(
            request, self._desk, self._renderer, language=_language_of(request), form={}, who=who
        )

    def _problem(self, visit: Visit, name: str, status: int) -> Response:
        return dressed(visit.page("problem.html", status=status, problem=name))


def _holds_card_number(visit: Visit, page: Page) -> bool:
    """Whether somebody typed one where it has no place. A bank's form is no typed one."""
    if page.minds_card_numbers or page.takes_foreign_forms:
        return False
    return are_among((*visit.form.items(), *visit.query.items()))


def _is_note_shown(visit: Visit, response: Response) -> bool:
    """Whether the note of the act before is on this page, which leaves none of its own."""
    if visit.is_fragment or visit.request.method != "GET":
        return False
    is_new = any(
        text.startswith(f"{NOTE_COOKIE}=") for text in response.headers.getlist("set-cookie")
    )
    return NOTE_COOKIE in visit.request.cookies and not is_new


def dressed(response: Response) -> Response:
    """A response with the headers of the panel, where it has not its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _language_of(request: Request) -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return preferred_language(request.headers.get("accept-language", ""))
