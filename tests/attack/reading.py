"""Numbers that simply stand somewhere: the thief knows the BINs and looks for what follows them."""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping

from fakes.leaks import without_empty_places
from vezne.core.card import is_luhn_valid

_REST_MAX = 11
_STREAM_HEADS = (b"\x1f\x8b\x08", b"\x78\x9c", b"\x78\x01", b"\x78\xda")
_STREAM_BYTES_MAX = 4_000_000
_TRIAL_BYTES = 256
_JSON_ESCAPE = re.compile(rb"(?:\\u003[0-9]){12,19}")


def read_off(places: Mapping[str, bytes], bins: Iterable[str]) -> set[str]:
    """Every valid number with one of these BINs that stands in some place, however encoded."""
    found: set[str] = set()
    known = list(bins)
    for content in places.values():
        for full in (content, *_streams(content)):
            view = without_empty_places(full)
            for bin in known:
                found.update(_following(view, bin))
            found.update(_escaped(view))
    return {digits for digits in found if is_luhn_valid(digits)}


def _following(view: bytes, bin: str) -> Iterator[str]:
    yield from _as_text(view, bin)
    yield from _as_wide_text(view, bin)
    yield from _as_hex(view, bin)
    yield from _as_base64(view, bin)
    yield from _as_packed_decimal(view, bin)
    yield from _as_integer(view, bin)


def _as_text(view: bytes, bin: str) -> Iterator[str]:
    """Digits, with or without something between their groups."""
    gap = rb"[^0-9A-Za-z]{0,3}"
    for head in ((bin,), (bin[:4], bin[4:8]), (bin[:4], bin[4:6])):
        if head[0] not in _text_heads(view, head[0]):
            return
        pattern = gap.join(part.encode() for part in head) + rb"((?:" + gap + rb"\d){5,11})"
        for match in re.finditer(pattern, view):
            rest = re.sub(rb"\D", b"", match[1]).decode()
            for length in range(5, min(len(rest), _REST_MAX) + 1):
                yield "".join(head) + rest[:length]


def _text_heads(view: bytes, head: str) -> tuple[str, ...]:
    """A cheap look first: most places hold no such digits at all."""
    return (head,) if head.encode() in view else ()


def _as_wide_text(view: bytes, bin: str) -> Iterator[str]:
    for codec in ("utf-16-le", "utf-32-le"):
        anchor = bin.encode(codec)
        width = len(anchor) // len(bin)
        for at in _all(view, anchor):
            tail = view[at : at + len(anchor) + width * _REST_MAX][::width]
            yield from _lengths(tail)


def _as_hex(view: bytes, bin: str) -> Iterator[str]:
    for spelled in (bin.encode().hex().encode(), bin.encode().hex(" ").encode()):
        step = len(spelled.split(b" ", 1)[0]) and (3 if b" " in spelled else 2)
        for at in _all(view, spelled):
            text = view[at : at + step * (len(bin) + _REST_MAX)].replace(b" ", b"")
            pairs = re.match(rb"(?:3[0-9])+", text)
            if pairs is not None:
                yield from _lengths(bytes.fromhex(pairs[0].decode()))


def _as_base64(view: bytes, bin: str) -> Iterator[str]:
    """Three ways to fall on the groups of three bytes; the whole groups of the BIN are sought."""
    for shift in range(3):
        whole = bin.encode()[(3 - shift) % 3 :]
        anchor = base64.b64encode(whole[: len(whole) // 3 * 3])
        if len(anchor) < 4:
            continue
        for at in _all(view, anchor):
            start = at - 4 if shift else at
            text = re.match(rb"[A-Za-z0-9+/]+", view[max(start, 0) : start + 32])
            if text is None:
                continue
            plain = base64.b64decode(text[0][: len(text[0]) // 4 * 4])
            hit = plain.find(bin.encode())
            if hit >= 0:
                yield from _lengths(plain[hit:])


def _as_packed_decimal(view: bytes, bin: str) -> Iterator[str]:
    anchor = bytes.fromhex(bin)
    for at in _all(view, anchor):
        text = view[at : at + 10].hex()
        digits = re.match(r"\d+", text)
        if digits is not None:
            yield from _lengths(digits[0].encode())


def _as_integer(view: bytes, bin: str) -> Iterator[str]:
    """As eight bytes, of which all but the last three or four follow from the BIN."""
    for length in (15, 16):
        span = 10 ** (length - len(bin))
        low, high = int(bin) * span, (int(bin) + 1) * span - 1
        heads = {value.to_bytes(8, "big")[:4] for value in range(low, high, 1 << 24)}
        heads.add(high.to_bytes(8, "big")[:4])
        for head in heads:
            for at in _all(view, head):
                yield str(int.from_bytes(view[at : at + 8], "big"))
            for at in _all(view, head[::-1]):
                yield str(int.from_bytes(view[max(at - 4, 0) : at + 4], "little"))
        yield from _as_python_integer(view, low, high)


def _as_python_integer(view: bytes, low: int, high: int) -> Iterator[str]:
    """As CPython holds integers: thirty bits in four bytes, the lowest first."""
    for upper in range(low >> 30, (high >> 30) + 1):
        for at in _all(view, upper.to_bytes(4, "little")):
            lower = int.from_bytes(view[max(at - 4, 0) : at], "little")
            number = upper << 30 | lower
            if low <= number <= high:
                yield str(number)


def _escaped(view: bytes) -> Iterator[str]:
    if b"\\u003" not in view:
        return
    for match in _JSON_ESCAPE.finditer(view):
        yield re.sub(rb"\\u003", b"", match[0]).decode()


def _lengths(tail: bytes) -> Iterator[str]:
    digits = re.match(rb"\d{13,19}", tail)
    if digits is not None:
        for length in range(13, len(digits[0]) + 1):
            yield digits[0][:length].decode()


def _all(view: bytes, anchor: bytes) -> Iterator[int]:
    at = view.find(anchor)
    while at >= 0:
        yield at
        at = view.find(anchor, at + 1)


def _streams(content: bytes) -> Iterator[bytes]:
    """What was compressed."""
    for head in _STREAM_HEADS:
        for at in _all(content, head):
            # Two bytes that look like a head are nearly always chance, which a short try tells.
            if _inflated(content[at : at + _TRIAL_BYTES]):
                plain = _inflated(content[at : at + _STREAM_BYTES_MAX])
                if len(plain) > _TRIAL_BYTES:
                    yield plain


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=47).decompress(packed, _STREAM_BYTES_MAX)
    except zlib.error:
        return b""
