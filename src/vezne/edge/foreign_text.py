"""What strangers say, before it is kept: without card numbers, however they are written.

A receiver of webhooks may answer, and a caller may send, whatever it has, in whatever form. So this
looks for more than a log line's mask does: digits of any script, anything but letters between them,
and what a decoder would make of the text. Where a number can be masked it is; a text that hides one
in another form is left out as a whole, and so is one that takes too long to look through.
"""

import re
import unicodedata
from binascii import a2b_base64
from collections.abc import Iterator
from functools import partial
from typing import Final
from urllib.parse import unquote_to_bytes

from vezne.core.card import PAN_LENGTH_MAX, is_luhn_valid
from vezne.core.masked_body import CODE_NAME, MASKED_CODE

LEFT_OUT: Final = "[left out: it may hold a card number or a security code]"
_MASK: Final = "[masked]"
_LENGTHS: Final = range(13, PAN_LENGTH_MAX + 1)
# Every part of these is bounded and none is tried twice: whoever writes a text must not choose how
# long it is looked at.
_DIGITS: Final = re.compile(r"[0-9](?:[ -]?[0-9]){12,}+")
# As much as stands between the items of a list that is laid out in lines.
_RUN: Final = re.compile(r"[0-9](?:[\W_]{0,40}+[0-9]){12,}+")
_GROUP: Final = re.compile(r"[0-9]+")
# How numbers of the networks begin. Times begin with 1, years with 20.
_CARD_START: Final = re.compile(r"[456]|3[04-9]|2[2-7]|9792")
# In more digits a number could stand anywhere.
_LOOKED_AT_MAX: Final = 100
_RUN_MAX: Final = 8_000
# How often a text is looked at for a number, and how much of it in other forms: milliseconds.
_LOOKS_MAX: Final = 5_000
_CHARACTERS_MAX: Final = 100_000
_ESCAPES_MAX: Final = 4_000
# A code within a code within a code: nobody goes deeper.
_DEPTH_MAX: Final = 3
_ESCAPE: Final = re.compile(
    r"\\{1,4}+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[tnrbfv])|0x([0-9a-fA-F]{2})[, ]{0,2}"
)
_ENTITY: Final = re.compile(r"&(?:#([0-9]{1,6});?|#[xX]([0-9a-fA-F]{1,5});?|[A-Za-z]{2,8};)")
# Digits as bytes in hexadecimal, with blanks and dashes between them, or as UTF-16.
_HEX: Final = re.compile(r"3[0-9](?:[ :,-]?(?:(?:20|2[dD]|00)[ :,-]?)?3[0-9]){12,}+")
_HEX_MARKS: Final = re.compile(r"[ :,-]")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}+")
_STANDARD: Final = str.maketrans("-_", "+/")
# Stands for letters between the words that are decoded together.
_BORDER: Final = "eHh4"
# Three or four digits are a security code beside a name that says so only.
_CODE: Final = re.compile(rf"(?:{CODE_NAME})[^0-9]{{0,40}}+[0-9]{{3,4}}(?![0-9])")
_CODE_VALUE: Final = re.compile(
    rf"((?:{CODE_NAME})[\w\[\].-]{{0,20}}+[^\w*]{{0,20}}+)[0-9]{{3,4}}(?![0-9])"
)


class _TooMuch(Exception):
    """To look at all of it would take too long."""


class _Budget:
    """How much may be done for one text."""

    def __init__(self) -> None:
        self._looks = _LOOKS_MAX
        self._characters = _CHARACTERS_MAX

    def look(self) -> None:
        """Look at one place. Raises _TooMuch."""
        self._looks -= 1
        if self._looks < 0:
            raise _TooMuch

    def read(self, text: str) -> None:
        """Look at another form of the text. Raises _TooMuch."""
        self._characters -= len(text)
        if self._characters < 0:
            raise _TooMuch


def mask_foreign(text: str) -> str:
    """A stranger's text without card numbers and security codes, or that it was left out."""
    return LEFT_OUT if _CODE.search(text) else mask_numbers(text)


def mask_numbers(text: str) -> str:
    """A text without card numbers; what may be a security code beside a name for it is masked.

    Or that it was left out: what a decoder makes of it has one, or it is too much to look through.
    """
    budget = _Budget()
    try:
        masked = _mask(mask_codes(text), budget)
        return LEFT_OUT if _hides_number(masked, _DEPTH_MAX, budget) else masked
    except _TooMuch:
        return LEFT_OUT


def mask_plain_numbers(text: str) -> str:
    """A text without the card numbers that stand in it as digits. It may hide others."""
    try:
        return _mask(text, _Budget())
    except _TooMuch:
        return LEFT_OUT


def mask_codes(text: str) -> str:
    """A text in which three or four digits beside a security code's name are masked."""
    return _CODE_VALUE.sub(rf"\1{MASKED_CODE}", text)


def _mask(text: str, budget: _Budget) -> str:
    plain = _with_plain_digits(text)
    masked = _DIGITS.sub(partial(_mask_digits, budget), plain)
    masked = _RUN.sub(partial(_mask_run, budget), masked)
    return text if masked == plain else masked


def _with_plain_digits(text: str) -> str:
    """The text with every digit, of whatever script or shape, as one of ASCII."""
    if text.isascii():
        return text
    signs = {ord(char) for char in set(text) if not char.isascii() and char.isdigit()}
    return text.translate({sign: str(unicodedata.digit(chr(sign))) for sign in signs})


def _mask_digits(budget: _Budget, match: re.Match[str]) -> str:
    """Digits without other marks than blanks and dashes: a number may stand anywhere in them."""
    digits = match[0].replace(" ", "").replace("-", "")
    if len(digits) > _LOOKED_AT_MAX:
        return _MASK
    for start in range(len(digits) - _LENGTHS[0] + 1):
        if _CARD_START.match(digits, start):
            for length in _LENGTHS[: len(digits) - start - _LENGTHS[0] + 1]:
                budget.look()
                if is_luhn_valid(digits[start : start + length]):
                    return _MASK
    return match[0]


def _mask_run(budget: _Budget, match: re.Match[str]) -> str:
    """Groups of digits with whatever stands between them, those that make a number masked.

    Raises _TooMuch.
    """
    run = match[0]
    if len(run) > _RUN_MAX:
        raise _TooMuch
    groups = list(_GROUP.finditer(run))
    digits = "".join(group[0] for group in groups)
    # Where each group begins and ends among the digits, and where that is in the run.
    places: list[int] = []
    ends: dict[int, int] = {}
    at = 0
    for group in groups:
        places.append(at)
        at += len(group[0])
        ends[at] = group.end()
    spans: list[tuple[int, int]] = []
    for group, place in zip(groups, places, strict=True):
        if not _CARD_START.match(digits, place):
            continue
        budget.look()
        spans += [
            (group.start(), ends[end])
            for end in (place + length for length in _LENGTHS)
            if end in ends and is_luhn_valid(digits[place:end])
        ]
    return _without(run, spans)


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


def _hides_number(text: str, depth: int, budget: _Budget) -> bool:
    """Whether a card number or a code appears in what a decoder makes of a text."""
    for inner in _decoded(text):
        budget.read(inner)
        if _CODE_VALUE.search(inner) or _mask(inner, budget) != inner:
            return True
        if depth and _hides_number(inner, depth - 1, budget):
            return True
    return False


def _decoded(text: str) -> Iterator[str]:
    """What stands in a text in another form, for each form that there is any of.

    Raises _TooMuch.
    """
    if max(text.count("%"), text.count("&"), text.count("\\u"), text.count("0x")) > (_ESCAPES_MAX):
        raise _TooMuch
    for plain in (
        unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text,
        _ENTITY.sub(_sign_of, text) if "&" in text else text,
        _ESCAPE.sub(_sign_of_escape, text) if "\\" in text or "0x" in text else text,
    ):
        if plain != text:
            yield plain
    for match in _HEX.finditer(text):
        yield bytes.fromhex(_HEX_MARKS.sub("", match[0])).decode("latin-1")
    words = [word.translate(_STANDARD) for word in _BASE64.findall(text)]
    if words:
        # Where groups of four begin is not known: what stands before may be no part of it.
        for start in range(4):
            joined = _BORDER.join(
                [word[start:] + "AAA"[: -(len(word) - start) % 4] for word in words]
            )
            yield a2b_base64(joined).decode("latin-1")


def _sign_of(match: re.Match[str]) -> str:
    code = int(match[1]) if match[1] else int(match[2] or "20", 16)
    return chr(code)


def _sign_of_escape(match: re.Match[str]) -> str:
    digits = match[match.lastindex] if match.lastindex else "20"
    return chr(int(digits, 16))
