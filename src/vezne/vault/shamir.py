"""Shamir's secret sharing, byte by byte over GF(2^8).

Each byte of the secret is the constant term of a random polynomial of degree `threshold - 1`; a
share is the polynomials' values at its number (A. Shamir, "How to share a secret", 1979). The field
is that of AES, with x^8 + x^4 + x^3 + x + 1, as in draft-mcgrew-tss-03. For any share fewer than
the threshold, every secret is as likely as every other.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from vezne.core.ports import Entropy

NUMBER_MAX: Final = 255
_REDUCTION: Final = 0x11B
_OVERFLOW: Final = 0x100
_INVERSE_SQUARINGS: Final = 7


def split(
    secret: bytes | bytearray, *, threshold: int, count: int, entropy: Entropy
) -> dict[int, bytes]:
    """Shares by number, 1 to `count`, any `threshold` of which make the secret.

    Raises ValueError unless 1 <= threshold <= count <= 255.
    """
    if not 1 <= threshold <= count <= NUMBER_MAX:
        raise ValueError("a threshold is at least 1 and at most the number of shares")
    width = threshold - 1
    random = entropy.take(len(secret) * width)
    polynomials = [(byte, *random[at * width : (at + 1) * width]) for at, byte in enumerate(secret)]
    return {
        number: bytes(_value_at(number, polynomial) for polynomial in polynomials)
        for number in range(1, count + 1)
    }


def combine(shares: Mapping[int, bytes]) -> bytearray:
    """The secret of as many shares as the threshold says; of others something else.

    Raises ValueError without shares, or when they differ in length.
    """
    weights = {number: _weight(number, shares) for number in shares}
    return bytearray(
        _sum(
            [_multiply(weights[number], byte) for number, byte in zip(shares, column, strict=True)]
        )
        for column in zip(*shares.values(), strict=True)
    )


def _value_at(number: int, polynomial: Sequence[int]) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = _multiply(value, number) ^ coefficient
    return value


def _weight(number: int, numbers: Mapping[int, bytes]) -> int:
    """Lagrange's weight of a share for the value at zero; minus is plus in this field."""
    weight = 1
    for other in numbers:
        if other != number:
            weight = _multiply(weight, _multiply(other, _inverse(other ^ number)))
    return weight


def _sum(terms: Sequence[int]) -> int:
    total = 0
    for term in terms:
        total ^= term
    return total


def _inverse(value: int) -> int:
    """x^254, as x^2 · x^4 · … · x^128: the inverse in a field of 256 elements."""
    result, power = 1, value
    for _ in range(_INVERSE_SQUARINGS):
        power = _multiply(power, power)
        result = _multiply(result, power)
    return result


def _multiply(first: int, second: int) -> int:
    product = 0
    while second:
        if second & 1:
            product ^= first
        second >>= 1
        first <<= 1
        if first & _OVERFLOW:
            first ^= _REDUCTION
    return product
