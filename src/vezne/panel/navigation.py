"""The pages that the menu leads to."""

from typing import TYPE_CHECKING, Final

import msgspec

from vezne.panel.permissions import Permission

if TYPE_CHECKING:
    from vezne.panel.visit import Visit


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the menu. `text` is the name of what it says; `icon` that of a symbol."""

    path: str
    text: str
    icon: str
    permission: Permission
    is_sandbox_only: bool = False


ENTRIES: Final = (
    Entry(path="/panel", text="nav.home", icon="home", permission=Permission.VIEW),
    Entry(path="/panel/payments", text="nav.payments", icon="payments", permission=Permission.VIEW),
    Entry(path="/panel/cards", text="nav.cards", icon="cards", permission=Permission.VIEW),
    Entry(
        path="/panel/requests",
        text="nav.requests",
        icon="requests",
        permission=Permission.READ_REQUESTS,
        is_sandbox_only=True,
    ),
    Entry(path="/panel/webhooks", text="nav.webhooks", icon="webhooks", permission=Permission.VIEW),
    Entry(
        path="/panel/shop",
        text="nav.shop",
        icon="shop",
        permission=Permission.USE_SANDBOX,
        is_sandbox_only=True,
    ),
    Entry(path="/panel/keys", text="nav.keys", icon="keys", permission=Permission.MANAGE_KEYS),
    Entry(
        path="/panel/sandbox",
        text="nav.sandbox",
        icon="sandbox",
        permission=Permission.USE_SANDBOX,
        is_sandbox_only=True,
    ),
    Entry(
        path="/panel/settings",
        text="nav.settings",
        icon="settings",
        permission=Permission.READ_SETTINGS,
    ),
    Entry(path="/panel/team", text="nav.team", icon="team", permission=Permission.MANAGE_TEAM),
    Entry(path="/panel/audit", text="nav.audit", icon="audit", permission=Permission.READ_AUDIT),
)


def entries_for(visit: "Visit") -> list[Entry]:
    """The lines of the menu that lead the visitor anywhere."""
    return [
        entry
        for entry in ENTRIES
        if visit.may(entry.permission) and (visit.desk.is_sandbox or not entry.is_sandbox_only)
    ]
