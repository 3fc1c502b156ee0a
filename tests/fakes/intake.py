"""A vault's front door that only reads: no card is lifted, no secret kept."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import msgspec

from vezne.core.body import BodyKind, BodyShape, CardFields, LiftedCard, MalformedBody, MaskedBody
from vezne.core.card import CardSlot

NESTING_MAX = 32


class PlainBody:
    """The body as it came. `is_released` tells a test whether the edge let go of it."""

    def __init__(self, raw: bytes, payload: object) -> None:
        self.raw = raw
        self.payload = payload
        self.record: msgspec.Struct | None = None
        self.card: LiftedCard | None = None
        self.is_released = False

    @property
    def is_empty(self) -> bool:
        return self.raw in {b"", b"[]"}

    async def is_hmac_sha256(self, signature: bytes, key: bytes, prefix: bytes) -> bool:
        return hmac.digest(key, prefix + self.raw, "sha256").hex().encode() == signature

    async def is_sha1(self, signature: bytes, segments: Sequence[str | CardSlot]) -> bool:
        digest = hashlib.sha1("".join(map(str, segments)).encode()).digest()  # noqa: S324
        return base64.b64encode(digest) == signature

    def masked(self) -> MaskedBody:
        return MaskedBody(self.raw, is_as_sent=True)

    def release(self) -> None:
        self.is_released = True


class PlainIntake:
    """Remembers every body it handed out, and what kind each was said to be."""

    def __init__(self) -> None:
        self.bodies: list[PlainBody] = []
        self.kinds: list[BodyKind] = []

    def lift(
        self,
        raw: bytes,
        fields: CardFields | None,
        shape: BodyShape | None = None,
        kind: BodyKind = BodyKind.JSON,
    ) -> PlainBody:
        self.kinds.append(kind)
        try:
            payload = _read(raw, kind)
        except (ValueError, RecursionError, ET.ParseError):
            raise MalformedBody("not JSON") from None
        if _nesting(payload) > NESTING_MAX:
            raise MalformedBody("nested too deeply")
        body = PlainBody(raw, payload)
        self.bodies.append(body)
        return body


def _read(raw: bytes, kind: BodyKind) -> object:
    if kind is BodyKind.FORM:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    if kind is BodyKind.XML:
        return {child.tag: child.text or "" for child in ET.fromstring(raw)}  # noqa: S314
    return json.loads(raw, parse_float=Decimal) if raw else None


def _nesting(value: object) -> int:
    depth, level = 0, [value]
    while level:
        level = [
            item
            for parent in level
            if isinstance(parent, dict | list)
            for item in (parent.values() if isinstance(parent, dict) else parent)
        ]
        depth += 1
    return depth
