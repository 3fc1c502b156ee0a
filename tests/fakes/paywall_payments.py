"""A merchant that pays through the PayWall door, with a bank whose answers are scripted."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from fakes.acquirer import APPROVED, ScriptedAcquirer, returned_for
from fakes.html_forms import Form, Page
from fakes.paywall_house import PUBLIC_PAIR, JsonObject, PayWallHouse
from vezne.core.payment import Payment
from vezne.edge.messages import BrowserForm, Response
from vezne.flows.authenticate import receive

PAN = "5528790000000008"
AMEX_PAN = "375622005485014"
DEBIT_PAN = "5890040000000016"
SUCCESS_URL = "https://shop.example/thanks"
FAIL_URL = "https://shop.example/sorry"
HOST = "pay.example:8443"
DIRECT = "payment/startdirect"
SECURE = "payment/start3d"


class PayWallShop:
    """Calls the payment services of a house. The bank approves unless a test says otherwise."""

    def __init__(self, house: PayWallHouse) -> None:
        self.house = house

    @property
    def bank(self) -> ScriptedAcquirer:
        """The bank behind the house."""
        bank = self.house.ports.acquirer
        assert isinstance(bank, ScriptedAcquirer)
        return bank

    async def post(self, path: str, body: object, headers: Mapping[str, str] | None = None):
        """The answer to a POST below /api/paywall, with both pairs of keys."""
        all_headers = {"host": HOST, **PUBLIC_PAIR, **(headers or {})}
        return await self.house.call("POST", f"/api/paywall/{path}", body, all_headers)

    async def get(self, path: str, **headers: str) -> JsonObject:
        """The answer to a GET below /api/paywall, whose parameters are headers."""
        return await self.house.call(
            "GET", f"/api/paywall/{path}", None, {**PUBLIC_PAIR, **headers}
        )

    async def pay(self, *answers: object, **changes: object) -> JsonObject:
        """The answer to a payment without 3-D Secure."""
        self.bank.script(*(answers or (APPROVED,)))
        return await self.post(DIRECT, payment_request(**changes))

    async def paid(self, **changes: object) -> str:
        """The MerchantUniqueCode of a payment that the bank approved."""
        request = payment_request(**changes)
        self.bank.script(APPROVED)
        answer = await self.post(DIRECT, request)
        assert answer["Result"] is True, answer
        return request["PaymentDetail"]["MerchantUniqueCode"]

    async def begin(self, **changes: object) -> JsonObject:
        """The answer to the first call of a payment with 3-D Secure."""
        return await self.post(SECURE, payment_request(**changes))

    async def open(self, redirect_url: str) -> Response:
        """What a browser gets at a RedirectUrl."""
        parts = urlsplit(redirect_url)
        return await self.house.send("GET", f"{parts.path}?{parts.query}", b"", {})

    async def come_back(self, md_status: int = 1, *answers: object) -> BrowserForm:
        """What the browser takes to the merchant after the bank's word on the last payment."""
        self.bank.script(*answers)
        payment = await receive(returned_for(await self.last(), md_status), self.house.ports)
        assert self.house.door.conclude is not None
        form = await self.house.door.conclude(payment)
        assert isinstance(form, BrowserForm)
        return form

    async def last(self) -> Payment:
        """The newest payment of the merchant."""
        (payment,) = await self.house.ports.books.list_payments(
            7, since_ms=0, until_ms=2**52, before=None, limit=1
        )
        return payment

    async def query(self, code: str = "order-1") -> JsonObject:
        """The group of fields of a payment query."""
        answer = await self.get("private/query", merchantuniquecode=code)
        assert answer["Result"] is True, answer
        return answer["Body"]["Paywall"]


def payment_request(
    detail: Mapping[str, object] | None = None,
    card: Mapping[str, object] | None = None,
    **changes: object,
) -> JsonObject:
    """A payment as the documentation's samples have it, with other fields of detail or card."""
    return {
        "PaymentDetail": {
            "Amount": 100.5,
            "MerchantUniqueCode": "order-1",
            "TrackingCode": "track-1",
            "MerchantSuccessBackUrl": SUCCESS_URL,
            "MerchantFailBackUrl": FAIL_URL,
            "CurrencyId": 1,
            "Installment": 1,
            "ClientIP": "192.0.2.7",
            **(detail or {}),
        },
        "Card": {
            "OwnerName": "Emir Selim Tütüncü",
            "Number": PAN,
            "ExpireMonth": "12",
            "ExpireYear": "2030",
            "Cvv": "123",
            "UniqueCode": "",
            "TempCardToken": "",
            "CardSave": {
                "Nickname": "",
                "RelationalId1": "",
                "RelationalId2": "",
                "RelationalId3": "",
                "Save": False,
            },
            **(card or {}),
        },
        "Customer": {
            "FullName": "Emir Selim Tütüncü",
            "Phone": "5551112233",
            "Email": "emir@example.com",
            "Country": "Turkey",
            "City": "Istanbul",
            "Address": "Merdivenköy",
            "IdentityNumber": "11111111110",
            "TaxNumber": "",
        },
        "Products": [product("60.25"), product("40.25", ProductId="P-2")],
        **changes,
    }


def product(amount: object, **changes: object) -> JsonObject:
    """A line of the basket."""
    return {
        "ProductId": "P-1",
        "ProductName": "Kitap",
        "ProductCategory": "Kültür",
        "ProductDescription": "Ciltli",
        "ProductAmount": amount,
        **changes,
    }


def stored(code: object, **card: object) -> dict[str, object]:
    """The fields of a card that pay with a UniqueCode alone."""
    empty = dict.fromkeys(("OwnerName", "Number", "ExpireMonth", "ExpireYear", "Cvv"), "")
    return {**empty, "UniqueCode": code, **card}


def saving(**changes: object) -> dict[str, object]:
    """The wish to store the card."""
    wish = {"Save": True, "Nickname": "Kartım", "RelationalId1": "1000923", **changes}
    return {"CardSave": wish}


def decoded(error: Mapping[str, str]) -> dict[str, str]:
    """The texts of a Body.Error, as the official client reads them."""
    return {name: base64.b64decode(text).decode() for name, text in error.items()}


def form_in(response: Response) -> Form:
    """The one form of a page."""
    (form,) = Page(response.body.decode()).forms
    return form


def raw(request: object) -> bytes:
    """A request as bytes."""
    return json.dumps(request).encode()
