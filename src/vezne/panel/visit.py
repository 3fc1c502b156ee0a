"""One request to the panel, as a page sees it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.member import SignedIn
from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.flows.merchant_time import ports_at
from vezne.panel.card_numbers import is_in_address
from vezne.panel.desk import PanelDesk
from vezne.panel.permissions import Permission, may
from vezne.panel.rendering import Renderer
from vezne.panel.wording import say

_FIELDS_MAX: Final = 200
NOTE_COOKIE: Final = "vezne_note"


# What the text of a note begins with: whether it tells of something done.
_DONE: Final = "+"
_NOT_DONE: Final = "-"


class Note(NamedTuple):
    """What an act has to say on the page after it; `is_bad`: that nothing was done."""

    text: str
    is_bad: bool


class IllFormed(Exception):
    """The request is not as our own pages make it."""


class NotFound(Exception):
    """There is no such thing, or none of this merchant's: nobody is told which."""


class Visit:
    """A request, who makes it, and in which language it is answered.

    `query` and `form` hold one value for each name, the last one. `who` is None on pages for
    everybody.
    """

    def __init__(
        self,
        request: Request,
        desk: PanelDesk,
        renderer: Renderer,
        *,
        language: str,
        form: Mapping[str, str],
        who: SignedIn | None,
    ) -> None:
        self.request = request
        self.desk = desk
        self.language = language
        self.form = form
        self._who = who
        self._renderer = renderer

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is."""
        return self._who is not None

    @property
    def who(self) -> SignedIn:
        """Who is signed in. Raises RuntimeError on a page that is for everybody."""
        if self._who is None:
            raise RuntimeError("nobody is signed in")
        return self._who

    @property
    def merchant(self) -> Merchant:
        """The merchant that the member works for. Nobody else's data may be shown."""
        return self.who.merchant

    @property
    def ports(self) -> Ports:
        """The ports with the merchant's time."""
        return ports_at(self.merchant, self.desk.ports)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters of the address."""
        return dict(self.request.query_params)

    @property
    def way_back(self) -> str:
        """The address of the page that is seen; the panel's first where it answers a form.

        No more of it than what comes before a card number, if somebody typed one there.
        """
        url = self.request.url
        if self.request.method != "GET" or is_in_address(url.path):
            return "/panel"
        is_shown = bool(url.query) and not is_in_address(url.query)
        return f"{url.path}?{url.query}" if is_shown else url.path

    @property
    def is_fragment(self) -> bool:
        """Whether the page's own script asks, for the live part of the page only."""
        return is_live(self.request)

    @property
    def is_secure(self) -> bool:
        """Whether the browser came over TLS, as far as is known here. In live mode it must have."""
        is_known = (self.desk.public_url or "").startswith("https://")
        return not self.desk.is_sandbox or is_known or self.request.url.scheme == "https"

    def path(self, name: str) -> str:
        """A parameter of the path."""
        return str(self.request.path_params[name])

    def path_number(self, name: str) -> int:
        """A parameter of the path that is a number. Raises NotFound."""
        text = self.path(name)
        if not (text.isascii() and text.isdigit() and len(text) < len(str(2**63))):
            raise NotFound
        return int(text)

    def may(self, permission: Permission) -> bool:
        """Whether the member may do something for this merchant."""
        is_live = not self.desk.is_sandbox
        return self._who is not None and may(self._who.role, permission, is_live=is_live)

    def say(self, name: str, /, **values: object) -> str:
        """A text in the visitor's language."""
        return say(self.language, name, **values)

    def page(self, template: str, /, *, status: int = 200, **values: object) -> Response:
        """A page, or its live part only where that is asked for."""
        return self._renderer.page(self, template, status, values)

    def go(self, path: str, note: str = "", /, **values: object) -> Response:
        """Send the browser to a page of the panel, after an act; with a note by its text's name."""
        return self._go(path, self.say(note, **values) if note else "", _DONE)

    def turn_back(self, path: str, note: str, /, **values: object) -> Response:
        """As `go`, where nothing was done: the note says why."""
        return self._go(path, self.say(note, **values), _NOT_DONE)

    def _go(self, path: str, text: str, tone: str) -> Response:
        response = RedirectResponse(path, 303)
        if text:
            response.set_cookie(
                NOTE_COOKIE,
                (tone + text).encode().hex(),
                max_age=60,
                path="/panel",
                httponly=True,
                samesite="lax",
                secure=self.is_secure,
            )
        return response

    def take_note(self) -> Note:
        """The note that an act left for the page after it; an empty text: none."""
        try:
            text = bytes.fromhex(self.request.cookies.get(NOTE_COOKIE, "")).decode()
        except ValueError:
            text = ""
        return Note(text[1:], is_bad=text.startswith(_NOT_DONE))

    def record(self, subject: str, *, reason: str = "", is_success: bool = True) -> None:
        """Write to the audit trail that the member changes something, before it is done.

        Raises AuditFailure.
        """
        self.desk.audit.record(
            AuditEvent(
                action=AuditAction.ADMINISTERED,
                merchant_id=self.merchant.id,
                subject=subject,
                reason=reason,
                is_success=is_success,
            )
        )


def is_live(request: Request) -> bool:
    """Whether it is a page that refreshes itself who asks, and nobody at work."""
    return request.headers.get("x-live") == "1"


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it. Raises IllFormed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise IllFormed
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise IllFormed from None
    return dict(pairs)
