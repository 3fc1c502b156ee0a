"""What a customer of the shop chose in its form."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from vezne.core.card import StoredCard
from vezne.panel.shop.doors import ShopCard
from vezne.panel.shop.goods import GOODS, Line, UnusableQuantity, basket_from, quantity_field
from vezne.panel.shop.purchase import Wanted
from vezne.panel.shop.tills import DOORS

DIRECT: Final = "direct"
SECURE: Final = "secure"
WAYS: Final = (DIRECT, SECURE)
_NEW: Final = "new-"
_STORED: Final = "stored-"


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A form that makes sense. Of `card`, a new one, and `stored` one is there."""

    lines: tuple[Line, ...]
    door: str
    is_secure: bool
    saves_card: bool
    card: ShopCard | None = None
    stored: Wanted | None = None


class Unusable(Exception):
    """A form that makes none: by field, the name of the text that says why."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def card_value(card: ShopCard | StoredCard) -> str:
    """What stands for a card in the form."""
    if isinstance(card, ShopCard):
        return _NEW + card.name
    return _STORED + card.token.hex()


def chosen_from(
    form: Mapping[str, str], cards: Sequence[ShopCard], stored: Sequence[StoredCard]
) -> Chosen:
    """What was chosen among the shop's cards and the customer's. Raises Unusable."""
    errors: dict[str, str] = {}
    lines: tuple[Line, ...] = ()
    try:
        lines = basket_from(form)
        if not lines:
            errors["goods"] = "shop.error.empty"
    except UnusableQuantity as error:
        errors["goods"] = "shop.error.quantity"
        errors[f"quantity_{error}"] = "shop.error.quantity"
    door, way, value = form.get("door", ""), form.get("way", ""), form.get("card", "")
    if door not in DOORS:
        errors["door"] = "shop.error.choose"
    if way not in WAYS:
        errors["way"] = "shop.error.choose"
    card = next((card for card in cards if card_value(card) == value), None)
    wanted = _wanted(stored, value)
    if card is None and wanted is None:
        errors["card"] = "shop.error.card"
    if errors:
        raise Unusable(errors)
    return Chosen(
        lines=lines,
        door=door,
        is_secure=way == SECURE,
        saves_card=card is not None and form.get("save") == "1",
        card=card,
        stored=wanted,
    )


def first_choice(cards: Sequence[ShopCard]) -> dict[str, str]:
    """What the form says before anybody has touched it: something that can be paid at once."""
    return {
        quantity_field(good): "1" if place == 0 else "0" for place, good in enumerate(GOODS)
    } | {"door": DOORS[0], "way": DIRECT, "card": card_value(cards[0]), "save": ""}


def _wanted(stored: Sequence[StoredCard], value: str) -> Wanted | None:
    for card in stored:
        if card_value(card) == value:
            return Wanted(bin=card.bin, last4=card.last4, token=card.token)
    return None
