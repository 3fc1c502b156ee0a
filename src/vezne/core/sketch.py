"""Which tokens were seen, in little memory: a Bloom filter over the randomness of tokens."""

from typing import Final

# Eight mebibytes: of a million tokens one in eighty thousand unseen ones passes for seen, of ten
# million one in twenty.
BITS: Final = 1 << 26
_BYTES_EACH: Final = 4
_TIME_BYTES: Final = 6


class TokenSketch:
    """Never says of a token that was added that it was not; seldom the contrary.

    Tokens hold fourteen random bytes, so their own bits serve as the hashes.
    """

    def __init__(self, bits: int = BITS) -> None:
        self._bits = bits
        self._field = bytearray(bits // 8)

    def add(self, token: bytes) -> None:
        """Remember a token."""
        for place in self._places(token):
            self._field[place >> 3] |= 1 << (place & 7)

    def __contains__(self, token: bytes) -> bool:
        return all(self._field[place >> 3] >> (place & 7) & 1 for place in self._places(token))

    def _places(self, token: bytes) -> tuple[int, int, int]:
        first, second, third = (
            int.from_bytes(token[start : start + _BYTES_EACH], "big") % self._bits
            for start in range(_TIME_BYTES, _TIME_BYTES + 3 * _BYTES_EACH, _BYTES_EACH)
        )
        return first, second, third
