"""How values cross the socket: MessagePack, with types of our own for what it does not know.

A body's numbers with a fraction stay exact, whole numbers may be as long as a body's may, and the
slots that the vault left in place of a card stay slots.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec
from msgspec.msgpack import Decoder, Encoder, Ext

from vezne.core.card import CardSlot

_DECIMAL: Final = 1
_INTEGER: Final = 2
_SLOT: Final = 3

_INT64_MAX: Final = 2**63 - 1
_READERS: Final[dict[int, Callable[[str], object]]] = {
    _DECIMAL: Decimal,
    _INTEGER: int,
    _SLOT: CardSlot,
}

encoder: Final = Encoder()


def to_sendable(value: object) -> object:
    """A body's values as `encoder` takes them. Lists and objects are copied."""
    if isinstance(value, dict):
        return {key: to_sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_sendable(item) for item in value]
    if isinstance(value, Decimal):
        return Ext(_DECIMAL, str(value).encode())
    if isinstance(value, CardSlot):
        return Ext(_SLOT, value.value.encode())
    if isinstance(value, int) and abs(value) > _INT64_MAX:
        return Ext(_INTEGER, str(value).encode())
    return value


@cache
def decoder_of(kind: Any) -> Decoder[Any]:
    """The decoder of a type, made once."""
    return Decoder(kind, ext_hook=_read_extension)


def decode(raw: msgspec.Raw | bytes, kind: Any) -> Any:
    """A value of a type. Raises `msgspec.DecodeError` for what is none."""
    return decoder_of(kind).decode(raw)


def _read_extension(code: int, data: memoryview) -> object:
    reader = _READERS.get(code)
    if reader is None:
        raise ValueError("an extension that nobody knows")
    return reader(bytes(data).decode())
