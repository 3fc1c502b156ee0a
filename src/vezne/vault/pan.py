"""Card numbers and security codes as values that show only their mask.

Digits are held in a `bytearray` that is zeroed on release. CPython gives no more than that: the
JSON text they came from, and the bytes that `reveal` returns, live until the interpreter reuses
their memory. The bound is therefore how few places call `reveal` and how briefly they keep it.
"""

from typing import Final, NoReturn, SupportsIndex

from vezne.core.card import PAN_LENGTH_MAX, PAN_LENGTH_MIN, has_right_check_digit

_LONG_PAN: Final = 16
_AMEX_PREFIXES: Final = ("34", "37")
_AMEX_CVV_LENGTH: Final = 4
_CVV_LENGTH: Final = 3


class _Masked:
    """Digits behind a mask. Text forms show the mask; copies and serializations are refused."""

    __slots__ = ("_digits",)

    def __init__(self, digits: bytearray) -> None:
        self._digits = digits

    @property
    def mask(self) -> str:
        """The printable form, before and after wiping: nothing but asterisks."""
        return "***"

    def reveal(self) -> bytes:
        """The digits in the clear, for the caller's next line only. Raises ValueError if wiped."""
        if not self._digits:
            raise ValueError("the digits were wiped")
        return bytes(self._digits)

    def wipe(self) -> None:
        """Overwrite the digits and forget them. Safe to call twice."""
        digits = self._digits
        # Zeros of another type would be made a bytearray first.
        digits[:] = bytearray(len(digits))
        digits.clear()

    def __str__(self) -> str:
        return self.mask

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mask})"

    def __format__(self, spec: str) -> str:
        return format(self.mask, spec)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is neither copied nor serialized")


class Pan(_Masked):
    """A valid card number.

    `bin` and `last4` are what may be shown: eight and four digits of a number of sixteen or more,
    else six and four (PCI DSS v4.0.1 3.4.1 with PCI SSC FAQ 1091).
    """

    __slots__ = ("_length", "bin", "last4")

    def __init__(self, digits: bytearray) -> None:
        self._digits = digits
        self._length = len(digits)
        self.bin = digits[: 8 if len(digits) >= _LONG_PAN else 6].decode()
        self.last4 = digits[-4:].decode()

    @property
    def mask(self) -> str:
        """The first six and last four digits, as many asterisks between them as digits."""
        return f"{self.bin[:6]}{'*' * (self._length - 10)}{self.last4}"

    @property
    def is_amex(self) -> bool:
        """Whether it is an American Express number, whose CVV has four digits."""
        return self.bin.startswith(_AMEX_PREFIXES)


class Cvv(_Masked):
    """A security code. Sensitive authentication data: never stored (PCI DSS v4.0.1 3.3.1)."""

    __slots__ = ()


def parse_pan(text: str) -> Pan | None:
    """The card number in a text of digits and spaces; None unless length and check digit fit."""
    # What is no ASCII becomes a question mark, and that is no digit.
    digits = text.replace(" ", "").encode("ascii", "replace")
    if (
        PAN_LENGTH_MIN <= len(digits) <= PAN_LENGTH_MAX
        and digits.isdigit()
        and has_right_check_digit(digits)
    ):
        return Pan(bytearray(digits))
    return None


def parse_cvv(text: str, pan: Pan | None) -> Cvv | None:
    """The security code in a text; None unless it has the digits that the card's brand takes.

    Beside a stored card the brand is not known here, so either length will do.
    """
    if not (text.isascii() and text.isdigit()):
        return None
    if pan is None:
        is_fit = len(text) in {_CVV_LENGTH, _AMEX_CVV_LENGTH}
    else:
        is_fit = len(text) == (_AMEX_CVV_LENGTH if pan.is_amex else _CVV_LENGTH)
    return Cvv(bytearray(text, "ascii")) if is_fit else None
