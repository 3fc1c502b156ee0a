"""Where a browser brings the bank's word on a cardholder, and is sent on to the merchant.

The acquirer proves that the word is the bank's, the flow records it, and the door of the payment
says what the browser takes to the merchant. No cookie is set or read: everything that is needed
comes with the form, so that it works from any origin and in a frame.
"""

import importlib.resources
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

import jinja2
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from vezne.core.ports import ForgedReturn, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.edge import messages
from vezne.edge.app import Incoming, Site
from vezne.edge.asgi import site_from
from vezne.edge.messages import RETURN_PATH, BrowserForm, Door
from vezne.edge.wording import (
    ADVICE,
    CONTINUE,
    PROBLEMS,
    RETURNING,
    STATUSES,
    Problem,
    known_language,
    preferred_language,
)
from vezne.flows.authenticate import receive

SITE_PATH: Final = "/3ds"

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
# A bank's word has about twenty fields.
_FIELDS_MAX: Final = 64
_MEDIA_TYPES: Final = {"css": "text/css", "js": "text/javascript"}
_STATIC_HEADERS: Final = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    # The merchant may see where its browser comes from, and a bank's URL in full is no affair of
    # the merchant's.
    "Referrer-Policy": "origin",
    "X-Content-Type-Options": "nosniff",
}
_PROBLEM_POLICY: Final = "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'"
# No form-action here: browsers hold redirects to it as well, and a merchant's callback may redirect
# to another host or into an app.
_RETURN_POLICY: Final = "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'"
_PROBLEMS_BY_STATUS: Final = {404: Problem.UNKNOWN_PATH, 405: Problem.WRONG_METHOD}

_log = structlog.stdlib.get_logger(__name__)


class IllFormed(Exception):
    """The body is not a form as a browser sends it."""


def threeds_site(ports: Ports, doors: Sequence[Door]) -> Site:
    """The site below `/3ds`. `doors` are those whose payments may come back."""
    pages = Pages()
    app = Starlette(
        routes=[
            Route(
                f"{RETURN_PATH}/{{acquirer}}",
                ReturnDesk(ports, doors, pages).answer,
                methods=["POST"],
            ),
            Route(f"{SITE_PATH}/static/{{name}}", pages.answer_static),
        ],
        exception_handlers={HTTPException: pages.answer_http, Exception: pages.answer_fault},
    )
    app.router.redirect_slashes = False
    visit = site_from(app)

    async def handle(incoming: Incoming) -> messages.Response:
        if incoming.body is not None:
            return await visit(incoming)
        page = pages.problem(Problem.TOO_LARGE, incoming.headers.get("accept-language", ""))
        return messages.Response(page.status_code, bytes(page.body), tuple(page.raw_headers))

    return handle


class ReturnDesk:
    """Takes the bank's word from the browser and sends the browser on."""

    def __init__(self, ports: Ports, doors: Sequence[Door], pages: "Pages") -> None:
        self._ports = ports
        self._doors = {door.name: door for door in doors}
        self._pages = pages

    async def answer(self, request: Request) -> Response:
        """A page that posts to the merchant, or one that says why not.

        The same word again gets the same page and changes nothing.
        """
        try:
            form = await self._conclude(request)
        except IllFormed:
            problem = Problem.ILL_FORMED
        except ForgedReturn:
            _log.warning("forged return refused", acquirer=self._ports.acquirer.name)
            problem = Problem.FORGED
        except Refusal as refusal:
            is_unknown = refusal.reason is Reason.PAYMENT_NOT_FOUND
            problem = Problem.UNKNOWN_PAYMENT if is_unknown else Problem.CONFLICT
        else:
            return self._pages.returning(form)
        return self._pages.problem(problem, _accepted(request))

    async def _conclude(self, request: Request) -> BrowserForm:
        """Raises HTTPException, IllFormed, ForgedReturn and Refusal."""
        if request.path_params["acquirer"] != self._ports.acquirer.name:
            raise HTTPException(404)
        fields = read_form(request.headers.get("content-type", ""), await request.body())
        payment = await receive(self._ports.acquirer.read_return(fields), self._ports)
        conclude = self._doors[payment.door].conclude
        if conclude is None:
            raise LookupError(f"the door {payment.door} authenticates nobody")
        return await conclude(payment)


class Pages:
    """The pages and what they load, read once."""

    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("vezne.edge", "pages/templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )
        folder = importlib.resources.files("vezne.edge") / "pages" / "static"
        self._static = {file.name: file.read_bytes() for file in folder.iterdir()}

    def returning(self, form: BrowserForm) -> Response:
        """The page that takes a form to another site, by itself or at the press of a button."""
        language = known_language(form.language)
        text = self._templates.get_template("return.html").render(
            language=language,
            wording=RETURNING[language],
            button=CONTINUE[language],
            action=form.action,
            fields=form.fields,
        )
        return HTMLResponse(
            text, headers=_PAGE_HEADERS | {"Content-Security-Policy": _RETURN_POLICY}
        )

    def problem(
        self, problem: Problem, accepted: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The page that says why the browser is sent no further, in a language it accepts."""
        language = preferred_language(accepted)
        text = self._templates.get_template("problem.html").render(
            language=language, wording=PROBLEMS[language][problem], advice=ADVICE[language]
        )
        return HTMLResponse(
            text,
            STATUSES[problem],
            _PAGE_HEADERS | {"Content-Security-Policy": _PROBLEM_POLICY} | dict(headers or {}),
        )

    async def answer_static(self, request: Request) -> Response:
        """A file that a page loads. Raises HTTPException."""
        name = request.path_params["name"]
        if name not in self._static:
            raise HTTPException(404)
        kind = _MEDIA_TYPES[name.rpartition(".")[2]]
        return Response(self._static[name], headers=_STATIC_HEADERS, media_type=kind)

    async def answer_http(self, request: Request, error: Exception) -> Response:
        """What Starlette or a handler refuses: no such path, or no such method."""
        if not isinstance(error, HTTPException):
            raise TypeError("only for HTTPException")
        problem = _PROBLEMS_BY_STATUS[error.status_code]
        return self.problem(problem, _accepted(request), error.headers)

    async def answer_fault(self, request: Request, _error: Exception) -> Response:
        """The page for a fault of ours, which Starlette raises further to be logged."""
        return self.problem(Problem.FAULT, _accepted(request))


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of an urlencoded form. Raises IllFormed, also without any or with one twice."""
    if content_type.partition(";")[0].strip().lower() != _FORM_TYPE:
        raise IllFormed
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise IllFormed from None
    fields = dict(pairs)
    if not fields or len(fields) != len(pairs):
        raise IllFormed
    return fields


def _accepted(request: Request) -> str:
    return request.headers.get("accept-language", "")
