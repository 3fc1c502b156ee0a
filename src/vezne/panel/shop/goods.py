"""What the shop sells."""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.money import UNIT

QUANTITY_MAX: Final = 9
CURRENCY: Final = "TRY"


class UnusableQuantity(Exception):
    """What was asked for cannot be counted. The text names the good."""


class Good(msgspec.Struct, frozen=True, kw_only=True):
    """A good by its name, which its texts and its picture have as well."""

    name: str
    price_e8: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a good."""

    good: Good
    quantity: int

    @property
    def price_e8(self) -> int:
        """What they cost together."""
        return self.good.price_e8 * self.quantity


GOODS: Final = (
    Good(name="coffee", price_e8=289 * UNIT + UNIT // 2),
    Good(name="notebook", price_e8=124 * UNIT + 9 * UNIT // 10),
    Good(name="bag", price_e8=349 * UNIT),
)


def quantity_field(good: Good) -> str:
    """The name of a good's field in the form."""
    return f"quantity_{good.name}"


def basket_from(form: Mapping[str, str]) -> tuple[Line, ...]:
    """The lines that a form asks for. Raises UnusableQuantity."""
    lines = []
    for good in GOODS:
        text = form.get(quantity_field(good), "").strip() or "0"
        if not (text.isascii() and text.isdigit() and len(text) == 1):
            raise UnusableQuantity(good.name)
        if int(text):
            lines.append(Line(good=good, quantity=int(text)))
    return tuple(lines)


def total_e8(lines: tuple[Line, ...]) -> int:
    """What a basket costs."""
    return sum(line.price_e8 for line in lines)
