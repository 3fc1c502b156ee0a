"""A stored card as a door lists it, and which of them the customer chose."""

from collections.abc import Mapping, Sequence

import msgspec

from vezne.panel.shop.purchase import Wanted


class ListedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card of the customer's, by the names under which the door takes it.

    `last4` is empty where the door does not say it.
    """

    bin: str
    last4: str
    alias: str
    names: Mapping[str, str]


def find_listed(cards: Sequence[ListedCard], wanted: Wanted) -> ListedCard | None:
    """The card that was chosen; None: the door does not list it."""
    alike = [
        card
        for card in cards
        if wanted.bin.startswith(card.bin[:6]) and card.last4 in {"", wanted.last4}
    ]
    if not alike:
        return None
    # Every door lists cards oldest first. Where it tells the ends they are enough.
    place = 0 if alike[0].last4 else wanted.place
    return alike[place] if place < len(alike) else None
