"""Masks the card in a body where it stands, so that all else stays as it was sent.

Whatever could hide a digit or a name (an escape, an entity, a shape that the route does not have)
makes the place uncertain. Then there is no masked original, and the values have to be written anew.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

from vezne.core.body import BodyKind, CardFields
from vezne.core.card import PAN_LENGTH_MAX, PAN_LENGTH_MIN, is_luhn_valid
from vezne.core.masked_body import (
    BIN_DIGITS,
    CODE_NAME,
    LAST_DIGITS,
    MASKED_CODE,
    MASKED_WHOLE,
    is_code_name,
)
from vezne.vault.bodies import read_body
from vezne.vault.scrub import SEPARATORS

# No number in use has fewer digits; telephone numbers have twelve.
_NUMBER_DIGITS_MIN: Final = 13
# In more digits a number could stand anywhere, and to look for it takes time.
_LOOKED_AT_MAX: Final = 100
# How often: some milliseconds.
_LOOKS_MAX: Final = 2_000
# Routes differ in a handful of ways.
_PATTERNS_MAX: Final = 64
_MASKED_CODE: Final = MASKED_CODE.encode()

# A letter, a digit or an underscore as a Unicode escape: a name or a number may be hidden in it.
_ESCAPED: Final = re.compile(rb"\\u00(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])")
_ENTITY_LIKE: Final = (b"&#", b"<![CDATA[", b"<!--")
_NO_DIGIT: Final = bytes(code for code in range(256) if not bytes((code,)).isdigit())

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_NUMBER: Final = rb"-?[0-9][0-9.eE+-]*+"
# Every piece is bounded or begins but once: the time that this takes grows with the length of a
# body and no faster.
_CODE: Final = b"(?:%b)" % CODE_NAME.encode()
_CODE_IN_JSON: Final = re.compile(
    b'(%b[^"\\\\]{0,60}+"\\s*+:\\s*+)(%b|%b|[{\\[])' % (_CODE, _STRING, _NUMBER)
)
_CODE_IN_XML: Final = re.compile(
    b"(<(?>[^<>\\s]*?%b)[^<>\\s]*+(?:\\s[^<>]*+)?>)([^<]*+)(<)" % _CODE
)
# In a number's place: a masked number is no JSON, and is a text until it was looked at.
_MARK: Final = b"\x7f#"
_QUOTED: Final = re.compile(b'"([0-9*]+)%b"' % _MARK)
_LONG_DIGITS: Final = re.compile(rb"[0-9]{13,}")
_CODE_ATTRIBUTE: Final = re.compile(b"%b[^<>=\\s]{0,40}+\\s{0,40}+=" % _CODE)


class _Uncertain(Exception):
    """Something may be hidden where masking in place does not find it."""


def mask_in_place(raw: bytes, kind: BodyKind, fields: CardFields | None) -> bytes | None:
    """A body that can be read, with its card masked; None where that is not certain."""
    if not raw or raw.isspace():
        return raw
    try:
        return _MASKERS[kind](raw, fields)
    except _Uncertain:
        return None


def _mask_json(raw: bytes, fields: CardFields | None) -> bytes:
    if b"\\u00" in raw and _ESCAPED.search(raw):
        raise _Uncertain
    masked = _CODE_IN_JSON.sub(_code_in_json, raw)
    if fields is not None:
        masked = _number_in_json(fields).sub(_number_of_json, masked)
        _check(masked, BodyKind.JSON, fields)
    return _QUOTED.sub(rb"\1", masked) if _MARK in masked else masked


def _mask_form(raw: bytes, fields: CardFields | None) -> bytes:
    masked = b"&".join([_mask_pair(pair, fields) for pair in raw.split(b"&")])
    if fields is not None:
        _check(masked, BodyKind.FORM, fields)
    return masked


def _mask_pair(pair: bytes, fields: CardFields | None) -> bytes:
    name, equals, value = pair.partition(b"=")
    text = unquote_plus(name.decode("utf-8-sig"))
    plain = unquote_plus(value.decode()).encode()
    if is_code_name(text):
        return name + equals + (value and _MASKED_CODE)
    if fields is not None and text.lower() == fields.number.lower():
        return name + equals + _mask_number(plain)
    # Escapes hide a number in any other field from whoever looks for one later.
    return name + equals + (MASKED_WHOLE.encode() if _may_hold_number(plain) else value)


def _mask_xml(raw: bytes, fields: CardFields | None) -> bytes:
    if any(mark in raw for mark in _ENTITY_LIKE) or _CODE_ATTRIBUTE.search(raw):
        raise _Uncertain
    masked = _CODE_IN_XML.sub(_code_in_xml, raw)
    if fields is not None:
        masked = _number_in_xml(fields).sub(
            lambda match: match[1] + _mask_number(match[2]) + match[3], masked
        )
        _check(masked, BodyKind.XML, fields)
    return masked


_MASKERS: Final[Mapping[BodyKind, Callable[[bytes, CardFields | None], bytes]]] = {
    BodyKind.JSON: _mask_json,
    BodyKind.FORM: _mask_form,
    BodyKind.XML: _mask_xml,
}


def _may_hold_number(text: bytes) -> bool:
    """Whether digits that could be a card number stand there, whatever separates them.

    What takes long to be looked through could hold one.
    """
    looks = 0
    for run in _LONG_DIGITS.findall(text.translate(None, SEPARATORS)):
        if len(run) > _LOOKED_AT_MAX:
            return True
        for length in range(_NUMBER_DIGITS_MIN, PAN_LENGTH_MAX + 1):
            for start in range(len(run) - length + 1):
                looks += 1
                if looks > _LOOKS_MAX or is_luhn_valid(run[start : start + length].decode()):
                    return True
    return False


def _code_in_json(match: re.Match[bytes]) -> bytes:
    head, value = match.groups()
    if value in {b"{", b"["}:
        raise _Uncertain
    if value == b'""':
        return match[0]
    return head + _quoted(_MASKED_CODE, value)


def _number_of_json(match: re.Match[bytes]) -> bytes:
    head, value = match.groups()
    return head + _quoted(_mask_number(value.strip(b'"')), value)


def _quoted(masked: bytes, value: bytes) -> bytes:
    """A masked value as a text, which remembers whether it was one."""
    return b'"%b"' % masked if value.startswith(b'"') else b'"%b%b"' % (masked, _MARK)


def _code_in_xml(match: re.Match[bytes]) -> bytes:
    head, value, tail = match.groups()
    return head + (_MASKED_CODE if value.strip() else value) + tail


def _mask_number(text: bytes) -> bytes:
    """A card number's first and last digits, whatever separates them; nothing of what is none."""
    if not text.strip():
        return text
    digits = text.translate(None, _NO_DIGIT)
    if not PAN_LENGTH_MIN <= len(digits) <= PAN_LENGTH_MAX:
        return MASKED_WHOLE.encode()
    hidden = b"*" * (len(digits) - BIN_DIGITS - LAST_DIGITS)
    return digits[:BIN_DIGITS] + hidden + digits[-LAST_DIGITS:]


@lru_cache(_PATTERNS_MAX)
def _number_in_json(fields: CardFields) -> re.Pattern[bytes]:
    flags = re.IGNORECASE if fields.ignores_case else re.NOFLAG
    name = re.escape(fields.number).encode()
    return re.compile(b'("%b"\\s*+:\\s*+)(%b|%b)' % (name, _STRING, _NUMBER), flags)


@lru_cache(_PATTERNS_MAX)
def _number_in_xml(fields: CardFields) -> re.Pattern[bytes]:
    flags = re.IGNORECASE if fields.ignores_case else re.NOFLAG
    name = re.escape(fields.number).encode()
    return re.compile(
        b"(<(?:[A-Za-z_][A-Za-z0-9_.-]*+:)?%b(?:\\s[^<>]*+)?>)([^<]*+)(<)" % name, flags
    )


def _check(masked: bytes, kind: BodyKind, fields: CardFields) -> None:
    """See that only masked texts are left where the route reads its card. Raises _Uncertain."""
    value = read_body(masked, kind)
    for found in _card_values(value, fields.container, fields):
        is_masked = isinstance(found, str) and (not found or "*" in found)
        if found is not None and not is_masked:
            raise _Uncertain


def _card_values(value: object, path: tuple[str, ...], fields: CardFields) -> Iterator[object]:
    """What stands where the card may stand: in its fields, or in place of what holds them."""
    if not isinstance(value, dict):
        yield value
        return
    names = path[:1] or (fields.number, fields.cvv)
    for name in names:
        for key in value:
            is_it = key == name or (fields.ignores_case and name and key.lower() == name.lower())
            if is_it and path:
                yield from _card_values(value[key], path[1:], fields)
            elif is_it:
                yield value[key]
