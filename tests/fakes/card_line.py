"""A line to a bank in the same process, filled from a dictionary instead of a vault."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from vezne.core.card import CardSlot, Expiry, SealedCard
from vezne.core.ports import CardGone

Bank = Callable[[bytes], Awaitable[bytes]]


class FilledLine:
    """Implements `vezne.core.ports.CardLine`: fills the slots and calls the bank.

    `hold` plays the request that brings a card. Queued failures are raised first, one a send.
    `templates` and `sent` record what went out.
    """

    def __init__(self, bank: Bank) -> None:
        self.templates: list[Sequence[bytes | CardSlot]] = []
        self.sent: list[bytes] = []
        self.failures: deque[Exception] = deque()
        self._bank = bank
        self._cards: list[tuple[str, str]] = []

    def hold(self, pan: str, cvv: str = "123") -> SealedCard:
        """A card that this line can fill in, as an acquirer sees it."""
        self._cards.append((pan, cvv))
        return SealedCard(
            bin=pan[: 8 if len(pan) >= 16 else 6],
            last4=pan[-4:],
            expiry=Expiry(2030, 12),
            transit_id=len(self._cards) - 1,
            has_cvv=bool(cvv),
        )

    def release(self) -> None:
        """Forget every card."""
        self._cards.clear()

    async def send(
        self, merchant_id: int, template: Sequence[bytes | CardSlot], card: SealedCard | None
    ) -> bytes:
        self.templates.append(template)
        if self.failures:
            raise self.failures.popleft()
        message = b"".join(
            part if isinstance(part, bytes) else self._fill(part, card) for part in template
        )
        self.sent.append(message)
        return await self._bank(message)

    def _fill(self, slot: CardSlot, card: SealedCard | None) -> bytes:
        if card is None or card.transit_id is None or card.transit_id >= len(self._cards):
            raise CardGone
        pan, cvv = self._cards[card.transit_id]
        return (pan if slot is CardSlot.PAN else cvv).encode()
