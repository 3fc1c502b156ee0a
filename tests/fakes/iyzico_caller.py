"""Requests as the edge would hand them to the iyzico dialect, and a directory of one caller."""

import base64
import hashlib
import hmac
from urllib.parse import unquote

import msgspec

from builders import SAMPLE_TIME_MS, merchant
from fakes.world import FixedClock
from vezne.core.body import CardFields
from vezne.core.merchant import Credential, Merchant
from vezne.dialects.iyzico.auth import AuthProblem, Unauthenticated, authenticate
from vezne.edge.messages import Request
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

KEY = "demo-api-key"
SECRET = "demo-secret-key"
RANDOM_KEY = "Rnd4Test"

PAYMENT_CARD = CardFields(("paymentCard",), "cardNumber", "cvc")
STORED_CARD = CardFields(("card",), "cardNumber")

# The documentation's sample payment, and what older clients sign of it.
PAYMENT: dict[str, object] = {
    "locale": "tr",
    "conversationId": "123456789",
    "price": "1",
    "paidPrice": "1.2",
    "currency": "TRY",
    "installment": "1",
    "basketId": "B67832",
    "paymentChannel": "WEB",
    "paymentGroup": "PRODUCT",
    "paymentCard": {
        "cardHolderName": "John Doe",
        "cardNumber": "5528790000000008",
        "expireMonth": "12",
        "expireYear": "2030",
        "cvc": "123",
        "registerCard": "0",
    },
    "buyer": {
        "id": "BY789",
        "name": "John",
        "surname": "Doe",
        "gsmNumber": "+905350000000",
        "email": "email@email.com",
        "identityNumber": "74300864791",
        "lastLoginDate": "2015-10-05 12:43:35",
        "registrationDate": "2013-04-21 15:12:09",
        "registrationAddress": "Addr 1",
        "ip": "85.34.78.112",
        "city": "Istanbul",
        "country": "Turkey",
        "zipCode": "34732",
    },
    "shippingAddress": {
        "contactName": "Jane Doe",
        "city": "Istanbul",
        "country": "Turkey",
        "address": "Addr 1",
        "zipCode": "34742",
    },
    "billingAddress": {
        "contactName": "Jane Doe",
        "city": "Istanbul",
        "country": "Turkey",
        "address": "Addr 1",
        "zipCode": "34742",
    },
    "basketItems": [
        {
            "id": "BI101",
            "name": "Binocular",
            "category1": "Collectibles",
            "category2": "Accessories",
            "itemType": "PHYSICAL",
            "price": "0.3",
        },
        {
            "id": "BI102",
            "name": "Game code",
            "category1": "Game",
            "itemType": "VIRTUAL",
            "price": "0.5",
        },
        {
            "id": "BI103",
            "name": "Usb",
            "category1": "Electronics",
            "itemType": "PHYSICAL",
            "price": "0.2",
        },
    ],
}
PAYMENT_TEXT = (
    "[locale=tr,conversationId=123456789,price=1.0,paidPrice=1.2,installment=1,paymentChannel=WEB,"
    "basketId=B67832,paymentGroup=PRODUCT,paymentCard=[cardHolderName=John Doe,"
    "cardNumber=5528790000000008,expireYear=2030,expireMonth=12,cvc=123,registerCard=0],"
    "buyer=[id=BY789,name=John,surname=Doe,identityNumber=74300864791,email=email@email.com,"
    "gsmNumber=+905350000000,registrationDate=2013-04-21 15:12:09,"
    "lastLoginDate=2015-10-05 12:43:35,registrationAddress=Addr 1,city=Istanbul,country=Turkey,"
    "zipCode=34732,ip=85.34.78.112],shippingAddress=[address=Addr 1,zipCode=34742,"
    "contactName=Jane Doe,city=Istanbul,country=Turkey],billingAddress=[address=Addr 1,"
    "zipCode=34742,contactName=Jane Doe,city=Istanbul,country=Turkey],basketItems=[[id=BI101,"
    "price=0.3,name=Binocular,category1=Collectibles,category2=Accessories,itemType=PHYSICAL], "
    "[id=BI102,price=0.5,name=Game code,category1=Game,itemType=VIRTUAL], [id=BI103,price=0.2,"
    "name=Usb,category1=Electronics,itemType=PHYSICAL]],currency=TRY]"
)


class OneCaller:
    """Implements `vezne.core.ports.Merchants` for a single key pair of the iyzico door."""

    def __init__(self, key: str = KEY, secret: str = SECRET) -> None:
        self.credential = Credential(
            merchant=merchant(), door="iyzico", key=key, secret=secret.encode()
        )
        self.asked: list[str] = []

    async def find_credential(self, door: str, key: str) -> Credential | None:
        self.asked.append(key)
        known = (self.credential.door, self.credential.key)
        return self.credential if (door, key) == known else None

    async def find_merchant(self, merchant_id: int) -> Merchant | None:
        return self.credential.merchant


def request_of(
    raw: bytes,
    headers: dict[str, str],
    target: str = "/payment/iyzipos/installment",
    card: CardFields | None = None,
    **changes: object,
) -> Request:
    """A POST with the given body, its card lifted by the vault. Raises MalformedBody."""
    path, _, query = target.partition("?")
    request = Request(
        method="POST",
        scheme="https",
        host="localhost:8443",
        path=unquote(path).removesuffix("/"),
        target=target,
        query=query,
        headers=headers,
        body=VaultIntake(Transit(FixedClock(SAMPLE_TIME_MS))).lift(raw, card),
    )
    return msgspec.structs.replace(request, **changes)


def token_headers(
    path: str, raw: bytes, *, key: str = KEY, secret: str = SECRET, random_key: str = RANDOM_KEY
) -> dict[str, str]:
    """The `IYZWSv2` header for a path and a body as signed."""
    message = random_key.encode() + path.encode() + raw
    signature = hmac.digest(secret.encode(), message, "sha256").hex()
    return token_from(f"apiKey:{key}&randomKey:{random_key}&signature:{signature}")


def token_from(text: str | bytes) -> dict[str, str]:
    """The `IYZWSv2` header that says a text."""
    plain = text.encode() if isinstance(text, str) else text
    return {"authorization": f"IYZWSv2 {base64.b64encode(plain).decode()}"}


def legacy_headers(text: str) -> dict[str, str]:
    """The headers of a caller who signs a text of fields."""
    digest = hashlib.sha1(f"{KEY}{RANDOM_KEY}{SECRET}{text}".encode()).digest()  # noqa: S324
    return {
        "authorization": f"IYZWS {KEY}:{base64.b64encode(digest).decode()}",
        "x-iyzi-rnd": RANDOM_KEY,
    }


async def problem_of(request: Request, callers: OneCaller | None = None) -> AuthProblem | None:
    """Why a request is refused; None when its caller is believed."""
    callers = callers or OneCaller()
    try:
        credential = await authenticate(request, callers)
    except Unauthenticated as refused:
        return refused.problem
    assert credential is callers.credential
    return None
