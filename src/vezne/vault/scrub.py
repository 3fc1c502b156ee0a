"""Takes a number that stands where none belongs out of the values of a body."""

import re
from decimal import Decimal
from typing import Final

import msgspec

# What may stand between the digits of a number that a person typed: anything but letters, digits
# and the marks that separate JSON values.
SEPARATORS: Final = bytes(
    code for code in range(256) if not bytes((code,)).isalnum() and code not in b'",:{}[]'
)
# As our own encoder writes them: what a text has there is no letter and no digit.
_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-f]{4}|.)")
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
    return _ESCAPE.sub(b" ", msgspec.json.encode(payload))


def without_escapes(raw: bytes) -> bytes | None:
    """The body without its Unicode escapes; None where only a decoder knows what stands there.

    Clients that escape everything but ASCII have them in every other word of a Turkish address.
    """
    if b"\\" not in raw:
        return raw
    if b"\\u003" in raw:
        # An escaped digit.
        return None
    head, *rest = raw.split(b"\\u")
    bare = head + b"".join([piece[4:] for piece in rest])
    return None if b"\\" in bare else bare
