"""How request bodies are read: JSON, forms, XML. What is refused here is never quoted."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import unquote_plus

# The parser of the standard library; entities and external files come with a DTD, and a document
# with a DTD is refused before it is parsed.
from xml.parsers import expat

import msgspec

from vezne.core.body import BodyKind, MalformedBody
from vezne.core.card import PAN_LENGTH_MAX
from vezne.vault.scrub import SEPARATORS

NESTING_MAX: Final = 32
FORM_FIELDS_MAX: Final = 200
XML_ELEMENTS_MAX: Final = 2_000

# A double written out in full has up to some sixty digits; no amount needs more.
_NUMBER_LENGTH_MAX: Final = 128
_EXPONENT_MIN: Final = -64
_EXPONENT_MAX: Final = 32
_INTEGER_MAX: Final = 10**PAN_LENGTH_MAX - 1

_OUTLINE: Final = bytes.maketrans(b"123456789[E", b"000000000{e")
_LONG_DIGITS: Final = b"0" * (PAN_LENGTH_MAX + 1)
# A number with an exponent, where a value may stand; texts that look so are rare.
_EXPONENT: Final = re.compile(rb"[:,{]0+e0")


def read_body(raw: bytes, kind: BodyKind) -> object:
    """A body as values; None when there is none. Raises MalformedBody.

    A form is an object of texts. So is an XML document, of its root's children: one with children
    of its own is an object, and what is repeated a list.
    """
    if not raw or raw.isspace():
        return None
    return _READERS[kind](raw)


def exact_decimal(text: str) -> Decimal:
    """A number with a fraction or an exponent. Raises ValueError when it is out of range."""
    value = Decimal(text)
    if len(text) > _NUMBER_LENGTH_MAX or not _EXPONENT_MIN <= value.adjusted() <= _EXPONENT_MAX:
        raise ValueError("a number out of range")
    return value


def is_small(value: object) -> bool:
    """Whether a value is a number within bounds. A fraction is; see `exact_decimal`."""
    return type(value) is Decimal or (type(value) is int and abs(value) <= _INTEGER_MAX)


def outlined(raw: bytes) -> bytes:
    """What a JSON body looks like: one search each tells what need not be looked for in it.

    All digits read as "0", both opening brackets as "{", and what may stand between the digits of
    a number is left out. So no number is shorter there, and no value nested less deeply.
    """
    return raw.translate(_OUTLINE, SEPARATORS)


def is_plain(raw: bytes, outline: bytes) -> bool:
    """Whether a JSON body may be read as a record, whose decoder skips what it does not know.

    In what it skips, neither the encoding is checked nor the range of a number.
    """
    if _may_be_excessive(outline):
        return False
    # Backwards, which looks at digits first: there are fewer of them than of e's.
    if outline.rfind(b"0e0") >= 0 and _EXPONENT.search(outline):
        return False
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError:
            return False
    return True


def _may_be_excessive(outline: bytes) -> bool:
    """Whether such a body may be nested too deeply or hold a number that is too long."""
    return outline.count(b"{") > NESTING_MAX or outline.find(_LONG_DIGITS) >= 0


_json: Final = msgspec.json.Decoder(float_hook=exact_decimal)


def _read_json(raw: bytes) -> object:
    payload: object = None
    why = ""
    try:
        payload = _json.decode(raw)
    except (ValueError, InvalidOperation, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else "no valid JSON"
    if why:
        # Raised out here because the error above may quote the body.
        raise MalformedBody(why)
    if _may_be_excessive(outlined(raw)):
        _refuse_excess(payload)
    return payload


def _refuse_excess(payload: object) -> None:
    """Level by level, so that no input can exhaust the stack."""
    level: list[object] = [payload]
    depth = 0
    while level:
        inner: list[object] = []
        has_containers = False
        for value in level:
            if isinstance(value, dict | list):
                has_containers = True
                inner += value.values() if isinstance(value, dict) else value
            elif isinstance(value, int) and abs(value) > _INTEGER_MAX:
                raise MalformedBody("a number out of range")
        depth += has_containers
        if depth > NESTING_MAX:
            raise MalformedBody("nested too deeply")
        level = inner


def _read_form(raw: bytes) -> dict[str, object]:
    """The fields of an urlencoded form, of which every one must have its "=".

    What is something else, such as JSON under a client's default Content-Type, is refused: a card
    number in it would pass for a part of some name.
    """
    text = _text_of(raw)
    pairs = [pair for pair in text.strip().split("&") if pair]
    if len(pairs) > FORM_FIELDS_MAX:
        raise MalformedBody("too many fields")
    if text.lstrip().startswith(("{", "[", "<")) or not all("=" in pair for pair in pairs):
        raise MalformedBody("no form")
    fields: dict[str, object] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        fields[_unquoted(name)] = _unquoted(value)
    if len(fields) != len(pairs):
        raise MalformedBody("a field twice")
    return fields


def _unquoted(text: str) -> str:
    value = ""
    is_text = True
    try:
        value = unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        # Raised out here because the error above quotes the field.
        raise MalformedBody("no valid UTF-8")
    return value


def _text_of(raw: bytes) -> str:
    text = ""
    is_text = True
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise MalformedBody("no valid UTF-8")
    return text


def _read_xml(raw: bytes) -> object:
    text = _text_of(raw).strip()
    if "<!DOCTYPE" in text:
        raise MalformedBody("a document type is not accepted")
    tree = _Tree()
    # Whatever encoding the document names, it was read as UTF-8.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.texts.append
    is_well_formed = True
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError:
        is_well_formed = False
    if not is_well_formed:
        raise MalformedBody("no valid XML")
    return tree.root


class _Tree:
    """The values of a document while it is parsed.

    Attributes, and texts beside elements, are left out. So are the namespaces of names.
    """

    def __init__(self) -> None:
        self.root: object = None
        self.texts: list[str] = []
        self._open: list[dict[str, list[object]]] = []
        self._count = 0

    def start(self, _name: str, _attributes: Mapping[str, str]) -> None:
        """An element begins. Raises MalformedBody."""
        self._count += 1
        if self._count > XML_ELEMENTS_MAX:
            raise MalformedBody("too many elements")
        if len(self._open) == NESTING_MAX:
            raise MalformedBody("nested too deeply")
        self._open.append({})
        self.texts.clear()

    def end(self, name: str) -> None:
        """An element ends: it belongs to the one around it."""
        text = "".join(self.texts).strip()
        self.texts.clear()
        children: dict[str, object] = {
            child: values if len(values) > 1 else values[0]
            for child, values in self._open.pop().items()
        }
        if self._open:
            own_name = name.rpartition(":")[2]
            self._open[-1].setdefault(own_name, []).append(children or text)
        else:
            self.root = children


_READERS: Final[Mapping[BodyKind, Callable[[bytes], object]]] = {
    BodyKind.JSON: _read_json,
    BodyKind.FORM: _read_form,
    BodyKind.XML: _read_xml,
}
