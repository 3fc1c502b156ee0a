"""What the bank does wrong on purpose, and the amounts that make it do so."""

import enum
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from vezne.wire.simhost import Operation, ResponseCode

_UNIT: Final = 10**8
_HUNDREDTH: Final = _UNIT // 100


class BankFaultKind(enum.StrEnum):
    """What goes wrong.

    An answer after `delay_ms` (latency); none, and nothing happened (silence_before); none, though
    it happened (silence_after); a message that is under way for `delay_ms` (late), so that nobody
    may be waiting for its answer; a message that comes twice (duplicate); bytes that are no answer
    to what happened (garbage); a decline with `code`.
    """

    LATENCY = "latency"
    SILENCE_BEFORE = "silence_before"
    SILENCE_AFTER = "silence_after"
    LATE = "late"
    DUPLICATE = "duplicate"
    GARBAGE = "garbage"
    DECLINE = "decline"


class BankFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault. Only latency and lateness have a delay, only a decline has a code."""

    kind: BankFaultKind
    delay_ms: int = 0
    code: str = ""


class CallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a message when it comes. Only authorizations and begins name a card."""

    operation: Operation
    amount_e8: int
    currency: str
    bin: str
    last4: str


class Faults(Protocol):
    """What goes wrong on demand, merchant by merchant."""

    def has_faults(self, merchant_id: int) -> bool:
        """Whether there is anything to take: asked at every message, before facts are gathered."""

    def take(self, merchant_id: int, facts: CallFacts) -> BankFault | None:
        """What goes wrong with a message, if anything."""


# Well below the ten seconds that the gateway waits, and beyond the time of its first inquiry.
LATENCY_MS: Final = 3_000
LATE_MS: Final = 20_000

_AMOUNTS: Final[Mapping[int, BankFault]] = {
    9901_01: BankFault(kind=BankFaultKind.SILENCE_BEFORE),
    9901_02: BankFault(kind=BankFaultKind.SILENCE_AFTER),
    9901_03: BankFault(kind=BankFaultKind.LATE, delay_ms=LATE_MS),
    9901_04: BankFault(kind=BankFaultKind.LATENCY, delay_ms=LATENCY_MS),
    9901_05: BankFault(kind=BankFaultKind.DUPLICATE),
    9901_06: BankFault(kind=BankFaultKind.GARBAGE),
}
# 9905 and a two-digit response code as decimals.
_DECLINES: Final[Mapping[int, BankFault]] = {
    9905_00 + int(code): BankFault(kind=BankFaultKind.DECLINE, code=code)
    for code in ResponseCode
    if code.isdigit() and code is not ResponseCode.APPROVED
}
AMOUNT_FAULTS: Final[Mapping[int, BankFault]] = {
    hundredths * _HUNDREDTH: fault for hundredths, fault in {**_AMOUNTS, **_DECLINES}.items()
}
