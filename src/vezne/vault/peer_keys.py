"""The keys that the vaults of several servers have alike, so that they can work as one.

All are derived from one key of the vault by HKDF with SHA-256 (RFC 5869), each under a name of its
own, and none of them is stored. A server that opened the vault has them; nobody else can.
"""

from typing import Final, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vezne.vault.seal import KEY_BYTES

_AUTHORITY: Final = b"vezne peers: certificate authority"
_LENDING: Final = b"vezne peers: held cards on their way"
_TAGS: Final = b"vezne peers: card tags"


class PeerKeys(NamedTuple):
    """What vouches for servers, what seals cards that go from one to another, what tags cards."""

    authority: bytes
    lending: bytes
    tags: bytes


def derive_peer_keys(key: bytes) -> PeerKeys:
    """The keys that follow from the vault's key for servers."""
    return PeerKeys(*(_derive(key, name) for name in (_AUTHORITY, _LENDING, _TAGS)))


def _derive(key: bytes, name: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=name).derive(key)
