"""The table of the panel: every page and act, who may, and what answers."""

import enum
from collections.abc import Awaitable, Callable

import msgspec
from starlette.responses import Response

from vezne.panel.permissions import Permission
from vezne.panel.visit import Visit

Handle = Callable[[Visit], Awaitable[Response]]


class Where(enum.Enum):
    """In which modes a page exists."""

    EVERYWHERE = "everywhere"
    SANDBOX = "sandbox"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page (GET) or an act (POST). `path` is below `paths.PANEL_PATH` and may name parameters.

    A page without a permission is for everybody, signed in or not; its visit has no `who`, unless
    somebody is. An act needs the form token of its session; with `takes_foreign_forms` it needs
    none, and must change nothing but what the form itself proves.

    A card number in a field of a form or of the address is refused before a page sees it, except
    where the page `minds_card_numbers` itself, and shows none again.
    """

    method: str
    path: str
    handle: Handle
    permission: Permission | None
    where: Where = Where.EVERYWHERE
    takes_foreign_forms: bool = False
    minds_card_numbers: bool = False
