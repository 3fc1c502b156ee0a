"""Held cards on their way from the vault of one server to that of another.

What travels is sealed under a key that only vaults have, so that whatever carries it sees no card
number, and what is left of it in the carrier's memory is worth nothing.
"""

from typing import Final, Protocol

import msgspec

from vezne.core.card import SealedCard
from vezne.core.ports import CardGone, Entropy
from vezne.vault.holding import Held, decode_held, encode_held
from vezne.vault.seal import SealBroken, SealingKey, place

_VERSION: Final = 1
_LENGTH_BYTES: Final = 2

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[SealedCard, int])


class Neighbours(Protocol):
    """The vaults of the other servers. Each question has an answer within a second."""

    async def find_held(self, merchant_id: int, payment_number: int) -> bytes | None:
        """The card that one of them holds for a payment, as `Lending` sealed it there."""

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        """Whether one of them holds a card for a payment."""

    def drop_held(self, merchant_id: int, payment_number: int) -> None:
        """Have all of them wipe what they hold for a payment."""

    def tell_blocked(self, merchant_id: int) -> None:
        """Have all of them know that something is on a merchant's blocklist."""


class Lending:
    """Seals held cards for other vaults, which have the same key."""

    def __init__(self, key: bytes, entropy: Entropy) -> None:
        self._key = SealingKey(key, _VERSION, entropy)

    def seal(self, merchant_id: int, payment_number: int, held: Held, left_ms: int) -> bytes:
        """A held card, bound to its payment, and how long it may wait yet."""
        known = _encoder.encode((held.card, left_ms))
        secrets = encode_held(held)
        plain = bytearray(len(known).to_bytes(_LENGTH_BYTES, "big")) + known + secrets
        try:
            return self._key.seal(plain, _place(merchant_id, payment_number))
        finally:
            for text in (plain, secrets):
                text[:] = bytes(len(text))

    def open(self, merchant_id: int, payment_number: int, sealed: bytes) -> tuple[Held, int]:
        """Its inverse. Raises CardGone for what no vault of ours has sealed for this payment."""
        try:
            plain = self._key.open(sealed, _place(merchant_id, payment_number))
        except SealBroken:
            raise CardGone("the card of another server does not open") from None
        start = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES], "big")
        card, left_ms = _decoder.decode(bytes(plain[_LENGTH_BYTES:start]))
        secrets = plain[start:]
        held = decode_held(card, secrets)
        for text in (plain, secrets):
            text[:] = bytes(len(text))
        return held, left_ms


def _place(merchant_id: int, payment_number: int) -> bytes:
    return place(b"vezne lent card", merchant_id, payment_number)
