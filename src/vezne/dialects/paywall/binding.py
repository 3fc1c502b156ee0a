"""Reads a request into a record as leniently as the service does.

Names are matched in any case and by their older spellings; unknown ones are ignored; null counts
as absent. A text may come as a number, a number as a text, and a boolean in any spelling. Clients
do all of this: the official one writes camelCase here and PascalCase there, the WooCommerce plug-in
sends amounts as texts, and parameters of GET requests are header values.
"""

import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, partial
from typing import Final, TypeVar, get_args, get_origin

import msgspec

Shape = TypeVar("Shape", bound=msgspec.Struct)
_Convert = Callable[[object], object]

_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})
_WHOLE_DIGITS_MAX: Final = 18
_DECIMAL_LENGTH_MAX: Final = 64


class NotBound(Exception):
    """A field holds what it cannot. `field` is its path, as in `Card.Month`."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def bind(shape: type[Shape], payload: Mapping[str, object]) -> Shape:
    """The record that a JSON object says. Raises NotBound.

    Every field of a shape has a default, and is a text, a whole number, a Decimal, a boolean, a
    record or a list of records, or None. `ALIASES` of a shape, if it has them, map older spellings
    to today's, both in lower case. A field that comes twice has its last value that is not null.
    """
    fields = _fields_of(shape)
    values: dict[str, object] = {}
    for key, value in payload.items():
        field = fields.get(key.lower())
        if field is None or value is None:
            continue
        try:
            found = field.convert(value)
        except NotBound as inner:
            # A place in a list follows its list without a point.
            point = "" if inner.field.startswith("[") else "."
            raise NotBound(f"{field.shown}{point}{inner.field}") from None
        except (TypeError, ValueError):
            raise NotBound(field.shown) from None
        if found is not None:
            values[field.name] = found
    build: Callable[..., Shape] = shape
    return build(**values)


class _Field(msgspec.Struct, frozen=True):
    name: str
    shown: str
    convert: _Convert


@cache
def _fields_of(shape: type[msgspec.Struct]) -> dict[str, _Field]:
    """How to read each field of a shape, by its names in lower case."""
    fields = {
        field.encode_name.lower(): _Field(field.name, field.encode_name, _converter(field.type))
        for field in msgspec.structs.fields(shape)
    }
    aliases: Mapping[str, str] = getattr(shape, "ALIASES", {})
    return fields | {alias: fields[name] for alias, name in aliases.items()}


def _converter(kind: object) -> _Convert:
    if isinstance(kind, types.UnionType):
        (kind,) = (part for part in get_args(kind) if part is not types.NoneType)
    if get_origin(kind) is list:
        return partial(_items, _converter(get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return partial(_record, kind)
    return _SCALARS[kind]


def _record(shape: type[msgspec.Struct], value: object) -> object:
    if value == "":
        return None
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return bind(shape, value)


def _items(convert: _Convert, value: object) -> object:
    if value == "":
        return None
    if not isinstance(value, list):
        raise TypeError("not a list")
    items = []
    for place, item in enumerate(value):
        try:
            found = convert(item)
        except NotBound as inner:
            raise NotBound(f"[{place}].{inner.field}") from None
        except (TypeError, ValueError):
            raise NotBound(f"[{place}]") from None
        if found is None:
            raise NotBound(f"[{place}]")
        items.append(found)
    return items


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    raise ValueError("not a text")


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= _WHOLE_DIGITS_MAX:
            return int(text)
    elif isinstance(value, Decimal):
        if value == value.to_integral_value() and value.adjusted() < _WHOLE_DIGITS_MAX:
            return int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("not a whole number")


def _decimal(value: object) -> Decimal | None:
    """Texts in the form of a JSON number without exponent."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        digits = text.removeprefix("-").replace(".", "", 1)
        if digits.isascii() and digits.isdigit() and len(text) <= _DECIMAL_LENGTH_MAX:
            return Decimal(text)
    elif isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError("not a number")


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else None
    if word == "":
        return None
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("not a boolean")


_SCALARS: Final[Mapping[object, _Convert]] = {
    str: _text,
    int: _whole,
    Decimal: _decimal,
    bool: _boolean,
}
