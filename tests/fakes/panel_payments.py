"""A merchant that pays through the iyzico door of the house that a panel shows."""

import base64
import copy
import hashlib
import hmac
import json

import msgspec

from fakes.iyzico_caller import PAYMENT
from fakes.panel import PanelCaller
from vezne.core.changes import AddPayment
from vezne.core.payment import Payment
from vezne.edge.sites import Incoming
from vezne.flows.due import catch_up
from vezne.flows.move_clock import advance_clock

DAY_MS = 86_400_000


class PayingMerchant:
    """The demo merchant, with its keys, and the documentation's sample payment."""

    def __init__(self, panel: PanelCaller) -> None:
        self.panel = panel
        keys = json.loads((panel.house.settings.data / "sandbox.json").read_text())
        self._keys = keys["iyzico"]

    async def call(self, path: str, request: object) -> dict[str, object]:
        """The answer to a request that is signed as today's clients do."""
        body = json.dumps(request).encode()
        digest = hmac.new(
            self._keys["secret_key"].encode(), b"rnd" + path.encode() + body, hashlib.sha256
        )
        token = f"apiKey:{self._keys['api_key']}&randomKey:rnd&signature:{digest.hexdigest()}"
        headers = {
            "host": "127.0.0.1:8080",
            "content-type": "application/json",
            "x-iyzi-rnd": "rnd",
            "authorization": "IYZWSv2 " + base64.b64encode(token.encode()).decode(),
        }
        answer = await self.panel.send(Incoming("POST", "http", path, headers, body, "127.0.0.1"))
        return json.loads(answer.text)

    async def pay(
        self, pan: str = "5528790000000008", path: str = "/payment/auth", **changes: object
    ) -> int:
        """The number of a payment, declined ones excluded."""
        request = copy.deepcopy(PAYMENT) | changes
        request["paymentCard"] = request["paymentCard"] | {"cardNumber": pan}
        answer = await self.call(path, request)
        assert answer["status"] == "success", answer
        return int(answer["paymentId"])

    async def pass_days(self, days: int) -> None:
        """Let the merchant's time pass, with all that becomes due meanwhile."""
        house, merchant_id = self.panel.house, self.panel.merchant.id
        merchant = await advance_clock(merchant_id, days * DAY_MS, house.merchants)
        await catch_up(merchant, house.ports)

    async def stored(self, number: int) -> Payment:
        """A payment as the books have it."""
        books = self.panel.house.ports.books
        payment = await books.find_payment(self.panel.merchant.id, number)
        assert payment is not None
        return payment

    async def add(self, payment: Payment, **changes: object) -> Payment:
        """Put a payment into the books that no door has taken."""
        own = {"merchant_id": self.panel.merchant.id, **changes}
        record = msgspec.structs.replace(payment, **own)
        await self.panel.house.ports.books.apply([AddPayment(record)])
        return record
