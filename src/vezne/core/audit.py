"""What the audit trail holds: who did what, when, from where, to which end (PCI DSS v4.0.1 10.2).

Rooms name what happened; the vault writes the lines. No line holds a card number, a security code
or a secret, and none needs to: a stored card is named by its token, a key by its id.
"""

import enum
from contextvars import ContextVar
from typing import Final

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
    # Requests that we said no to (10.2.1.4).
    REQUEST_REFUSED = "request.refused"
    LOGIN_FAILED = "login.failed"
    LOGIN_SUCCEEDED = "login.succeeded"
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


class Origin:
    """Who asks, and from where, for as long as a request or a command lasts.

    `caller` is what a caller is known by once it has proven itself: the public part of its key, or
    an operator's name. Until then, and for the house's own work, it is empty.
    """

    __slots__ = ("address", "caller", "door", "merchant_id", "path")

    def __init__(self, *, address: str = "", door: str = "", path: str = "") -> None:
        self.address = address
        self.door = door
        self.path = path
        self.caller = ""
        self.merchant_id = 0


_origin: Final[ContextVar[Origin | None]] = ContextVar("origin", default=None)
_ITSELF: Final = Origin(door="house")


def current_origin() -> Origin:
    """Who asked for what is being done; the house itself, when nobody did."""
    return _origin.get() or _ITSELF


def begin_origin(origin: Origin) -> None:
    """From here on, in this task, everything is done for this origin."""
    _origin.set(origin)


def prove_caller(merchant_id: int, caller: str) -> None:
    """The origin has proven who it is: a merchant, by the key of that name."""
    origin = _origin.get()
    if origin is not None:
        origin.merchant_id = merchant_id
        origin.caller = caller
