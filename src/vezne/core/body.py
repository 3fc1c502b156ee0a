"""A request body after the vault has lifted the card out of it."""

import enum
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from vezne.core.card import CardSlot
from vezne.core.diagnosis import Cause


class BodyKind(enum.Enum):
    """How a body is written. A form or an XML document is read as an object of texts.

    The children of an XML document's root are the fields; a child with children is an object, and
    one that is repeated a list.
    """

    JSON = "json"
    FORM = "form"
    XML = "xml"


class CardFields(msgspec.Struct, frozen=True):
    """Where a dialect's request carries card data: a path of object keys, then the field names.

    `("paymentCard",), "cardNumber", "cvc"` reads `{"paymentCard": {"cardNumber": …, "cvc": …}}`.
    With `ignores_case` the keys of the body may be spelled in any case; of several spellings of one
    field all are taken out, and the last one counts.
    """

    container: tuple[str, ...]
    number: str
    cvv: str | None = None
    ignores_case: bool = False


class LiftedNumber:
    """The type of a record's field whose value, a card number, the vault took out."""

    __slots__ = ()


class LiftedCode:
    """The type of a record's field whose value, a security code, the vault took out."""

    __slots__ = ()


class BodyShape(msgspec.Struct, frozen=True):
    """The record that a route's bodies are, when they are as official clients send them.

    `make` turns a JSON value into one of the dialect's own types; it raises ValueError for a value
    that is none. What it made of a text may be given out again for the same text, so it does not
    change. The card's fields are typed `LiftedNumber` and `LiftedCode`.
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
    another field of the same request as well; such a request must be refused. `tag` is the same for
    the same number and says nothing of it, nor means anything once the process has ended; empty
    where nobody asked the vault for tags. `stands_alone` says that in no other text of the request
    are as many digits in a row as `holds_pan` looks for, nor a NUL; False where that is not
    certain.
    """

    transit_id: int
    number: FieldState
    cvv: FieldState
    bin: str = ""
    last4: str = ""
    leaked: bool = False
    tag: bytes = b""
    stands_alone: bool = False


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """With what a signature is right that is not right as it should be.

    `key` and `prefix` are the numbers of those that it was made with. `causes` say how its digits
    are written or the body was, if otherwise than they came; `body` is that other body, masked, and
    `sent` the one that came.
    """

    key: int = 0
    prefix: int = 0
    causes: tuple[Cause, ...] = ()
    body: str | None = None
    sent: str | None = None


class MaskedBody(msgspec.Struct, frozen=True):
    """A body in which a card number shows its first six and last four digits, a code none.

    `is_as_sent` says that all else is byte for byte what came; else it is the same values, written
    anew as JSON. Of a body that is too long to be masked it has the length only, in bytes.
    """

    text: bytes
    is_as_sent: bool
    left_out_bytes: int = 0


class MalformedBody(Exception):
    """The body is not acceptable: its syntax, encoding or size, its nesting, a number in it."""


class SealedBody(Protocol):
    """A clean payload, and proofs over the original bytes without showing them.

    In `payload` every card field holds its `CardSlot` instead of its value; empty and null
    fields stay as they were.
    """

    @property
    def payload(self) -> object:
        """The body as values, the card fields replaced; numbers with a fraction as Decimal."""

    @property
    def record(self) -> msgspec.Struct | None:
        """The body as the record of its route's shape; None when it does not fit strictly."""

    @property
    def card(self) -> LiftedCard | None:
        """The card of the request; None where the route has no card fields."""

    @property
    def is_empty(self) -> bool:
        """Whether the request had no body at all, or an empty JSON array."""

    async def is_hmac_sha256(self, signature: bytes, key: bytes, prefix: bytes) -> bool:
        """Whether a signature is HMAC-SHA256 over the prefix followed by the original bytes.

        In lower-case hexadecimal; compared in constant time. Nobody is given the digest itself: who
        knows all of a body but a few digits of its card could find them by it.
        """

    async def is_sha1(self, signature: bytes, segments: Sequence[str | CardSlot]) -> bool:
        """Whether it is SHA-1 over the UTF-8 text of the segments, in base64.

        Slots are filled with the original values.
        """

    async def explain_hmac(
        self, signature: bytes, keys: Sequence[bytes], prefixes: Sequence[bytes]
    ) -> Explained | None:
        """What a signature that `is_hmac_sha256` denies was made of; None: that was not found.

        Each key is tried with the first prefix, each prefix with the first key, and the first of
        both with the body as other clients would have written it. How many are tried is bounded,
        and so is the body; every text that is tried ends in all of the body, so nobody finds out
        anything of a card by asking.
        """

    def masked(self) -> MaskedBody:
        """The body as a developer may see it, as near to what was sent as is certain.

        Raises ValueError after release.
        """

    def release(self) -> None:
        """Wipe what the vault holds for this request. Safe to call twice."""
