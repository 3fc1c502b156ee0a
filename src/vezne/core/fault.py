"""Faults on demand: what goes wrong on purpose, where, for which calls and how often.

Sandbox mode only. A merchant puts faults on the board; the built-in bank, the gateway and the
sender of webhooks each take from it what is meant for the call in hand. The board is memory: a
server that is started again is sound.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

# A merchant's faults are looked through at every call, so there must be an end to them.
FAULTS_MAX: Final = 100


class Place(enum.StrEnum):
    """Who misbehaves."""

    BANK = "bank"
    GATEWAY = "gateway"
    WEBHOOK = "webhook"


class FaultKind(enum.StrEnum):
    """What goes wrong.

    The bank: an answer after `delay_ms` (latency); none, and nothing happened (silence_before);
    none, though it happened (silence_after); one that comes when nobody waits any more (late);
    the message handled twice (duplicate); bytes that are no answer (garbage); a decline with a
    code of choice.

    The gateway: everything is done and recorded, and the caller is told of an internal error.

    Webhooks: one counts as sent and never was; one is sent twice.
    """

    LATENCY = "latency"
    SILENCE_BEFORE = "silence_before"
    SILENCE_AFTER = "silence_after"
    LATE = "late"
    DUPLICATE = "duplicate"
    GARBAGE = "garbage"
    DECLINE = "decline"
    ANSWER_500_AFTER_COMMIT = "answer_500_after_commit"
    WEBHOOK_LOST = "webhook_lost"
    WEBHOOK_DOUBLED = "webhook_doubled"


class BankCall(enum.StrEnum):
    """What the bank is asked for."""

    BEGIN = "begin"
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    INQUIRE = "inquire"
    REVERSE = "reverse"


PLACES: Final[Mapping[FaultKind, Place]] = {
    FaultKind.LATENCY: Place.BANK,
    FaultKind.SILENCE_BEFORE: Place.BANK,
    FaultKind.SILENCE_AFTER: Place.BANK,
    FaultKind.LATE: Place.BANK,
    FaultKind.DUPLICATE: Place.BANK,
    FaultKind.GARBAGE: Place.BANK,
    FaultKind.DECLINE: Place.BANK,
    FaultKind.ANSWER_500_AFTER_COMMIT: Place.GATEWAY,
    FaultKind.WEBHOOK_LOST: Place.WEBHOOK,
    FaultKind.WEBHOOK_DOUBLED: Place.WEBHOOK,
}
DELAYED: Final = frozenset({FaultKind.LATENCY, FaultKind.LATE})
# The others name an earlier answer of the bank, and no card.
WITH_CARD: Final = frozenset({BankCall.BEGIN, BankCall.AUTHORIZE})
# How the house finds out the truth. A fault that names no call leaves it alone.
FINDING_OUT: Final = frozenset({BankCall.INQUIRE, BankCall.REVERSE})
_MATCHERS: Final[Mapping[Place, frozenset[str]]] = {
    Place.BANK: frozenset({"operation", "bin", "last4", "amount_e8", "currency"}),
    Place.GATEWAY: frozenset({"path"}),
    Place.WEBHOOK: frozenset(),
}


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a call, as far as anybody but the vault may know it.

    `bin` is at most the first eight digits of the card. What is empty is not known, and a fault
    that asks for it is not meant.
    """

    operation: BankCall | None = None
    bin: str = ""
    last4: str = ""
    amount_e8: int | None = None
    currency: str = ""
    path: str = ""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault and the calls that it is for: those that agree with all that is filled in.

    `path` is of a request to the gateway. `times` is how often it happens, None until it is
    removed; `code` is the response code of a decline.
    """

    kind: FaultKind
    operation: BankCall | None = None
    bin: str = ""
    last4: str = ""
    amount_e8: int | None = None
    currency: str = ""
    path: str = ""
    times: int | None = 1
    delay_ms: int = 0
    code: str = ""

    @property
    def place(self) -> Place:
        """Who misbehaves."""
        return PLACES[self.kind]

    def is_for(self, facts: Facts) -> bool:
        """Whether a call at the fault's place is meant."""
        if self.operation is None:
            is_named = facts.operation not in FINDING_OUT
        else:
            is_named = self.operation is facts.operation
        return (
            is_named
            and facts.bin.startswith(self.bin)
            and self.last4 in ("", facts.last4)
            and self.amount_e8 in (None, facts.amount_e8)
            and self.currency in ("", facts.currency)
            and self.path in ("", facts.path)
        )


class ImpossibleFault(Exception):
    """The parts of a fault do not fit each other, so that it would never happen as it says."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class BoardFull(Exception):
    """The merchant has as many faults on the board as it may."""


class FaultOnDemand(Exception):
    """The gateway was asked to answer a call with an internal error, whatever it has done."""


class PlacedFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault on the board. `left` is how often it still happens, None until it is removed."""

    id: int
    fault: Fault
    left: int | None


class FaultBoard:
    """Every merchant's faults, in the order in which they were put there."""

    def __init__(self) -> None:
        self._placed: dict[int, dict[int, PlacedFault]] = {}
        self._last_id = 0

    def add(self, merchant_id: int, fault: Fault) -> PlacedFault:
        """Put a fault on the board. Raises ImpossibleFault, BoardFull."""
        check_fault(fault)
        placed = self._placed.setdefault(merchant_id, {})
        if len(placed) >= FAULTS_MAX:
            raise BoardFull(f"a merchant may have {FAULTS_MAX} faults at a time")
        new = PlacedFault(id=self._new_id(), fault=fault, left=fault.times)
        placed[new.id] = new
        return new

    def list_faults(self, merchant_id: int) -> list[PlacedFault]:
        """A merchant's faults that still happen, oldest first."""
        return list(self._placed.get(merchant_id, {}).values())

    def list_all(self) -> list[tuple[int, PlacedFault]]:
        """Every merchant's faults that still happen, with the merchant's id."""
        return [(owner, placed) for owner, each in self._placed.items() for placed in each.values()]

    def remove(self, merchant_id: int, fault_id: int) -> bool:
        """Take a fault off the board; False when it is not there."""
        return self._placed.get(merchant_id, {}).pop(fault_id, None) is not None

    def clear(self, merchant_id: int) -> int:
        """Take all of a merchant's faults off the board; how many there were."""
        return len(self._placed.pop(merchant_id, {}))

    def has_faults(self, merchant_id: int) -> bool:
        """Whether there is anything to take: asked at every call, before facts are gathered."""
        return bool(self._placed.get(merchant_id))

    def take(self, merchant_id: int, place: Place, facts: Facts) -> Fault | None:
        """The oldest fault that is meant for a call, which happens once less from now on."""
        for placed in self.list_faults(merchant_id):
            if placed.fault.place is place and placed.fault.is_for(facts):
                self.use(merchant_id, placed.id)
                return placed.fault
        return None

    def put(self, merchant_id: int, placed: PlacedFault) -> None:
        """Have a fault here that is on another board, under its id."""
        self._placed.setdefault(merchant_id, {})[placed.id] = placed

    def use(self, merchant_id: int, fault_id: int) -> None:
        """A fault has happened, and happens once less from now on; nothing if it is not there."""
        placed = self._placed.get(merchant_id, {}).get(fault_id)
        if placed is None or placed.left is None:
            return
        if placed.left == 1:
            self.remove(merchant_id, placed.id)
            return
        self._placed[merchant_id][placed.id] = msgspec.structs.replace(placed, left=placed.left - 1)

    def _new_id(self) -> int:
        """What names a fault that is put on the board."""
        self._last_id += 1
        return self._last_id


def fail_on_demand(board: FaultBoard | None, merchant_id: int, path: str) -> None:
    """Raise FaultOnDemand where the gateway is to misbehave at a call that it has served.

    Without a board, as in live mode, nothing ever is.
    """
    if board is None or not board.has_faults(merchant_id):
        return
    if board.take(merchant_id, Place.GATEWAY, Facts(path=path)) is not None:
        raise FaultOnDemand


def check_fault(fault: Fault) -> None:
    """Raise ImpossibleFault, naming the field, for a fault that could never happen as it says."""
    given = {
        name
        for name in frozenset[str].union(*_MATCHERS.values())
        if getattr(fault, name) not in ("", None)
    }
    for name in sorted(given - _MATCHERS[fault.place]):
        raise ImpossibleFault(name, f"{fault.kind} is not chosen by it")
    if (fault.bin or fault.last4) and fault.operation not in {None, *WITH_CARD}:
        raise ImpossibleFault("operation", f"no card goes along with {fault.operation}")
    if fault.kind is FaultKind.DECLINE and fault.operation in FINDING_OUT:
        raise ImpossibleFault("operation", f"{fault.operation} cannot be declined")
    _check_part(fault, "delay_ms", is_given=fault.delay_ms > 0, is_needed=fault.kind in DELAYED)
    is_decline = fault.kind is FaultKind.DECLINE
    _check_part(fault, "code", is_given=bool(fault.code), is_needed=is_decline)


def _check_part(fault: Fault, field: str, *, is_given: bool, is_needed: bool) -> None:
    if is_needed and not is_given:
        raise ImpossibleFault(field, f"{fault.kind} needs it")
    if is_given and not is_needed:
        raise ImpossibleFault(field, f"{fault.kind} has none")
