"""Texts within a text: what a decoder would make of the parts that are written in another form.

Matching a pattern at every byte is slow. So each form is looked for by something that is fast to
find: a mark, or a row of bytes of one class once every second, third or fourth byte is taken.
"""

import base64
import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from vezne.scanner.finding import Form
from vezne.scanner.joined import Joined

# Characters with a null or three beside each.
_WIDE: Final = re.compile(rb"(?:[\t\n\r -~]\x00{1,3}){3,}[\t\n\r -~]?")
# Digits, what stands between digits, and what stands around names and values, in a URL.
_IN_URL: Final = frozenset(
    f"{byte:02X}".encode() for byte in b" \"%'+-./:=[]_{}0123456789&<>,"
) | frozenset((b"C2", b"E2"))
# By the byte that gives them away, which is the fastest to look for.
_ESCAPE_MARKS: Final = {
    b"\\": (b"\\u003", b"\\u002", b"\\x3", b"\\x2", b"\\u00a0", b"\\xa0"),
    b"&": (b"&#", b"&nbsp"),
    b"\xc2": (b"\xc2\xa0",),
    b"\xe2": (b"\xe2\x80",),
    b"0": (b"0x3",),
}
_ESCAPE: Final = re.compile(
    rb"\\u00([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})|0x([2-7][0-9a-fA-F])[, ]{0,2}"
)
_BLANK: Final = re.compile(rb"\xc2\xa0|\xa0|\xe2\x80[\x80-\x95\xaf]")
_PRINTABLE_HEX: Final = bytes(49 if byte in b"234567" else 48 for byte in range(256))
_HEX: Final = re.compile(rb"(?:[2-7][0-9a-fA-F]){12,}")
_HEX_APART: Final = re.compile(rb"(?:[2-7][0-9a-fA-F][ :,-]){9,}[2-7][0-9a-fA-F]")
_HEX_MARKS: Final = re.compile(rb"[ :,-]")
# Groups of three bytes in base64 that are all digits or what stands between digits.
_BASE64_FIRST: Final = bytes(49 if byte in b"IJKLMNOP" else 48 for byte in range(256))
_BASE64_DIGITS: Final = re.compile(rb"(?:[I-P][CDSTijyz][AEIMQUYcgkosw048][g-z0-9+/_-]){4,}")
# How JSON objects begin in it, in which a named code may stand.
_BASE64_STARTS: Final = (b"eyJ", b"ewog")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]*")
_BASE64_LENGTH_MIN: Final = 16
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
# How far a part may reach before and after what gave it away.
_BEFORE: Final = 256
_AFTER: Final = 2048


def parts_of(text: bytes) -> Iterator[tuple[Form, Joined]]:
    """The parts of a text that are written in other forms, decoded; their origins are offsets."""
    found = {form: Joined() for form in Form}
    if b"\0" in text:
        for match in _WIDE.finditer(text):
            found[Form.UTF16].add(match[0].replace(b"\0", b""), match.start())
    for start, raw in _marked_urls(text):
        found[Form.URL].add(unquote_to_bytes(raw), start)
    for byte, marks in _ESCAPE_MARKS.items():
        for start, raw in _around_marks(text, marks if byte in text else ()):
            found[Form.ESCAPED].add(_unescape(raw), start)
    for start, raw in (*_in_steps(text, 2, 12, _HEX), *_in_steps(text, 3, 10, _HEX_APART)):
        digits = _HEX_MARKS.sub(b"", raw)
        found[Form.HEX].add(bytes.fromhex(digits.decode()), start)
    for start, raw in _base64(text):
        found[Form.BASE64].add(_from_base64(raw), start)
    return ((form, joined) for form, joined in found.items() if joined.length)


def _marked_urls(text: bytes) -> Iterator[tuple[int, bytes]]:
    at = text.find(b"%")
    while at >= 0:
        end = at + 1
        if text[at + 1 : at + 3].upper() in _IN_URL:
            start, end = _word_around(text, at)
            yield start, text[start:end]
        at = text.find(b"%", end)


def _word_around(text: bytes, at: int) -> tuple[int, int]:
    """Where the word that holds a place begins and ends: at a blank, or at the edge of reach."""
    start, end = max(0, at - _BEFORE), min(len(text), at + _AFTER)
    start = max(start, text.rfind(b" ", start, at) + 1, text.rfind(b"\n", start, at) + 1)
    for blank in (b" ", b"\n"):
        found = text.find(blank, at, end)
        end = found if found >= 0 else end
    return start, end


def _around_marks(text: bytes, marks: tuple[bytes, ...]) -> Iterator[tuple[int, bytes]]:
    """The lines that hold any of the marks, as far as reach goes."""
    for mark in marks:
        at = text.find(mark)
        while at >= 0:
            start, end = max(0, at - _BEFORE), min(len(text), at + _AFTER)
            start = max(start, text.rfind(b"\n", start, at) + 1)
            found = text.find(b"\n", at, end)
            end = found if found >= 0 else end
            yield start, text[start:end]
            at = text.find(mark, end)


def _unescape(raw: bytes) -> bytes:
    """The text without the escapes of JSON, Python and HTML, and with plain blanks."""
    plain = _ESCAPE.sub(lambda match: bytes.fromhex((match[match.lastindex or 1]).decode()), raw)
    if b"&" in plain:
        plain = html.unescape(plain.decode("utf-8", "replace")).encode()
    return _BLANK.sub(b" ", plain)


def _in_steps(
    text: bytes, step: int, count: int, pattern: re.Pattern[bytes]
) -> Iterator[tuple[int, bytes]]:
    """Matches of a pattern of that many parts of `step` bytes that begin like printable hex."""
    needle = b"1" * count
    for phase in range(step):
        firsts = text[phase::step].translate(_PRINTABLE_HEX)
        at = firsts.find(needle)
        while at >= 0:
            match = pattern.match(text, at * step + phase)
            if match is not None:
                yield match.start(), match[0]
            after = at + 1 if match is None else at + len(match[0]) // step + 1
            at = firsts.find(needle, after)


def _base64(text: bytes) -> Iterator[tuple[int, bytes]]:
    for mark in _BASE64_STARTS:
        at = text.find(mark)
        while at >= 0:
            match = _BASE64.match(text, at)
            end = at + len(mark) if match is None else match.end()
            if end - at >= _BASE64_LENGTH_MIN:
                yield at, text[at:end]
            at = text.find(mark, end)
    for phase in range(4):
        firsts = text[phase::4].translate(_BASE64_FIRST)
        at = firsts.find(b"1111")
        while at >= 0:
            match = _BASE64_DIGITS.match(text, at * 4 + phase)
            if match is not None:
                yield _whole_base64(text, match)
            at = firsts.find(b"1111", at + (1 if match is None else len(match[0]) // 4 + 1))


def _whole_base64(text: bytes, match: re.Match[bytes]) -> tuple[int, bytes]:
    """The whole word around a match, which says where groups of four begin."""
    # Backwards, as a match at the front of a text is far faster than at its end.
    before = _BASE64.match(text[max(0, match.start() - _BEFORE) : match.start()][::-1])
    start = match.start() - (0 if before is None else len(before[0]) // 4 * 4)
    after = _BASE64.match(text, match.end(), match.end() + _AFTER)
    return start, text[start : match.end() if after is None else after.end()]


def _from_base64(raw: bytes) -> bytes:
    """What was encoded. A single character in excess belongs to something else."""
    whole = raw[: len(raw) - (len(raw) % 4 == 1)].translate(_STANDARD)
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))
