"""Seals the secrets of merchants' API keys, which the books store and the vault alone opens."""

from typing import Final

from vezne.vault.keyring import SealingKeys
from vezne.vault.seal import SealBroken, place

_VERSION_BYTES: Final = 4


class VaultSecretBox:
    """Implements `vezne.core.ports.SecretBox`. A sealed secret begins with its key version."""

    def __init__(self, keys: SealingKeys) -> None:
        self._keys = keys

    async def seal(self, secret: bytes, context: bytes) -> bytes:
        """The secret, encrypted and bound to its context."""
        key = self._keys.active
        sealed = key.seal(secret, _secret_place(context, key.version))
        return key.version.to_bytes(_VERSION_BYTES, "big") + sealed

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        """Its inverse. Raises ValueError when the text was altered or the context differs."""
        try:
            key = self._keys.find(int.from_bytes(sealed[:_VERSION_BYTES], "big"))
            return bytes(key.open(sealed[_VERSION_BYTES:], _secret_place(context, key.version)))
        except SealBroken:
            raise ValueError("the sealed secret does not open") from None


def _secret_place(context: bytes, version: int) -> bytes:
    return place(b"vezne secret", context, version)
