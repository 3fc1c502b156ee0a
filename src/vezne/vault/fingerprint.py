"""The keyed hash by which equal card numbers of one merchant are recognised.

A plain hash of a number can be reversed by trying all numbers; PCI DSS v4.0.1 3.5.1.1 asks for a
keyed one. Every merchant has a key of its own, so fingerprints tell nothing across merchants.
"""

from collections.abc import Mapping
from typing import Final

from vezne.core.keyed_hash import KeyedHash
from vezne.vault.pan import Pan
from vezne.vault.seal import SealBroken

# Rows of before they named a version, which say 0, have fingerprints of this one.
FIRST_VERSION: Final = 1


class FingerprintKeys:
    """The versions of one key. New fingerprints are of the active one."""

    def __init__(self, versions: Mapping[int, bytes], active_version: int) -> None:
        self._hashes = {version: KeyedHash(key) for version, key in versions.items()}
        self.active_version = active_version

    @property
    def readable(self) -> list[int]:
        """The versions by which numbers may be known, oldest first."""
        return sorted(self._hashes)

    def of(self, pan: Pan, version: int) -> bytes:
        """HMAC-SHA256 of a number's digits, by a version of the key: 32 bytes.

        Raises SealBroken when there is no such key.
        """
        known = self._hashes.get(version or FIRST_VERSION)
        if known is None:
            raise SealBroken(f"there is no fingerprint key version {version}")
        return known.of(pan.reveal())
