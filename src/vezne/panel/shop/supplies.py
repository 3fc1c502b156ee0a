"""What the shop is lent, and the orders that it keeps."""

import msgspec

from vezne.panel.shop.doors import DoorKeys, DoorLine, ShopCard
from vezne.panel.shop.orders import OrderBook


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the shop works with.

    `url` is the origin at which browsers and merchants reach the doors; empty: they are where the
    panel is.
    """

    cards: tuple[ShopCard, ...]
    keys: DoorKeys
    line: DoorLine
    orders: OrderBook
    url: str = ""

    def find_card(self, name: str) -> ShopCard | None:
        """The test card of a name."""
        return next((card for card in self.cards if card.name == name), None)
