"""What a body says: a record of its route's shape or else JSON values, its card taken out."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import InvalidOperation
from types import NoneType
from typing import Final, get_args

import msgspec

from vezne.core.body import BodyKind, BodyShape, CardFields, LiftedCode, LiftedNumber
from vezne.core.card import PAN_LENGTH_MIN, CardSlot
from vezne.vault.bodies import exact_decimal, is_small, read_body
from vezne.vault.closed_records import closed_record

# Of each type that many values that a shape's last bodies had, such as prices, and what was made
# of them. A look-up in an `lru_cache` takes more steps.
MADE_MAX: Final = 1_000
# Who sends more than the record has sends it again: so many bodies are read without hoping.
OPEN_BODIES: Final = 100
_NUMBER: Final = LiftedNumber()
_CODE: Final = LiftedCode()


class Originals(msgspec.Struct):
    """The texts of a card's fields as they were sent; None for one that was absent or empty."""

    number: str | None = None
    code: str | None = None

    def forget(self) -> None:
        """Let go of the texts, for whoever else has this record."""
        self.number = self.code = None


class Reading(msgspec.Struct, frozen=True):
    """What a body says: a record or else JSON values, and its card.

    `is_whole`: the record has all that the body says, and nothing in it may be out of bounds.
    """

    record: msgspec.Struct | None
    payload: object
    originals: Originals
    is_whole: bool = False


def take_apart(raw: bytes, fields: CardFields | None, kind: BodyKind = BodyKind.JSON) -> Reading:
    """A body as JSON values, slots in place of its card. Raises MalformedBody."""
    payload = read_body(raw, kind)
    originals = Originals()
    if fields is not None:
        payload = _take_out(payload, fields.container, fields, originals)
    return Reading(None, payload, originals)


class RecordReader:
    """Decodes bodies of one shape and catches the texts of the card's fields on the way.

    Raises ValueError when the shape has no mark where the route has a card field.
    """

    def __init__(self, shape: BodyShape, fields: CardFields | None) -> None:
        self._caught = Originals()
        # Whether no value that was converted may be out of bounds.
        self._is_bounded = True
        self._make = shape.make
        self._made: defaultdict[type, dict[str, object]] = defaultdict(dict)
        self._marks = None if fields is None else _marks_of(shape.record, fields)
        closed = closed_record(shape.record)
        self._closed = None if closed is None else self._decoder_of(closed)
        self._open = self._decoder_of(shape.record)
        self._open_bodies = 0

    def read(self, raw: bytes) -> Reading | None:
        """A body as a record, in one go; None when it is anything but a body of its shape.

        Whoever then takes it apart says what is wrong with it, if anything is.
        """
        if self._closed is not None and not self._open_bodies:
            whole = self._read(self._closed, raw)
            if whole is not None:
                return Reading(whole, None, self._caught, is_whole=self._is_bounded)
        record = self._read(self._open, raw)
        if record is None:
            return None
        self._open_bodies = (self._open_bodies or OPEN_BODIES + 1) - 1
        return Reading(record, None, self._caught)

    def _decoder_of(self, record: type[msgspec.Struct]) -> msgspec.json.Decoder[msgspec.Struct]:
        return msgspec.json.Decoder(record, dec_hook=self._convert, float_hook=exact_decimal)

    def _read(
        self, decoder: msgspec.json.Decoder[msgspec.Struct], raw: bytes
    ) -> msgspec.Struct | None:
        caught = self._caught = Originals()
        self._is_bounded = True
        try:
            record = decoder.decode(raw)
        except (ValueError, InvalidOperation, RecursionError):
            caught.forget()
            return None
        if self._marks is not None and (caught.number is not None or caught.code is not None):
            self._marks.forget_replaced(record, caught)
        return record

    def _convert(self, kind: type, value: object) -> object:
        if type(value) is str:
            kept = self._made[kind].get(value)
            if kept is not None:
                return kept
        elif not is_small(value):
            self._is_bounded = False
        if kind is LiftedNumber:
            self._caught.number = None if value == "" else _text_of(value)
            return _NUMBER
        if kind is LiftedCode:
            self._caught.code = None if value == "" else _text_of(value)
            return _CODE
        made = self._make(kind, value)
        # Shorter than any card number: what is kept could be one, whatever its field.
        if type(value) is str and len(value) < PAN_LENGTH_MIN:
            self._keep(self._made[kind], value, made)
        return made

    def _keep(self, made_of: dict[str, object], text: str, made: object) -> None:
        """Have it for the next body, instead of all others where there are too many."""
        if len(made_of) >= MADE_MAX:
            made_of.clear()
        made_of[text] = made


class _Marks(msgspec.Struct, frozen=True):
    """Behind which attributes of a record the marks of number and code are."""

    path: tuple[str, ...]
    number: str
    code: str | None

    def forget_replaced(self, record: object, caught: Originals) -> None:
        """Of fields of one name the last counts; the others were caught all the same."""
        for name in self.path:
            record = getattr(record, name)
            if record is None:
                caught.forget()
                return
        if getattr(record, self.number) is None:
            caught.number = None
        if self.code is not None and getattr(record, self.code) is None:
            caught.code = None


def _marks_of(record: type[msgspec.Struct], fields: CardFields) -> _Marks:
    """Where a record has its marks. Raises ValueError when it has none for a card field."""
    kind: type = record
    path = []
    for step in fields.container:
        name, kind = _field_of(kind, step)
        path.append(name)
    number, code = fields.number, fields.cvv
    return _Marks(
        tuple(path),
        _mark_of(kind, number, LiftedNumber),
        None if code is None else _mark_of(kind, code, LiftedCode),
    )


def _mark_of(record: type, field: str, mark: type) -> str:
    name, kind = _field_of(record, field)
    if kind is not mark:
        raise ValueError(f"{record.__name__} has no mark for {field}")
    return name


def _field_of(record: type, field: str) -> tuple[str, type]:
    """The attribute and the type, None aside, of a field as it is called on the wire."""
    known = {known.encode_name: known for known in msgspec.structs.fields(record)}
    (kind,) = (part for part in get_args(known[field].type) if part is not NoneType)
    return known[field].name, kind


def _take_out(
    value: object, path: Sequence[str], fields: CardFields, originals: Originals
) -> object:
    """Take the card out of the object at a path of keys; returns what is left of the value.

    Where several spellings of a key are there, it is taken out of all, and the last one counts.
    What stands in an object's place is emptied: it could be a card.
    """
    originals.forget()
    if not isinstance(value, dict):
        return _emptied(value)
    if path:
        for key in _spellings(value, path[0], fields):
            value[key] = _take_out(value[key], path[1:], fields, originals)
        return value
    for key in _spellings(value, fields.number, fields):
        originals.number = _taken(value, key, CardSlot.PAN)
    if fields.cvv is not None:
        for key in _spellings(value, fields.cvv, fields):
            originals.code = _taken(value, key, CardSlot.CVV)
    return value


def _emptied(value: object) -> object:
    """A value of the same kind that says nothing. What held something is not empty."""
    if isinstance(value, list):
        return [None] if value else value
    if isinstance(value, str):
        return value and "?"
    return value if value is None or isinstance(value, bool) else 0


def _spellings(container: dict[str, object], name: str, fields: CardFields) -> Sequence[str]:
    """The keys of an object that are the field of this name."""
    if not fields.ignores_case:
        return (name,) if name in container else ()
    wanted = name.lower()
    return [key for key in container if key.lower() == wanted]


def _taken(container: dict[str, object], name: str, slot: CardSlot) -> str | None:
    """The text of a field, in whose place the slot is now; None for a field that is empty."""
    value = container[name]
    if value is None or value == "":
        return None
    container[name] = slot
    return _text_of(value)


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
