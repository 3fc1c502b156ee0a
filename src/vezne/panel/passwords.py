"""Passwords: what a good one is, and hashes of them."""

import asyncio
import base64
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vezne.panel.common_words import COMMON_WORDS

Result = TypeVar("Result")

# PCI DSS v4.0.1 8.3.6.
LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 128
# Beside the one in use: none of the last four may be chosen again (PCI DSS v4.0.1 8.3.7).
REMEMBERED: Final = 3

# Below so many different characters it is a pattern.
_DIFFERENT_MIN: Final = 5
# Characters that follow each other: fewer may be chance.
_RUN_MIN: Final = 4
# A name that is shorter may be in a good password by chance.
_NAME_MIN: Final = 4
# What is left of a guessed password beside the words may be chance from here on.
_REST_MIN: Final = 8


class Busy(Exception):
    """More passwords are waiting to be looked at than anybody has patience for."""


class Passwords:
    """Hashes passwords with Argon2id (RFC 9106), in a thread of its own, one at a time.

    The default is what the OWASP Password Storage Cheat Sheet asks for: 19 MiB, two passes.
    """

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2, waiting_max: int = 64) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=1, hash_len=32, salt_len=16
        )
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting_max = waiting_max
        self._waiting = 0
        self._nobodys = _unknown_hash(memory_kib, passes)

    async def hash(self, password: str) -> str:
        """A hash, with its parameters. Raises Busy."""
        return await self._run(lambda: self._hash(password))

    async def verify(self, password: str, stored: str) -> bool:
        """Whether a hash is of a password; takes as long where `stored` is empty. Raises Busy."""
        return await self._run(lambda: self._verify(password, stored))

    async def was_used(self, password: str, stored: Sequence[str]) -> bool:
        """Whether any of some hashes is of a password. Raises Busy."""
        for each in stored:
            if await self.verify(password, each):
                return True
        return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= self._waiting_max:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_bytes_of(password))

    def _verify(self, password: str, stored: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobodys, _bytes_of(password))
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)


def _unknown_hash(memory_kib: int, passes: int) -> str:
    """The hash of a password that nobody knows, in the encoding of the Argon2 reference."""
    salt, digest = (base64.b64encode(os.urandom(count)).rstrip(b"=").decode() for count in (16, 32))
    return f"$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${digest}"


def fault_of(password: str, names: Sequence[str]) -> str:
    """The name of the text that says what is wrong with a new password; empty: nothing.

    `names` are what the member and the merchants are called. PCI DSS v4.0.1 8.3.6 asks for twelve
    characters with letters and digits; what else is refused can be guessed.
    """
    if len(password) < LENGTH_MIN:
        return "password.too_short"
    if len(password) > LENGTH_MAX:
        return "password.too_long"
    if not any(map(str.isalpha, password)) or not any(map(str.isdigit, password)):
        return "password.one_kind"
    if len(set(password)) < _DIFFERENT_MIN:
        return "password.pattern"
    if len(_without(password.casefold(), names)) < _REST_MIN:
        return "password.guessable"
    return ""


def _without(folded: str, names: Sequence[str]) -> str:
    """What is left of a password without the words that are tried first."""
    for name in (*_parts_of(names), *COMMON_WORDS):
        folded = folded.replace(name, "")
    return _without_runs(folded)


def _without_runs(text: str) -> str:
    """What is left of a text without runs such as 12345, cba and eeee."""
    kept, run = "", text[:1]
    for character in text[1:]:
        step = ord(character) - ord(run[-1])
        goes_on = abs(step) <= 1 and (len(run) == 1 or step == ord(run[-1]) - ord(run[-2]))
        if not goes_on:
            kept += run if len(run) < _RUN_MIN else ""
            run = ""
        run += character
    return kept + (run if len(run) < _RUN_MIN else "")


def _parts_of(names: Sequence[str]) -> list[str]:
    """Names as they stand and, of e-mail addresses, both sides; the longest first."""
    folded = {part for name in names for part in (name, *name.split("@"))}
    return sorted(
        (name.casefold() for name in folded if len(name) >= _NAME_MIN), key=len, reverse=True
    )


def _bytes_of(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
