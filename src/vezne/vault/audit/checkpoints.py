"""Checkpoints: signed words about how the trail stood, which are worth most away from it.

Whoever can write to the files can make a new chain, and make it fit. What they cannot make without
the vault's audit key is a signature (Ed25519, RFC 8032), and what they cannot reach is a checkpoint
that was copied elsewhere (PCI DSS v4.0.1 10.3.3, 10.3.4).
"""

import hashlib
from datetime import datetime
from typing import Final, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vezne.vault.audit.lines import Entry

KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 8


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """That line `number` of the trail `stream` had this hash at a time, by the key of an id."""

    stream: str
    number: int
    hash: str
    at: datetime
    key: str
    signature: str

    @classmethod
    def read(cls, text: bytes) -> Self:
        """A checkpoint as it was copied. Raises ValueError."""
        return msgspec.json.decode(text, type=cls)

    @classmethod
    def of_line(cls, entry: Entry, stream: str) -> Self:
        """What a line that signs all before it in a trail says."""
        return cls(
            stream=stream,
            number=entry.n - 1,
            hash=entry.prev,
            at=entry.at,
            key=entry.key,
            signature=entry.signature,
        )

    @property
    def text(self) -> bytes:
        """What is copied."""
        return msgspec.json.encode(self)


class PublicKey:
    """What checkpoints are checked with. `text` is the key in hexadecimal."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no key."""
        raw = bytes.fromhex(text)
        self._key = Ed25519PublicKey.from_public_bytes(raw)
        self.text = raw.hex()
        self.key_id = hashlib.sha256(raw).digest()[:_KEY_ID_BYTES].hex()

    def has_signed(self, checkpoint: Checkpoint) -> bool:
        """Whether this key's owner has signed a checkpoint, and it is as it was then."""
        try:
            self._key.verify(bytes.fromhex(checkpoint.signature), _signed_bytes(checkpoint))
        except (InvalidSignature, ValueError):
            return False
        return checkpoint.key == self.key_id


class CheckpointKey:
    """What checkpoints are signed with. `public` is its public part."""

    def __init__(self, key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self.public = PublicKey(self._key.public_key().public_bytes_raw().hex())

    def sign(self, stream: str, number: int, own_hash: str, at: datetime) -> Checkpoint:
        """That a trail stands so now."""
        unsigned = Checkpoint(
            stream=stream, number=number, hash=own_hash, at=at, key=self.public.key_id, signature=""
        )
        signature = self._key.sign(_signed_bytes(unsigned)).hex()
        return msgspec.structs.replace(unsigned, signature=signature)


def _signed_bytes(checkpoint: Checkpoint) -> bytes:
    """A line each for what it is, trail, number, hash, time and key."""
    at = checkpoint.at.isoformat(timespec="milliseconds")
    parts = (checkpoint.stream, str(checkpoint.number), checkpoint.hash, at, checkpoint.key)
    return "\n".join(("vezne audit checkpoint", *parts, "")).encode()
