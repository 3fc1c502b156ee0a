"""The ceremony that makes a master key nobody has: custodians hold shares of it.

No person knows or could rebuild the key alone (PCI DSS v4.0.1 3.7.6), and it is nowhere stored.
What is stored is the public record of the ceremony, which says how many shares make the key and
proves that the right ones were given. The record is tied to the key: a changed one is refused.
"""

import hmac
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from vezne.core.ports import Entropy
from vezne.vault.key_check import key_check_value
from vezne.vault.master_key import UnusableMasterKey, local_key_id
from vezne.vault.seal import KEY_BYTES, place
from vezne.vault.shamir import combine, split
from vezne.vault.share_text import CEREMONY_BYTES, InvalidShare, Share, share_from_text

# Two, because one share that suffices is no split knowledge.
THRESHOLD_MIN: Final = 2
CUSTODIANS_MAX: Final = 20
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=THRESHOLD_MIN, le=CUSTODIANS_MAX)]
_TimeMs: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**47)]


class Ceremony(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public record of a ceremony. `ceremony` is its id, `created_ms` is in Unix time."""

    record: Literal["vezne master key ceremony 1"] = "vezne master key ceremony 1"
    ceremony: str
    threshold: _Count
    custodians: _Count
    sandbox: bool
    key_id: str
    kcv: str
    created_ms: _TimeMs
    verifier: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to hold the key. Raises ValueError for a number of custodians that makes no sense."""

    custodians: int
    threshold: int
    is_sandbox: bool
    now_ms: int

    def __post_init__(self) -> None:
        if not THRESHOLD_MIN <= self.threshold <= self.custodians <= CUSTODIANS_MAX:
            raise ValueError(
                f"there are {THRESHOLD_MIN} to {CUSTODIANS_MAX} custodians, and the threshold is "
                f"at least {THRESHOLD_MIN} and at most their number"
            )


class Gathering:
    """The shares of one ceremony as they come in."""

    def __init__(self, ceremony: Ceremony) -> None:
        self.ceremony = ceremony
        self._values: dict[int, bytes] = {}

    @property
    def count(self) -> int:
        """How many shares are there."""
        return len(self._values)

    @property
    def is_complete(self) -> bool:
        """Whether there are enough of them."""
        return self.count == self.ceremony.threshold

    def add(self, text: str) -> None:
        """Take a share as its custodian typed it. Raises InvalidShare."""
        share = share_from_text(text)
        if share.ceremony.hex() != self.ceremony.ceremony:
            raise InvalidShare(
                f"the share is from another ceremony: {share.ceremony.hex()}, "
                f"and this one is {self.ceremony.ceremony}"
            )
        if share.number in self._values:
            raise InvalidShare(f"the share of custodian {share.number} was given already")
        self._values[share.number] = share.value

    def key(self) -> bytearray:
        """The master key, which the caller wipes. Raises UnusableMasterKey."""
        key = combine(self._values)
        proof = _verifier(key, self.ceremony).encode()
        if not hmac.compare_digest(proof, self.ceremony.verifier.encode()):
            raise UnusableMasterKey(
                "these shares do not make the key of the ceremony's record: one of them is wrong, "
                "or the record was changed"
            )
        return key


def divide(key: bytes | bytearray, plan: Plan, entropy: Entropy) -> tuple[Ceremony, list[Share]]:
    """The record of a ceremony, and the custodians' shares by their numbers."""
    ceremony_id = entropy.take(CEREMONY_BYTES)
    values = split(key, threshold=plan.threshold, count=plan.custodians, entropy=entropy)
    unproven = Ceremony(
        ceremony=ceremony_id.hex(),
        threshold=plan.threshold,
        custodians=plan.custodians,
        sandbox=plan.is_sandbox,
        key_id=local_key_id(bytes(key)),
        kcv=key_check_value(bytes(key)),
        created_ms=plan.now_ms,
        verifier="",
    )
    ceremony = msgspec.structs.replace(unproven, verifier=_verifier(key, unproven))
    return ceremony, [Share(ceremony_id, number, value) for number, value in values.items()]


def new_ceremony(plan: Plan, entropy: Entropy) -> tuple[Ceremony, list[Share]]:
    """A ceremony for a new random key, which exists in its shares only."""
    key = bytearray(entropy.take(KEY_BYTES))
    try:
        return divide(key, plan, entropy)
    finally:
        key[:] = bytes(KEY_BYTES)


def to_record(ceremony: Ceremony) -> bytes:
    """The record as it is kept in a file."""
    return msgspec.json.format(msgspec.json.encode(ceremony), indent=2) + b"\n"


def ceremony_from_record(record: bytes) -> Ceremony:
    """Its inverse. Raises UnusableMasterKey."""
    try:
        return msgspec.json.decode(record, type=Ceremony)
    except (ValueError, RecursionError) as error:
        raise UnusableMasterKey(f"this is not the record of a ceremony: {error}") from None


def _verifier(key: bytes | bytearray, ceremony: Ceremony) -> str:
    """An HMAC over all that the record says, under a key that only the master key gives."""
    own = hmac.digest(key, b"vezne ceremony verifier", "sha256")
    said = place(
        b"vezne ceremony",
        ceremony.ceremony.encode(),
        ceremony.threshold,
        ceremony.custodians,
        int(ceremony.sandbox),
        ceremony.key_id.encode(),
        ceremony.kcv.encode(),
        ceremony.created_ms,
    )
    return hmac.digest(own, said, "sha256").hex()
