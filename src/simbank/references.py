"""The bank's names for what it approved.

The bank's memory is short. What it must know of a payment for ever rides along in its reference:
`mock` + five digits + `iyzihostrfn`, where the first digit says whether the payment can be followed
up (0) or not (9). The other four come from a keyed hash, as do auth codes; none of them says
anything about the card. References are not unique; together with the auth code they are, among what
the bank remembers of a merchant. That of a void ends in `-02`.
"""

import enum
import re
from hashlib import blake2b
from typing import Final

import msgspec

_SHAPE: Final = re.compile(r"mock([09])[0-9]{4}iyzihostrfn")
_KEY_BYTES: Final = 32
_DIGEST_BYTES: Final = 8


class FollowUps(enum.StrEnum):
    """Whether a payment can be captured, voided or refunded: the first digit of its reference."""

    GRANTED = "0"
    DECLINED = "9"


class Stamp(msgspec.Struct, frozen=True):
    """What the hash yields for one operation: an auth code, and four digits for a reference."""

    auth_code: str
    digits: str

    def reference(self, follow_ups: FollowUps = FollowUps.GRANTED) -> str:
        """The reference of an approval."""
        return f"mock{follow_ups}{self.digits}iyzihostrfn"

    def void_reference(self) -> str:
        """The reference of a void."""
        return f"{self.reference()}-02"


def key_from_seed(seed: str) -> bytes:
    """The key that all auth codes and references of a bank come from."""
    return blake2b(seed.encode(), digest_size=_KEY_BYTES).digest()


def stamp(key: bytes, operation: str, trace: int, attempt: int = 0) -> Stamp:
    """The auth code and reference digits of an operation; always the same for the same key.

    Another `attempt` gives others, for when they are taken.
    """
    name = f"{operation}:{trace}:{attempt}" if attempt else f"{operation}:{trace}"
    digest = blake2b(name.encode(), key=key, digest_size=_DIGEST_BYTES).digest()
    rest, auth_code = divmod(int.from_bytes(digest, "big"), 1_000_000)
    return Stamp(f"{auth_code:06d}", f"{rest % 10_000:04d}")


def follow_ups_of(reference: str) -> FollowUps | None:
    """What a reference remembers; None when it is none of the bank's for a payment."""
    match = _SHAPE.fullmatch(reference)
    return FollowUps(match[1]) if match else None
