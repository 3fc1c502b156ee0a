"""A merchant's programs, which call all three doors with the merchant's own keys."""

import base64
import copy
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping

from fakes.iyzico_caller import PAYMENT
from fakes.panel import Answer
from vezne.api_keys import Keys
from vezne.edge.sites import Incoming

PAN = "5528790000000008"
JsonObject = dict[str, object]


class DoorCaller:
    """Calls with a pair of keys. What was answered is not looked at."""

    def __init__(self, keys: Keys, send: Callable[[Incoming], Awaitable[Answer]]) -> None:
        self.keys = keys
        self._send = send

    async def iyzico(self, path: str, request: object, **headers: str) -> JsonObject:
        """A request that is signed as today's clients do."""
        pair = self.keys["iyzico"]
        body = json.dumps(request).encode()
        signed = b"rnd" + path.encode() + body
        digest = hmac.digest(pair["secret_key"].encode(), signed, "sha256").hex()
        token = f"apiKey:{pair['api_key']}&randomKey:rnd&signature:{digest}"
        authorization = "IYZWSv2 " + base64.b64encode(token.encode()).decode()
        return await self.call("POST", path, body, {"authorization": authorization, **headers})

    async def paywall(self, path: str, request: object, **headers: str) -> JsonObject:
        """A request with both pairs of keys."""
        pair = self.keys["paywall"]
        keys = {
            "apiclientpublic": pair["public_client"],
            "apikeypublic": pair["public_key"],
            "apiclientprivate": pair["private_client"],
            "apikeyprivate": pair["private_key"],
        }
        return await self.call("POST", path, json.dumps(request).encode(), {**keys, **headers})

    async def paynet(self, path: str, request: object, **headers: str) -> JsonObject:
        """A request with the secret key."""
        proof = {"authorization": f"Basic {self.keys['paynet']['secret_key']}"}
        return await self.call("POST", path, json.dumps(request).encode(), {**proof, **headers})

    async def call(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> JsonObject:
        """The answer as an object; empty when it is none."""
        plain = {"host": "127.0.0.1:8080", "content-type": "application/json"}
        incoming = Incoming(method, "http", target, {**plain, **headers}, body, "127.0.0.1")
        text = (await self._send(incoming)).text
        try:
            answer = json.loads(text)
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}


def iyzico_payment(pan: str = PAN, cvc: str = "123", **changes: object) -> JsonObject:
    """The documentation's sample payment."""
    request = copy.deepcopy(PAYMENT)
    card = {**request["paymentCard"], "cardNumber": pan, "cvc": cvc}
    return {**request, "paymentCard": card, **changes}


def paywall_payment(text: str, pan: str = PAN, cvv: str = "123") -> JsonObject:
    """A payment whose card is stored; every free text is one."""
    return {
        "PaymentDetail": {
            "Amount": 12.5,
            "MerchantUniqueCode": text,
            "MerchantSuccessBackUrl": "https://shop.example/back",
            "MerchantFailBackUrl": "https://shop.example/back",
            "CurrencyId": 1,
            "Installment": 1,
            "ClientIP": "192.0.2.7",
        },
        "Card": {
            "OwnerName": text,
            "Number": pan,
            "ExpireMonth": "12",
            "ExpireYear": "2030",
            "Cvv": cvv,
            "CardSave": {"Save": True, "Nickname": text, "RelationalId1": text},
        },
        "Customer": {
            "FullName": text,
            "Phone": text,
            "Email": text,
            "Country": text,
            "City": text,
            "Address": text,
        },
        "Products": [
            {
                "ProductId": text,
                "ProductName": text,
                "ProductCategory": text,
                "ProductDescription": text,
                "ProductAmount": 12.5,
            }
        ],
    }


def paynet_payment(text: str, pan: str = PAN, cvc: str = "123") -> JsonObject:
    """A payment whose card is stored; every free text is one."""
    return {
        "amount": "12,50",
        "reference_no": text,
        "domain": "shop.example",
        "card_holder": text,
        "pan": pan,
        "month": 12,
        "year": 2030,
        "cvc": cvc,
        "card_holder_mail": text,
        "card_holder_phone": text,
        "description": text,
        "save_card": True,
        "card_desc": text,
        "user_unique_id": text,
    }
