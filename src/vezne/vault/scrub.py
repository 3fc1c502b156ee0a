"""Takes a number that stands where none belongs out of the values of a body."""

import re
from decimal import Decimal
from typing import Final

import msgspec

from vezne.core.card import RUN_LENGTH_MIN

# What may stand between the digits of a number that a person typed: anything but letters, digits
# and the marks that separate JSON values.
SEPARATORS: Final = bytes(
    code for code in range(256) if not bytes((code,)).isalnum() and code not in b'",:{}[]'
)
# Of any character of JSON but a digit.
_ESCAPE: Final = re.compile(rb"\\(?:u(?!003)....|[^u])")
_BACKSLASH: Final = ord("\\")
# An escape that may hide a digit, is a NUL, or may have a digit after it: any but those of which
# it is certain that they do not. To rule one out takes fewer steps than to fail at each way.
_AMID_DIGITS: Final = re.compile(rb'\\(?!u(?!00[03])....(?:[A-Za-z",\\]| [A-Za-z"\\]))', re.DOTALL)
_NUL: Final = rb"\u0000"
_LONG_ROW: Final = b"0" * RUN_LENGTH_MIN
_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")


def without_number(value: object, digits: bytes) -> object:
    """The values with zeros for digits wherever a number stands, whatever separates it.

    A text keeps its length and its separators. Zeros pass the check of ISO/IEC 7812-1, so a text
    that was refused for the number in it still is.
    """
    if isinstance(value, dict):
        return {
            without_number(key, digits): without_number(item, digits) for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_number(item, digits) for item in value]
    if isinstance(value, str):
        text = value.encode()
        is_there = digits in text.translate(None, SEPARATORS)
        return text.translate(_ZEROS).decode() if is_there else value
    if isinstance(value, int | Decimal) and digits in str(value).encode().translate(
        None, SEPARATORS
    ):
        return type(value)(0)
    return value


def written_out(payload: object) -> bytes:
    """Values as JSON, with a blank for every character that JSON escapes, a tab for one."""
    # What our own encoder escapes is no letter and no digit.
    return _ESCAPE.sub(b" ", msgspec.json.encode(payload))


def stands_once(digits: bytes, bare: bytes, outline: bytes) -> bool:
    """Whether a JSON body has a number but once, whatever separates it; False where in doubt.

    The body comes without its escapes, and as its outline. Most bodies have no other digits as
    long as a card number, which is sooner seen than that there is no other of just these.
    """
    if outline.count(b"0" * len(digits)) == 1:
        return True
    return bare.translate(None, SEPARATORS).count(digits) == 1


def has_no_row_but(digits: bytes, outline: bytes) -> bool:
    """Whether no text of a JSON body has digits in a row that may be a card number, but for one.

    That one comes as its digits, none for a body without a card; the body as its outline.
    """
    is_row = len(digits) >= RUN_LENGTH_MIN
    return outline.count(_LONG_ROW) == is_row and (is_row or not digits)


def without_escapes(raw: bytes) -> bytes | None:
    """A JSON body without what separates digits by an escape.

    None where only a decoder knows what digits stand there, or where a NUL may stand. Clients that
    escape everything but ASCII have escapes in every other word of a Turkish address; few stand
    before a digit, and where none does, the body is left as it is.
    """
    # One byte is looked for as a number: for bytes, `in` makes and drops an exception first.
    if _BACKSLASH not in raw or not _AMID_DIGITS.search(raw):
        return raw
    bare = _ESCAPE.sub(b"", raw)
    return None if _BACKSLASH in bare or _NUL in raw else bare
