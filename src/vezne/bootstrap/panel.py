"""The panel's desk: what bootstrap lends it of the other rooms."""

from vezne.bootstrap.house import House
from vezne.core.member import SignedIn
from vezne.panel.desk import PanelDesk


class _NobodyYet:
    async def find(self, _token: str) -> SignedIn | None:
        return None


def panel_desk(house: House) -> PanelDesk:
    """What the panel works with."""
    return PanelDesk(
        ports=house.ports,
        audit=house.audit,
        sessions=_NobodyYet(),
        is_sandbox=house.settings.mode == "sandbox",
    )
