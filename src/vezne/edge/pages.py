"""The pages that the edge shows to cardholders' browsers, and the files that they load."""

import importlib.resources
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from vezne.edge.messages import BrowserForm, BrowserMessage, Response
from vezne.edge.wording import (
    ADVICE,
    CONTINUE,
    ENDINGS,
    FORWARDING,
    PROBLEMS,
    RETURNING,
    STATUSES,
    Problem,
    Wording,
    known_language,
    preferred_language,
)

if TYPE_CHECKING:
    import jinja2

_MEDIA_TYPES: Final = {"css": b"text/css", "js": b"text/javascript"}
_STATIC_HEADERS: Final = (
    (b"cache-control", b"max-age=3600"),
    (b"x-content-type-options", b"nosniff"),
)
_PAGE_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # The merchant may see where its browser comes from, and a bank's URL in full is no affair of
    # the merchant's.
    (b"referrer-policy", b"origin"),
    (b"x-content-type-options", b"nosniff"),
)
_POLICY: Final = b"content-security-policy"
_PROBLEM_POLICY: Final = (
    b"default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'"
)
# No form-action here: browsers hold redirects to it as well, and a merchant's callback may redirect
# to another host or into an app.
_FORM_POLICY: Final = b"default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'"
_MESSAGE_POLICY: Final = _FORM_POLICY + b"; form-action 'none'"


class Pages:
    """The pages and what they load. Every page is bare: no door adds headers to it."""

    def __init__(self) -> None:
        folder = importlib.resources.files("vezne.edge") / "pages" / "static"
        self._static = {file.name: file.read_bytes() for file in folder.iterdir()}

    def render(self, answer: BrowserForm | BrowserMessage) -> Response:
        """The page that carries a form on, or that hands a message to the page around it."""
        if isinstance(answer, BrowserForm):
            return self._form(answer, FORWARDING)
        language = known_language(answer.language)
        return self._page(
            "message.html",
            _MESSAGE_POLICY,
            language=language,
            wording=ENDINGS[language][answer.is_success],
            message=answer.message,
        )

    def returning(self, form: BrowserForm) -> Response:
        """The page that takes a form to the merchant, by itself or at the press of a button."""
        return self._form(form, RETURNING)

    def problem(self, problem: Problem, accepted: str) -> Response:
        """The page that says why the browser is sent no further, in a language it accepts."""
        language = preferred_language(accepted)
        page = self._page(
            "problem.html",
            _PROBLEM_POLICY,
            language=language,
            wording=PROBLEMS[language][problem],
            advice=ADVICE[language],
        )
        return msgspec.structs.replace(page, status=STATUSES[problem])

    def static(self, name: str) -> Response | None:
        """A file that a page loads."""
        if name not in self._static:
            return None
        kind = _MEDIA_TYPES[name.rpartition(".")[2]] + b"; charset=utf-8"
        headers = ((b"content-type", kind), *_STATIC_HEADERS)
        return Response(200, self._static[name], headers, bare=True)

    def _form(self, form: BrowserForm, wordings: Mapping[str, Wording]) -> Response:
        language = known_language(form.language)
        return self._page(
            "form.html",
            _FORM_POLICY,
            language=language,
            wording=wordings[language],
            button=CONTINUE[language],
            action=form.action,
            fields=form.fields,
        )

    def _page(self, template: str, policy: bytes, **values: object) -> Response:
        text = _templates().get_template(template).render(values)
        return Response(200, text.encode(), (*_PAGE_HEADERS, (_POLICY, policy)), bare=True)


@cache
def _templates() -> "jinja2.Environment":
    """The templates, once there is a page to show."""
    import jinja2  # noqa: PLC0415 - most processes never show one

    return jinja2.Environment(
        loader=jinja2.PackageLoader("vezne.edge", "pages/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
