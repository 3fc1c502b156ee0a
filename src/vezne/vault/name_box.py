"""Seals names, the same name always alike: AES-SIV (RFC 5297), with a key of 512 bits.

A sealed name is no longer than its name and sixteen bytes, looks random, and cannot be made by
anybody without the key. That two sealed names are equal when their names are is what the cipher is
chosen for: whoever holds a name finds what was sealed for it without opening anything.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from vezne.vault.seal import place

NAME_KEY_BYTES: Final = 64


class VaultNameBox:
    """Implements `vezne.core.ports.NameBox`.

    A gateway in a process of its own is handed the key: it seals names for every line of a list.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != NAME_KEY_BYTES:
            raise ValueError(f"the key of a name box has {NAME_KEY_BYTES} bytes")
        self.key = key
        self._cipher = AESSIV(key)

    def seal(self, merchant_id: int, purpose: str, name: bytes) -> bytes:
        """The sealed form of a name: sixteen bytes longer."""
        return self._cipher.encrypt(name, [_name_place(merchant_id, purpose)])

    def open(self, merchant_id: int, purpose: str, sealed: bytes) -> bytes:
        """Its inverse. Raises ValueError for what was not sealed for this merchant and purpose."""
        try:
            return self._cipher.decrypt(sealed, [_name_place(merchant_id, purpose)])
        except InvalidTag:
            raise ValueError("the sealed name does not open") from None


def _name_place(merchant_id: int, purpose: str) -> bytes:
    return place(b"vezne name", purpose.encode(), merchant_id)
