"""A bank and a courier whose calls are counted, for whoever watches the server."""

from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

from vezne.core.acquirer import (
    Acquirer,
    AuthorizeAsk,
    BeginAsk,
    Challenge,
    FollowUpAsk,
    InquireAsk,
    Returned,
)
from vezne.core.answer import Answer, Approved, Declined, NotFound, Reversed, Unknown
from vezne.core.webhook import Courier, Reply, WebhookMessage
from vezne.edge.metrics import CallFigures

Said = TypeVar("Said")

_NAMES: Final[Mapping[type, str]] = {
    Approved: "approved",
    Challenge: "challenge",
    Declined: "declined",
    NotFound: "not_found",
    Reversed: "reversed",
    Unknown: "unknown",
}


class WatchedAcquirer:
    """Implements `vezne.core.acquirer.Acquirer` by another one, whose answers it counts."""

    def __init__(self, acquirer: Acquirer, figures: CallFigures) -> None:
        self._acquirer = acquirer
        self._figures = figures

    @property
    def name(self) -> str:
        """The name under which attempts are recorded."""
        return self._acquirer.name

    async def begin(self, ask: BeginAsk) -> Challenge | Declined | Unknown:
        """Ask for the cardholder's authentication."""
        return await self._watch("begin", self._acquirer.begin(ask))

    def read_return(self, fields: Mapping[str, str]) -> Returned:
        """The bank's word in the form that a browser brought."""
        return self._acquirer.read_return(fields)

    async def authorize(self, ask: AuthorizeAsk) -> Answer:
        """Reserve money, and take it at once when `is_capture`."""
        return await self._watch("authorize", self._acquirer.authorize(ask))

    async def capture(self, ask: FollowUpAsk) -> Answer:
        """Take reserved money."""
        return await self._watch("capture", self._acquirer.capture(ask))

    async def void(self, ask: FollowUpAsk) -> Answer:
        """Undo before settlement."""
        return await self._watch("void", self._acquirer.void(ask))

    async def refund(self, ask: FollowUpAsk) -> Answer:
        """Give captured money back, whole or in part."""
        return await self._watch("refund", self._acquirer.refund(ask))

    async def inquire(self, ask: InquireAsk) -> Approved | Declined | NotFound | Unknown:
        """What became of an earlier question."""
        return await self._watch("inquire", self._acquirer.inquire(ask))

    async def reverse(self, ask: InquireAsk) -> Reversed | Unknown:
        """Undo an earlier question."""
        return await self._watch("reverse", self._acquirer.reverse(ask))

    async def _watch(self, operation: str, call: Awaitable[Said]) -> Said:
        return await self._figures.watch((self._acquirer.name, operation), call, _name_of)


class WatchedCourier:
    """Implements `vezne.core.webhook.Courier` by another one, for one door."""

    def __init__(self, figures: CallFigures, courier: Courier, door: str) -> None:
        self._courier = courier
        self._door = door
        self._figures = figures

    async def deliver(self, message: WebhookMessage) -> Reply:
        """Send once; what the receiver said when it has it. Raises Undelivered."""
        call = self._courier.deliver(message)
        return await self._figures.watch((self._door,), call, lambda _: "delivered")


def _name_of(said: object) -> str:
    return _NAMES[type(said)]
