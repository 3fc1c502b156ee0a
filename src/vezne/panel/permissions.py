"""What each role may do in the panel."""

import enum
from collections.abc import Mapping
from typing import Final

from vezne.core.member import Role


class Permission(enum.StrEnum):
    """Everything that a page or an act may ask for. The list is closed."""

    # Whoever is signed in: their own account, sessions and second factor.
    SELF = "self"
    VIEW = "view"
    MOVE_MONEY = "move_money"
    EXPORT = "export"
    DELETE_CARDS = "delete_cards"
    READ_REQUESTS = "read_requests"
    REPLAY_WEBHOOKS = "replay_webhooks"
    MANAGE_KEYS = "manage_keys"
    USE_SANDBOX = "use_sandbox"
    READ_SETTINGS = "read_settings"
    CHANGE_SETTINGS = "change_settings"
    MANAGE_TEAM = "manage_team"
    READ_AUDIT = "read_audit"


_VIEWER: Final = frozenset({Permission.SELF, Permission.VIEW})
_DEVELOPER: Final = _VIEWER | {
    Permission.READ_REQUESTS,
    Permission.REPLAY_WEBHOOKS,
    Permission.MANAGE_KEYS,
    Permission.USE_SANDBOX,
    Permission.READ_SETTINGS,
}
_OPERATOR: Final = _VIEWER | {
    Permission.MOVE_MONEY,
    Permission.EXPORT,
    Permission.DELETE_CARDS,
    Permission.REPLAY_WEBHOOKS,
    Permission.READ_SETTINGS,
}
# In the sandbox.
PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.VIEWER: _VIEWER,
    Role.DEVELOPER: _DEVELOPER,
    Role.OPERATOR: _OPERATOR,
    Role.OWNER: frozenset(Permission),
}


# Whoever has a key of live mode moves money with it, past the panel.
_LIVE_OWNERS_ONLY: Final = frozenset({Permission.MANAGE_KEYS})


def may(role: Role, permission: Permission, *, is_live: bool = False) -> bool:
    """Whether a role has a permission; in live mode some are for owners only."""
    if is_live and permission in _LIVE_OWNERS_ONLY and role is not Role.OWNER:
        return False
    return permission in PERMISSIONS[role]
