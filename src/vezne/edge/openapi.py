"""The doors in the words of OpenAPI 3.1, made from their routes and the records of their requests.

`GET /openapi.json` has all of them, `GET /openapi.json?door=iyzico` one. The document is made when
it is asked for first: most processes are never asked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final, get_args
from urllib.parse import parse_qsl

import msgspec
from msgspec import UnsetType

from vezne.core.body import BodyKind, CardFields, LiftedCode, LiftedNumber
from vezne.edge.description import Description, Json, Operation, Place, Reply
from vezne.edge.messages import Door, Response, Route
from vezne.edge.sites import Incoming, Site

OPENAPI_PATH: Final = "/openapi.json"
_VERSION: Final = "3.1.0"
_PREFLIGHT: Final = "OPTIONS"
_ASKED: Final = "request"
_ANSWERED: Final = "answer"
_MEDIA_TYPES: Final = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.XML: "application/xml",
}
# Any page may show the description: it says nothing of anybody.
_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"access-control-allow-origin", b"*"),
)
_NO_SUCH_DOOR: Final = Response(404, b'{"error":"no such door"}', _HEADERS)
_WRONG_METHOD: Final = Response(
    405, b'{"error":"no such method"}', (*_HEADERS, (b"allow", b"GET, HEAD"))
)
_NUMBER: Final[Json] = {
    "type": "string",
    "pattern": "^[0-9]{12,19}$",
    "writeOnly": True,
    "description": "The card number.",
    "examples": ["5528790000000008"],
}
_CODE: Final[Json] = {
    "type": "string",
    "pattern": "^[0-9]{3,4}$",
    "writeOnly": True,
    "description": "The security code.",
    "examples": ["123"],
}
_ONCE_KEY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request happen once, however often it is sent under this key.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
# The keywords of a schema that only say something to people.
_WORDS: Final = frozenset({"description", "examples"})
_AMOUNT_TEXT: Final = r"^-?[0-9]{1,12}(\.[0-9]{1,8})?$"


def openapi_site(doors: Sequence[Door], version: str) -> Site:
    """The site that answers with the description of the doors. Of one door with `?door=`."""
    made: dict[str, bytes] = {}

    async def answer(incoming: Incoming) -> Response:
        path, _, query = incoming.target.partition("?")
        name = dict(parse_qsl(query)).get("door", "")
        chosen = [door for door in doors if name in ("", door.name)]
        if path != OPENAPI_PATH or not chosen:
            return _NO_SUCH_DOOR
        if incoming.method not in ("GET", "HEAD"):
            return _WRONG_METHOD
        if name not in made:
            made[name] = msgspec.json.encode(openapi_document(chosen, version))
        return Response(HTTPStatus.OK, made[name], _HEADERS)

    return answer


def openapi_document(doors: Iterable[Door], version: str) -> dict[str, Any]:
    """The description of doors that describe themselves.

    Raises ValueError for a route that its door's description does not know, or the other way round.
    """
    paths: dict[str, dict[str, object]] = {}
    schemas: dict[str, object] = {}
    schemes: dict[str, object] = {}
    tags = []
    for door in doors:
        if door.describe is None:
            continue
        described = _DescribedDoor(door, door.describe())
        for route, operation in described.routes():
            paths.setdefault(route.path, {})[route.method.lower()] = operation
        schemas |= described.schemas
        schemes |= described.description.schemes
        tags.append({"name": door.name, "description": described.description.text})
    return {
        "openapi": _VERSION,
        "info": {
            "title": "Vezne",
            "version": version,
            "summary": "A card vault and payment gateway that speaks three Turkish PSP protocols.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": schemes},
    }


class _DescribedDoor:
    """A door, its description, and the schemas of all records that its operations name."""

    def __init__(self, door: Door, description: Description) -> None:
        self.description = description
        self._door = door
        self._routes = [route for route in door.routes if route.method != _PREFLIGHT]
        self._operations = description.operations
        unlike = {(route.method, route.path) for route in self._routes} ^ self._operations.keys()
        if unlike:
            raise ValueError(f"{door.name}: described or routed only: {sorted(unlike)}")
        asked = [item.asks for item in self._operations.values() if item.asks is not None]
        answered = [
            record
            for item in self._operations.values()
            for reply in item.replies.values()
            for record in reply.records
        ]
        self.schemas: dict[str, dict[str, Any]] = {}
        self._references = self._add(asked, _ASKED) | self._add(answered, _ANSWERED)
        for route in self._routes:
            asks = self._operation_of(route).asks
            if asks is not None and route.card is not None:
                self._add_card(asks, route.card)

    def routes(self) -> Iterator[tuple[Route, dict[str, object]]]:
        """Every route with the operation that OpenAPI sees in it."""
        for route in self._routes:
            yield route, self._described(route, self._operation_of(route))

    def _operation_of(self, route: Route) -> Operation:
        return self._operations[route.method, route.path]

    def _described(self, route: Route, operation: Operation) -> dict[str, object]:
        words = (self._door.name, route.method, *route.path.split("/"))
        described: dict[str, object] = {
            "tags": [self._door.name],
            "operationId": "_".join(word for word in words if word).replace("-", "_").lower(),
            "summary": operation.summary,
            "parameters": self._parameters(route, operation),
            "responses": {
                str(status): self._reply(reply) for status, reply in operation.replies.items()
            },
            "security": [{key: [] for key in operation.keys}] if operation.keys else [],
        }
        if operation.asks is not None and operation.place is Place.BODY:
            schema = self._references[operation.asks, _ASKED]
            kinds = sorted(route.kinds, key=list(BodyKind).index)
            described["requestBody"] = {
                "required": True,
                "content": {_MEDIA_TYPES[kind]: {"schema": schema} for kind in kinds},
            }
        return described

    def _parameters(self, route: Route, operation: Operation) -> list[Json]:
        parameters = list(self.description.headers)
        if route.is_write:
            parameters.append(_ONCE_KEY)
        if route.card_header is not None:
            named: Json = {"name": route.card_header, "in": "header", "required": False}
            parameters.append({**named, "schema": _NUMBER})
        if operation.asks is not None and operation.place is not Place.BODY:
            schema = self.schemas[self._name(operation.asks, _ASKED)]
            for name, field in schema["properties"].items():
                parameters.append(
                    {
                        "name": name,
                        "in": operation.place.value,
                        "required": name in schema.get("required", ()),
                        "schema": _without_null(field),
                    }
                )
        return parameters

    def _reply(self, reply: Reply) -> Json:
        schemas = [self._references[record, _ANSWERED] for record in reply.records]
        if not schemas:
            content: Json = {media: {} for media in reply.media_types}
        else:
            schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
            content = {media: {"schema": schema} for media in reply.media_types}
        return {"description": reply.text, "content": content}

    def _add(self, kinds: Sequence[object], side: str) -> dict[tuple[object, str], Json]:
        """Add the schemas of types and of all in them; references by type and side.

        Raises ValueError for two records of one name.
        """
        records: dict[str, type[msgspec.Struct]] = {}
        for kind in kinds:
            _collect(kind, records)
        template = f"#/components/schemas/{self._door.name}.{side}.{{name}}"
        references, components = msgspec.json.schema_components(
            kinds,
            schema_hook=partial(_schema_of, self.description),
            ref_template=template,
        )
        for name, component in components.items():
            schema = _tidied(component, side)
            # The others are enumerations.
            if name in records:
                self._finish(schema, records[name], side)
            self.schemas[f"{self._door.name}.{side}.{name}"] = schema
        return {
            (kind, side): _tidied(reference, side)
            for kind, reference in zip(kinds, references, strict=True)
        }

    def _name(self, record: type[msgspec.Struct], side: str) -> str:
        return f"{self._door.name}.{side}.{record.__name__}"

    def _finish(self, schema: dict[str, Any], record: type[msgspec.Struct], side: str) -> None:
        """Add to a record's schema what the record itself does not say."""
        facts, is_asked = self.description.facts, side == _ASKED
        for name, field in schema["properties"].items():
            fact = {**facts.get(name, {}), **facts.get(f"{record.__name__}.{name}", {})}
            # What a caller should send binds no answer.
            field |= {key: fact[key] for key in fact if is_asked or key in _WORDS}
        needs = self.description.needs.get(record.__name__, ())
        required = needs if is_asked else _always_in(record)
        schema.pop("required", None)
        if required:
            schema["required"] = list(required)

    def _add_card(self, asks: type[msgspec.Struct], card: CardFields) -> None:
        """The fields that the vault takes out, in the schema of the object that has them."""
        record = asks
        for name in card.container:
            found = {field.encode_name: field.type for field in msgspec.structs.fields(record)}
            (record,) = _records_of(found[name])
        properties = self.schemas[self._name(record, _ASKED)]["properties"]
        properties.setdefault(card.number, dict(_NUMBER))
        if card.cvv is not None:
            properties.setdefault(card.cvv, dict(_CODE))


def _schema_of(description: Description, kind: type) -> dict[str, Any]:
    if kind is LiftedNumber:
        return dict(_NUMBER)
    if kind is LiftedCode:
        return dict(_CODE)
    if description.schema_of is None:
        raise NotImplementedError
    return description.schema_of(kind)


def _collect(kind: object, found: dict[str, type[msgspec.Struct]]) -> None:
    """All records in a type by their names. Raises ValueError for two of one name."""
    for record in _records_of(kind):
        if found.setdefault(record.__name__, record) is not record:
            raise ValueError(f"two records are called {record.__name__}")
        for field in msgspec.structs.fields(record):
            if not any(inner is record for inner in _records_of(field.type)):
                _collect(field.type, found)


def _records_of(kind: object) -> list[type[msgspec.Struct]]:
    """The records that a type names: itself, or those in a union or a list."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [record for part in get_args(kind) for record in _records_of(part)]


def _always_in(record: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that an answer never lacks."""
    omits = record.__struct_config__.omit_defaults
    return tuple(
        field.encode_name
        for field in msgspec.structs.fields(record)
        if UnsetType not in get_args(field.type) and (field.required or not omits)
    )


def _tidied(schema: Any, side: str) -> Any:
    """A schema as OpenAPI's readers like it, and as JSON writes what a Decimal is."""
    if isinstance(schema, list):
        return [_tidied(item, side) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    tidy = {name: _tidied(item, side) for name, item in schema.items()}
    if tidy.get("default", "kept") in (None, ""):
        del tidy["default"]
    if tidy.get("format") == "decimal":
        del tidy["format"]
        is_asked = side == _ASKED
        tidy |= {"type": ["number", "string"], "pattern": _AMOUNT_TEXT} if is_asked else _A_NUMBER
    if isinstance(tidy.get("pattern"), str):
        # Python's ends of a text are others than those of ECMA 262.
        tidy["pattern"] = tidy["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    return _flat_union(tidy)


_A_NUMBER: Final = {"type": "number"}


def _flat_union(schema: dict[str, Any]) -> dict[str, Any]:
    """A value that may be null, without a union where the type can say so."""
    kinds = schema.get("anyOf", [])
    others = [kind for kind in kinds if kind != {"type": "null"}]
    if len(kinds) == len(others) + 1 == 2 and "type" in others[0]:  # noqa: PLR2004
        types = others[0]["type"]
        named = types if isinstance(types, list) else [types]
        rest = {name: item for name, item in schema.items() if name != "anyOf"}
        return {**others[0], **rest, "type": [*named, "null"]}
    return schema


def _without_null(schema: Json) -> Json:
    """The schema of a header or of a query's part, which is a text and never null."""
    types = schema.get("type")
    if isinstance(types, list):
        left = [kind for kind in types if kind != "null"]
        return {**schema, "type": left[0] if len(left) == 1 else left}
    return schema
