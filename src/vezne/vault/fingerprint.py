"""The keyed hash by which equal card numbers of one merchant are recognised.

A plain hash of a number can be reversed by trying all numbers; PCI DSS v4.0.1 3.5.1.1 asks for a
keyed one. Every merchant has a key of its own, so fingerprints tell nothing across merchants.
"""

import hmac

from vezne.vault.pan import Pan


def fingerprint(key: bytes, pan: Pan) -> bytes:
    """HMAC-SHA256 of the digits: 32 bytes."""
    return hmac.digest(key, pan.reveal(), "sha256")
