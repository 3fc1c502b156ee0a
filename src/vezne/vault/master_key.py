"""The key that wraps all other keys, and where it comes from.

This version reads it from a file of its own: 32 bytes as hexadecimal or base64 text. Whoever has
that file and the vault's database has the cards, so the two must not be backed up together.
"""

import base64
import hmac
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol

from vezne.core.ports import Entropy
from vezne.vault.files import ExposedFile, create_private_file, read_private_file
from vezne.vault.seal import KEY_BYTES, SealingKey

_HEX_LENGTH: Final = 2 * KEY_BYTES
_URL_SAFE_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")

# Thirty-two random bytes hold thirty different values on average. Fewer than sixteen of them, or
# of the steps between neighbours, happen by chance less than once in 10^15 keys.
_DIFFERENT_MIN: Final = 16


class UnusableMasterKey(Exception):
    """There is no master key, or not one that may guard cards. The text says what to do."""


class MasterKey(Protocol):
    """Wraps the vault's keys. `key_id` tells one master key from another and nothing more."""

    @property
    def key_id(self) -> str:
        """A short name of the key that does not betray it."""

    async def wrap(self, key: bytes, place: bytes) -> bytes:
        """The key, encrypted and bound to its place. Raises UnusableMasterKey."""

    async def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """Its inverse. Raises SealBroken; UnusableMasterKey when the device is out of reach."""


class LocalMasterKey:
    """A master key in this process's memory."""

    def __init__(self, key: bytes, entropy: Entropy) -> None:
        self.key_id = hmac.digest(key, b"vezne master key", "sha256")[:8].hex()
        self._key = SealingKey(key, 1, entropy)

    async def wrap(self, key: bytes, place: bytes) -> bytes:
        """The key, encrypted and bound to its place."""
        return self._key.seal(key, place)

    async def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """The key that was wrapped for this place. Raises SealBroken."""
        return self._key.open(wrapped, place)


def load_master_key(path: Path, entropy: Entropy) -> LocalMasterKey:
    """The master key in a file. Raises UnusableMasterKey."""
    try:
        text = read_private_file(path).strip()
    except ExposedFile as error:
        raise UnusableMasterKey(str(error)) from None
    except OSError as error:
        raise UnusableMasterKey(f"the master key {path}: {error.strerror}") from None
    key = _decode(text)
    if key is None:
        raise UnusableMasterKey(f"{path} must hold {KEY_BYTES} bytes as hexadecimal or base64")
    if is_weak(key):
        raise UnusableMasterKey(f"the master key in {path} is not random")
    return LocalMasterKey(key, entropy)


def create_master_key(path: Path, entropy: Entropy) -> None:
    """A new random master key file, unless there is a file already."""
    try:
        create_private_file(path, entropy.take(KEY_BYTES).hex().encode() + b"\n")
    except FileExistsError:
        return


def is_weak(key: bytes) -> bool:
    """Whether a key is evidently no product of a random source: a pattern, or plain text."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(set(key)) < _DIFFERENT_MIN or len(steps) < _DIFFERENT_MIN or key.isascii()


def _decode(text: bytes) -> bytes | None:
    try:
        if len(text) == _HEX_LENGTH:
            key = bytes.fromhex(text.decode())
        else:
            key = base64.b64decode(text.translate(_URL_SAFE_TO_STANDARD), validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
