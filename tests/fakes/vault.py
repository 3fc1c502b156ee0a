"""A vault kept in memory, without keys: what flows see of the real one."""

from vezne.core.body import CardFields
from vezne.core.card import Expiry, SealedCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ports import CardGone

TEST_PAN = "5528790000000008"
TEST_EXPIRY = Expiry(2030, 12)
# Where the iyzico dialect's payment has its card.
CARD_FIELDS = CardFields(("paymentCard",), "cardNumber", "cvc")


class MemoryVault:
    """Implements `vezne.core.ports.Vault`. The collections are open for tests to look into.

    `present` plays the request that brings a card, `release` its end.
    """

    def __init__(self) -> None:
        self.in_transit: dict[int, str] = {}
        self.kept: dict[tuple[int, bytes], tuple[str, str]] = {}
        self.blocked: set[tuple[int, str]] = set()
        self._calls = 0

    def present(
        self, number: str = TEST_PAN, *, expiry: Expiry = TEST_EXPIRY, has_cvv: bool = True
    ) -> SealedCard:
        """A card in transit, as a dialect would describe it."""
        transit_id = self._next()
        self.in_transit[transit_id] = number
        return SealedCard(
            bin=number[: 8 if len(number) >= 16 else 6],
            last4=number[-4:],
            expiry=expiry,
            transit_id=transit_id,
            has_cvv=has_cvv,
        )

    def release(self, card: SealedCard) -> None:
        """The request that brought the card is over."""
        if card.transit_id is not None:
            self.in_transit.pop(card.transit_id, None)

    async def keep(self, merchant_id: int, card: SealedCard, holder: str) -> bytes:
        number = self._transit_number(card)
        token = time_ordered_token(0, self._next().to_bytes(ENTROPY_BYTES, "big"))
        self.kept[(merchant_id, token)] = (number, holder)
        return token

    async def forget(self, merchant_id: int, token: bytes) -> None:
        self.kept.pop((merchant_id, token), None)

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        self.blocked.add((merchant_id, self._number(merchant_id, card)))

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        self.blocked.discard((merchant_id, self._number(merchant_id, card)))

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        if not any(owner_id == merchant_id for owner_id, _ in self.blocked):
            return False
        return (merchant_id, self._number(merchant_id, card)) in self.blocked

    def _next(self) -> int:
        self._calls += 1
        return self._calls

    def _number(self, merchant_id: int, card: SealedCard) -> str:
        if card.token is None:
            return self._transit_number(card)
        try:
            return self.kept[(merchant_id, card.token)][0]
        except KeyError:
            raise CardGone("no such stored card") from None

    def _transit_number(self, card: SealedCard) -> str:
        try:
            return self.in_transit[card.transit_id or 0]
        except KeyError:
            raise CardGone("no card in transit") from None
