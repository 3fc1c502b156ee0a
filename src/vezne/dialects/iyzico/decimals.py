"""Amounts on the wire: exact JSON numbers, written straight from integers of 1e-8."""

from collections.abc import Callable
from typing import Final, Protocol

from vezne.core.money import SCALE
from vezne.dialects.iyzico.shapes import Amount
from vezne.dialects.iyzico.switches import Decimals

# An answer has some forty amounts: rates, fees, zeroes, and the prices of a shop, which come again.
TEXTS_MAX: Final = 4096


class Texts(dict[int, str]):
    """Amounts as they were written, all of which are forgotten when there are `TEXTS_MAX`.

    Looking one up takes fewer steps than asking a function that remembers its answers.
    """

    def __init__(self, write: Callable[[int], str]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, amount_e8: int) -> str:
        if len(self) >= TEXTS_MAX:
            self.clear()
        text = self[amount_e8] = self._write(amount_e8)
        return text


def _stripped(amount_e8: int) -> str:
    if amount_e8 < 0:
        return "-" + _stripped(-amount_e8)
    digits = str(amount_e8).zfill(SCALE + 1)
    return f"{digits[:-SCALE]}.{digits[-SCALE:]}".rstrip("0").rstrip(".")


def _scale8(amount_e8: int) -> str:
    if not amount_e8:
        return "0E-8"
    if amount_e8 < 0:
        return "-" + _scale8(-amount_e8)
    digits = str(amount_e8).zfill(SCALE + 1)
    return f"{digits[:-SCALE]}.{digits[-SCALE:]}"


# Plain notation without trailing zeros: `1.2`, `20`, `0`.
stripped_text: Final[Callable[[int], str]] = Texts(_stripped).__getitem__
# Eight decimals: `0.36000000`. A zero is `0E-8`, as the live service writes it.
scale8_text: Final[Callable[[int], str]] = Texts(_scale8).__getitem__


class Notation(Protocol):
    """How amounts are written."""

    def amount(self, amount_e8: int) -> str:
        """An amount that was computed or stored."""

    def constant(self, amount_e8: int) -> str:
        """An amount that is a bare zero unless a sub-merchant has a part in it."""

    def echo(self, amount_e8: int, sent: Amount | None) -> str:
        """An amount of the request; None when it comes from the books instead."""

    def difference(self, amount_e8: int, first: Amount | None, second: Amount | None) -> str:
        """First minus second amount of the request, as `echo`."""


class Stripped:
    """No trailing zeros anywhere."""

    amount = staticmethod(stripped_text)
    constant = amount

    def echo(self, amount_e8: int, sent: Amount | None) -> str:
        """The amount, however it was sent."""
        del sent
        return stripped_text(amount_e8)

    def difference(self, amount_e8: int, first: Amount | None, second: Amount | None) -> str:
        """The amount, however its terms were sent."""
        del first, second
        return stripped_text(amount_e8)


class Scale8:
    """Eight decimals for what is computed or stored; what was sent keeps the scale it had."""

    amount = staticmethod(scale8_text)

    def constant(self, amount_e8: int) -> str:
        """The amount; zero as `0`."""
        return scale8_text(amount_e8) if amount_e8 else "0"

    def echo(self, amount_e8: int, sent: Amount | None) -> str:
        """The amount in the scale of the request."""
        return scale8_text(amount_e8) if sent is None else format(sent.sent, "f")

    def difference(self, amount_e8: int, first: Amount | None, second: Amount | None) -> str:
        """The difference in the scale of its finer term."""
        if first is None or second is None:
            return scale8_text(amount_e8)
        return format(first.sent - second.sent, "f")


def notation_for(decimals: Decimals) -> Notation:
    """The notation that a switch asks for."""
    return Stripped() if decimals is Decimals.STRIPPED else Scale8()
