"""Templates, and what every page has: layout, language, navigation."""

import re
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Final

import jinja2
from starlette.responses import HTMLResponse, Response

from vezne.core.standing import TONES
from vezne.panel import formats
from vezne.panel.navigation import entries_for
from vezne.panel.permissions import Permission
from vezne.panel.wording import LANGUAGES, say

if TYPE_CHECKING:
    from vezne.panel.visit import Visit

_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

# Control characters, which no page may hold (HTML Living Standard, 3.2.5), and those that turn the
# direction of what comes after them, so that it reads otherwise than it is (CVE-2021-42574).
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Renderer:
    """The templates and the files that pages load, read once."""

    def __init__(self) -> None:
        self._templates = _templates()
        folder = resources.files("vezne.panel") / "static"
        self._static = {file.name: file.read_bytes() for file in folder.iterdir()}

    def page(
        self, visit: "Visit", template: str, status: int, values: Mapping[str, object]
    ) -> Response:
        """A page of a template; of its block `live` only, where the page's script asks."""
        loaded = self._templates.get_template(template)
        context = loaded.new_context({**_common(visit), **values})
        is_part = visit.is_fragment and "live" in loaded.blocks
        render = loaded.blocks["live"] if is_part else loaded.root_render_func
        return HTMLResponse(_UNSEEN.sub("\ufffd", "".join(render(context))), status)

    def static(self, name: str) -> Response | None:
        """A file that pages load; None: there is none."""
        if name not in self._static:
            return None
        kind = _MEDIA_TYPES[name.rpartition(".")[2]]
        return Response(self._static[name], media_type=kind)


@cache
def _templates() -> jinja2.Environment:
    """The templates, which a process compiles once."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("vezne.panel", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals.update(
        tones=TONES,
        Permission=Permission,
        ui=templates.get_template("macros.html").module,
    )
    return templates


def _common(visit: "Visit") -> dict[str, object]:
    """What every template may use.

    `t` is a text by name, and `money`, `number`, `count`, `moment`, `day` are formats in the
    visitor's language.
    """
    language = visit.language
    return {
        "visit": visit,
        "who": visit.who if visit.is_signed_in else None,
        "language": language,
        "languages": LANGUAGES,
        "is_sandbox": visit.desk.is_sandbox,
        "note": visit.take_note(),
        "theme": visit.request.cookies.get("vezne_theme", ""),
        "here": visit.request.url.path,
        "navigation": entries_for(visit),
        "t": partial(say, language),
        "may": visit.may,
        "money": partial(_in, formats.money, language),
        "number": partial(_in, formats.number, language),
        "count": partial(_in, formats.count, language),
        "moment": partial(_in, formats.moment, language),
        "day": partial(_in, formats.day, language),
        "machine_time": formats.machine_time,
    }


def _in(write, language: str, *values: object) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return str(write(*values, language))
