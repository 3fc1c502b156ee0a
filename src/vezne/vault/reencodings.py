"""A JSON body as other clients would have written it.

Whoever signs one text and sends another usually lets two libraries write the same values. Here the
values are written again in the ways that libraries are known for, until one has the signature.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Final

import msgspec

from vezne.core.diagnosis import Cause

_WORDS: Final = {None: "null", True: "true", False: "false"}
_BOM: Final = b"\xef\xbb\xbf"
_ESCAPE: Final = re.compile(r"\\\\|\\u([0-9a-f]{4})")


class Layout(enum.Enum):
    """What stands between the values: nothing, single spaces, or lines that are indented so."""

    COMPACT = None
    SPACED = ""
    TWO = "  "
    FOUR = "    "
    TAB = "\t"


class Escapes(enum.Enum):
    """Which characters are written as escapes: only those that must be, or all beyond ASCII."""

    FEW = "few"
    LOWER = "lower"
    UPPER = "upper"


class Html(enum.Enum):
    """Which characters are escaped for pages: none, those of Gson, or those of Go."""

    NONE = ""
    GSON = "<>&='\u2028\u2029"
    GO = "<>&\u2028\u2029"


class Numbers(enum.Enum):
    """How numbers are written: as they came, shortest, with a decimal, or as texts."""

    AS_SENT = "as_sent"
    SHORT = "short"
    LONG = "long"
    QUOTED = "quoted"


class Dropped(enum.Enum):
    """Which fields are left out."""

    NONE = "none"
    NULLS = "nulls"
    EMPTY = "empty"


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a library writes JSON. `slashes` says whether those are escaped, `html` what else is."""

    layout: Layout = Layout.COMPACT
    escapes: Escapes = Escapes.FEW
    slashes: bool = False
    html: Html = Html.NONE
    is_sorted: bool = False
    numbers: Numbers = Numbers.AS_SENT
    dropped: Dropped = Dropped.NONE


_LOWER: Final = Escapes.LOWER
# The layouts and escapes of the libraries that most clients write JSON with.
_LIBRARIES: Final = (
    # JavaScript, Jackson, Gson without HTML escapes, orjson.
    Style(),
    # Python's own, with and without `ensure_ascii`; then with `separators`.
    Style(layout=Layout.SPACED, escapes=_LOWER),
    Style(layout=Layout.SPACED),
    Style(escapes=_LOWER),
    # PHP as it is, with JSON_UNESCAPED_UNICODE, and with JSON_PRETTY_PRINT.
    Style(escapes=_LOWER, slashes=True),
    Style(slashes=True),
    Style(layout=Layout.FOUR, escapes=_LOWER, slashes=True),
    # Gson and Go.
    Style(html=Html.GSON),
    Style(html=Html.GO),
    # Of .NET.
    Style(escapes=Escapes.UPPER),
    # Written for people.
    Style(layout=Layout.TWO),
    Style(layout=Layout.FOUR),
    Style(layout=Layout.TAB),
)
_TWISTS: Final[tuple[Mapping[str, object], ...]] = (
    {"numbers": Numbers.SHORT},
    {"numbers": Numbers.LONG},
    {"numbers": Numbers.QUOTED},
    {"dropped": Dropped.NULLS},
    {"dropped": Dropped.EMPTY},
    {"is_sorted": True},
)
_LAYOUT_CAUSES: Final = {
    Layout.COMPACT: Cause.BODY_COMPACT,
    Layout.SPACED: Cause.BODY_SPACED,
}
_NUMBER_CAUSES: Final = {
    Numbers.SHORT: Cause.BODY_NUMBERS_SHORT,
    Numbers.LONG: Cause.BODY_NUMBERS_LONG,
    Numbers.QUOTED: Cause.BODY_NUMBERS_QUOTED,
}
_DROPPED_CAUSES: Final = {
    Dropped.NULLS: Cause.BODY_NULLS_DROPPED,
    Dropped.EMPTY: Cause.BODY_EMPTY_DROPPED,
}


class Reencoding(msgspec.Struct, frozen=True):
    """Another text of a body, what makes it another, and how the masked body is written so."""

    causes: tuple[Cause, ...]
    raw: bytes
    mask: Callable[[object], str] | None = None


def reencodings(raw: bytes, values: object) -> Iterator[Reencoding]:
    """The other texts of a body, each once, the likeliest first. `values` are what it says."""
    seen = {raw}
    for other in _all(raw, values):
        if other.raw not in seen:
            seen.add(other.raw)
            yield other


def written(values: object, style: Style) -> str:
    """Values as a text in a style."""
    return _Writer(style).text_of(values, "\n")


def _all(raw: bytes, values: object) -> Iterator[Reencoding]:
    yield from _same_text(raw)
    texts = {style: _text_in(values, style) for style in _LIBRARIES}
    bare = raw.strip()
    # Compact when it is none of those that are known.
    sent = next((style for style, text in texts.items() if text == bare), Style())
    for style, text in texts.items():
        yield _in_style(text, style, sent)
    for twist in _TWISTS:
        style = msgspec.structs.replace(sent, **twist)
        yield _in_style(_text_in(values, style), style, sent)


def _same_text(raw: bytes) -> Iterator[Reencoding]:
    """What editors, shells and files do to a text."""
    newline, bom, ends = (Cause.BODY_NEWLINE,), (Cause.BODY_BOM,), (Cause.BODY_LINE_ENDS,)
    yield Reencoding(newline, raw + b"\n")
    yield Reencoding(newline, raw + b"\r\n")
    yield Reencoding(newline, raw.strip())
    yield Reencoding(bom, raw.removeprefix(_BOM) if raw.startswith(_BOM) else _BOM + raw)
    lines = raw.replace(b"\r\n", b"\n")
    yield Reencoding(ends, lines)
    yield Reencoding(ends, lines.replace(b"\n", b"\r\n"))


def _text_in(values: object, style: Style) -> bytes:
    return written(values, style).encode("utf-8", "surrogatepass")


def _in_style(text: bytes, style: Style, sent: Style) -> Reencoding:
    return Reencoding(
        tuple(_causes(style, sent)) or (_LAYOUT_CAUSES.get(style.layout, Cause.BODY_INDENTED),),
        text,
        lambda masked: written(masked, style),
    )


def _causes(style: Style, sent: Style) -> Iterator[Cause]:
    """What is different in a style from the one in which a body came."""
    if style.numbers in _NUMBER_CAUSES:
        yield _NUMBER_CAUSES[style.numbers]
    if style.dropped in _DROPPED_CAUSES:
        yield _DROPPED_CAUSES[style.dropped]
    if style.is_sorted:
        yield Cause.BODY_SORTED
    if style.slashes is not sent.slashes:
        yield Cause.BODY_SLASHES_ESCAPED
    if style.html is not sent.html:
        yield Cause.BODY_HTML_ESCAPED
    if style.escapes is not sent.escapes:
        is_plain = style.escapes is Escapes.FEW
        yield Cause.BODY_UNICODE_PLAIN if is_plain else Cause.BODY_UNICODE_ESCAPED
    if style.layout is not sent.layout:
        yield _LAYOUT_CAUSES.get(style.layout, Cause.BODY_INDENTED)


class _Writer:
    """Writes values in a style. Nothing is nested more deeply than the vault accepts."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._colon = ":" if style.layout is Layout.COMPACT else ": "

    def text_of(self, value: object, line: str) -> str:
        """A value; `line` is how a line around it begins."""
        if isinstance(value, dict):
            return self._object(value, line)
        if isinstance(value, list):
            return self._bracketed(
                "[]", [self.text_of(item, self._in(line)) for item in value], line
            )
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, bool) or value is None:
            return _WORDS[value]
        # Exponents in the case in which clients write them.
        return self._number(str(value).lower())

    def _object(self, fields: Mapping[str, object], line: str) -> str:
        kept = [(name, value) for name, value in fields.items() if not self._is_dropped(value)]
        if self._style.is_sorted:
            kept.sort()
        inner = self._in(line)
        parts = [
            self._string(name) + self._colon + self.text_of(value, inner) for name, value in kept
        ]
        return self._bracketed("{}", parts, line)

    def _bracketed(self, brackets: str, parts: list[str], line: str) -> str:
        indent = self._style.layout.value
        if not parts:
            return brackets
        if not indent:
            separator = "," if indent is None else ", "
            return brackets[0] + separator.join(parts) + brackets[1]
        inner = self._in(line)
        return brackets[0] + inner + f",{inner}".join(parts) + line + brackets[1]

    def _in(self, line: str) -> str:
        return line + (self._style.layout.value or "")

    def _is_dropped(self, value: object) -> bool:
        if self._style.dropped is Dropped.NONE:
            return False
        is_emptied = self._style.dropped is Dropped.EMPTY and value in ("", [], {})
        return value is None or is_emptied

    def _string(self, text: str) -> str:
        style = self._style
        written_text = _STRINGS[style.escapes](text)
        written_text = written_text.translate(_HTML[style.html])
        return written_text.replace("/", "\\/") if style.slashes else written_text

    def _number(self, text: str) -> str:
        numbers = self._style.numbers
        if numbers is Numbers.QUOTED:
            return f'"{text}"'
        if "e" in text or numbers is Numbers.AS_SENT:
            return text
        if numbers is Numbers.SHORT:
            return text.rstrip("0").rstrip(".") if "." in text else text
        return text if "." in text else f"{text}.0"


_HTML: Final = {
    html: str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in html.value}) for html in Html
}


def _with_upper_escapes(text: str) -> str:
    """A text's string with the digits of its escapes in upper case."""
    return _ESCAPE.sub(
        lambda found: f"\\u{found[1].upper()}" if found[1] else found[0],
        encode_basestring_ascii(text),
    )


_STRINGS: Final[Mapping[Escapes, Callable[[str], str]]] = {
    Escapes.FEW: encode_basestring,
    Escapes.LOWER: encode_basestring_ascii,
    Escapes.UPPER: _with_upper_escapes,
}
