"""A request body after the vault has lifted the card out of it."""

import enum
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from vezne.core.card import CardSlot


class CardFields(msgspec.Struct, frozen=True):
    """Where a dialect's request carries card data: a path of object keys, then the field names.

    `("paymentCard",), "cardNumber", "cvc"` reads `{"paymentCard": {"cardNumber": …, "cvc": …}}`.
    """

    container: tuple[str, ...]
    number: str
    cvv: str | None = None


class LiftedNumber:
    """The type of a record's field whose value, a card number, the vault took out."""

    __slots__ = ()


class LiftedCode:
    """The type of a record's field whose value, a security code, the vault took out."""

    __slots__ = ()


class BodyShape(msgspec.Struct, frozen=True):
    """The record that a route's bodies are, when they are as official clients send them.

    `make` turns a JSON value into one of the dialect's own types; it raises ValueError for a value
    that is none. The card's fields are typed `LiftedNumber` and `LiftedCode`.
    """

    record: type[msgspec.Struct]
    make: Callable[[type, object], object]


class FieldState(enum.Enum):
    """What the vault found in a card field."""

    ABSENT = "absent"
    INVALID = "invalid"
    VALID = "valid"


class LiftedCard(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of the card that came with a request.

    `bin` and `last4` are empty unless the number is valid. `leaked` says that the number stood in
    another field of the same request as well; such a request must be refused.
    """

    transit_id: int
    number: FieldState
    cvv: FieldState
    bin: str = ""
    last4: str = ""
    leaked: bool = False


class MalformedBody(Exception):
    """The body is not acceptable JSON: syntax, encoding, nesting or a number out of range."""


class SealedBody(Protocol):
    """A clean payload, and proofs over the original bytes without showing them.

    In `payload` every card field holds its `CardSlot` instead of its value; empty and null
    fields stay as they were.
    """

    @property
    def payload(self) -> object:
        """The decoded JSON with the card fields replaced; numbers with a fraction as Decimal."""

    @property
    def record(self) -> msgspec.Struct | None:
        """The body as the record of its route's shape; None when it does not fit strictly."""

    @property
    def card(self) -> LiftedCard | None:
        """The card of the request; None where the route has no card fields."""

    @property
    def is_empty(self) -> bool:
        """Whether the request had no body at all, or an empty JSON array."""

    def hmac_sha256(self, key: bytes, prefix: bytes) -> bytes:
        """HMAC-SHA256 over the prefix followed by the original bytes."""

    def sha1(self, segments: Sequence[str | CardSlot]) -> bytes:
        """SHA-1 over the UTF-8 text of the segments, slots filled with the original values."""

    def release(self) -> None:
        """Wipe what the vault holds for this request. Safe to call twice."""
