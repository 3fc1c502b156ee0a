"""A bank and a courier whose calls are counted, for whoever watches the server."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from vezne.core.acquirer import Acquirer, Challenge
from vezne.core.answer import Approved, Declined, NotFound, Reversed, Unknown
from vezne.core.webhook import Courier
from vezne.edge.metrics import CallFigures

Asked = TypeVar("Asked")
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
        def watched(
            operation: str, call: Callable[[Asked], Awaitable[Said]]
        ) -> Callable[[Asked], Coroutine[Any, Any, Said]]:
            return figures.watched((acquirer.name, operation), call, _name_of)

        self.name = acquirer.name
        self.read_return = acquirer.read_return
        self.begin = watched("begin", acquirer.begin)
        self.authorize = watched("authorize", acquirer.authorize)
        self.capture = watched("capture", acquirer.capture)
        self.void = watched("void", acquirer.void)
        self.refund = watched("refund", acquirer.refund)
        self.inquire = watched("inquire", acquirer.inquire)
        self.reverse = watched("reverse", acquirer.reverse)


class WatchedCourier:
    """Implements `vezne.core.webhook.Courier` by another one, for one door."""

    def __init__(self, figures: CallFigures, courier: Courier, door: str) -> None:
        self.deliver = figures.watched((door,), courier.deliver, lambda _: "delivered")


def _name_of(said: object) -> str:
    return _NAMES[type(said)]
