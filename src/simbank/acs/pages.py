"""The issuer's pages as an ASGI app: method step, challenge, and the way back to the acquirer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib import resources
from typing import Final
from urllib.parse import parse_qsl

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from simbank.acs.challenge import (
    CODE,
    RESENDS_MAX,
    WRONG_CODES_MAX,
    Action,
    Asked,
    Closed,
    Concluded,
    Notice,
    proceed,
)
from simbank.acs.formats import amount_text, card_text, date_text, time_text
from simbank.acs.scenarios import AUTHENTICATED
from simbank.acs.texts import TEXTS, preferred_language
from simbank.acs.transactions import ENTRY_PATH, ForgedToken, Language, Transaction, seal, unseal
from simbank.proofs import conclude
from simbank.references import key_from_seed
from vezne.wire.simacs import sign_return

_METHOD_PATH: Final = f"{ENTRY_PATH}/method"
_CHALLENGE_PATH: Final = f"{ENTRY_PATH}/challenge"

# The pages and the acquirer's return address are of one origin, so `self` names every target.
_CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "origin",
    "X-Content-Type-Options": "nosniff",
}
_MEDIA_TYPES: Final = {
    "bank.css": "text/css",
    "bank.svg": "image/svg+xml",
    "countdown.js": "text/javascript",
    "submit.js": "text/javascript",
}

# The largest form of ours has three fields.
_FIELDS_MAX: Final = 8

# The notices about what was typed.
_ERRORS: Final = frozenset({Notice.WRONG_CODE, Notice.CODE_MISSING})


class _BadForm(Exception):
    """The body is none of our forms."""


def acs_app(*, return_key: bytes, seed: str, now_ms: Callable[[], int]) -> Starlette:
    """The issuer's pages, all of them below `/bank`.

    `return_key` is the secret shared with the acquirer, `seed` that of the bank's host, and
    `now_ms` tells the epoch time in milliseconds. Whatever is wrong with a request is answered with
    a page: 400 for a form or token that is not the bank's, 404 and 405 for other addresses.
    """
    site = _Site(return_key, key_from_seed(seed), now_ms)
    app = Starlette(
        routes=[
            Route(ENTRY_PATH, site.enter, methods=["POST"]),
            Route(_METHOD_PATH, site.method, methods=["GET"]),
            Route(_CHALLENGE_PATH, site.challenge, methods=["POST"]),
            Route("/bank/static/{name}", site.static, methods=["GET"]),
        ],
        exception_handlers={
            HTTPException: site.refuse_address,
            ForgedToken: site.refuse_form,
            _BadForm: site.refuse_form,
        },
    )
    # A redirect would lack the headers of a page.
    app.router.redirect_slashes = False
    return app


class _Site:
    """The endpoints and what they share."""

    def __init__(self, return_key: bytes, bank_key: bytes, now_ms: Callable[[], int]) -> None:
        self._return_key = return_key
        self._bank_key = bank_key
        self._now_ms = now_ms
        self._pages = jinja2.Environment(
            loader=jinja2.PackageLoader("simbank.acs"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        )
        folder = resources.files("simbank.acs") / "static"
        self._files = {name: (folder / name).read_bytes() for name in _MEDIA_TYPES}

    async def enter(self, request: Request) -> Response:
        """The browser arrives from the merchant: the method step."""
        transaction, _ = await self._read(request)
        return self._page(
            "waiting.html",
            transaction.language,
            token=seal(self._return_key, transaction),
            method_path=_METHOD_PATH,
            challenge_path=_CHALLENGE_PATH,
        )

    async def method(self, _: Request) -> Response:
        """What the hidden frame loads."""
        return self._page("method.html", "en")

    async def challenge(self, request: Request) -> Response:
        """Every step after that: another page, or the way back."""
        transaction, form = await self._read(request)
        try:
            action = Action(form.get("action", ""))
        except ValueError:
            raise _BadForm from None
        now_ms = self._now_ms()
        match proceed(transaction, action, form.get("code", ""), now_ms=now_ms):
            case Asked(transaction, notice):
                return self._ask(transaction, notice, now_ms)
            case Concluded(transaction, md_status):
                return self._return(transaction, md_status)
            case Closed(transaction):
                texts = TEXTS[transaction.language]
                paragraphs = (texts.closed, texts.closed_why)
                return self._message(transaction.language, texts.closed_title, paragraphs)

    async def static(self, request: Request) -> Response:
        """A style sheet, a script or a picture."""
        name = request.path_params["name"]
        if name not in self._files:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(self._files[name], headers=headers, media_type=_MEDIA_TYPES[name])

    async def refuse_form(self, request: Request, _: Exception) -> Response:
        """A form that is none of ours, or was altered."""
        language = preferred_language(request.headers.get("accept-language", ""))
        texts = TEXTS[language]
        return self._message(
            language, texts.bad_link_title, (texts.bad_link,), status=HTTPStatus.BAD_REQUEST
        )

    async def refuse_address(self, request: Request, error: Exception) -> Response:
        """An address or a method that there is not."""
        language = preferred_language(request.headers.get("accept-language", ""))
        texts = TEXTS[language]
        page = self._message(language, texts.wrong_address_title, (texts.wrong_address,))
        if isinstance(error, HTTPException):
            page.status_code = error.status_code
            page.headers.update(error.headers or {})
        return page

    async def _read(self, request: Request) -> tuple[Transaction, dict[str, str]]:
        """The transaction and the fields of a form. Raises _BadForm and ForgedToken."""
        try:
            text = (await request.body()).decode()
            pairs = parse_qsl(
                text, keep_blank_values=True, strict_parsing=True, max_num_fields=_FIELDS_MAX
            )
        except ValueError:
            raise _BadForm from None
        form = dict(pairs)
        if len(form) != len(pairs):
            raise _BadForm
        return unseal(self._return_key, form.get("token", "")), form

    def _ask(self, transaction: Transaction, notice: Notice | None, now_ms: int) -> Response:
        """The challenge page."""
        language = transaction.language
        texts = TEXTS[language]
        resends_left = RESENDS_MAX - transaction.resends
        notice_text = ""
        if notice is not None:
            left = WRONG_CODES_MAX - transaction.wrong_codes
            notice_text = texts.notices[notice].format(left=left)
        return self._page(
            "challenge.html",
            language,
            token=seal(self._return_key, transaction),
            challenge_path=_CHALLENGE_PATH,
            other_language="en" if language == "tr" else "tr",
            merchant_name=transaction.merchant_name,
            amount=amount_text(transaction.amount_e8, transaction.currency, language),
            installments=transaction.installments,
            card=card_text(transaction.mask),
            card_ending=texts.card_ending.format(last4=transaction.mask[-4:]),
            date=date_text(transaction.begun_ms, language),
            notice=notice_text,
            is_error=notice in _ERRORS,
            sandbox_code=CODE,
            deadline=time_text(transaction.deadline_ms),
            deadline_iso=datetime.fromtimestamp(transaction.deadline_ms / 1000, UTC).isoformat(),
            seconds_left=-((now_ms - transaction.deadline_ms) // 1000),
            resends_left=resends_left,
            resends_text=texts.resends_left.format(count=resends_left),
        )

    def _return(self, transaction: Transaction, md_status: int) -> Response:
        """The page that takes the bank's word back, by itself or at the press of a button."""
        outcome = conclude(self._bank_key, transaction, md_status)
        return self._page(
            "return.html",
            transaction.language,
            return_url=transaction.return_url,
            fields=tuple(sign_return(self._return_key, outcome).items()),
            is_passed=md_status == AUTHENTICATED,
        )

    def _message(
        self,
        language: Language,
        heading: str,
        paragraphs: tuple[str, ...],
        *,
        status: int = HTTPStatus.OK,
    ) -> Response:
        return self._page(
            "message.html", language, status=status, heading=heading, paragraphs=paragraphs
        )

    def _page(
        self, name: str, language: Language, *, status: int = HTTPStatus.OK, **values: object
    ) -> Response:
        context: Mapping[str, object] = {"language": language, "texts": TEXTS[language], **values}
        page = self._pages.get_template(name).render(context)
        return HTMLResponse(page, status, _HEADERS)
