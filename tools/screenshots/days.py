"""Two weeks of a merchant's life in a sandbox, by real calls and the merchant's own clock."""

import base64
import hmac
import json
import random
import time
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

_DAYS: Final = 14
_SEED: Final = 7
# How many payments are made at which hour, on an ordinary day.
_HOURS: Final = ((10, 2), (12, 4), (15, 3), (19, 3), (22, 2))
_LAST_HOUR: Final = 15
_LOGGED_S: Final = 1.5
_CARDS: Final = (
    "5528790000000008",
    "4603450000000000",
    "5400360000000003",
    "4543590000000006",
    "5451030000000000",
    "9792030000000000",
    "4157920000000002",
)
_DECLINED: Final = ("4111111111111129", "4129111111111111", "4125111111111115")
_REVIEWED: Final = "4000000000900003"
_GARBLED: Final = "4000000000900078"
_GOODS: Final = (
    ("Çini kahve fincanı", "Mutfak", 34_900),
    ("Keten masa örtüsü", "Ev tekstili", 79_900),
    ("El dokuması kilim", "Ev tekstili", 249_000),
    ("Bakır cezve", "Mutfak", 42_500),
    ("Zeytinyağlı sabun, 4 adet", "Kozmetik", 18_900),
    ("Hasır sepet", "Ev", 27_500),
)
_BUYERS: Final = (("Ayşe", "Yılmaz"), ("Mehmet", "Demir"), ("Zeynep", "Kaya"), ("Can", "Arslan"))
# What becomes of a payment, and of how many in a hundred.
_FATES: Final = {"paid": 58, "paynet": 12, "paywall": 10, "declined": 9, "refunded": 7} | {
    "cancelled": 4
}
_ADDRESS: Final = {"contactName": "Ayşe Yılmaz", "city": "İstanbul", "country": "Türkiye"} | {
    "address": "Bağdat Caddesi No: 12, Kadıköy"
}


class Merchant:
    """The demo merchant of a running sandbox, at all three doors and the control door."""

    def __init__(self, url: str, keys: Mapping[str, Mapping[str, str]]) -> None:
        self._url = url
        self._keys = keys
        self._random = random.Random(_SEED)  # noqa: S311
        self._count = 10_400

    def live(self) -> int:
        """Two weeks go by; the number of a payment with a history."""
        tomorrow = self._tomorrow()
        for day in range(_DAYS):
            self._control("clock", {"set": f"{tomorrow + timedelta(days=day)}T{_HOURS[0][0]}:00"})
            self._pass_a_day(_LAST_HOUR if day == _DAYS - 1 else 24)
        return self._end()

    def sign_otherwise(self) -> None:
        """A call whose body was written anew after it had been signed."""
        sent = json.dumps(self._payment(_CARDS[0])).encode()
        signed = json.dumps(json.loads(sent), separators=(",", ":"), ensure_ascii=False).encode()
        self._iyzico("/payment/auth", sent, signed)

    def _pass_a_day(self, until_hour: int) -> None:
        """From ten in the morning to ten at night, or to an earlier hour."""
        before = _HOURS[0][0]
        for hour, payments in _HOURS:
            if hour > until_hour:
                break
            if hour > before:
                self._control("clock", {"advance": f"{hour - before}h"})
            before = hour
            for _ in range(payments + self._random.randrange(3)):
                self._control("clock", {"advance": f"{self._random.randrange(40, 260)}s"})
                self._take_one()

    def _take_one(self) -> None:
        fate = self._random.choices(list(_FATES), list(_FATES.values()))[0]
        if fate == "declined":
            self._pay(self._random.choice(_DECLINED))
        elif fate == "paynet":
            self._pay_at_paynet()
        elif fate == "paywall":
            self._pay_at_paywall()
        else:
            number = self._pay(self._random.choice(_CARDS))
            if fate == "cancelled":
                self._post("/payment/cancel", {"paymentId": number, "ip": "85.34.78.112"})
            elif fate == "refunded":
                self._give_back(number, "100.00")

    def _end(self) -> int:
        """What the last hour has: reviews, a payment that is uncertain, and one with a history."""
        number = self._pay(_CARDS[0], "/payment/preauth")
        self._wait("12m")
        body = {"paymentId": number, "paidPrice": _price(_GOODS[:3]), "currency": "TRY"}
        self._post("/payment/postauth", body | {"ip": "85.34.78.112"})
        self._wait("9m")
        self._give_back(number, _price(_GOODS[:1]))
        self._wait("2m")
        self._pay(_REVIEWED)
        self._wait("4m")
        self._control("faults", {"kind": "garbage", "operation": "inquire", "times": None})
        self._pay(_GARBLED)
        self._wait("7m")
        self._pay(_CARDS[2])
        return int(number)

    def _wait(self, duration: str) -> None:
        # Calls are logged a moment after their answer, by the clock of that moment.
        time.sleep(_LOGGED_S)
        self._control("clock", {"advance": duration})

    def _give_back(self, number: str, price: str) -> None:
        body = {"paymentId": number, "price": price, "ip": "85.34.78.112"}
        self._post("/v2/payment/refund", body)

    def _pay(self, card: str, path: str = "/payment/auth") -> str:
        goods = _GOODS[:3] if path.endswith("preauth") else None
        answer = self._post(path, self._payment(card, goods))
        return str(answer.get("paymentId", ""))

    def _payment(
        self, card: str, goods: tuple[tuple[str, str, int], ...] | None = None
    ) -> dict[str, object]:
        self._count += 1
        lines = goods or self._random.sample(_GOODS, self._random.choice((1, 1, 2, 3)))
        name, surname = self._random.choice(_BUYERS)
        price = _price(lines)
        buyer = {"id": f"M{self._count}", "name": name, "surname": surname, **_ADDRESS}
        return {
            "locale": "tr",
            "conversationId": f"siparis-{self._count}",
            "price": price,
            "paidPrice": price,
            "currency": "TRY",
            "installment": "1",
            "basketId": f"S{self._count}",
            "paymentChannel": "WEB",
            "paymentGroup": "PRODUCT",
            "paymentCard": _card(card),
            "buyer": buyer
            | {"email": "musteri@example.com", "identityNumber": "74300864791"}
            | {"registrationAddress": _ADDRESS["address"], "ip": "85.34.78.112"},
            "shippingAddress": _ADDRESS,
            "billingAddress": _ADDRESS,
            "basketItems": [
                {"id": f"U{place}", "name": name, "category1": category, "itemType": "PHYSICAL"}
                | {"price": f"{cents / 100:.2f}"}
                for place, (name, category, cents) in enumerate(lines, 1)
            ],
        }

    def _post(self, path: str, body: object) -> dict[str, object]:
        sent = json.dumps(body).encode()
        return self._iyzico(path, sent, sent)

    def _iyzico(self, path: str, sent: bytes, signed: bytes) -> dict[str, object]:
        keys = self._keys["iyzico"]
        message = b"1700000000" + path.encode() + signed
        signature = hmac.digest(keys["secret_key"].encode(), message, "sha256").hex()
        token = f"apiKey:{keys['api_key']}&randomKey:1700000000&signature:{signature}"
        proof = f"IYZWSv2 {base64.b64encode(token.encode()).decode()}"
        return self._send(path, sent, {"Authorization": proof, "x-iyzi-rnd": "1700000000"})

    def _pay_at_paynet(self) -> None:
        self._count += 1
        body = {"amount": "349,00", "reference_no": f"siparis-{self._count}"} | {
            "domain": "magaza.example",
            "pan": self._random.choice(_CARDS),
            "cvc": "123",
            "month": 12,
            "year": 2034,
            "card_holder": "Ayşe Yılmaz",
        }
        proof = {"Authorization": f"Basic {self._keys['paynet']['secret_key']}"}
        self._send("/v2/transaction/payment", json.dumps(body).encode(), proof)

    def _pay_at_paywall(self) -> None:
        self._count += 1
        keys = self._keys["paywall"]
        proof = {"apikeypublic": keys["public_key"], "apiclientpublic": keys["public_client"]}
        body = {
            "PaymentDetail": {"Amount": 799.0, "CurrencyId": 1, "Installment": 1}
            | {"MerchantUniqueCode": f"siparis-{self._count}", "ClientIP": "85.34.78.112"},
            "Card": {"OwnerName": "Can Arslan", "Number": self._random.choice(_CARDS)}
            | {"ExpireMonth": "12", "ExpireYear": "2034", "Cvv": "123"},
            "Customer": {"FullName": "Can Arslan", "Phone": "5350000000", "City": "İstanbul"}
            | {"Email": "musteri@example.com", "Country": "Türkiye", "Address": "Kadıköy"},
            "Products": [
                {"ProductId": "U2", "ProductName": _GOODS[1][0], "ProductCategory": _GOODS[1][1]}
                | {"ProductDescription": _GOODS[1][0], "ProductAmount": 799.0}
            ],
        }
        self._send("/api/paywall/payment/startdirect", json.dumps(body).encode(), proof)

    def _tomorrow(self) -> date:
        """By the merchant's clock."""
        now = str(self._control("clock", {"advance": "1s"})["now"])
        return datetime.fromisoformat(now).date() + timedelta(days=1)

    def _control(self, what: str, body: object) -> dict[str, object]:
        keys = self._keys["iyzico"]
        pair = base64.b64encode(f"{keys['api_key']}:{keys['secret_key']}".encode()).decode()
        answer = self._send(
            f"/sandbox/{what}", json.dumps(body).encode(), {"Authorization": f"Basic {pair}"}
        )
        if "error" in answer:
            raise RuntimeError(str(answer))
        return answer

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, object]:
        request = urllib.request.Request(  # noqa: S310
            self._url + path, body, {"Content-Type": "application/json"} | headers
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            answer: dict[str, object] = json.loads(response.read())
            return answer


def _price(goods: Sequence[tuple[str, str, int]]) -> str:
    """What goods cost together, in lira."""
    return f"{sum(cents for _, _, cents in goods) / 100:.2f}"


def _card(number: str) -> dict[str, str]:
    return {"cardHolderName": "Ayşe Yılmaz", "cardNumber": number, "cvc": "123"} | {
        "expireMonth": "12",
        "expireYear": "2034",
        "registerCard": "0",
    }
