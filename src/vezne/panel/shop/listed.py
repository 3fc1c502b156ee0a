"""A stored card as a door lists it, and which of them the customer chose."""

from collections.abc import Callable, Mapping, Sequence

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


def find_listed(
    cards: Sequence[ListedCard], wanted: Wanted, token_of: Callable[[str], bytes | None]
) -> ListedCard | None:
    """The very card that was chosen; None: the door does not list it.

    `token_of` says which card a door means by a name. Two cards may have the same ends.
    """
    for card in cards:
        if any(token_of(name) == wanted.token for name in card.names.values()):
            return card
    return None
