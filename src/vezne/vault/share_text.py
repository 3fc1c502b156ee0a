"""A custodian's share as people write and type it.

Sixteen groups of four letters and digits, four groups a line. The alphabet has no letter that reads
like a digit (Crockford's base 32), so that what was written by hand can be typed in again: upper
and lower case, spaces, dashes and O for 0, I or L for 1 make no difference.
"""

import hashlib
from typing import Final, NamedTuple

from vezne.vault.seal import KEY_BYTES

CEREMONY_BYTES: Final = 4
_CHECK_BYTES: Final = 3
_SHARE_BYTES: Final = 1 + CEREMONY_BYTES + KEY_BYTES + _CHECK_BYTES
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS: Final = 5
_LETTERS: Final = _SHARE_BYTES * 8 // _BITS
_GROUP: Final = 4
_LINE: Final = 4 * _GROUP
_READ_AS: Final = str.maketrans("OIL", "011", " -\t\r\n")


class InvalidShare(Exception):
    """What was given is no share, or not one of this ceremony. The text says what to look at."""


class Share(NamedTuple):
    """A custodian's share: which ceremony it is from, the custodian's number, and the value."""

    ceremony: bytes
    number: int
    value: bytes

    def __repr__(self) -> str:
        return f"Share({self.ceremony.hex()}, {self.number})"


def to_text(share: Share) -> str:
    """The share in four lines of four groups."""
    body = bytes((share.number,)) + share.ceremony + share.value
    number = int.from_bytes(body + _check(body), "big")
    letters = "".join(
        _ALPHABET[number >> _BITS * place & 31] for place in reversed(range(_LETTERS))
    )
    groups = [letters[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP)]
    per_line = _LINE // _GROUP
    lines = [" ".join(groups[at : at + per_line]) for at in range(0, len(groups), per_line)]
    return "\n".join(lines)


def share_from_text(text: str) -> Share:
    """The share that somebody typed. Raises InvalidShare, never with a part of it."""
    letters = text.upper().translate(_READ_AS)
    if len(letters) != _LETTERS:
        raise InvalidShare(f"a share has {_LETTERS} letters and digits, this has {len(letters)}")
    number = 0
    for letter in letters:
        value = _ALPHABET.find(letter)
        if value < 0:
            raise InvalidShare("a share has letters and digits only, and never U")
        number = number << _BITS | value
    data = number.to_bytes(_SHARE_BYTES, "big")
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if check != _check(body):
        raise InvalidShare("a character of the share is wrong, or two are exchanged")
    return Share(body[1 : 1 + CEREMONY_BYTES], body[0], body[1 + CEREMONY_BYTES :])


def _check(body: bytes) -> bytes:
    return hashlib.sha256(b"vezne share" + body).digest()[:_CHECK_BYTES]
