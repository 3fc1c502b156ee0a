"""Doors that answer what a test says, the shop's keys, and purchases of one coffee."""

import json

import msgspec

from vezne.core.merchant import Credential, Merchant, MerchantSettings
from vezne.panel.shop.doors import DoorAnswer, DoorCall, NoAnswer, ShopCard
from vezne.panel.shop.exchange import Caller, Errand, Exchange, Proof
from vezne.panel.shop.goods import GOODS, Line
from vezne.panel.shop.orders import Order
from vezne.panel.shop.purchase import Expiry, Purchase

MERCHANT = Merchant(id=1, name="Demo", settings=MerchantSettings(), created_ms=0)
CARD = ShopCard(name="credit", number="5528790000000008", code="123")
ERRAND = Errand(reference="shop-abc", origin="https://pay.example:8443", address="192.0.2.7")


class ScriptedLine:
    """Answers by path, or not at all. `calls` is what came."""

    def __init__(self, **answers: object) -> None:
        self.answers = {name.replace("__", "/"): answer for name, answer in answers.items()}
        self.calls: list[DoorCall] = []

    async def send(self, call: DoorCall) -> DoorAnswer:
        self.calls.append(call)
        answer = self.answers.get(call.target)
        if answer is None:
            raise NoAnswer
        if isinstance(answer, bytes):
            return DoorAnswer(502, answer)
        return DoorAnswer(200, json.dumps(answer).encode())


class FixedEntropy:
    """The same bytes every time."""

    def take(self, count: int) -> bytes:
        return bytes(range(count))


def credential(door: str = "iyzico", secret: bytes = b"the-secret") -> Credential:
    """A pair of keys."""
    return Credential(merchant=MERCHANT, door=door, key=f"key-of-{door}", secret=secret)


def purchase(**changes: object) -> Purchase:
    """One coffee with a new card, without 3-D Secure."""
    made = Purchase(
        reference=ERRAND.reference,
        lines=(Line(good=GOODS[0], quantity=1),),
        texts=("Filtre kahve",),
        language="tr",
        address=ERRAND.address,
        return_url="https://pay.example:8443/panel/shop/return/x",
        expiry=Expiry(month=12, year=2030),
        is_secure=False,
        saves_card=False,
    )
    return msgspec.structs.replace(made, **changes)


def order_of(name: str, **changes: object) -> Order:
    """An order of the demo merchant's at the iyzico door."""
    return Order(
        name=name,
        return_name=f"return-{name}",
        merchant=MERCHANT,
        door="iyzico",
        purchase=purchase(**changes),
        origin=ERRAND.origin,
    )


def caller(line: ScriptedLine, proof: Proof, kept: list[Exchange]) -> Caller:
    """Calls with the test card."""
    return Caller(line, ERRAND, proof, CARD, kept)
