"""Security codes: three or four digits are one only beside a name that says so."""

import re
from collections.abc import Iterator
from typing import Final

# Where a name begins. Finding a word is far faster than matching a pattern everywhere.
_HINTS: Final = (b"cv", b"cav2", b"csc", b"security", b"verification", b"venl")
# Lower case is made of ASCII only: Turkish letters are here in both cases, in UTF-8, in ISO 8859-9
# and as JSON escapes them.
_I: Final = rb"(?:i|\xc4[\xb0\xb1]|[\xdd\xfd]|\\u013[01])"
_G: Final = rb"(?:g|\xc4[\x9e\x9f]|[\xd0\xf0]|\\u011[ef])"
_NUMBER: Final = rb"(?:numaras" + _I + rb"|numara)"
_VALUE: Final = rb"de" + _G + rb"er" + _I
_NAME: Final = (
    rb"(?:cvv2?|cvc2?|cvn2?|cav2|csc|(?:security|verification)[\s_-]{0,2}(?:code|value|number)"
    rb"|venl" + _I + rb"k[\s_-]{0,2}(?:kodu|" + _NUMBER + rb"))"
    rb"(?:[\s_-]{0,2}(?:code|kodu?|" + _NUMBER + rb"|" + _VALUE + rb"|num|number|no|value|data))?"
)
# Between a name and its value: quotes, an equals sign, a tag's end, an escape, `is`, a dash with
# blanks around it.
_LINK: Final = (
    rb"(?:[ \t\"'\\)\]]{0,4}(?::|=>|->|=|>|,|\||\bis\b)[\s\"'\\(\[{]{0,4}|[ \t\"'#(\[]{1,3}"
    rb"|[ \t]{1,3}(?:-|\xe2\x80[\x93\x94])[ \t]{1,3})"
)
_CODE: Final = re.compile(
    _NAME + rb"(?P<link>" + _LINK + rb")(?P<code>[0-9]{3,4})(?![0-9]|[.%-][0-9]{2}|[a-z_])"
)
# Links of sentences, behind which the answer of a web server may follow: "invalid cvv 400".
_SENTENCE: Final = re.compile(rb"[ \t]*(?:->?|\xe2\x80[\x93\x94])?[ \t]*|[)\]].*", re.DOTALL)
# What may precede within the same word: `cardCvv`, `new_cvc`, the `gü` of `güvenlik`.
_WORD_BEFORE: Final = re.compile(rb"[a-z0-9+/]*\Z")
_WORD_REACH: Final = 20
_ESCAPED_U: Final = re.compile(rb"u00[df]c\Z")
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
    return match["code"] in _STATUSES and _SENTENCE.fullmatch(match["link"]) is not None


def _begins_name(lowered: bytes, at: int) -> bool:
    """Whether nothing but letters precedes in the same word, as would in encoded data."""
    word = _WORD_BEFORE.search(lowered, max(0, at - _WORD_REACH), at)
    letters = b"" if word is None else _ESCAPED_U.sub(b"", word[0])
    return not letters or letters.isalpha()
