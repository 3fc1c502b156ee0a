"""What is measured: four calls of the iyzico protocol, made and signed before the clock runs."""

import base64
import hmac
import http.client
import itertools
import json
from collections.abc import Callable, Iterator, Mapping

import msgspec

REQUESTS_PER_JOB = 4_000
OWNERS = 50
CARDS_PER_OWNER = 3

CARD_NUMBERS = ("5528790000000008", "4603450000000000", "5406670000000009", "4987490000000002")
_ADDRESS = {
    "contactName": "Jane Doe",
    "city": "Istanbul",
    "country": "Turkey",
    "address": "Nidakule Göztepe, Merdivenköy Mahallesi, Bora Sokak No: 1, Kat: 19, Daire: 74, "
    "Göztepe iş merkezi, B blok, danışma masasına bırakılabilir",
    "zipCode": "34742",
}
_BUYER = {
    "id": "BY789",
    "name": "John",
    "surname": "Doe",
    "gsmNumber": "+905350000000",
    "email": "email@email.com",
    "identityNumber": "74300864791",
    "lastLoginDate": "2015-10-05 12:43:35",
    "registrationDate": "2013-04-21 15:12:09",
    "registrationAddress": _ADDRESS["address"],
    "ip": "85.34.78.112",
    "city": "Istanbul",
    "country": "Turkey",
    "zipCode": "34732",
}
_BASKET = [
    {"id": "BI101", "name": "Binocular 10x42", "category1": "Collectibles"}
    | {"category2": "Accessories", "itemType": "PHYSICAL", "price": "0.3"},
    {"id": "BI102", "name": "Game code", "category1": "Game"}
    | {"category2": "Online Game Items", "itemType": "VIRTUAL", "price": "0.5"},
    {"id": "BI103", "name": "Usb", "category1": "Electronics"}
    | {"category2": "Usb / Cable", "itemType": "PHYSICAL", "price": "0.2"},
]


class Keys(msgspec.Struct):
    """A merchant's key pair."""

    api_key: str
    secret_key: str


class Owner(msgspec.Struct):
    """A stored card to pay with, and whose it is."""

    user_key: str
    card_token: str


class Job(msgspec.Struct, frozen=True):
    """A kind of request: its name in the report, its path, and an endless supply of bodies."""

    name: str
    title: str
    path: str
    bodies: Callable[[list[Owner]], Iterator[dict[str, object]]]


class Caller:
    """Signs requests, and sends single ones to prepare the ground."""

    def __init__(self, host: str, port: int, keys: Keys) -> None:
        self._keys = keys
        self._where = f"{host}:{port}"
        self._connection = http.client.HTTPConnection(host, port, timeout=30)
        self._count = itertools.count(1)

    def make(self, path: str, body: Mapping[str, object], response_bytes: int = 0) -> bytes:
        """A whole request, signed with IYZWSv2 over random key, path and body."""
        content = json.dumps(body).encode()
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {self._where}",
            *(f"{name}: {value}" for name, value in self._headers(path, content).items()),
            f"X-Response-Bytes: {response_bytes}",
            f"Content-Length: {len(content)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + content

    def call(self, path: str, body: Mapping[str, object]) -> tuple[dict[str, str], int]:
        """The answer to one request and its size. Raises RuntimeError unless it is a success."""
        content = json.dumps(body).encode()
        self._connection.request("POST", path, content, self._headers(path, content))
        response = self._connection.getresponse().read()
        answer = json.loads(response)
        if answer.get("status") != "success":
            raise RuntimeError(f"{path} answered {response[:300]!r}")
        return answer, len(response)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _headers(self, path: str, content: bytes) -> dict[str, str]:
        random_key = f"bench{next(self._count)}"
        signed = random_key.encode() + path.encode() + content
        signature = hmac.digest(self._keys.secret_key.encode(), signed, "sha256").hex()
        token = f"apiKey:{self._keys.api_key}&randomKey:{random_key}&signature:{signature}"
        return {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": f"IYZWSv2 {base64.b64encode(token.encode()).decode()}",
            "x-iyzi-rnd": random_key,
            "x-iyzi-client-version": "iyzipay-python-1.0.46",
        }


def store_owners(caller: Caller) -> list[Owner]:
    """Owners with some cards each, for the jobs that need them."""
    owners = []
    for body in itertools.islice(_new_cards([]), OWNERS):
        answer, _ = caller.call("/cardstorage/card", body)
        owners.append(Owner(answer["cardUserKey"], answer["cardToken"]))
        for number in CARD_NUMBERS[1:CARDS_PER_OWNER]:
            more = {"cardUserKey": answer["cardUserKey"], "card": _card(number, cardAlias="second")}
            caller.call("/cardstorage/card", more)
    return owners


def _card(number: str, **more: str) -> dict[str, str]:
    card = {"cardHolderName": "John Doe", "cardNumber": number}
    return card | {"expireMonth": "12", "expireYear": "2030"} | more


def _payment(number: int, card: dict[str, str]) -> dict[str, object]:
    return {
        "locale": "tr",
        "conversationId": f"bench-{number}",
        "price": "1",
        "paidPrice": "1.2",
        "currency": "TRY",
        "installment": "1",
        "basketId": f"B{number}",
        "paymentChannel": "WEB",
        "paymentGroup": "PRODUCT",
        "paymentCard": card,
        "buyer": _BUYER,
        "shippingAddress": _ADDRESS,
        "billingAddress": _ADDRESS,
        "basketItems": _BASKET,
    }


def _new_cards(_: list[Owner]) -> Iterator[dict[str, object]]:
    for number, pan in enumerate(itertools.cycle(CARD_NUMBERS)):
        yield {
            "locale": "tr",
            "conversationId": f"bench-{number}",
            "email": f"owner{number}@example.com",
            "externalId": f"external {number}",
            "card": _card(pan, cardAlias="card alias"),
        }


def _payments_with_new_card(_: list[Owner]) -> Iterator[dict[str, object]]:
    for number, pan in enumerate(itertools.cycle(CARD_NUMBERS)):
        yield _payment(number, _card(pan, cvc="123", registerCard="0"))


def _payments_with_stored_card(owners: list[Owner]) -> Iterator[dict[str, object]]:
    for number, owner in enumerate(itertools.cycle(owners)):
        card = {"cardUserKey": owner.user_key, "cardToken": owner.card_token}
        yield _payment(number, card)


def _card_lists(owners: list[Owner]) -> Iterator[dict[str, object]]:
    for number, owner in enumerate(itertools.cycle(owners)):
        yield {
            "locale": "tr",
            "conversationId": f"bench-{number}",
            "cardUserKey": owner.user_key,
        }


JOBS = (
    Job("store_card", "store card", "/cardstorage/card", _new_cards),
    Job("pay_new_card", "payment, new card", "/payment/auth", _payments_with_new_card),
    Job("pay_stored_card", "payment, stored card", "/payment/auth", _payments_with_stored_card),
    Job("list_cards", "list cards", "/cardstorage/cards", _card_lists),
)
