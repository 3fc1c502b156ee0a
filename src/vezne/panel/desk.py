"""What the panel works with: the house's ports, and what bootstrap lends it of the other rooms."""

from typing import Protocol

import msgspec

from vezne.core.member import SignedIn
from vezne.core.ports import Audit, Ports


class Sessions(Protocol):
    """Who is signed in."""

    async def find(self, token: str) -> SignedIn | None:
        """Who the bearer of a session's token is; None when it is unknown or over."""


class PanelDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a page may use. `ports` have the real time: `Visit.ports` the merchant's."""

    ports: Ports
    audit: Audit
    sessions: Sessions
    is_sandbox: bool
