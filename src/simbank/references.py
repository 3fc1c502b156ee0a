"""The bank's names for what it approved.

The bank's memory is short. What it must know of a payment for ever rides along in its reference:
`mock` + five digits + `iyzihostrfn`, where the first digit says whether the payment can be followed
up (0) or not (9). The other four come from a keyed checksum, as do auth codes; none of them says
anything about the card. References are not unique; together with the auth code they are, among what
the bank remembers of a merchant. That of a void ends in `-02`.
"""

import enum
import re
from hashlib import blake2b
from typing import Final
from zlib import crc32

from vezne.wire.simhost import Operation

_SHAPE: Final = re.compile(r"mock([09])[0-9]{4}iyzihostrfn")
_VOID: Final = Operation.VOID
_KEY_BYTES: Final = 32
_TEN_DIGITS: Final = 10**10


class FollowUps(enum.StrEnum):
    """Whether a payment can be captured, voided or refunded: the first digit of its reference."""

    GRANTED = "0"
    DECLINED = "9"


def key_from_seed(seed: str) -> bytes:
    """The key that all auth codes and references of a bank come from."""
    return blake2b(seed.encode(), digest_size=_KEY_BYTES).digest()


class Names:
    """The auth codes and references of a bank's approvals; always the same for the same key.

    A checksum is enough, at a tenth of a hash's cost: nothing is granted to who guesses one.
    """

    def __init__(self, key: bytes) -> None:
        start = crc32(key)
        self._starts = {operation: crc32(operation.encode(), start) for operation in Operation}

    def of(
        self,
        operation: Operation,
        trace: int,
        attempt: int = 0,
        follow_ups: FollowUps = FollowUps.GRANTED,
    ) -> tuple[str, str]:
        """The auth code and reference of an approval.

        Another `attempt` gives others, for when they are taken.
        """
        name = f"{trace}:{attempt}" if attempt else str(trace)
        # Ten digits behind a one, so that zeros in front stay.
        digits = str(_TEN_DIGITS + crc32(name.encode(), self._starts[operation]))
        end = "iyzihostrfn-02" if operation is _VOID else "iyzihostrfn"
        # Added, not put into a text: a member of an enum is slow to format.
        return digits[5:], "mock" + follow_ups + digits[1:5] + end


def follow_ups_of(reference: str) -> FollowUps | None:
    """What a reference remembers; None when it is none of the bank's for a payment."""
    match = _SHAPE.fullmatch(reference)
    return FollowUps(match[1]) if match else None
