"""A courier that is loaded when there is something to carry."""

from fakes.receiver import Receiver
from vezne.core.webhook import WebhookMessage
from vezne.edge.late_courier import LateCourier


async def test_it_carries_what_comes():
    """As the courier behind it does."""
    courier = LateCourier(is_live=False)
    with Receiver() as receiver:
        reply = await courier.deliver(WebhookMessage(url=receiver.url(), headers=(), body=b"{}"))
        await courier.close()
    assert reply.status == 200
    (received,) = receiver.received
    assert received.body == b"{}"


async def test_one_that_never_carried_anything_is_closed():
    """Nothing was opened."""
    await LateCourier(is_live=True).close()
