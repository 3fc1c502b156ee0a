"""The front door: takes card data out of a request body before anybody else reads it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from vezne.core.body import (
    BodyKind,
    BodyShape,
    CardFields,
    Explained,
    FieldState,
    LiftedCard,
    MaskedBody,
)
from vezne.core.card import CardSlot
from vezne.core.keyed_hash import KeyedHash, hash_under
from vezne.core.masked_body import BODY_BYTES_MAX, rebuilt
from vezne.vault.bodies import is_plain, outlined
from vezne.vault.explaining import explain
from vezne.vault.masking import mask_in_place
from vezne.vault.pan import Pan, parse_cvv, parse_pan
from vezne.vault.reading import Originals, Reading, RecordReader, take_apart
from vezne.vault.scrub import (
    SEPARATORS,
    has_no_row_but,
    stands_once,
    without_escapes,
    without_number,
    written_out,
)
from vezne.vault.transit import Transit

# Enough that no two numbers share a tag.
_TAG_BYTES: Final = 16
# What every body passes by; see `core/payment.py` on names for members.
_JSON: Final = BodyKind.JSON
_ABSENT: Final = FieldState.ABSENT
_VALID: Final = FieldState.VALID


class LiftedBody:
    """Implements `vezne.core.body.SealedBody`.

    The original bytes stay here until `release`. They are immutable, so releasing drops them
    without overwriting; the number and code in transit are overwritten.
    """

    __slots__ = ("_fields", "_kind", "_originals", "_payload", "_raw", "_transit", "card", "record")

    def __init__(
        self,
        raw: bytes,
        reading: Reading,
        card: LiftedCard | None,
        fields: CardFields | None,
        kind: BodyKind,
        transit: Transit,
    ) -> None:
        self.record = reading.record
        self._payload = reading.payload
        self._originals = reading.originals
        self.card = card
        self._raw: bytes | None = raw
        self._fields = fields
        self._kind = kind
        self._transit = transit

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
        digest = hash_under(key).of(prefix + self._original())
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
        sent = {CardSlot.PAN: self._originals.number, CardSlot.CVV: self._originals.code}
        text = "".join(
            segment if isinstance(segment, str) else sent[segment] or "" for segment in segments
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
        self._originals.forget()
        if self.card is not None:
            self._transit.release(self.card.transit_id)

    def _original(self) -> bytes:
        if self._raw is None:
            raise ValueError("the body was released")
        return self._raw


class VaultIntake:
    """Implements `vezne.core.ports.Intake`."""

    def __init__(self, transit: Transit) -> None:
        self.transit = transit
        self._tags: KeyedHash | None = None
        self._readers: dict[type[msgspec.Struct], RecordReader] = {}

    def tag_numbers(self, key: bytes) -> None:
        """From now on give every valid number a tag, so that others can count attempts on it.

        The key is random, or follows from one of the vault's, and is stored nowhere: a hash of a
        number under a key that is known, or under none, is as good as the number (PCI DSS v4.0.1
        3.5.1.1).
        """
        self._tags = KeyedHash(key)

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
        reading = None
        if shape is not None:
            reader = self._readers.get(shape.record) or self._add_reader(shape, fields)
            reading = reader.read(raw)
        if reading is None:
            reading = take_apart(raw, fields, kind)
        bare, outline = None, b""
        is_doubtful = reading.record is not None and not reading.is_whole
        if kind is _JSON and (is_doubtful or fields is not None):
            # Where no card is expected, no number has to be looked for among escapes.
            bare = raw if fields is None else without_escapes(raw)
            outline = outlined(raw if bare is None else bare)
        if is_doubtful and not is_plain(raw, outline):
            reading.originals.forget()
            reading = take_apart(raw, fields)
        if fields is None:
            return LiftedBody(raw, reading, None, None, kind, self.transit)
        number = reading.originals.number
        pan = None if number is None else parse_pan(number)
        leak = None
        stands_alone = False
        if pan is not None:
            digits = pan.reveal()
            stands_alone = bare is not None and has_no_row_but(digits, outline)
            if not stands_alone and (bare is None or not stands_once(digits, bare, outline)):
                leak = _without_leak(pan, raw, fields, reading, kind)
        elif number is None:
            stands_alone = bare is not None and has_no_row_but(b"", outline)
        # Last: what fails before must leave nothing behind in transit.
        card = self._hold(
            pan, reading.originals, leaked=leak is not None, stands_alone=stands_alone
        )
        return LiftedBody(raw, leak or reading, card, fields, kind, self.transit)

    def _add_reader(self, shape: BodyShape, fields: CardFields | None) -> RecordReader:
        reader = self._readers[shape.record] = RecordReader(shape, fields)
        return reader

    def _hold(
        self, pan: Pan | None, originals: Originals, *, leaked: bool, stands_alone: bool
    ) -> LiftedCard:
        """Take number and code into transit, and say what may be known of them."""
        cvv, cvv_state = None, _ABSENT
        if originals.code is not None:
            cvv = parse_cvv(originals.code, pan)
            cvv_state = FieldState.INVALID if cvv is None else _VALID
        if pan is None:
            is_absent = originals.number is None
            if cvv is not None and not is_absent:
                cvv.wipe()
            return LiftedCard(
                transit_id=self.transit.hold(None, cvv) if is_absent and cvv is not None else 0,
                number=FieldState.ABSENT if is_absent else FieldState.INVALID,
                cvv=cvv_state,
                stands_alone=stands_alone,
            )
        return LiftedCard(
            transit_id=self.transit.hold(pan, cvv),
            number=_VALID,
            cvv=cvv_state,
            bin=pan.bin,
            last4=pan.last4,
            leaked=leaked,
            tag=b"" if self._tags is None else self._tags.of(pan.reveal())[:_TAG_BYTES],
            stands_alone=stands_alone,
        )


def _without_leak(
    pan: Pan, raw: bytes, fields: CardFields, reading: Reading, kind: BodyKind
) -> Reading | None:
    """What a body says, without the number that stands in what is left of it; None: it does not.

    The number is found whatever separates or escapes its digits.
    """
    values = reading if reading.record is None else take_apart(raw, fields, kind)
    digits = pan.reveal()
    if digits not in written_out(values.payload).translate(None, SEPARATORS):
        return None
    return Reading(None, without_number(values.payload, digits), values.originals)
