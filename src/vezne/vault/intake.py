"""The front door: takes card data out of a request body before anybody else reads it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from vezne.core.body import CardFields, FieldState, LiftedCard, MalformedBody
from vezne.core.card import PAN_LENGTH_MAX, CardSlot
from vezne.vault.pan import Pan, parse_cvv, parse_pan
from vezne.vault.transit import Transit

NESTING_MAX: Final = 32

# A double written out in full has up to some sixty digits; no amount needs more.
_NUMBER_LENGTH_MAX: Final = 128
_EXPONENT_MIN: Final = -64
_EXPONENT_MAX: Final = 32
_INTEGER_MAX: Final = 10**PAN_LENGTH_MAX - 1

# For one search each: all digits read as "0", both opening brackets as "{".
_SHAPE: Final = bytes.maketrans(b"123456789[", b"000000000{")
_LONG_DIGITS: Final = b"0" * (PAN_LENGTH_MAX + 1)

# What may stand between the digits of a number that a person typed: anything but letters, digits
# and the marks that separate JSON values.
_SEPARATORS: Final = bytes(
    code for code in range(256) if not bytes((code,)).isalnum() and code not in b'",:{}[]'
)


class LiftedBody:
    """Implements `vezne.core.body.SealedBody`.

    The original bytes stay here until `release`. They are immutable, so releasing drops them
    without overwriting; the number and code in transit are overwritten.
    """

    __slots__ = ("_originals", "_raw", "_transit", "card", "is_empty", "payload")

    def __init__(
        self,
        raw: bytes,
        payload: object,
        card: LiftedCard | None,
        originals: Mapping[CardSlot, str],
        transit: Transit,
    ) -> None:
        self.payload = payload
        self.card = card
        self.is_empty = payload == [] or (payload is None and not raw.strip())
        self._raw: bytes | None = raw
        self._originals = originals
        self._transit = transit

    def hmac_sha256(self, key: bytes, prefix: bytes) -> bytes:
        """HMAC-SHA256 over prefix and original bytes. Raises ValueError after release."""
        return hmac.digest(key, prefix + self._original(), "sha256")

    def sha1(self, segments: Sequence[str | CardSlot]) -> bytes:
        """SHA-1 over the segments. Raises ValueError after release.

        A slot stands for its field's text as sent: a string's content, an integer's digits; it is
        empty for a field that was absent or held anything else.
        """
        self._original()
        text = "".join(
            segment if isinstance(segment, str) else self._originals.get(segment, "")
            for segment in segments
        )
        # The signature scheme of older clients is SHA-1 over a text that includes the secret.
        return hashlib.sha1(text.encode()).digest()  # noqa: S324

    def release(self) -> None:
        """Wipe the card in transit and drop the original bytes."""
        self._raw = None
        self._originals = {}
        if self.card is not None:
            self._transit.release(self.card.transit_id)

    def _original(self) -> bytes:
        if self._raw is None:
            raise ValueError("the body was released")
        return self._raw


class VaultIntake:
    """Implements `vezne.core.ports.Intake`."""

    def __init__(self, transit: Transit) -> None:
        self._transit = transit
        self._decoder = msgspec.json.Decoder(float_hook=_exact_decimal)

    def lift(self, raw: bytes, fields: CardFields | None) -> LiftedBody:
        """The body without its card. Raises MalformedBody.

        A number is valid with twelve to nineteen digits, spaces aside, and a right check digit; a
        code with three digits, or four on an American Express card. An invalid number or code is
        taken out like a valid one and forgotten. `transit_id` is 0 when nothing is held.
        """
        payload = self._decode(raw)
        if fields is None:
            return LiftedBody(raw, payload, None, {}, self._transit)
        originals: dict[CardSlot, str] = {}
        container = _find(payload, fields.container)
        if container is not None:
            _take(container, fields.number, CardSlot.PAN, originals)
            if fields.cvv is not None:
                _take(container, fields.cvv, CardSlot.CVV, originals)
        card = self._hold(raw, payload, originals)
        return LiftedBody(raw, payload, card, originals, self._transit)

    def _decode(self, raw: bytes) -> object:
        if not raw or raw.isspace():
            return None
        payload: object = None
        why = ""
        try:
            payload = self._decoder.decode(raw)
        except (ValueError, InvalidOperation, RecursionError) as error:
            why = "nested too deeply" if isinstance(error, RecursionError) else "no valid JSON"
        if why:
            # Raised out here because the error above may quote the body.
            raise MalformedBody(why)
        shape = raw.translate(_SHAPE)
        if shape.count(b"{") > NESTING_MAX or _LONG_DIGITS in shape:
            _refuse_excess(payload)
        return payload

    def _hold(self, raw: bytes, payload: object, originals: Mapping[CardSlot, str]) -> LiftedCard:
        number = originals.get(CardSlot.PAN)
        code = originals.get(CardSlot.CVV)
        pan = None if number is None else parse_pan(number)
        cvv = None if code is None else parse_cvv(code, pan)
        is_held = pan is not None or (number is None and cvv is not None)
        return LiftedCard(
            transit_id=self._transit.hold(pan, cvv) if is_held else 0,
            number=_state(number, is_valid=pan is not None),
            cvv=_state(code, is_valid=cvv is not None),
            bin="" if pan is None else pan.bin,
            last4="" if pan is None else pan.last4,
            leaked=pan is not None and _is_leaked(pan, raw, payload),
        )


def _exact_decimal(text: str) -> Decimal:
    value = Decimal(text)
    if len(text) > _NUMBER_LENGTH_MAX or not _EXPONENT_MIN <= value.adjusted() <= _EXPONENT_MAX:
        raise ValueError("a number out of range")
    return value


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


def _find(payload: object, path: Sequence[str]) -> dict[str, object] | None:
    for key in path:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(key)
    return payload if isinstance(payload, dict) else None


def _take(
    container: dict[str, object], name: str, slot: CardSlot, originals: dict[CardSlot, str]
) -> None:
    """Put the slot in the field's place and its text among the originals."""
    value = container.get(name)
    if value is None or value == "":
        return
    container[name] = slot
    if isinstance(value, str):
        originals[slot] = value
    elif isinstance(value, int) and not isinstance(value, bool):
        originals[slot] = str(value)
    else:
        originals[slot] = ""


def _state(text: str | None, *, is_valid: bool) -> FieldState:
    if text is None:
        return FieldState.ABSENT
    return FieldState.VALID if is_valid else FieldState.INVALID


def _is_leaked(pan: Pan, raw: bytes, payload: object) -> bool:
    """Whether the digits stand anywhere in what is left, whatever separates or escapes them."""
    digits = pan.reveal()
    if b"\\" not in raw and raw.translate(None, _SEPARATORS).count(digits) == 1:
        # Nothing is escaped, and the one occurrence is the field itself.
        return False
    return digits in msgspec.json.encode(payload).translate(None, _SEPARATORS)
