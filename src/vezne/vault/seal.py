"""AES-256-GCM with associated data that ties a ciphertext to its place.

A nonce is 96 random bits. NIST SP 800-38D 8.3 allows 2^32 of those under one key, at which the
chance of one repetition is still below 2^-32; a key here seals the cards of one merchant in one
key version, and no merchant stores four billion cards.
"""

from functools import lru_cache
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vezne.core.ids import TOKEN_BYTES
from vezne.core.ports import Entropy
from vezne.vault.pan import Pan

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_OVERHEAD_BYTES: Final = NONCE_BYTES + _TAG_BYTES
_ID_BYTES: Final = 8
_ID_LENGTH: Final = _ID_BYTES.to_bytes(2, "big")
_CARD: Final = b"vezne card"
_FINGERPRINT_BYTES: Final = 32
# What `place` makes of the purpose of a card, up to its token and behind its numbers.
_CARD_HEAD: Final = len(_CARD).to_bytes(2, "big") + _CARD + TOKEN_BYTES.to_bytes(2, "big")
_CARD_TAIL: Final = _FINGERPRINT_BYTES.to_bytes(2, "big")
# A merchant's cards have the same numbers as long as its keys have the same versions.
NUMBERS_MAX: Final = 1024


class SealBroken(Exception):
    """A ciphertext was altered, moved to another place, or sealed with another key."""


class OpenedCard(msgspec.Struct, frozen=True):
    """What a sealed card holds. Whoever opened it wipes the number."""

    pan: Pan
    holder: str


class SealingKey:
    """One version of a key. The cipher is set up once, which costs as much as a seal."""

    __slots__ = ("_cipher", "_entropy", "version")

    def __init__(self, key: bytes, version: int, entropy: Entropy) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._cipher = AESGCM(key)
        self._entropy = entropy
        self.version = version

    def seal(self, plain: bytes | bytearray, place: bytes) -> bytes:
        """Nonce, ciphertext and tag, bound to the place."""
        nonce = self._entropy.take(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place)

    def open(self, sealed: bytes, place: bytes) -> bytearray:
        """The plain text, which the caller can wipe. Raises SealBroken."""
        plain = bytearray(max(len(sealed) - _OVERHEAD_BYTES, 0))
        try:
            self._cipher.decrypt_into(
                sealed[:NONCE_BYTES], memoryview(sealed)[NONCE_BYTES:], place, plain
            )
        except (InvalidTag, ValueError):
            raise SealBroken("the seal does not open") from None
        return plain


def place(purpose: bytes, *parts: bytes | int) -> bytes:
    """Associated data: the parts behind their lengths, so that no two lists read the same.

    Numbers take eight bytes.
    """
    text = len(purpose).to_bytes(2, "big") + purpose
    for part in parts:
        if isinstance(part, int):
            text += _ID_LENGTH + part.to_bytes(_ID_BYTES, "big")
        else:
            text += len(part).to_bytes(2, "big") + part
    return text


class CardPlace(msgspec.Struct, frozen=True):
    """Where a sealed number is stored, so that it opens there and nowhere else."""

    merchant_id: int
    token: bytes
    fingerprint: bytes
    fingerprint_version: int

    def bound_to(self, key_version: int) -> bytes:
        """The associated data. Rows of fingerprint version 0 are from before it covered that."""
        token, fingerprint = self.token, self.fingerprint
        merchant_id, version = self.merchant_id, self.fingerprint_version
        if version == 0:
            return place(_CARD, token, merchant_id, key_version)
        if len(token) != TOKEN_BYTES or len(fingerprint) != _FINGERPRINT_BYTES:
            return place(_CARD, token, merchant_id, key_version, version, fingerprint)
        # The same of parts as long as ours are: every card that is stored comes by here.
        return _CARD_HEAD + token + _numbers(merchant_id, key_version, version) + fingerprint


@lru_cache(NUMBERS_MAX)
def _numbers(*numbers: int) -> bytes:
    """What `place` makes of a card's numbers, and of the length of its fingerprint."""
    texts = [_ID_LENGTH + number.to_bytes(_ID_BYTES, "big") for number in numbers]
    return b"".join(texts) + _CARD_TAIL


class BlockedPlace(msgspec.Struct, frozen=True):
    """Where the number of an entry of a blocklist is stored."""

    merchant_id: int
    fingerprint: bytes
    fingerprint_version: int

    def bound_to(self, key_version: int) -> bytes:
        """The associated data."""
        row = (self.merchant_id, key_version, self.fingerprint_version)
        return place(b"vezne blocked", *row, self.fingerprint)


def seal_card(key: SealingKey, where: CardPlace | BlockedPlace, card: OpenedCard) -> bytes:
    """A number and the holder's name, bound to their place and the key's version."""
    digits = card.pan.reveal()
    plain = bytearray((len(digits),))
    plain += digits
    plain += card.holder.encode()
    sealed = key.seal(plain, where.bound_to(key.version))
    plain[:] = bytes(len(plain))
    return sealed


def open_card(key: SealingKey, where: CardPlace | BlockedPlace, sealed: bytes) -> OpenedCard:
    """The inverse of `seal_card`. Raises SealBroken."""
    plain = key.open(sealed, where.bound_to(key.version))
    end = 1 + plain[0]
    card = OpenedCard(Pan(plain[1:end]), plain[end:].decode())
    plain[:] = bytes(len(plain))
    return card
