"""What strangers' servers say, before it is kept: without card numbers, however they are written.

A receiver of webhooks may answer with whatever it has, in whatever form. So this looks for more
than a log line's mask does: digits of any script, anything but letters between them, and what a
decoder would make of the text. Where a number can be masked it is; a text that hides one in
another form is left out as a whole.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from vezne.core.card import PAN_LENGTH_MAX, is_luhn_valid
from vezne.edge.logs import mask_digits

LEFT_OUT: Final = "[left out: it may hold a card number or a security code]"
_MASK: Final = "[masked]"
_LENGTH_MIN: Final = 13
# As much as stands between the items of a list that is laid out in lines.
_RUN: Final = re.compile(r"[0-9](?:[\W_]{0,40}[0-9]){12,}")
_GROUP: Final = re.compile(r"[0-9]+")
# No card begins with another (ISO/IEC 7812-1, 4.2).
_FIRST_DIGITS: Final = "234569"
# A code within a code within a code: no server goes deeper.
_DEPTH_MAX: Final = 4
_ESCAPE: Final = re.compile(r"\\u00([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})|0x([0-9a-fA-F]{2})[, ]{0,2}")
_HEX: Final = re.compile(r"[0-9a-fA-F]{2}(?:[ :,-]?[0-9a-fA-F]{2}){12,}")
_HEX_MARKS: Final = re.compile(r"[ :,-]")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_STANDARD: Final = str.maketrans("-_", "+/")
# Three or four digits are a security code beside a name that says so only.
_CODE: Final = re.compile(
    r"(?:cvv|cvc|cvn|cav2|csc|(?:security|verification)[\s_-]{0,2}(?:code|value|number)"
    r"|g\wvenl\wk[\s_-]{0,2}(?:kodu|numaras?))[^0-9]{0,40}[0-9]{3,4}(?![0-9])",
    re.IGNORECASE,
)


def mask_foreign(text: str) -> str:
    """A stranger's text without card numbers and security codes, or that it was left out."""
    masked = _mask(text)
    return LEFT_OUT if _CODE.search(masked) or _hides_number(masked, _DEPTH_MAX) else masked


def _mask(text: str) -> str:
    """The text with every card number masked that stands in it as digits."""
    return _RUN.sub(_mask_run, mask_digits(_with_plain_digits(text)))


def _with_plain_digits(text: str) -> str:
    """The text with every digit, of whatever script or shape, as one of ASCII."""
    if text.isascii():
        return text
    return "".join(
        char if char.isascii() else str(unicodedata.digit(char, char)) for char in text
    )


def _mask_run(match: re.Match[str]) -> str:
    """A run of digits with whatever stands between them, its card numbers masked."""
    run = match[0]
    groups = [(found.start(), found[0]) for found in _GROUP.finditer(run)]
    spans: list[tuple[int, int]] = []
    for first, (start, _) in enumerate(groups):
        digits = ""
        for at, group in groups[first:]:
            digits += group
            if len(digits) > PAN_LENGTH_MAX:
                break
            if _may_be_card(digits):
                spans.append((start, at + len(group)))
    return _without(run, spans)


def _may_be_card(digits: str) -> bool:
    return len(digits) >= _LENGTH_MIN and digits[0] in _FIRST_DIGITS and is_luhn_valid(digits)


def _without(run: str, spans: list[tuple[int, int]]) -> str:
    """A text with a mask in the place of each span; spans begin in order and may overlap."""
    parts, done = [], 0
    for start, end in spans:
        if end <= done:
            continue
        if start >= done:
            parts += [run[done:start], _MASK]
        done = end
    return "".join([*parts, run[done:]])


def _hides_number(text: str, depth: int) -> bool:
    """Whether a card number or a code appears in what a decoder makes of a text."""
    for inner in _decoded(text):
        if _mask(inner) != _with_plain_digits(inner) or _CODE.search(inner):
            return True
        if depth and _hides_number(inner, depth - 1):
            return True
    return False


def _decoded(text: str) -> Iterator[str]:
    """What stands in a text in another form, for each form that there is any of."""
    for plain in (
        unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text,
        html.unescape(text) if "&" in text else text,
        _ESCAPE.sub(lambda match: chr(int(match[match.lastindex or 1], 16)), text),
    ):
        if plain != text:
            yield plain
    for match in _HEX.finditer(text):
        digits = _HEX_MARKS.sub("", match[0])
        for start in (0, 1):
            whole = digits[start : len(digits) - (len(digits) - start) % 2]
            yield bytes.fromhex(whole).decode("latin-1")
    for match in _BASE64.finditer(text):
        # Where groups of four begin is not known: what stands before may be no part of it.
        for start in range(4):
            yield from _from_base64(match[0][start:])


def _from_base64(word: str) -> Iterator[str]:
    whole = word[: len(word) - (len(word) % 4 == 1)].translate(_STANDARD)
    try:
        yield base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("latin-1")
    except binascii.Error:
        return
