"""What the telling of merchants needs from the world, and the doors' part in it."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from vezne.core.merchant import Credential, Merchant
from vezne.core.notice import Notice, NoticeState
from vezne.core.payment import Payment


class Outbox(Protocol):
    """The notices that are stored. The books keep them, and write them with their payments."""

    async def list_due_notices(
        self, merchant_id: int, door: str, *, until_ms: int, limit: int
    ) -> list[Notice]:
        """A door's notices to be tried by a time: first tries before others, the longest due first.

        Of each payment the oldest that is neither told nor given up, if it is due: no notice
        overtakes another one.
        """

    async def find_notices(self, merchant_id: int, payment_number: int) -> list[Notice]:
        """All notices of a payment, in order."""

    async def list_notices(
        self, merchant_id: int, state: NoticeState | None, *, limit: int
    ) -> list[Notice]:
        """A merchant's notices, of one state or of all, those of the newest payments first."""


class SigningKeys(Protocol):
    """The secrets that merchants share with us."""

    async def find_newest_credential(self, merchant_id: int, door: str) -> Credential | None:
        """The newest key pair of a merchant for a door that still works; None: there is none."""


class WebhookMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP POST of JSON. The headers are those beyond the usual."""

    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, and all that a door needs to put it into words.

    The payment is as it stands now, which may be later than the notice. `secret` is that of the
    door's `signs_with`, empty for a door that signs nothing.
    """

    merchant: Merchant
    payment: Payment
    notice: Notice
    secret: bytes
    url: str


class WebhookDoor(msgspec.Struct, frozen=True, kw_only=True):
    """A door's webhooks: how a notice is put into words, and which of the keys signs it.

    The words are None for what the protocol has no message for.
    """

    render: Callable[[Telling], WebhookMessage | None]
    signs_with: str | None = None


class Reply(msgspec.Struct, frozen=True):
    """What a receiver said: the status, and the beginning of the body, without card numbers."""

    status: int
    text: str = ""


class Undelivered(Exception):
    """The receiver does not have the message, as far as anybody can tell. The text says why.

    `reply` is what it said, if it said anything.
    """

    def __init__(self, problem: str, reply: Reply | None = None) -> None:
        super().__init__(problem)
        self.reply = reply


class Courier(Protocol):
    """The way to merchants' servers."""

    async def deliver(self, message: WebhookMessage) -> Reply:
        """Send once; what the receiver said when it has it. Raises Undelivered."""
