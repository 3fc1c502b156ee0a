"""Everything that one process asks or tells the other. What has no row here cannot be asked.

A question has one answer, a notice has none. Both arrive in the order in which they were sent.
"""

from typing import Any, Final, Generic, TypeVar, get_args

import msgspec

from vezne.core.audit import AuditEvent, Origin
from vezne.core.body import Explained, LiftedCard
from vezne.core.card import CardSlot, SealedCard
from vezne.core.fault import PlacedFault
from vezne.core.ports import HeldCard
from vezne.core.trail import TrailPage, TrailQuery
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming

# Raised whenever a row changes: both processes must be of one make.
PROTOCOL: Final = 3
# The slots of a template, by the number that stands for each on the way.
SLOTS: Final = tuple(CardSlot)

Answer = TypeVar("Answer")


class Asked(msgspec.Struct, Generic[Answer], frozen=True, array_like=True, tag=True):
    """A question, and the type of its answer."""


class Told(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A notice."""


class Sender(msgspec.Struct, frozen=True, array_like=True):
    """An `Origin` on its way: who asked for what is being done, and from where.

    `request` is the vault's number for the request that it is done for, if it is for one.
    """

    address: str = ""
    door: str = ""
    path: str = ""
    caller: str = ""
    merchant_id: int = 0
    request: int = 0
    claimed: str = ""


class RequestOrigin(Origin):
    """The origin of a request that the vault has under a number."""

    __slots__ = ("request",)

    def __init__(self, sender: Sender) -> None:
        super().__init__(address=sender.address, door=sender.door, path=sender.path)
        self.caller, self.merchant_id = sender.caller, sender.merchant_id
        self.claimed = sender.claimed
        self.request = sender.request


def sender_from(origin: Origin) -> Sender:
    """The origin as it crosses the socket."""
    return Sender(
        origin.address,
        origin.door,
        origin.path,
        origin.caller,
        origin.merchant_id,
        origin.request if isinstance(origin, RequestOrigin) else 0,
        origin.claimed,
    )


# The answers.


class Welcome(msgspec.Struct, frozen=True, array_like=True):
    """What the gateway needs to know from the start. Neither key opens a card.

    `name_key` seals names of ours, `bank_key` proves the built-in bank's word on a cardholder.
    """

    name_key: bytes
    bank_key: bytes


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """The response to a request, and who turned out to be the caller."""

    response: Response
    sender: Sender


# What the gateway asks the vault.


class Hello(Asked[Welcome], frozen=True):
    """The first question on a connection, which both ends must agree upon.

    A command, which works in either mode, names none.
    """

    protocol: int
    version: str
    mode: str


class Keep(Asked[bytes], frozen=True):
    """`Vault.keep`."""

    merchant_id: int
    card: SealedCard
    holder: str


class ListTokens(Asked[list[bytes]], frozen=True):
    """`Vault.list_tokens`."""

    merchant_id: int
    after: bytes
    limit: int


class Forget(Asked[None], frozen=True):
    """`Vault.forget`."""

    merchant_id: int
    token: bytes


class HolderOf(Asked[str], frozen=True):
    """`Vault.holder_of`."""

    merchant_id: int
    token: bytes


class Block(Asked[None], frozen=True):
    """`Vault.block`."""

    merchant_id: int
    card: SealedCard


class Unblock(Asked[None], frozen=True):
    """`Vault.unblock`."""

    merchant_id: int
    card: SealedCard


class IsBlocked(Asked[bool], frozen=True):
    """`Vault.is_blocked`."""

    merchant_id: int
    card: SealedCard


class BlockedSince(Asked[int | None], frozen=True):
    """`Vault.blocked_since`."""

    merchant_id: int
    card: SealedCard


class Hold(Asked[None], frozen=True):
    """`Vault.hold`."""

    merchant_id: int
    payment_number: int
    card: SealedCard
    holder: str


class IsHeld(Asked[bool], frozen=True):
    """`Vault.is_held`."""

    merchant_id: int
    payment_number: int


class OpenHeld(Asked[HeldCard], frozen=True):
    """`Vault.open_held`."""

    merchant_id: int
    payment_number: int


class DropHeld(Asked[None], frozen=True):
    """`Vault.drop_held`."""

    merchant_id: int
    payment_number: int


class Send(Asked[bytes], frozen=True):
    """`CardLine.send`. A segment is bytes, or the number of a slot in `SLOTS`."""

    merchant_id: int
    template: tuple[bytes | int, ...]
    card: SealedCard | None


class SealSecret(Asked[bytes], frozen=True):
    """`SecretBox.seal`."""

    secret: bytes
    context: bytes


class OpenSecret(Asked[bytes], frozen=True):
    """`SecretBox.open`."""

    sealed: bytes
    context: bytes


class IsHmacOfBody(Asked[bool], frozen=True):
    """`SealedBody.is_hmac_sha256` of a request that is being answered."""

    request: int
    signature: bytes
    key: bytes
    prefix: bytes


class IsSha1OfBody(Asked[bool], frozen=True):
    """`SealedBody.is_sha1` of a request that is being answered. Segments as in `Send`."""

    request: int
    signature: bytes
    segments: tuple[str | int, ...]


class ExplainHmacOfBody(Asked[Explained | None], frozen=True):
    """`SealedBody.explain_hmac` of a request that is being answered."""

    request: int
    signature: bytes
    keys: tuple[bytes, ...]
    prefixes: tuple[bytes, ...]


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A line for the trail, and whose doing it was."""

    event: AuditEvent
    sender: Sender


class Record(Asked[None], frozen=True):
    """Lines for the trail, answered when they are durable."""

    lines: tuple[Line, ...]


class ReadTrail(Asked[TrailPage], frozen=True):
    """`TrailReader.read`."""

    query: TrailQuery


class CallDoor(Asked[Response], frozen=True):
    """A request to a door that the panel's test shop makes, in sandbox mode only."""

    incoming: Incoming


# What the vault asks the gateway.


class Visit(Asked[Answered], frozen=True):
    """A request for a route of a door, its card lifted."""

    door: str
    route_method: str
    path: str
    method: str
    scheme: str
    host: str
    target: str
    query: str
    headers: dict[str, str]
    payload: object
    card: LiftedCard | None
    is_empty: bool


class Browse(Asked[Answered], frozen=True):
    """A browser's request for a page of the gateway's."""

    site: str
    incoming: Incoming


# What is told without an answer.


class Release(Told, frozen=True):
    """To the vault: `Vault.release`."""

    transit_id: int


class Ready(Told, frozen=True):
    """To the vault: the gateway takes requests from now on, and no earlier one does."""


class Leaving(Told, frozen=True):
    """To the vault: the gateway finishes what it has and takes no more requests."""


class FaultPlaced(Told, frozen=True):
    """To the vault: a fault of the bank's is on the board."""

    merchant_id: int
    placed: PlacedFault


class FaultRemoved(Told, frozen=True):
    """To the vault: a fault is off the board."""

    merchant_id: int
    fault_id: int


class FaultUsed(Told, frozen=True):
    """To the gateway: a fault happened, and happens once less from now on."""

    merchant_id: int
    fault_id: int


Question = (
    Hello
    | Keep
    | Forget
    | ListTokens
    | HolderOf
    | Block
    | Unblock
    | IsBlocked
    | BlockedSince
    | Hold
    | IsHeld
    | OpenHeld
    | DropHeld
    | Send
    | SealSecret
    | OpenSecret
    | IsHmacOfBody
    | IsSha1OfBody
    | ExplainHmacOfBody
    | Record
    | ReadTrail
    | CallDoor
    | Visit
    | Browse
)
Notice = Release | Ready | Leaving | FaultPlaced | FaultRemoved | FaultUsed


def answer_type(kind: type[Asked[Answer]]) -> Any:
    """The type of the answer to a kind of question."""
    (base,) = vars(kind)["__orig_bases__"]
    (answer,) = get_args(base)
    return answer
