"""What a door says of itself, for the description of the server in the words of OpenAPI 3.1.

Most of a description is made from routes and from the records that requests and answers are; here
is what those do not say. Like `messages` it is for dialects and edge alike.
"""

import enum
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

Json = Mapping[str, object]

JSON_MEDIA: Final = ("application/json",)
HTML_MEDIA: Final = ("text/html",)


class Place(enum.Enum):
    """Where a request has its fields."""

    BODY = "body"
    QUERY = "query"
    HEADER = "header"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that an operation may give: one of `records`, in any of the media types.

    A record is a type that msgspec knows; without any there is a body that has no schema.
    """

    text: str
    records: tuple[object, ...] = ()
    media_types: tuple[str, ...] = JSON_MEDIA


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A route in words. `asks` is the record of its request, if it has fields.

    `keys` are the security schemes that a caller must satisfy together. `replies` are by status.
    """

    summary: str
    replies: Mapping[int, Reply]
    asks: type[msgspec.Struct] | None = None
    place: Place = Place.BODY
    keys: tuple[str, ...] = ()


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """A door in words. `operations` has every route by method and path, preflights aside.

    `schemes` are its security schemes and `headers` those that every request may have, both as
    OpenAPI writes them. `facts` adds to the schema of a field by its name on the wire, or by
    `Record.name`; `needs` names the fields that a request's record must have. `schema_of` makes
    the schema of the dialect's own types; it raises NotImplementedError for any other.
    """

    text: str
    operations: Mapping[tuple[str, str], Operation]
    schemes: Mapping[str, Json]
    headers: tuple[Json, ...] = ()
    facts: Mapping[str, Json] = {}
    needs: Mapping[str, tuple[str, ...]] = {}
    schema_of: Callable[[type], dict[str, Any]] | None = None


def merged(name: str, *records: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """A record with the fields of several, as they stand side by side in one object of the wire."""
    fields: dict[str, tuple[str, object, object]] = {}
    for record in records:
        omits = record.__struct_config__.omit_defaults
        for field in msgspec.structs.fields(record):
            may_lack = omits and not field.required
            kind = field.type | UnsetType if may_lack else field.type
            default = msgspec.field(name=field.encode_name)
            if may_lack or field.default is UNSET:
                default = msgspec.field(default=UNSET, name=field.encode_name)
            fields[field.encode_name] = (field.name, kind, default)
    return msgspec.defstruct(name, list(fields.values()), kw_only=True, frozen=True)
