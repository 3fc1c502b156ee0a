"""The front door: takes card data out of a request body before anybody else reads it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from decimal import InvalidOperation
from types import NoneType
from typing import Final, NamedTuple, get_args

import msgspec

from vezne.core.body import (
    BodyKind,
    BodyShape,
    CardFields,
    Explained,
    FieldState,
    LiftedCard,
    LiftedCode,
    LiftedNumber,
    MaskedBody,
)
from vezne.core.card import CardSlot
from vezne.core.masked_body import BODY_BYTES_MAX, rebuilt
from vezne.vault.bodies import exact_decimal, is_plain, read_body
from vezne.vault.explaining import explain
from vezne.vault.masking import mask_in_place
from vezne.vault.pan import Cvv, Pan, parse_cvv, parse_pan
from vezne.vault.scrub import SEPARATORS, without_escapes, without_number, written_out
from vezne.vault.transit import Transit

# Enough that no two numbers share a tag.
_TAG_BYTES: Final = 16
_LIFTED: Final[Mapping[type, CardSlot]] = {LiftedNumber: CardSlot.PAN, LiftedCode: CardSlot.CVV}


class _Reading(NamedTuple):
    """What a body says: a record or else JSON values, and the texts of its card's fields."""

    record: msgspec.Struct | None
    payload: object
    originals: Mapping[CardSlot, str]


class LiftedBody:
    """Implements `vezne.core.body.SealedBody`.

    The original bytes stay here until `release`. They are immutable, so releasing drops them
    without overwriting; the number and code in transit are overwritten.
    """

    __slots__ = ("_fields", "_intake", "_kind", "_originals", "_payload", "_raw", "card", "record")

    def __init__(
        self,
        raw: bytes,
        reading: _Reading,
        card: LiftedCard | None,
        fields: CardFields | None,
        kind: BodyKind,
        intake: "VaultIntake",
    ) -> None:
        self.record, self._payload, self._originals = reading
        self.card = card
        self._raw: bytes | None = raw
        self._fields = fields
        self._kind = kind
        self._intake = intake

    @property
    def payload(self) -> object:
        """The body as JSON values.

        One that was read as a record is read anew, which raises ValueError after release; hardly a
        request needs that.
        """
        if self._payload is None and self.record is not None:
            self._payload = take_apart(self._original(), self._fields).payload
        return self._payload

    @property
    def is_empty(self) -> bool:
        """Whether the request had no body at all, or an empty JSON array."""
        if self._payload is None:
            return self.record is None and self._raw is not None and not self._raw.strip()
        return self._payload == []

    async def is_hmac_sha256(self, signature: bytes, key: bytes, prefix: bytes) -> bool:
        """Whether it is HMAC-SHA256 over prefix and original bytes, in lower-case hexadecimal.

        Raises ValueError after release.
        """
        digest = hmac.digest(key, prefix + self._original(), "sha256")
        return hmac.compare_digest(digest.hex().encode(), signature)

    async def explain_hmac(
        self, signature: bytes, keys: Sequence[bytes], prefixes: Sequence[bytes]
    ) -> Explained | None:
        """What a signature of a JSON body was made of. Raises ValueError after release."""
        return explain(self, self._original(), signature, keys, prefixes)

    async def is_sha1(self, signature: bytes, segments: Sequence[str | CardSlot]) -> bool:
        """Whether it is SHA-1 over the segments, in base64. Raises ValueError after release.

        A slot stands for its field's text as sent: a string's content, an integer's digits; it is
        empty for a field that was absent or held anything else.
        """
        self._original()
        text = "".join(
            segment if isinstance(segment, str) else self._originals.get(segment, "")
            for segment in segments
        )
        # The signature scheme of older clients is SHA-1 over a text that includes the secret.
        digest = hashlib.sha1(text.encode()).digest()  # noqa: S324
        return hmac.compare_digest(base64.b64encode(digest), signature)

    def masked(self) -> MaskedBody:
        """The body with its card masked; written anew where the number stands elsewhere too.

        One that is too long is left out.

        Raises ValueError after release.
        """
        raw = self._original()
        is_leaked = self.card is not None and self.card.leaked
        if len(raw) > BODY_BYTES_MAX:
            return MaskedBody(b"", is_as_sent=False, left_out_bytes=len(raw))
        masked = None if is_leaked else mask_in_place(raw, self._kind, self._fields)
        if masked is None:
            return rebuilt(self.payload, self.card)
        return MaskedBody(masked, is_as_sent=True)

    def release(self) -> None:
        """Wipe the card in transit and drop the original bytes."""
        self._raw = None
        self._originals = {}
        if self.card is not None:
            self._intake.transit.release(self.card.transit_id)

    def _original(self) -> bytes:
        if self._raw is None:
            raise ValueError("the body was released")
        return self._raw


class VaultIntake:
    """Implements `vezne.core.ports.Intake`."""

    def __init__(self, transit: Transit) -> None:
        self.transit = transit
        self._tag_key: bytes | None = None
        self._readers: dict[type[msgspec.Struct], _RecordReader] = {}

    def tag_numbers(self, key: bytes) -> None:
        """From now on give every valid number a tag, so that others can count attempts on it.

        The key is random, or follows from one of the vault's, and is stored nowhere: a hash of a
        number under a key that is known, or under none, is as good as the number (PCI DSS v4.0.1
        3.5.1.1).
        """
        self._tag_key = key

    def lift(
        self,
        raw: bytes,
        fields: CardFields | None,
        shape: BodyShape | None = None,
        kind: BodyKind = BodyKind.JSON,
    ) -> LiftedBody:
        """The body without its card. A shape is for JSON only. Raises MalformedBody.

        A number is valid with twelve to nineteen digits, spaces aside, and a right check digit; a
        code with three digits, or four on an American Express card. An invalid number or code is
        taken out like a valid one and forgotten. `transit_id` is 0 when nothing is held. Where the
        number stands in another field as well, its digits are zeros there.
        """
        reading = None if shape is None else self._read_record(raw, fields, shape)
        if reading is None:
            reading = take_apart(raw, fields, kind)
        card = None if fields is None else self._hold(raw, fields, reading, kind)
        if card is not None and card.leaked:
            digits = self.transit.pan(card.transit_id).reveal()
            values = take_apart(raw, fields, kind)
            reading = values._replace(payload=without_number(values.payload, digits))
        return LiftedBody(raw, reading, card, fields, kind, self)

    def _read_record(
        self, raw: bytes, fields: CardFields | None, shape: BodyShape
    ) -> _Reading | None:
        """The body as a record, in one go; None when it is anything but a plain body of its shape.

        Whoever then takes it apart says what is wrong with it, if anything is.
        """
        if not is_plain(raw):
            return None
        reader = self._readers.get(shape.record)
        if reader is None:
            reader = self._readers[shape.record] = _RecordReader(shape, fields)
        try:
            return reader.read(raw)
        except (ValueError, InvalidOperation, RecursionError):
            return None

    def _hold(
        self, raw: bytes, fields: CardFields, reading: _Reading, kind: BodyKind
    ) -> LiftedCard:
        number = reading.originals.get(CardSlot.PAN)
        code = reading.originals.get(CardSlot.CVV)
        pan = None if number is None else parse_pan(number)
        cvv = None if code is None else parse_cvv(code, pan)
        if pan is None:
            is_held = number is None and cvv is not None
            if cvv is not None and not is_held:
                cvv.wipe()
            return LiftedCard(
                transit_id=self.transit.hold(None, cvv) if is_held else 0,
                number=FieldState.ABSENT if number is None else FieldState.INVALID,
                cvv=_state(code, cvv),
            )
        # First: what fails here must leave nothing behind in transit.
        leaked = _is_leaked(pan, raw, fields, reading, kind)
        return LiftedCard(
            transit_id=self.transit.hold(pan, cvv),
            number=FieldState.VALID,
            cvv=_state(code, cvv),
            bin=pan.bin,
            last4=pan.last4,
            leaked=leaked,
            tag=self._tag_of(pan),
        )

    def _tag_of(self, pan: Pan) -> bytes:
        if self._tag_key is None:
            return b""
        return hmac.digest(self._tag_key, pan.reveal(), "sha256")[:_TAG_BYTES]


def take_apart(raw: bytes, fields: CardFields | None, kind: BodyKind = BodyKind.JSON) -> _Reading:
    """A body as JSON values, slots in place of its card. Raises MalformedBody."""
    payload = read_body(raw, kind)
    originals: dict[CardSlot, str] = {}
    if fields is not None:
        payload = _take_out(payload, fields.container, fields, originals)
    return _Reading(None, payload, originals)


def _is_leaked(pan: Pan, raw: bytes, fields: CardFields, reading: _Reading, kind: BodyKind) -> bool:
    """Whether the digits stand anywhere in what is left, whatever separates or escapes them."""
    digits = pan.reveal()
    bare = without_escapes(raw) if kind is BodyKind.JSON else None
    if bare is not None and bare.translate(None, SEPARATORS).count(digits) == 1:
        # The one occurrence is the field itself.
        return False
    if reading.record is not None:
        reading = take_apart(raw, fields)
    return digits in written_out(reading.payload).translate(None, SEPARATORS)


class _RecordReader:
    """Decodes bodies of one shape and catches the texts of the card's fields on the way.

    Raises ValueError when the shape has no mark where the route has a card field.
    """

    def __init__(self, shape: BodyShape, fields: CardFields | None) -> None:
        self._make = shape.make
        self._caught: dict[CardSlot, str] = {}
        self._marks = () if fields is None else _marks_of(shape.record, fields)
        self._decoder = msgspec.json.Decoder(
            shape.record, dec_hook=self._convert, float_hook=exact_decimal
        )

    def read(self, raw: bytes) -> _Reading:
        """The record of a body. Raises what the decoder raises."""
        caught: dict[CardSlot, str] = {}
        self._caught = caught
        record = self._decoder.decode(raw)
        for slot, path in self._marks:
            # A field that a later one of the same name replaced was caught all the same.
            if slot in caught and not _has(record, path):
                del caught[slot]
        return _Reading(record, None, caught)

    def _convert(self, kind: type, value: object) -> object:
        slot = _LIFTED.get(kind)
        if slot is None:
            return self._make(kind, value)
        if value == "":
            self._caught.pop(slot, None)
        else:
            self._caught[slot] = _text_of(value)
        return kind()


def _marks_of(
    record: type[msgspec.Struct], fields: CardFields
) -> tuple[tuple[CardSlot, tuple[str, ...]], ...]:
    """Which slot's mark is behind which attributes of a record."""
    names = [(CardSlot.PAN, fields.number), (CardSlot.CVV, fields.cvv)]
    marks = []
    for slot, name in names:
        if name is None:
            continue
        kind: type = record
        path: list[str] = []
        for step in (*fields.container, name):
            known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
            path.append(known[step].name)
            (kind,) = (part for part in get_args(known[step].type) if part is not NoneType)
        if _LIFTED.get(kind) is not slot:
            raise ValueError(f"{record.__name__} has no mark for {name}")
        marks.append((slot, tuple(path)))
    return tuple(marks)


def _has(record: object, path: Sequence[str]) -> bool:
    for name in path:
        record = getattr(record, name)
        if record is None:
            return False
    return True


def _take_out(
    value: object, path: Sequence[str], fields: CardFields, originals: dict[CardSlot, str]
) -> object:
    """Take the card out of the object at a path of keys; returns what is left of the value.

    Where several spellings of a key are there, it is taken out of all, and the last one counts.
    What stands in an object's place is emptied: it could be a card.
    """
    originals.clear()
    if not isinstance(value, dict):
        return _emptied(value)
    if path:
        for key in _spellings(value, path[0], fields):
            value[key] = _take_out(value[key], path[1:], fields, originals)
        return value
    for key in _spellings(value, fields.number, fields):
        _take(value, key, CardSlot.PAN, originals)
    if fields.cvv is not None:
        for key in _spellings(value, fields.cvv, fields):
            _take(value, key, CardSlot.CVV, originals)
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


def _take(
    container: dict[str, object], name: str, slot: CardSlot, originals: dict[CardSlot, str]
) -> None:
    """Put the slot in the field's place and its text among the originals."""
    value = container[name]
    if value is None or value == "":
        originals.pop(slot, None)
        return
    container[name] = slot
    originals[slot] = _text_of(value)


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _state(code: str | None, cvv: Cvv | None) -> FieldState:
    if code is None:
        return FieldState.ABSENT
    return FieldState.INVALID if cvv is None else FieldState.VALID
