"""HMAC-SHA256 (RFC 2104) under keys that are used again and again.

What depends on the key alone is computed once and copied (RFC 2104, 4). The standard library's
`hmac.digest` looks for the algorithm at every call, which takes longer than hashing a request.
"""

import hashlib
from functools import lru_cache
from typing import Final

# Of the callers of a busy server; each takes some hundred bytes.
HASHES_MAX: Final = 256
_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class KeyedHash:
    """Hashes under one key. It is as secret as the key: who has it can make what the key makes."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        short = key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()
        block = short.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def of(self, text: bytes) -> bytes:
        """The hash of a text: 32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(HASHES_MAX)
def hash_under(key: bytes) -> KeyedHash:
    """The hash under a key of a caller's, kept until `forget_hashes` or while the key is busy."""
    return KeyedHash(key)


def forget_hashes() -> None:
    """Let go of all that `hash_under` keeps: keys have changed."""
    hash_under.cache_clear()
