"""What everyone but the vault may know of a card."""

import enum
import re
from collections.abc import Sequence
from typing import Final

import msgspec


class Brand(enum.StrEnum):
    """The network on the face of the card."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex"
    TROY = "troy"


class Product(enum.StrEnum):
    """How the card is paid for by its holder."""

    CREDIT = "credit"
    DEBIT = "debit"
    PREPAID = "prepaid"


class Issuer(msgspec.Struct, frozen=True):
    """The bank that gave the card: its national bank code and its name."""

    code: int
    name: str


class BinRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a BIN says of a local card. A foreign or unknown BIN has no record."""

    bin: str
    issuer: Issuer
    brand: Brand
    product: Product
    family: str
    is_commercial: bool = False


class CardSlot(enum.Enum):
    """A place in an outbound message that only the vault can fill."""

    PAN = "pan"
    CVV = "cvv"


class Expiry(msgspec.Struct, frozen=True, order=True):
    """The last month in which a card is good."""

    year: int
    month: int

    def is_past(self, year: int, month: int) -> bool:
        """Whether the card was no longer good in the given month."""
        return (self.year, self.month) < (year, month)


class SealedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card as flows and acquirers hold it: a reference, never the number.

    `transit_id` names what the vault holds in memory for this request (PAN, CVV or both); `token`
    names a stored card. `bin` is the longest prefix that may be shown beside the last four: eight
    digits of a number of sixteen or more, else six.
    """

    bin: str
    last4: str
    expiry: Expiry
    transit_id: int | None = None
    token: bytes | None = None
    has_cvv: bool = False

    @property
    def mask(self) -> str:
        """The printable form."""
        return f"{self.bin[:6]}******{self.last4}"


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant's customer, to whom stored cards belong."""

    merchant_id: int
    key: bytes
    email: str
    external_id: str | None = None
    created_ms: int


# Under which purpose the vault's name box seals the identity numbers of holders of insurance cards.
IDENTITY_PURPOSE: Final = "paywall identity"


class CardScope(enum.StrEnum):
    """What a stored card is for. An insurance card is known by its ends only, and pays nowhere."""

    PAYMENT = "payment"
    INSURANCE = "insurance"


class StoredCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A card in the vault, as the books know it. `token` is the vault's name for it.

    The vault has nothing of an insurance card: `holder` and `identity`, the holder's identity
    number as the vault's name box sealed it, stand here.
    """

    merchant_id: int
    owner_key: bytes
    token: bytes
    alias: str
    bin: str
    last4: str
    expiry: Expiry
    metadata: dict[str, str] = {}
    created_ms: int
    scope: CardScope = CardScope.PAYMENT
    holder: str = ""
    identity: bytes = b""


PAN_LENGTH_MIN = 12
PAN_LENGTH_MAX = 19

# Longer than the shortest card number: texts of twelve digits are too often something else.
RUN_LENGTH_MIN = 13
_DIGIT_RUN = re.compile(r"[0-9](?:[ .-]?[0-9]){12,}")
_BETWEEN_GROUPS = re.compile(r"[ .-]")
# Stricter than for prose: ids and addresses are full of long numbers, of which times begin with 1.
_CARD_LIKE = re.compile(r"(?<!\d)(?:[2-6]\d{15}|9792\d{12}|3[47]\d{13})(?!\d)", re.ASCII)
# For one search: all digits read as "0", what groups them left out.
_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_GROUPING = b" .-"
_LONG_RUN = b"0" * RUN_LENGTH_MIN

# Each digit doubled, and the two digits of the result added.
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
_ZERO = ord("0")


def is_luhn_valid(digits: str) -> bool:
    """Whether a string of decimal digits passes the check of ISO/IEC 7812-1, annex B."""
    return has_right_check_digit(digits.encode("ascii"))


def has_right_check_digit(digits: bytes) -> bool:
    """The same of ASCII digits."""
    total = sum(digits[::-2]) + sum(digits[-2::-2].translate(_DOUBLED))
    return (total - _ZERO * len(digits)) % 10 == 0


def holds_pan(text: str) -> bool:
    """Whether a plausible card number stands in a free text, alone or beside other digits.

    People type card numbers into name and alias fields; such a text must not be stored. Digits may
    be grouped by blanks, dashes and dots; every sequence of whole groups counts.
    """
    # Most texts have too few digits in a row; to see that takes a tenth of looking for a run.
    if _LONG_RUN not in text.encode("utf-8", "replace").translate(_AS_ZEROS, _GROUPING):
        return False
    return any(_holds_pan(_BETWEEN_GROUPS.split(run[0])) for run in _DIGIT_RUN.finditer(text))


def _holds_pan(groups: Sequence[str]) -> bool:
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > PAN_LENGTH_MAX:
                break
            if len(digits) >= RUN_LENGTH_MIN and is_luhn_valid(digits):
                return True
    return False


def holds_card_number(text: str) -> bool:
    """Whether a card number stands in an id or an address: no more than what looks like one."""
    return any(map(is_luhn_valid, _CARD_LIKE.findall(text)))
