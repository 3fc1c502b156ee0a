"""A vault kept in memory, without keys: what flows see of the real one."""

import msgspec

from vezne.core.body import CardFields
from vezne.core.card import Expiry, SealedCard
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.ports import CardGone, HeldCard, HoldingFull

TEST_PAN = "5528790000000008"
TEST_EXPIRY = Expiry(2030, 12)
# Apart from those of a request's own intake, which a test may put beside this vault.
FIRST_REOPENED_ID = 1_000_000
# Where the iyzico dialect's payment has its card.
CARD_FIELDS = CardFields(("paymentCard",), "cardNumber", "cvc")
# When whatever is on the blocklist was put there.
BLOCKED_MS = 1_528_282_342_393


class MemoryVault:
    """Implements `vezne.core.ports.Vault`. The collections are open for tests to look into.

    `present` plays the request that brings a card, `release` its end, and `held.clear()` a restart.
    Security codes are not kept track of.
    """

    def __init__(self) -> None:
        self.in_transit: dict[int, str] = {}
        self.is_full = False
        self.held: dict[tuple[int, int], tuple[str, HeldCard]] = {}
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

    def release(self, transit_id: int) -> None:
        self.in_transit.pop(transit_id, None)

    async def hold(
        self, merchant_id: int, payment_number: int, card: SealedCard, holder: str
    ) -> None:
        number = self._transit_number(card) if card.token is None else ""
        if self.is_full:
            raise HoldingFull("too many")
        self.held[merchant_id, payment_number] = (number, HeldCard(card=card, holder=holder))

    async def is_held(self, merchant_id: int, payment_number: int) -> bool:
        return (merchant_id, payment_number) in self.held

    async def open_held(self, merchant_id: int, payment_number: int) -> HeldCard:
        try:
            number, held = self.held[merchant_id, payment_number]
        except KeyError:
            raise CardGone("no card is held for the payment") from None
        transit_id = FIRST_REOPENED_ID + self._next()
        self.in_transit[transit_id] = number
        card = msgspec.structs.replace(held.card, transit_id=transit_id)
        return HeldCard(card=card, holder=held.holder)

    async def drop_held(self, merchant_id: int, payment_number: int) -> None:
        self.held.pop((merchant_id, payment_number), None)

    async def keep(self, merchant_id: int, card: SealedCard, holder: str) -> bytes:
        number = self._transit_number(card)
        token = time_ordered_token(0, self._next().to_bytes(ENTROPY_BYTES, "big"))
        self.kept[(merchant_id, token)] = (number, holder)
        return token

    async def forget(self, merchant_id: int, token: bytes) -> None:
        self.kept.pop((merchant_id, token), None)

    async def list_tokens(self, merchant_id: int, after: bytes, limit: int) -> list[bytes]:
        mine = sorted(token for owner_id, token in self.kept if owner_id == merchant_id)
        return [token for token in mine if token > after][:limit]

    async def holder_of(self, merchant_id: int, token: bytes) -> str:
        try:
            return self.kept[(merchant_id, token)][1]
        except KeyError:
            raise CardGone("no such stored card") from None

    async def block(self, merchant_id: int, card: SealedCard) -> None:
        self.blocked.add((merchant_id, self._number(merchant_id, card)))

    async def unblock(self, merchant_id: int, card: SealedCard) -> None:
        self.blocked.discard((merchant_id, self._number(merchant_id, card)))

    async def is_blocked(self, merchant_id: int, card: SealedCard) -> bool:
        if not any(owner_id == merchant_id for owner_id, _ in self.blocked):
            return False
        return (merchant_id, self._number(merchant_id, card)) in self.blocked

    async def blocked_since(self, merchant_id: int, card: SealedCard) -> int | None:
        is_blocked = (merchant_id, self._number(merchant_id, card)) in self.blocked
        return BLOCKED_MS if is_blocked else None

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
