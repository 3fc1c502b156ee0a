"""The key that wraps all other keys.

Where it comes from is the business of `vezne.vault.masters`. Whoever has it and the vault's
database has the cards, so the two must not be backed up together.
"""

import hmac
from itertools import pairwise
from typing import Final, Protocol

from vezne.core.ports import Entropy
from vezne.vault.key_check import key_check_value
from vezne.vault.seal import SealingKey

# Thirty-two random bytes hold thirty different values on average. Fewer than sixteen of them, or
# of the steps between neighbours, happen by chance less than once in 10^15 keys.
_DIFFERENT_MIN: Final = 16
_ID_BYTES: Final = 8

# Keys of the standards' own examples, which random-looking bytes are copied from: NIST SP 800-38A
# F.1.5, the GCM specification's test case 16, and FIPS 197 C.3.
_PUBLISHED: Final = frozenset(
    bytes.fromhex(key)
    for key in (
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    )
)


class UnusableMasterKey(Exception):
    """There is no master key, or not one that may guard cards. The text says what to do."""


class MasterKey(Protocol):
    """Wraps the vault's keys. `key_id` tells one master key from another and nothing more."""

    @property
    def key_id(self) -> str:
        """A short name of the key that does not betray it."""

    @property
    def kcv(self) -> str:
        """Its key-check value in hexadecimal; empty where the key's keeper does not tell one."""

    @property
    def is_sandbox(self) -> bool:
        """Whether the key was made for a sandbox, so that it must not guard real cards."""

    async def wrap(self, key: bytes, place: bytes) -> bytes:
        """The key, encrypted and bound to its place. Raises UnusableMasterKey."""

    async def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """Its inverse. Raises SealBroken; UnusableMasterKey when the device is out of reach."""


class LocalMasterKey:
    """A master key of 32 bytes in this process's memory."""

    def __init__(self, key: bytes, entropy: Entropy, *, is_sandbox: bool = False) -> None:
        self.key_id = local_key_id(key)
        self.kcv = key_check_value(key)
        self.is_sandbox = is_sandbox
        self._key = SealingKey(key, 1, entropy)

    async def wrap(self, key: bytes, place: bytes) -> bytes:
        """The key, encrypted and bound to its place."""
        return self._key.seal(key, place)

    async def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """The key that was wrapped for this place. Raises SealBroken."""
        return self._key.open(wrapped, place)


def local_key_id(key: bytes) -> str:
    """The name of a master key whose bytes are known: the same in a file as in shares."""
    return hmac.digest(key, b"vezne master key", "sha256")[:_ID_BYTES].hex()


def is_weak(key: bytes) -> bool:
    """Whether a key is evidently no product of a random source: a pattern, text, or published."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    is_pattern = len(set(key)) < _DIFFERENT_MIN or len(steps) < _DIFFERENT_MIN
    return is_pattern or key.isascii() or key in _PUBLISHED
