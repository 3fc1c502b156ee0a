"""Records that no body fits of which they would skip a part.

A decoder does not look closely at what it skips: neither the encoding of texts is checked there,
nor the range of numbers, nor how deeply values are nested.
"""

from collections.abc import Sequence
from types import GenericAlias, UnionType
from typing import Annotated, Final, Union, get_args, get_origin

import msgspec
from msgspec import inspect

# A dialect's own types are made of any JSON value: whoever does that has to look at it.
_BOUNDED: Final = (inspect.StrType, inspect.LiteralType, inspect.NoneType, inspect.CustomType)


def closed_record(record: type[msgspec.Struct]) -> type[msgspec.Struct] | None:
    """The record as one that takes no fields it does not know, at any depth.

    None when a number or a value of any kind may stand in one of its fields.
    """
    closed = _closed_struct(record)
    return closed if _is_bounded(inspect.type_info(closed)) else None


def _closed_struct(record: type[msgspec.Struct]) -> type[msgspec.Struct]:
    fields = [
        (each.name, closed, msgspec.field(default=each.default, name=each.encode_name))
        for each in msgspec.structs.fields(record)
        if (closed := _closed(each.type)) != each.type
    ]
    return msgspec.defstruct(
        record.__name__, fields, bases=(record,), forbid_unknown_fields=True, kw_only=True
    )


def _closed(kind: object) -> object:
    """A type with closed records in the place of others, wherever it is clear how."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _closed_struct(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return Annotated[_closed(parts[0]), *parts[1:]]
    if origin in {Union, UnionType}:
        return Union[tuple(map(_closed, parts))]  # noqa: UP007 - of parts that are found out
    if origin in {list, Sequence}:
        return GenericAlias(list, (_closed(parts[0]),))
    return kind


def _is_bounded(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.StructType):
        return kind.forbid_unknown_fields and all(_is_bounded(each.type) for each in kind.fields)
    if isinstance(kind, inspect.UnionType):
        return all(map(_is_bounded, kind.types))
    if isinstance(kind, inspect.ListType):
        return _is_bounded(kind.item_type)
    if isinstance(kind, inspect.DictType):
        return isinstance(kind.key_type, inspect.StrType) and _is_bounded(kind.value_type)
    return isinstance(kind, _BOUNDED)
