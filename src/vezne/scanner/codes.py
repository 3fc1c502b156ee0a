"""Security codes: three or four digits are one only beside a name that says so."""

import re
from collections.abc import Iterator
from typing import Final

# Where a name begins. Finding a word is far faster than matching a pattern everywhere.
_HINTS: Final = (b"cv", b"cav2", b"csc", b"security", b"verification", b"venlik")
_NAME: Final = (
    rb"(?:cvv2?|cvc2?|cvn2?|cav2|csc|(?:security|verification)[\s_-]{0,2}(?:code|value|number)"
    rb"|venlik[\s_-]{0,2}(?:kodu|numaras\w{0,2}))"
    rb"(?:[\s_-]{0,2}(?:code|kodu?|no|num|number|value|data))?"
)
# Between a name and its value: quotes, an equals sign, a tag's end, an escape, `is`.
_LINK: Final = rb"(?:[ \t\"'\\]{0,4}(?::|=>|=|>|,|\bis\b)[\s\"'\\(\[{]{0,4}|[ \t\"'#(\[]{1,3})"
_CODE: Final = re.compile(
    _NAME + rb"(?P<link>" + _LINK + rb")(?P<code>[0-9]{3,4})(?![0-9]|[.%-][0-9]{2}|[a-z_])"
)
# What may precede within the same word: `cardCvv`, `new_cvc`, the `gü` of `güvenlik`.
_WORD_BEFORE: Final = re.compile(rb"[a-z0-9+/]*\Z")
_WORD_REACH: Final = 20
# Answers of web servers follow a name in sentences: "invalid cvv 400".
_STATUSES: Final = frozenset(
    str(status).encode() for status in (200, 201, 202, 204, *range(400, 430), *range(500, 506))
)


def code_offsets(text: bytes) -> Iterator[int]:
    """Where in a text security codes stand."""
    lowered = text.lower()
    for hint in _HINTS:
        at = lowered.find(hint)
        while at >= 0:
            match = _CODE.match(lowered, at)
            if match is not None and not _is_status(match) and _begins_name(lowered, at):
                yield match.start("code")
            at = lowered.find(hint, at + len(hint))


def _is_status(match: re.Match[bytes]) -> bool:
    return not match["link"].strip(b" ") and match["code"] in _STATUSES


def _begins_name(lowered: bytes, at: int) -> bool:
    """Whether nothing but letters precedes in the same word, as would in encoded data."""
    word = _WORD_BEFORE.search(lowered, max(0, at - _WORD_REACH), at)
    letters = b"" if word is None else word[0].removesuffix(b"u00fc")
    return not letters or letters.isalpha()
