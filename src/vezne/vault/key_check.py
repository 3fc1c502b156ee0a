"""Key-check values: what tells two keys apart without saying anything else about them."""

from typing import Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK_BYTES: Final = 16
# ANSI X9.24-1:2017 A.2 lets an AES key show five bytes at most.
_SHOWN_BYTES: Final = 5


def key_check_value(key: bytes) -> str:
    """Ten hexadecimal digits that the key alone decides; for AES keys of 16, 24 or 32 bytes.

    The AES-CMAC of a block of zeros, shortened (ANSI X9.24-1:2017 annex A).
    """
    mac = CMAC(AES(key))
    mac.update(bytes(BLOCK_BYTES))
    return shown(mac.finalize())


def shown(mac: bytes) -> str:
    """The part of the whole code that people get to see."""
    return mac[:_SHOWN_BYTES].hex()
