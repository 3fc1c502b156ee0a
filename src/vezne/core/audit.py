"""What the audit trail holds: who did what, when, from where, to which end (PCI DSS v4.0.1 10.2).

Rooms name what happened; the vault writes the lines. No line holds a card number, a security code
or a secret, and none needs to: a stored card is named by its token, a key by its id.
"""

import enum
from contextvars import ContextVar
from typing import Final, Protocol

import msgspec


class AuditAction(enum.StrEnum):
    """Everything that leaves a line. The list is closed; a test finds a use for each."""

    # Card data (10.2.1.1).
    CARD_STORED = "card.stored"
    CARD_SENT = "card.sent"
    CARD_REVEALED = "card.revealed"
    CARD_DELETED = "card.deleted"
    HOLDER_READ = "card.holder_read"
    CARD_BLOCKED = "card.blocked"
    CARD_UNBLOCKED = "card.unblocked"
    CARD_REFUSED = "card.seal_broken"
    # Requests that we said no to (10.2.1.4), and members who came in (10.2.1.3).
    REQUEST_REFUSED = "request.refused"
    LOGIN_SUCCEEDED = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    LOCKED_OUT = "login.locked_out"
    # What an operator did (10.2.1.2, 10.2.1.5).
    ADMINISTERED = "operator.command"
    # Keys (10.2.1.7).
    KEY_CREATED = "key.created"
    KEY_STATE_CHANGED = "key.state_changed"
    KEY_REWRAPPED = "key.rewrapped"
    ROTATION_STARTED = "rotation.started"
    ROTATION_ENDED = "rotation.ended"
    # Portability.
    EXPORT_APPROVED = "export.approved"
    EXPORT_WRITTEN = "export.written"
    IMPORT_READ = "import.read"
    # The trail and the process themselves (10.2.1.6).
    STARTED = "process.started"
    STOPPED = "process.stopped"
    SWEPT = "data.swept"
    COPIED = "data.copied"
    TRAIL_OPENED = "trail.opened"
    TRAIL_CLOSED = "trail.closed"
    TRAIL_SIGNED = "trail.signed"
    TRAIL_CUT = "trail.cut"
    TRAIL_DAMAGED = "trail.damaged"
    TRAIL_FAILED = "trail.failed"


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened.

    `subject` names what it happened to: a token in hexadecimal, the id of a key, a path.
    `reason` says why it was refused or failed, or with which parameters it was done. `count` is of
    cards or rows, where it was done to many.
    """

    action: AuditAction
    is_success: bool = True
    merchant_id: int = 0
    subject: str = ""
    reason: str = ""
    count: int = 0


class Gate(Protocol):
    """Whoever watches who comes in. All but `hear` may raise what ends the request."""

    def claim(self, name: str) -> None:
        """The caller says who it is, and has not proven it yet."""

    def prove(self, caller: str) -> None:
        """It has proven it."""

    def pay(self, payer: str) -> None:
        """It wants to take money from somebody, who is at this address as it says."""

    def hear(self, card: bytes | None, *, is_approved: bool) -> None:
        """A bank has said what it makes of a card, which is named by its token if it is stored."""


class Origin:
    """Who asks, and from where, for as long as a request or a command lasts.

    `caller` is what a caller is known by once it has proven itself: the public part of its key, or
    an operator's name. Until then, and for the house's own work, it is empty. `claimed` is what it
    says that it is, proven or not. `gate` is who watches the door that the request came in by, if
    anybody does. `newest_line` is what the trail knows its newest line for this origin by; 0: it
    has none. `payment_number` is the payment that the request is about, once that is known.
    `request_id` is what the log calls the request, once it has something to say of it.
    """

    __slots__ = (
        "address",
        "caller",
        "claimed",
        "door",
        "gate",
        "merchant_id",
        "newest_line",
        "path",
        "payment_number",
        "request_id",
    )

    def __init__(self, address: str = "", door: str = "", path: str = "") -> None:
        self.address = address
        self.door = door
        self.path = path
        self.caller = ""
        self.claimed = ""
        self.merchant_id = 0
        self.newest_line = 0
        self.gate: Gate | None = None
        self.payment_number: int | None = None
        self.request_id = ""


_origin: Final[ContextVar[Origin | None]] = ContextVar("origin", default=None)
_ITSELF: Final = Origin(door="house")


def current_origin() -> Origin:
    """Who asked for what is being done; the house itself, when nobody did."""
    return _origin.get() or _ITSELF


def begin_origin(origin: Origin) -> None:
    """From here on, in this task, everything is done for this origin."""
    _origin.set(origin)


def visitor() -> Origin:
    """Who has come in, for whoever watches it. Raises LookupError for the house itself."""
    origin = _origin.get()
    if origin is None:
        raise LookupError("nobody has come in")
    return origin


def claim_caller(name: str) -> None:
    """The origin says who it is, by a name that betrays no secret; proof is still to come.

    Raises what the gate raises.
    """
    origin = _origin.get()
    if origin is not None:
        origin.claimed = name
        if origin.gate is not None:
            origin.gate.claim(name)


def prove_caller(merchant_id: int, caller: str) -> None:
    """The origin has proven who it is: a merchant, by the key of that name.

    Raises what the gate raises.
    """
    origin = _origin.get()
    if origin is not None:
        origin.merchant_id = merchant_id
        origin.caller = caller
        if origin.gate is not None:
            origin.gate.prove(caller)


def name_payment(number: int) -> None:
    """What the origin does is about that payment."""
    origin = _origin.get()
    if origin is not None:
        origin.payment_number = number


def name_payer(address: str) -> None:
    """The origin is about to take money from somebody at an address; empty where it says none.

    Raises what the gate raises.
    """
    origin = _origin.get()
    if origin is not None and origin.gate is not None:
        origin.gate.pay(address)


def hear_bank(card: bytes | None, *, is_approved: bool) -> None:
    """A bank has answered to an authorization that the origin asked for.

    `card` is the token of a stored one.
    """
    origin = _origin.get()
    if origin is not None and origin.gate is not None:
        origin.gate.hear(card, is_approved=is_approved)
