"""Identifiers that sort by the time they were made.

An index whose keys arrive in random order costs an embedded database most of its insert speed once
it outgrows the page cache, so owners and stored cards are named by a time prefix and randomness.
"""

from typing import Final

TOKEN_BYTES: Final = 20
_TIME_BYTES: Final = 6
ENTROPY_BYTES: Final = TOKEN_BYTES - _TIME_BYTES

# How many payment numbers share one slice of the index on the merchant's own references.
REFERENCE_SLICE: Final = 65_536


def time_ordered_token(now_ms: int, entropy: bytes) -> bytes:
    """Twenty bytes: 48 bits of epoch milliseconds, then 112 bits of the given entropy.

    Raises ValueError when the entropy has another length.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a token needs {ENTROPY_BYTES} bytes of entropy")
    return now_ms.to_bytes(_TIME_BYTES, "big") + entropy


def last_token_of(now_ms: int) -> bytes:
    """The greatest token that can be made at a time."""
    return time_ordered_token(now_ms, b"\xff" * ENTROPY_BYTES)


def reference_slice(number: int) -> int:
    """The slice of the reference index in which a payment number stands."""
    return number // REFERENCE_SLICE
