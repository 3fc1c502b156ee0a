"""The till for each door, and what all tills can do."""

from collections.abc import Mapping
from typing import Final, Protocol

from vezne.core.merchant import Credential, Merchant
from vezne.core.ports import Entropy
from vezne.panel.shop import iyzico, paynet, paywall
from vezne.panel.shop.doors import ShopCard
from vezne.panel.shop.exchange import Caller, Errand, Exchange, Proof
from vezne.panel.shop.listed import ListedCard
from vezne.panel.shop.orders import Way
from vezne.panel.shop.purchase import Purchase
from vezne.panel.shop.supplies import Shop

DOORS: Final = ("iyzico", "paywall", "paynet")


class NoKey(Exception):
    """The merchant has no key for the door that still works."""


class Till(Protocol):
    """Pays through one door. Whatever it calls raises NoAnswer when the door does not answer."""

    async def list_cards(self) -> list[ListedCard]:
        """The customer's stored cards, as the door names them."""

    async def pay(self, purchase: Purchase, stored: ListedCard | None) -> None:
        """Pay without 3-D Secure, with a stored card or a new one."""

    async def begin(self, purchase: Purchase, stored: ListedCard | None) -> Way | None:
        """Begin a payment with 3-D Secure; None: it came to nothing."""

    def is_genuine(self, way: Way, form: Mapping[str, str]) -> bool:
        """Whether what a browser brought is the door's word on this payment."""

    async def complete(self, purchase: Purchase, way: Way, form: Mapping[str, str]) -> None:
        """What is left to do when the browser is back."""


class Counter:
    """Opens tills for a merchant: with its newest keys, on an errand."""

    def __init__(self, shop: Shop, entropy: Entropy, merchant: Merchant, errand: Errand) -> None:
        self._shop = shop
        self._entropy = entropy
        self._merchant = merchant
        self._errand = errand

    async def open(
        self, door: str, language: str, card: ShopCard | None, kept: list[Exchange]
    ) -> Till:
        """The till of a door, which keeps its calls. `card` is the new card. Raises NoKey."""
        if door == "iyzico":
            credential = await self._credential(iyzico.DOOR)
            caller = self._caller(iyzico.Signature(credential, self._entropy), card, kept)
            return iyzico.IyzicoTill(caller, credential.secret)
        if door == "paywall":
            public = await self._credential(paywall.PUBLIC_DOOR)
            private = await self._credential(paywall.PRIVATE_DOOR)
            caller = self._caller(paywall.KeyPairs(public, private, language), card, kept)
            return paywall.PaywallTill(caller, public.secret)
        credential = await self._credential(paynet.DOOR)
        return paynet.PaynetTill(self._caller(paynet.SecretKey(credential, language), card, kept))

    def _caller(self, proof: Proof, card: ShopCard | None, kept: list[Exchange]) -> Caller:
        return Caller(self._shop.line, self._errand, proof, card, kept)

    async def _credential(self, door: str) -> Credential:
        found = await self._shop.keys.find_newest_credential(self._merchant.id, door)
        if found is None:
            raise NoKey(door)
        return found
