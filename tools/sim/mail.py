"""The shops' servers, and the way there: webhooks get lost, come twice, or are not acknowledged."""

import asyncio

import msgspec
from tools.sim.dice import Dice
from tools.sim.life import Life
from tools.sim.weather import Weather

from vezne.core.merchant import Credential
from vezne.core.notice import NoticeKind
from vezne.core.webhook import Telling, Undelivered, WebhookMessage


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop reads in a webhook."""

    merchant_id: int
    number: int
    version: int
    kind: NoticeKind
    amount_e8: int


_letters = msgspec.json.Decoder(Letter)


def render(telling: Telling) -> WebhookMessage:
    """A notice in the words of the simulated door."""
    notice = telling.notice
    letter = Letter(
        merchant_id=notice.merchant_id,
        number=notice.payment_number,
        version=notice.version,
        kind=notice.kind,
        amount_e8=notice.amount_e8,
    )
    return WebhookMessage(url=telling.url, body=msgspec.json.encode(letter))


class NoKeys:
    """Implements `vezne.core.webhook.SigningKeys`: this door signs nothing."""

    async def find_newest_credential(self, merchant_id: int, door: str) -> Credential | None:  # noqa: ARG002
        """None."""
        return None


class MailBoxes:
    """What the shops have received, in the order in which it came."""

    def __init__(self) -> None:
        self.received: dict[tuple[int, int], list[Letter]] = {}

    def put(self, body: bytes) -> None:
        """A webhook arrives."""
        letter = _letters.decode(body)
        self.received.setdefault((letter.merchant_id, letter.number), []).append(letter)


class StormyCourier:
    """Implements `vezne.core.webhook.Courier` for one life of the gateway."""

    def __init__(self, life: Life, weather: Weather, dice: Dice, boxes: MailBoxes) -> None:
        self._life = life
        self._weather = weather
        self._dice = dice
        self._boxes = boxes

    async def deliver(self, message: WebhookMessage) -> None:
        """Send once. Raises Undelivered when nobody has said that it arrived."""
        await self._life.step("webhook", message.body[:80])
        troubles = self._weather.troubles
        if self._dice.hits(troubles["lost"]):
            raise Undelivered("no connection")
        await asyncio.sleep(self._weather.latency_s * self._dice.random())
        self._life.check()
        self._boxes.put(message.body)
        if self._dice.hits(troubles["twice"]):
            self._boxes.put(message.body)
        await self._life.step("acknowledged")
        if self._dice.hits(troubles["unanswered"]):
            raise Undelivered("no acknowledgement")
