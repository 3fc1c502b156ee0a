"""Where a browser brings the bank's word on a cardholder, and is sent on to the merchant.

The acquirer proves that the word is the bank's, the flow records it, and the door of the payment
says what the browser takes to the merchant. No cookie is set or read: everything that is needed
comes with the form, so that it works from any origin and in a frame.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vezne.core.acquirer import ForgedReturn
from vezne.core.fault import FaultBoard, FaultOnDemand, fail_on_demand
from vezne.core.ports import Merchants, Ports
from vezne.core.refusal import Reason, Refusal
from vezne.edge import messages
from vezne.edge.app import dress
from vezne.edge.asgi import site_from
from vezne.edge.messages import RETURN_PATH, THREEDS_PATH, BrowserForm, Door
from vezne.edge.pages import Pages
from vezne.edge.sites import Incoming, Site
from vezne.edge.wording import Problem
from vezne.event_log import EventLog
from vezne.flows.authenticate import receive
from vezne.flows.merchant_time import ports_at

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
# A bank's word has about twenty fields.
_FIELDS_MAX: Final = 64
_PROBLEMS_BY_STATUS: Final = {404: Problem.UNKNOWN_PATH, 405: Problem.WRONG_METHOD}

_log = EventLog(__name__)


class IllFormed(Exception):
    """The body is not a form as a browser sends it."""


def threeds_site(
    ports: Ports,
    merchants: Merchants,
    doors: Sequence[Door],
    *,
    faults: FaultBoard | None = None,
) -> Site:
    """The site below `/3ds`. `doors` are those whose payments may come back.

    `faults` has those that were asked for, in sandbox mode.
    """
    pages = Pages()
    desk = ReturnDesk(ports, merchants, doors, pages, faults)
    app = Starlette(
        routes=[
            Route(f"{RETURN_PATH}/{{acquirer}}", desk.answer, methods=["POST"]),
            Route(f"{THREEDS_PATH}/static/{{name}}", desk.answer_static),
        ],
        exception_handlers={HTTPException: desk.answer_http, Exception: desk.answer_fault},
    )
    app.router.redirect_slashes = False
    visit = site_from(app)

    async def handle(incoming: Incoming) -> messages.Response:
        if incoming.body is not None:
            return await visit(incoming)
        return pages.problem(Problem.TOO_LARGE, incoming.headers.get("accept-language", ""))

    return handle


class ReturnDesk:
    """Takes the bank's word from the browser and sends the browser on."""

    def __init__(
        self,
        ports: Ports,
        merchants: Merchants,
        doors: Sequence[Door],
        pages: Pages,
        faults: FaultBoard | None,
    ) -> None:
        self._ports = ports
        self._merchants = merchants
        self._faults = faults
        self._doors = {door.name: door for door in doors}
        self._pages = pages

    async def answer(self, request: Request) -> Response:
        """What the payment's door says, such as a page that posts to the merchant; or why not.

        The same word again gets the same page and changes nothing.
        """
        try:
            response = await self._conclude(request)
        except IllFormed:
            problem = Problem.ILL_FORMED
        except ForgedReturn:
            _log.warning("forged return refused", acquirer=self._ports.acquirer.name)
            problem = Problem.FORGED
        except FaultOnDemand:
            _log.warning("fault on demand", path=request.url.path)
            problem = Problem.FAULT
        except Refusal as refusal:
            is_unknown = refusal.reason is Reason.PAYMENT_NOT_FOUND
            problem = Problem.UNKNOWN_PAYMENT if is_unknown else Problem.CONFLICT
        else:
            return _to_starlette(response)
        return self._problem(problem, request)

    async def answer_static(self, request: Request) -> Response:
        """A file that a page loads. Raises HTTPException."""
        file = self._pages.static(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return _to_starlette(file)

    async def answer_http(self, request: Request, error: Exception) -> Response:
        """What Starlette or a handler refuses: no such path, or no such method."""
        if not isinstance(error, HTTPException):
            raise TypeError("only for HTTPException")
        response = self._problem(_PROBLEMS_BY_STATUS[error.status_code], request)
        response.headers.update(error.headers or {})
        return response

    async def answer_fault(self, request: Request, _error: Exception) -> Response:
        """The page for a fault of ours, which Starlette raises further to be logged."""
        return self._problem(Problem.FAULT, request)

    def _problem(self, problem: Problem, request: Request) -> Response:
        return _to_starlette(
            self._pages.problem(problem, request.headers.get("accept-language", ""))
        )

    async def _conclude(self, request: Request) -> messages.Response:
        """Raises HTTPException, IllFormed, ForgedReturn, Refusal and FaultOnDemand."""
        if request.path_params["acquirer"] != self._ports.acquirer.name:
            raise HTTPException(404)
        fields = read_form(request.headers.get("content-type", ""), await request.body())
        returned = self._ports.acquirer.read_return(fields)
        merchant = await self._merchants.find_merchant(returned.merchant_id)
        ports = self._ports if merchant is None else ports_at(merchant, self._ports)
        payment = await receive(returned, ports)
        door = self._doors[payment.door]
        if door.conclude is None:
            raise LookupError(f"the door {payment.door} authenticates nobody")
        answer = await door.conclude(payment)
        fail_on_demand(self._faults, payment.merchant_id, request.url.path)
        if isinstance(answer, BrowserForm):
            return self._pages.returning(answer)
        if isinstance(answer, messages.Response):
            return dress(door, answer)
        return self._pages.render(answer)


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


def _to_starlette(response: messages.Response) -> Response:
    answer = Response(response.body, response.status)
    answer.raw_headers = list(response.headers)
    return answer
