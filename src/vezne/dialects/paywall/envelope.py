"""What stands around every answer: the outcome, a message, and the body.

The official client reads `ErrorCode` as a number, `Result` as a boolean, and `Body` as an object
(or a list) or null; an empty text in its place would be an error to it.
"""

import enum
from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.dialects.paywall.errors import Failure

ENGLISH: Final = "en"
TURKISH: Final = "tr"

_encoder: Final = msgspec.json.Encoder(decimal_format="number")

Body = msgspec.Struct | Sequence[msgspec.Struct] | str | None


class Style(enum.Enum):
    """Whose envelope: the payment API's has two fields before those of CardWall."""

    CARDS = b"{"
    PAYMENTS = b'{"ErrorCodeType":1,"ErrorMessage":null,'


class Answered(msgspec.Struct, frozen=True):
    """The body of a successful answer, with another message than the usual empty one."""

    body: Body
    message: str


class _Outcome(msgspec.Struct, frozen=True, rename="pascal"):
    error_code: int
    result: bool
    message: str
    body: Body


def success(style: Style, body: Body = None, message: str = "") -> bytes:
    """The body of a successful answer."""
    return _joined(style, _Outcome(0, True, message, body))


def failure(style: Style, failed: Failure, locale: str = TURKISH) -> bytes:
    """The body of an error in the caller's language, with the detail that belongs to it."""
    error = failed.error
    text = error.text(locale, *failed.values)
    return _joined(style, _Outcome(error.code, False, text, failed.body))


def _joined(style: Style, outcome: _Outcome) -> bytes:
    return style.value + _encoder.encode(outcome)[1:]
