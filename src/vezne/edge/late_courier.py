"""A courier that is loaded when there is something to carry: most merchants want no webhooks."""

from functools import cached_property
from typing import TYPE_CHECKING

from vezne.core.webhook import Reply, WebhookMessage

if TYPE_CHECKING:
    from vezne.edge.courier import HttpCourier


class LateCourier:
    """Implements `vezne.core.webhook.Courier` by an `HttpCourier`."""

    def __init__(self, *, is_live: bool) -> None:
        self._is_live = is_live

    @cached_property
    def _courier(self) -> "HttpCourier":
        from vezne.edge.courier import HttpCourier  # noqa: PLC0415 - see above

        return HttpCourier(is_live=self._is_live)

    async def deliver(self, message: WebhookMessage) -> Reply:
        """Send once; what the receiver said when it has answered 2xx. Raises Undelivered."""
        return await self._courier.deliver(message)

    async def close(self) -> None:
        """Close the connections that are kept."""
        if "_courier" in vars(self):
            await self._courier.close()
