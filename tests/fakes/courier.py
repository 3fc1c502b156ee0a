"""Stands in for the way to merchants' servers, and for the doors' words."""

import msgspec

from vezne.core.merchant import Credential
from vezne.core.webhook import Reply, Telling, Undelivered, WebhookMessage


class ScriptedCourier:
    """Implements `vezne.core.webhook.Courier`. `problems` are those of the next deliveries.

    A None among them is a delivery that succeeds; what comes after them succeeds too.
    """

    def __init__(self) -> None:
        self.messages: list[WebhookMessage] = []
        self.problems: list[str | None] = []

    async def deliver(self, message: WebhookMessage) -> Reply:
        self.messages.append(message)
        problem = self.problems.pop(0) if self.problems else None
        if problem is not None:
            raise Undelivered(problem, Reply(500, "sorry") if problem == "answered 500" else None)
        return Reply(200, "thanks")

    @property
    def said(self) -> list[str]:
        """The messages' texts, in order."""
        return [message.body.decode() for message in self.messages]


class FewKeys:
    """Implements `vezne.core.webhook.SigningKeys`."""

    def __init__(self, *credentials: Credential) -> None:
        self.credentials = list(credentials)

    async def find_newest_credential(self, merchant_id: int, door: str) -> Credential | None:
        for item in self.credentials:
            if (item.merchant.id, item.door) == (merchant_id, door):
                return item
        return None


def plain_words(telling: Telling) -> WebhookMessage | None:
    """Kind and version, and the secret; nothing for a void."""
    notice = telling.notice
    if notice.kind == "void_approved":
        return None
    text = f"{notice.payment_number}/{notice.version} {notice.kind} {telling.secret.decode()}"
    return WebhookMessage(url=telling.url, body=text.strip().encode())


class Poison(msgspec.Struct):
    """Words that break for one payment."""

    number: int

    def __call__(self, telling: Telling) -> WebhookMessage | None:
        if telling.notice.payment_number == self.number:
            raise ValueError("broken")
        return plain_words(telling)
